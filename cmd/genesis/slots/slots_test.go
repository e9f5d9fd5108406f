package slots_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/cmd/genesis/slots"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
)

// start makes a new slot in a folder of its own.
func start(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if path, err := slots.Init(name, dir); err != nil || path != "example.org/"+name {
		t.Fatalf("%s, %v", path, err)
	}
	return dir
}

func edit(t *testing.T, dir, file, old, by string) {
	t.Helper()
	path := filepath.Join(dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, by, 1)
	if changed == string(text) {
		t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestANewSlotIsSound(t *testing.T) {
	t.Parallel()
	dir := start(t, "fresh")
	r, err := slots.Check(t.Context(), dir)
	if err != nil || !r.OK() || len(r.Findings) > 0 || len(r.Steps) != 7 {
		t.Errorf("%+v, %v", r, err)
	}
	vet := exec.CommandContext(t.Context(), "go", "vet", "./...")
	vet.Dir = dir
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("it is no Go: %v\n%s", err, out)
	}
	if _, err := slots.Init("fresh", dir); !errors.Is(err, slots.ErrExists) {
		t.Errorf("written over: %v", err)
	}
	inside, err := slots.Init("other", filepath.Join(dir, "below"))
	if err != nil || inside != "example.org/fresh/below" {
		t.Errorf("in a Go module that exists: %s, %v", inside, err)
	}
	for _, name := range []string{"", "Main", "main", "a-b", "a_b", "../x", "type", strings.Repeat("x", 33)} {
		if _, err := slots.Init(name, filepath.Join(t.TempDir(), "x")); err == nil {
			t.Errorf("a slot named %q", name)
		}
	}
}

// Each way to spoil a slot is found, at its file and line, with advice.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, old, by string
		code, at      string // of the first finding
		says          string
		warning       bool
	}{
		"outside the language": {"contract.go", "const (\n\tLoadTop = 100", "const (\n\tHalf = 0.5\n\tLoadTop = 100", "slot.contract", "contract.go:17", "tilego.", false},
		"no Post":              {"contract.go", "func Post", "func Promise", "slot.contract", "contract.go:", "does not define Post", false},
		"yaml field":           {"contract.yaml", "cost: {budget: 500}", "cost: {budget: 0}", "slot.contract", "contract.yaml:8", "cost.budget", false},
		"yaml unknown":         {"contract.yaml", "version: 1", "edition: 1", "slot.contract", "contract.yaml:5", "unknown field edition", false},
		"admits nothing":       {"contract.go", "return in.Load <= LoadTop }", "return in.Load <= LoadTop && in.Load > LoadTop }", "slot.vacuous", "contract.go:23", "Wf admits none", false},
		"promises nothing":     {"contract.go", "if in.Load >= High {\n\t\treturn level == Top\n\t}\n\treturn level <= Top", "return level <= Top || level > Top", "slot.vacuous", "contract.go:27", "promises nothing", false},
		"cannot be kept":       {"contract.go", "return level == Top\n", "return level == Top && level < Top\n", "slot.vacuous", "contract.go:27", "no decision at all keeps Post for the input Load=", false},
		"a clause for show":    {"contract.go", "return level <= Top\n", "return level <= Top && level <= 2*Top\n", "slot.clause", "contract.go:31", "`level <= 2*Top` never decides", true},
		"env senses nonsense":  {"env.go", "return e.Load }", "return e.Load + 60 }", "slot.env", "env.go:1", "Surroundings", false},
		"env stands still":     {"env.go", "e.Load = choice * (LoadTop / 2)", "e.Load = 0", "slot.env", "env.go:1", "there is one state", true},
		"module breaks env":    {"lineages/home/module.go", "if in.Load == 0 {\n\t\treturn 0\n\t}\n", "", "slot.env", "lineages/home/module.go:1", "breaks SafeCalm", false},
		"module is no module":  {"lineages/home/module.go", "func Inv", "func Invariant", "slot.modules", "lineages/home/module.go:", "does not define Inv", false},
		"sim tick":             {"sim.yaml", "tick: 1s", "tick: soon", "slot.simulator", "sim.yaml:3", "tick is", false},
		"sim signature":        {"sim.go", "SimReact(s *Sim, level uint8)", "SimReact(s *Sim, level uint8, more uint8)", "slot.simulator", "sim.go:23", "SimReact has another signature", false},
		"sim panics":           {"sim.go", "s.Possible += Top", "s.Possible += Top / uint64(s.load / 101)", "slot.run", "sim.go:1", "division by zero", false},
		"counter stands still": {"sim.go", "s.Lost += uint64(s.load - carried)", "s.Lost += uint64(carried / 101)", "slot.run", "sim.go:1", "counter lost stays 0", true},
		"trace is another":     {"load.csv", "1,2", "1,3", "slot.trace", "load.csv:1", "sha256", false},
		"trace column":         {"load.trace.yaml", "{column: load,", "{column: cargo,", "slot.trace", "load.csv:1", "column", false},
		"trace unit":           {"load.trace.yaml", "unit: percent", "unit: watt", "slot.trace", "load.trace.yaml:1", "needed in percent", false},
		"block too long":       {"sim.yaml", "block: 1m", "block: 10m", "slot.trace", "load.trace.yaml:1", "complete blocks", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := start(t, "spoilt")
			edit(t, dir, c.file, c.old, c.by)
			r, err := slots.Check(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Findings) == 0 {
				t.Fatal("nothing was found")
			}
			f := r.Findings[0]
			at := fmt.Sprintf("%s:%d", f.File, f.Line)
			if f.Code != c.code || !strings.HasPrefix(at, c.at) || !strings.Contains(f.Message, c.says) || f.Warning != c.warning || f.Hint == "" || r.OK() != c.warning {
				t.Errorf("%s at %s: %q, advice %q, warning %t", f.Code, at, f.Message, f.Hint, f.Warning)
			}
		})
	}
}

