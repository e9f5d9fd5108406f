package pipeline_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

var update = flag.Bool("update", false, "write the golden parts of the documents anew")

const formats = "../docs/formats.md"

// vector is one row of the vectors in docs/formats.md.
type vector struct {
	Kind      string          `json:"kind"`
	Value     json.RawMessage `json:"value"`
	Canonical string          `json:"canonical,omitempty"`
	Digest    pipeline.Digest `json:"digest,omitempty"`
}

func fill(digit string) pipeline.Digest { return pipeline.Digest(strings.Repeat(digit, 64)) }

func exampleModule() pipeline.ModuleRef {
	return pipeline.ModuleRef{
		Code:  pipeline.Code{Slot: "thermal", Contract: fill("1"), IR: fill("2"), Compiler: "tilego/1", Schema: fill("3")},
		Proof: fill("4"),
	}
}

func exampleChange() pipeline.Change {
	return pipeline.Change{Lineage: "alder", Base: fill("5"), Modules: []pipeline.ModuleRef{exampleModule()}}
}

var vectorBlock = regexp.MustCompile("(?s)```json vectors\n(.*?)```")

func readVectors(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile(formats)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(vectorBlock.FindSubmatch(text)[1], &vectors); err != nil {
		t.Fatal(err)
	}
	if *update {
		rewrite(t, text, vectors)
	}
	return vectors
}

func rewrite(t *testing.T, text []byte, vectors []vector) {
	t.Helper()
	var lines []string
	for i, v := range vectors {
		named := strings.NewReplacer(`"CODE"`, quote(exampleModule().Code.Digest()), `"MODULE"`, quote(exampleModule().Digest()))
		v.Value = json.RawMessage(named.Replace(string(v.Value)))
		c, err := pipeline.Canonical(v.Value)
		if err != nil {
			t.Fatal(err)
		}
		v.Canonical = string(c)
		v.Digest, _ = pipeline.Sum(v.Kind, v.Value)
		vectors[i] = v
		line, _ := json.Marshal(v)
		lines = append(lines, "  "+string(line))
	}
	block := "```json vectors\n[\n" + strings.Join(lines, ",\n") + "\n]\n```"
	if err := os.WriteFile(formats, vectorBlock.ReplaceAllLiteral(text, []byte(block)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func quote(d pipeline.Digest) string { return `"` + string(d) + `"` }

func TestFormatVectors(t *testing.T) {
	typed := map[string]pipeline.Digest{
		"inputs": pipeline.InputsDigest(nil),
		"contract": pipeline.ContractDigest(map[string][]byte{
			"contract.go": []byte("package demo\n"), "contract.yaml": []byte("kind: Contract\n"), "README.md": []byte("not counted"),
		}),
		"code":   exampleModule().Code.Digest(),
		"module": exampleModule().Digest(),
		"base":   pipeline.Base("alder", exampleChange().Modules),
		"change": exampleChange().Digest(),
	}
	typed["ancestor"], _ = exampleAncestor().Digest()
	for _, v := range readVectors(t) {
		t.Run(v.Kind, func(t *testing.T) {
			c, err := pipeline.Canonical(v.Value)
			if err != nil || string(c) != v.Canonical {
				t.Errorf("canonical = %s, %v; documented %s", c, err, v.Canonical)
			}
			if d := pipeline.SumBytes([]byte("genesis/" + v.Kind + "/v1\n" + v.Canonical)); d != v.Digest {
				t.Errorf("digest = %s, documented %s", d, v.Digest)
			}
			if want, ok := typed[v.Kind]; ok && want != v.Digest {
				t.Errorf("typed value gives %s, documented %s", want, v.Digest)
			}
			if v.Kind == "statement" {
				checkStatement(t, v)
			}
		})
	}
}

func checkStatement(t *testing.T, v vector) {
	t.Helper()
	var s pipeline.Statement
	if err := pipeline.Decode([]byte(v.Canonical), &s); err != nil {
		t.Fatal(err)
	}
	if d, err := s.Digest(); err != nil || d != v.Digest {
		t.Errorf("digest = %s, %v", d, err)
	}
	if key := s.Key(); key.Inputs != pipeline.InputsDigest(s.Inputs) || key.Station != pipeline.Fuzz {
		t.Errorf("key = %+v", key)
	}
}

// The table of canonical forms in the document is data too.
func TestCanonicalForms(t *testing.T) {
	text, err := os.ReadFile(formats)
	if err != nil {
		t.Fatal(err)
	}
	section, _, _ := strings.Cut(string(text), "## Kinds")
	rows := regexp.MustCompile("(?m)^\\| `(.+)` \\| `(.+)` \\|$").FindAllStringSubmatch(section, -1)
	if len(rows) != 4 {
		t.Fatalf("%d rows of canonical forms, want 4", len(rows))
	}
	for _, row := range rows {
		got, err := pipeline.Canonical(json.RawMessage(row[1]))
		if diff := cmp.Diff(row[2], string(got)); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", row[1], err, diff)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"fraction":          1.5,
		"exponent":          json.RawMessage("1e2"),
		"large integer":     int64(1) << 53,
		"small integer":     -(int64(1) << 53),
		"bytes not UTF-8":   "a\xffb",
		"key not UTF-8":     map[string]int{"\xc3": 1},
		"lone surrogate":    json.RawMessage(`"\ud800"`),
		"function":          func() {},
		"not a number":      json.RawMessage(`NaN`),
		"very large number": json.RawMessage(`123456789012345678901234567890`),
	} {
		if got, err := pipeline.Canonical(v); err == nil {
			t.Errorf("%s: %s accepted", name, got)
		}
	}
	if got, err := pipeline.Canonical("\uFFFD"); err != nil || string(got) != "\"\uFFFD\"" {
		t.Errorf("a real U+FFFD: %s, %v", got, err)
	}
}

// Canonical is idempotent and Decode accepts it alone.
func TestCanonicalIsAFixedPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyJSON(3).Draw(t, "value")
		first, err := pipeline.Canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := pipeline.Canonical(json.RawMessage(first))
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("%s became %s, %v", first, again, err)
		}
		var back any
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatal(err)
		}
	})
}

