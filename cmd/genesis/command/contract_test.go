package command

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
)

const limiterFolder = "../../../examples/limiter"

const testdata = "../../../kernel/tilego/testdata/"

func scoreCommand(t *testing.T, args ...string) (code Exit, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	n := Main(t.Context(), append([]string{"contract", "score"}, args...), strings.NewReader(""), &o, &e)
	return Exit(n), o.String(), e.String()
}

// A contract in a folder of one's own, with a module of one's own: no slot is
// named anywhere.
func TestScoreOfAContractInAFolder(t *testing.T) {
	t.Parallel()
	code, out, errOut := scoreCommand(t, testdata+"thermo", "--module", testdata+"steps.go", "--coq", "0", "--decide-time", "5m", "-o", "json")
	if code != ExitRefused {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var r scored
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Outcome != pipeline.Fail || r.Contract != "thermo" || r.Permille != 1000 || r.Refuted == 0 || len(r.Survivors()) == 0 {
		t.Errorf("%+v", r.Report)
	}
	if len(r.Problems) != 2 || !strings.Contains(r.Problems[0], "no mutant breaks SafeTemp alone") {
		t.Errorf("problems: %q", r.Problems)
	}
	if len(r.Survivors()[0].Diff) == 0 {
		t.Errorf("no difference of %+v", r.Survivors()[0])
	}
}

// A slot of one's own brings its modules, its seeds and its campaign along.
func TestScoreFindsWhatBelongsToASlot(t *testing.T) {
	t.Parallel()
	s, err := openScorer(t.Context(), limiterFolder, scoreOptions{coq: "0", modules: []string{limiterFolder + "/found/home", limiterFolder + "/lineages/home"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range s.options.Accepted {
		names = append(names, m.Name)
	}
	if len(names) != 2 || names[0] != "home" || names[1] != limiterFolder+"/found/home" {
		t.Errorf("accepted modules %q, want home once, and the other by its path", names)
	}
	if len(s.options.Seeds) < 8 || len(s.refused) > 0 || s.options.Meter == nil {
		t.Errorf("%d seeds, refused %q, measured %t", len(s.options.Seeds), s.refused, s.options.Meter != nil)
	}
	effects, err := s.options.Meter(t.Context(), "home", s.options.Accepted[1].Unit)
	if err != nil || len(effects) != 2 || effects[0].Before == effects[0].After {
		t.Errorf("%+v, %v", effects, err)
	}
}

func TestScoreRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code Exit
		want string
	}{
		{"no such slot", []string{"nosuchslot"}, ExitNotFound, "no slot \"nosuchslot\""},
		{"no module", []string{testdata + "thermo"}, ExitUsage, "give one by --module DIR"},
		{"no contract", []string{t.TempDir()}, ExitUsage, "contract.go"},
		{"no such module", []string{testdata + "thermo", "--module", "nowhere"}, ExitUsage, "--module nowhere"},
		{"coq", []string{testdata + "thermo", "--module", testdata + "steps.go", "--coq", "some"}, ExitUsage, "want a number, wrong or all"},
		{"campaign of another slot", []string{limiterFolder, "--coq", "0", "--campaign", "../../../examples/campaigns/cooler.yaml"}, ExitUsage, "not of limiter"},
		{"campaign without a simulator", []string{testdata + "thermo", "--module", testdata + "steps.go", "--coq", "0", "--campaign", "../../../examples/campaigns/cooler.yaml"}, ExitUsage, "genesis slot check"},
		{"two slots", []string{"a", "b"}, ExitUsage, "2 arguments, want 1"},
	} {
		if code, _, errOut := scoreCommand(t, c.args...); code != c.code || !strings.Contains(errOut, c.want) {
			t.Errorf("%s: exit %d, %q", c.name, code, errOut)
		}
	}
}