func TestAddKeepsWhatBelongsToASlot(t *testing.T) {
	t.Parallel()
	dir, data := start(t, "added"), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "secret.csv")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := slots.Add(dir, data); err == nil {
		t.Error("a link out of the folder was followed")
	}
	if err := os.Remove(filepath.Join(dir, "secret.csv")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again: it is replaced
		_, to, err := slots.Add(dir, data)
		if err != nil || to != filepath.Join(slots.Store(data), "added") {
			t.Fatalf("%s, %v", to, err)
		}
	}
	entries, err := os.ReadDir(slots.Store(data))
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the data directory: %v, %v", entries, err)
	}
	if _, err := os.Stat(filepath.Join(slots.Store(data), "added", "main.go")); err == nil {
		t.Error("a program was copied")
	}
	if err := slots.UseAdded(data); err != nil {
		t.Fatal(err)
	}
	s, ok := hal.Lookup("added")
	if !ok || len(s.Baselines) != 2 {
		t.Fatalf("registered %t with %d textbook policies", ok, len(s.Baselines))
	}
	g, err := lineages.Load("home", "added")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Compile(s.Contract); err != nil {
		t.Error(err)
	}
}

// shipped is a slot that is there before any test registers one.
var shipped = hal.Slots()[0].Name

func TestTheNameOfAShippedSlotOrLineageIsTaken(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), shipped)
	if _, err := slots.Init(shipped, dir); err != nil {
		t.Fatal(err)
	}
	if _, _, err := slots.Add(dir, t.TempDir()); !errors.Is(err, hal.ErrTaken) {
		t.Errorf("slot %s: %v", shipped, err)
	}
	dir = start(t, "taken")
	if err := os.Rename(filepath.Join(dir, "lineages/home"), filepath.Join(dir, "lineages/alder")); err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Use(dir); !errors.Is(err, lineages.ErrTaken) {
		t.Errorf("lineage alder: %v", err)
	}
}

func TestNearFindsTheFolderAbove(t *testing.T) {
	t.Parallel()
	dir := start(t, "nearby")
	for _, at := range []string{".", "lineages/home", "lineages/home/module.go", "campaign.yaml"} {
		got, ok := slots.Near(filepath.Join(dir, at))
		if diff := cmp.Diff(dir, got); diff != "" || !ok {
			t.Errorf("%s: %s", at, diff)
		}
	}
	if at, ok := slots.Near(t.TempDir()); ok {
		t.Errorf("found %s", at)
	}
}

// Genomes of one lineage for several slots are one lineage, beside the shipped
// ones, which cannot be extended.
func TestRegisteredGenomesMakeLineages(t *testing.T) {
	t.Parallel()
	for _, slot := range []string{"valve", "pump"} {
		if err := lineages.Register(lineages.Genome{Lineage: "hazel", Slot: slot, Source: []byte(slot)}); err != nil {
			t.Fatal(err)
		}
	}
	l, err := lineages.Describe("hazel")
	if err != nil || !slices.Equal(l.Slots, []string{"pump", "valve"}) || l.Class != lineages.ProgramClass {
		t.Errorf("%+v, %v", l, err)
	}
	if g, err := lineages.Load("hazel", "valve"); err != nil || string(g.Source) != "valve" {
		t.Errorf("%+v, %v", g, err)
	}
	if _, err := lineages.Load("hazel", "fan"); !errors.Is(err, lineages.ErrUnknown) {
		t.Errorf("a slot that it does not fill: %v", err)
	}
	if names := lineages.Names(); !slices.Contains(names, "hazel") || !slices.IsSorted(names) {
		t.Errorf("names %v", names)
	}
	if err := lineages.Register(lineages.Genome{Lineage: "alder", Slot: "valve"}); !errors.Is(err, lineages.ErrTaken) {
		t.Errorf("a shipped lineage was extended: %v", err)
	}
}
