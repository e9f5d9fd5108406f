package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

func TestRead(t *testing.T) {
	t.Parallel()
	whole := `{"idea":"i","expected_effect":"e","source":"package p\n","proof":"Qed."}`
	full := answer{"i", "e", "package p\n", "Qed."}
	tests := []struct {
		name, text string
		want       answer
		code       string
	}{
		{"whole", whole, full, ""},
		{"fenced", "Here it is:\n```json\n" + whole + "\n```\nHope it helps {}", full, ""},
		{"line breaks in strings", strings.ReplaceAll(whole, `\n`, "\n"), full, ""},
		{"last bracket missing", whole[:len(whole)-1], full, ""},
		{"cut in the proof", whole[:len(whole)-3], answer{"i", "e", "package p\n", ""}, ""},
		{"cut in the source", whole[:strings.Index(whole, "kage")], answer{"i", "e", "pac", ""}, "reply.truncated"},
		{"cut in an escape", whole[:strings.Index(whole, `n","proof`)], answer{"i", "e", "package p", ""}, "reply.truncated"},
		{"cut behind the source", `{"source":"package p",`, answer{Source: "package p"}, ""},
		{"no object", "no", answer{}, "reply.json"},
		{"wrong type", `{"source":[1]}`, answer{}, "reply.json"},
		{"too long", strings.Repeat("x", MaxReply+1), answer{}, "reply.size"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, f := read(Reply{Text: tt.text})
			code := ""
			if f != nil {
				code = f.Code
			}
			if diff := cmp.Diff(got, tt.want); diff != "" || code != tt.code {
				t.Errorf("%s; finding %q, want %q", diff, code, tt.code)
			}
		})
	}
}

// Reading ends for every text; an object that is whole is read as it is; a
// prefix of it never gives another source.
func TestReadIsTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, _ = read(Reply{Text: rapid.OneOf(rapid.String(), rapid.StringMatching(`[{}\[\]":,\\u0-9a ]*`)).Draw(t, "text")})
		want := answer{Source: rapid.StringMatching(`[ -~\n\t]{1,40}`).Draw(t, "source"), Proof: rapid.StringMatching(`[ -~\n]{0,20}`).Draw(t, "proof")}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, f := read(Reply{Text: string(text)}); got != want || f != nil {
			t.Fatalf("%+v %+v", got, f)
		}
		n := rapid.IntRange(0, len(text)).Draw(t, "cut")
		if got, f := read(Reply{Text: string(text[:n])}); f == nil && got.Source != "" && got.Source != want.Source {
			t.Fatalf("source %q of %q", got.Source, text[:n])
		}
	})
}

func TestSameCode(t *testing.T) {
	t.Parallel()
	const src = "package p\n\nfunc Inv(s *State) bool { return s.A <= 3 }\n\nfunc Step(s *State) uint8 {\n\treturn s.A\n}\n"
	tests := []struct {
		name string
		src  string
		same bool
	}{
		{"itself", src, true},
		{"another Inv", strings.Replace(src, "s.A <= 3", "s.A <= 4 && s.A >= 1", 1), true},
		{"comment and layout", strings.Replace(src, "{\n\treturn s.A\n}", "{ /* x */ return s.A }", 1), true},
		{"Inv elsewhere", "package p\n\nfunc Step(s *State) uint8 {\n\treturn s.A\n}\n\nfunc Inv(s *State) bool { return true }\n", true},
		{"another Step", strings.Replace(src, "return s.A\n", "return 0\n", 1), false},
		{"something new", src + "\nfunc f() {}\n", false},
		{"joined statements", strings.Replace(src, "return s.A\n", "x(s)\n\treturn s.A\n", 1), false},
	}
	for _, tt := range tests {
		if got := sameCode([]byte(src), []byte(tt.src)); got != tt.same {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// A question is within its limit, and quotes what it was given, for any texts.
func TestQuestion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string, most int) string {
			return strings.Repeat(rapid.StringN(0, 40, -1).Draw(t, name), rapid.IntRange(0, most).Draw(t, name+" times"))
		}
		b := brief{state: ProofRepair, contract: []byte(text("contract", 60)), module: []byte(text("module", 60)), proof: []byte(text("proof", 200)),
			objective: text("objective", 50), telemetry: text("telemetry", 200), ideas: []string{text("idea", 30)},
			findings: []pipeline.Finding{{Code: "coq.goal", Message: text("message", 200), Witness: text("witness", 200)}}}
		if !fits(b.contract, b.module) {
			return
		}
		msgs := b.messages()
		if n := (Request{Messages: msgs}).chars(); n > MaxPrompt {
			t.Fatalf("%d characters", n)
		}
		if !strings.Contains(msgs[1].Text, "| coq.goal") {
			t.Fatal("no finding")
		}
		for i, l := range strings.Split(msgs[1].Text, "\n") {
			if bar := strings.Index(l, "| "); i > 1 && l != "" && !strings.HasPrefix(l, "# ") && !strings.HasSuffix(l, "|") && bar < 0 {
				t.Fatalf("line %d is not quoted: %q", i, l)
			}
		}
	})
}

func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	j := NewJournal(&file)
	for i := range 3 {
		if err := j.Append(Attempt{Number: i + 1, State: Improve, Outcome: pipeline.Fail}); err != nil {
			t.Fatal(err)
		}
	}
	whole := file.String()
	all := strings.SplitAfter(whole, "\n")
	tests := []struct {
		name, text string
		n          int
		err        error
	}{
		{"whole", whole, 3, nil},
		{"torn", whole[:len(whole)-5], 2, nil},
		{"changed", strings.Replace(whole, `"number":1`, `"number":7`, 1), 1, ErrRecord},
		{"a line is missing", all[0] + all[2], 1, ErrRecord},
		{"garbage", "x\n", 0, ErrRecord},
	}
	for _, tt := range tests {
		if got, err := ReadJournal(strings.NewReader(tt.text)); len(got) != tt.n || !errors.Is(err, tt.err) {
			t.Errorf("%s: %d attempts, %v", tt.name, len(got), err)
		}
	}
	if _, _, err := NewCassette(nil, strings.NewReader("{}x\n"), nil); !errors.Is(err, ErrRecord) {
		t.Error(err)
	}
	c, _, _ := NewCassette(nil, nil, nil)
	if _, err := c.Complete(t.Context(), Request{}); !errors.Is(err, ErrNotRecorded) {
		t.Error(err)
	}
}

func TestLogsHoldNoTexts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := slog.New(slog.NewTextHandler(&out, nil))
	req := Request{Messages: []Message{{User, "confidential"}}}
	l.Info("x", "request", req, "message", req.Messages[0], "reply", Reply{Text: "confidential"})
	if strings.Contains(out.String(), "confidential") || !strings.Contains(out.String(), "chars") {
		t.Error(out.String())
	}
}

func ExampleRequest_Digest() {
	fmt.Println(Request{Messages: []Message{{User, "why is the sky blue?"}}, MaxTokens: 8}.Digest().Short())
	// Output: 6231a5be5dd5
}
