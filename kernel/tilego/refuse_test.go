package tilego

import (
	"errors"
	"flag"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

// TestRefusals compiles sources outside of the language: position, rule and hint
// of each refusal are golden.
func TestRefusals(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/refuse/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	_, s := thermoSurface(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".go"), func(t *testing.T) {
			t.Parallel()
			src := readFile(t, file)
			_, err := Compile(src, s)
			if strings.HasPrefix(filepath.Base(file), "contract") {
				_, err = CompileContract("p", "example.org/p", src, nil)
			}
			var refused Refusals
			if !errors.As(err, &refused) {
				t.Fatalf("not refused: %v", err)
			}
			golden(t, strings.TrimSuffix(file, ".go")+".want", err.Error()+"\n")
		})
	}
}

// TestEveryRuleHasAGoldenCase: a rule that no source breaks is either dead or
// untested, and a rule that is not in the table is unknown to whoever asks.
func TestEveryRuleHasAGoldenCase(t *testing.T) {
	t.Parallel()
	wants, err := filepath.Glob("testdata/refuse/*.want")
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, w := range wants {
		shown.Write(readFile(t, w))
	}
	for _, r := range Rules() {
		if !strings.Contains(shown.String(), " "+r.ID+": ") {
			t.Errorf("no file in testdata/refuse breaks rule %s", r.ID)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(shown.String()), "\n") {
		if !refusalLine.MatchString(line) {
			t.Errorf("refusal without position, rule or hint: %s", line)
		}
	}
	for id, file := range rulesInCode(t) {
		if _, ok := RuleFor(id); !ok {
			t.Errorf("%s: rule %s is not in the table", file, id)
		}
	}
}

var refusalLine = regexp.MustCompile(`^[a-z]+\.go:\d+:\d+: tilego\.[a-z]+: .+ \(.+\)$`)

// rulesInCode are the ids that the code of this package refuses by, and where.
func rulesInCode(t *testing.T) map[string]string {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`\b(?:refuse|fail|reject)\([^"\n]*"([a-z]+)"`)
	out := map[string]string{}
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "predicate") {
			continue
		}
		for _, m := range call.FindAllStringSubmatch(string(readFile(t, file)), -1) {
			out[m[1]] = file
		}
	}
	for _, rule := range universe {
		if rule != "" {
			out[rule] = "syntax_expr.go"
		}
	}
	return out
}

// example is an example of a rule as a whole file.
func example(text string) []byte {
	text = strings.ReplaceAll(text, "CONTRACT", thermoPath)
	if strings.HasPrefix(text, "package") {
		return []byte(text)
	}
	return []byte("package m\n\nimport . \"" + thermoPath + "\"\n\ntype State struct{ n uint8 }\n\n" +
		"func Inv(s *State) bool { return true }\n\nfunc Step(s *State, in *Input) (fan, throttle uint8) { return 0, 0 }\n\n" + text + "\n")
}

// TestRules walks the table of rules: each has a case in testdata/refuse, and
// its examples are what they say.
func TestRules(t *testing.T) {
	t.Parallel()
	_, s := thermoSurface(t)
	for _, r := range Rules() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			if r.About == "" || r.Hint == "" {
				t.Error("nothing is said about it, or what to write instead")
			}
			if r.ID == "tilego.size" {
				r.Refused += strings.Repeat(" ", MaxSource)
			}
			if err := compileExample(r.Refused, s); !breaks(err, r.ID) {
				t.Errorf("the example of what is refused does not break the rule: %v\n%s", err, r.Refused)
			}
			// Of a whole file that is no module only the rule itself is shown.
			if err := compileExample(r.Accepted, s); breaks(err, r.ID) || err != nil && !strings.HasPrefix(r.Accepted, "package") {
				t.Errorf("the example of what is accepted is refused: %v\n%s", err, r.Accepted)
			}
		})
	}
}

func compileExample(text string, s *Surface) error {
	if strings.HasPrefix(text, "package p\n") {
		_, err := CompileContract("p", "example.org/p", example(text), nil)
		return err
	}
	_, err := Compile(example(text), s)
	return err
}

func breaks(err error, id string) bool {
	var refused Refusals
	return errors.As(err, &refused) && strings.Contains(refused.Error(), id+":")
}

func TestRuleFor(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"float", "tilego.float"} {
		if r, ok := RuleFor(id); !ok || r.ID != "tilego.float" {
			t.Errorf("%s: %v", id, r)
		}
	}
	if _, ok := RuleFor("tilego.nothing"); ok {
		t.Error("a rule that does not exist was found")
	}
}
