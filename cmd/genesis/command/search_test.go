package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/proposers/evolve"
)

const repository = "../../.."

// smallCampaign is the example with a budget of a few epochs.
func smallCampaign(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, exampleCampaign))
	if err != nil {
		t.Fatal(err)
	}
	small := strings.Replace(string(text), "evaluations: 8000", "evaluations: 200", 1)
	if small == string(text) {
		t.Fatal("the example has another budget now")
	}
	path := filepath.Join(t.TempDir(), "campaign.yaml")
	if err := os.WriteFile(path, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// searchIn runs `genesis search` and returns its report as JSON.
func searchIn(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errOut := genesis(t, append([]string{"search", "--root", repository, "-o", "json"}, args...)...)
	if code != ExitOK || errOut != "" {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	return out
}

func TestASearchDependsNeitherOnWorkersNorOnCrashes(t *testing.T) {
	t.Parallel()
	campaign := smallCampaign(t)
	whole := filepath.Join(t.TempDir(), "whole")
	want := searchIn(t, campaign, "--lineage", "alder", "--seed", "7", "--workers", "1", "--journal", whole)
	var r searchReport
	if err := json.Unmarshal([]byte(want), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Lineages) != 1 {
		t.Fatalf("%d lineages, want 1", len(r.Lineages))
	}
	for _, l := range r.Lineages {
		checkSearched(t, l.Lineage, l.Search)
		checkSearched(t, l.Lineage+" random", l.Random)
	}
	for _, workers := range []string{"2", "8"} {
		if diff := cmp.Diff(want, searchIn(t, campaign, "--lineage", "alder", "--seed", "7", "--workers", workers)); diff != "" {
			t.Errorf("%s workers: %s", workers, diff)
		}
	}
	journal, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(t.TempDir(), "torn")
	for _, size := range []int{100, len(journal) / 2, len(journal) - 1} {
		if err := os.WriteFile(torn, journal[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, searchIn(t, campaign, "--lineage", "alder", "--seed", "7", "--workers", "2", "--journal", torn)); diff != "" {
			t.Errorf("cut at %d: %s", size, diff)
		}
		if again, err := os.ReadFile(torn); err != nil || !bytes.Equal(again, journal) {
			t.Errorf("cut at %d: another journal: %v", size, err)
		}
	}
}

func checkSearched(t *testing.T, name string, s searched) {
	t.Helper()
	if s.Evaluations != 100 || s.Digest == "" || len(s.Parts) != 3 {
		t.Errorf("%s: %+v", name, s)
	}
	for _, o := range s.Operators {
		if o.Tried < o.Refuted+o.Scored || o.Scored < o.Improved {
			t.Errorf("%s: tally of %s: %+v", name, o.Operator, o)
		}
	}
}

func TestAJournalOfAnotherSearchIsRefused(t *testing.T) {
	t.Parallel()
	campaign, journal := smallCampaign(t), filepath.Join(t.TempDir(), "journal")
	searchIn(t, campaign, "--lineage", "alder", "--journal", journal)
	before, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"seed":    {"--lineage", "alder", "--seed", "2"},
		"lineage": {"--lineage", "birch"},
	}
	for name, args := range tests {
		code, _, said := genesis(t, append([]string{"search", campaign, "--root", repository, "--journal", journal}, args...)...)
		if code != ExitUsage || !strings.Contains(said, evolve.ErrJournal.Error()) {
			t.Errorf("%s: exit %d: %s", name, code, said)
		}
	}
	if err := os.WriteFile(journal, append(before, before...), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := genesis(t, "search", campaign, "--root", repository, "--journal", journal, "--lineage", "alder"); code != ExitUsage {
		t.Errorf("a journal with more than its searches: exit %d: %s", code, said)
	}
}

func TestSearchRefusesWhatItCannotRun(t *testing.T) {
	t.Parallel()
	campaign := smallCampaign(t)
	tests := map[string]struct {
		args []string
		want Exit
	}{
		"no campaign":      {[]string{"search"}, ExitUsage},
		"no such file":     {[]string{"search", "nowhere.yaml"}, ExitUsage},
		"no such lineage":  {[]string{"search", campaign, "--lineage", "hazel"}, ExitNotFound},
		"no workers":       {[]string{"search", campaign, "--workers", "0"}, ExitUsage},
		"trace not there":  {[]string{"search", campaign, "--root", t.TempDir()}, ExitUsage},
		"negative proofs":  {[]string{"search", campaign, "--prove", "-1"}, ExitUsage},
		"no such encoding": {[]string{"search", campaign, "-o", "xml"}, ExitUsage},
	}
	for name, test := range tests {
		if code, out, said := genesis(t, test.args...); code != test.want || out != "" || said == "" {
			t.Errorf("%s: exit %d, want %d: %s", name, code, test.want, said)
		}
	}
}

func TestWhatIsRefutedAndProvenIsAnError(t *testing.T) {
	t.Parallel()
	units := []*ir.Unit{{Slot: "a"}, {Slot: "b"}, {Slot: "c"}, {Slot: "d"}, {Slot: "e"}}
	seen := &firstCandidates{limit: 3, refutes: func(u *ir.Unit) (bool, error) { return u.Slot == "b", nil }}
	list := []evolve.Candidate{
		{Ticket: 1, Code: "a", Unit: units[0], Operators: []evolve.Operator{evolve.KnobStep, evolve.KnobStep}},
		{Ticket: 2, Code: "b", Unit: units[1], Operators: []evolve.Operator{evolve.Guard}},
		{Ticket: 3, Code: "c", Unit: units[2], Operators: []evolve.Operator{evolve.KnobStep, evolve.Guard}},
		{Ticket: 4, Code: "d", Unit: units[3], Operators: []evolve.Operator{evolve.KnobStep}},
		{Ticket: 5, Code: "e", Unit: units[4]},
	}
	// The search left out b and c, c for a state that is not reached.
	seen.see(list, []evolve.Result{{Fate: evolve.Scored}, {Fate: evolve.Refuted}, {Fate: evolve.Refuted}, {Fate: evolve.Raced}, {Fate: evolve.Raced}})
	if len(seen.kept) != 4 || seen.err != nil {
		t.Fatalf("%d candidates kept, want 4: %v", len(seen.kept), seen.err)
	}
	honest := summarize(seen.kept, []judged{{outcome: "pass"}, {outcome: "fail"}, {outcome: "inconclusive"}, {outcome: "inconclusive", holds: true}})
	want := []operatorProof{{evolve.Guard, proofCount{Unproven: 1}}, {evolve.KnobStep, proofCount{Pass: 1, Unproven: 1, Missed: 1}}}
	if diff := cmp.Diff(want, honest.Operators, cmp.AllowUnexported(operatorProof{})); diff != "" {
		t.Error(diff)
	}
	if honest.percent() != 50 || (proofCount{}).percent() != 100 || (proofCount{Missed: 1}).percent() != 0 {
		t.Errorf("%d %% of %+v", honest.percent(), honest.proofCount)
	}
	if err := (searchReport{Lineages: []lineageSearch{{Proofs: honest}}}).contradiction(); err != nil {
		t.Error(err)
	}
	wrong := summarize(seen.kept, []judged{{outcome: "pass"}, {outcome: "pass"}, {outcome: "inconclusive"}, {outcome: "pass"}})
	if err := (searchReport{Lineages: []lineageSearch{{Proofs: wrong}}}).contradiction(); err == nil {
		t.Error("a refuted candidate was proven and nothing said so")
	}
}