func anyJSON(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 2+min(depth, 1)*2).Draw(t, "kind") {
		case 0:
			return rapid.Int64Range(-1<<53+1, 1<<53-1).Draw(t, "integer")
		case 1:
			return rapid.String().Draw(t, "text")
		case 2:
			return rapid.Bool().Draw(t, "bool")
		case 3:
			return rapid.SliceOfN(anyJSON(depth-1), 0, 3).Draw(t, "list")
		default:
			return rapid.MapOfN(rapid.String(), anyJSON(depth-1), 0, 3).Draw(t, "object")
		}
	})
}

func TestDecodeIsStrict(t *testing.T) {
	good, _ := pipeline.Canonical(exampleChange())
	var c pipeline.Change
	if err := pipeline.Decode(good, &c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exampleChange(), c); diff != "" {
		t.Error(diff)
	}
	for name, bad := range map[string]string{
		"blank":          " " + string(good),
		"trailing":       string(good) + "\n",
		"unknown field":  strings.Replace(string(good), `{"base"`, `{"a":1,"base"`, 1),
		"repeated field": strings.Replace(string(good), `{"base"`, `{"base":"x","base"`, 1),
		"other case":     strings.Replace(string(good), `"lineage"`, `"Lineage"`, 1),
		"empty":          "",
	} {
		if err := pipeline.Decode([]byte(bad), new(pipeline.Change)); err == nil {
			t.Errorf("%s accepted", name)
		}
	}
}

func TestParseDigest(t *testing.T) {
	if d, err := pipeline.ParseDigest(string(fill("a"))); err != nil || d.Short() != "aaaaaaaaaaaa" {
		t.Errorf("%s, %v", d, err)
	}
	for _, bad := range []string{"", "a", string(fill("A")), string(fill("g")), string(fill("1"))[1:], string(fill("1")) + "1"} {
		if _, err := pipeline.ParseDigest(bad); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}

// A change of any field of the names moves the digests that cover it, and only
// those.
func TestDigestsCoverWhatTheySay(t *testing.T) {
	base := exampleChange()
	proof := exampleChange()
	proof.Modules[0].Proof = fill("9")
	moved := exampleChange()
	moved.Base = fill("9")
	if proof.Modules[0].Code.Digest() != base.Modules[0].Code.Digest() {
		t.Error("a repaired proof moved the code")
	}
	if proof.Modules[0].Digest() == base.Modules[0].Digest() || proof.Digest() == base.Digest() {
		t.Error("a repaired proof left module or change")
	}
	if moved.Modules[0].Digest() != base.Modules[0].Digest() || moved.Digest() == base.Digest() {
		t.Error("a moved base must move the change alone")
	}
}

// U+2028 and U+2029 are written as themselves, as RFC 8785 wants; encoding/json
// alone would escape them, and so would it < > &.
func TestCanonicalEscapesNoMoreThanItMust(t *testing.T) {
	got, err := pipeline.Canonical("\u2028\u2029<>&\u007f\u0080")
	if want := "\"\u2028\u2029<>&\u007f\u0080\""; err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
