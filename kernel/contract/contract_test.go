package contract_test

import (
	"io/fs"
	"math/big"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

const folder = "../tilego/testdata/thermo"

// files is the fixture as an editable file system.
func files(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for _, name := range []string{"contract.go", "env.go", "contract.yaml"} {
		b, err := os.ReadFile(folder + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: b}
	}
	return out
}

func load(t *testing.T, fsys fs.FS) *contract.Contract {
	t.Helper()
	c, err := contract.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoad(t *testing.T) {
	t.Parallel()
	c := load(t, os.DirFS(folder))
	if c.Name != "thermo" || c.Slot != "thermo" || c.Version != 1 || c.Budget != 400 {
		t.Errorf("header: %+v", c)
	}
	if got := c.Entry.Results; len(got) != 2 || got[0] != (ir.Param{Name: "fan", Type: ir.U8}) {
		t.Errorf("results of the entry: %v", got)
	}
	if got := c.Model.Consts["Critical"]; got == nil || got.Cmp(big.NewInt(900)) != 0 {
		t.Errorf("model constant: %v", got)
	}
	if m := c.Metrics; len(m) != 2 || m[0].Scale != 1 || m[1].Per != "work_total" {
		t.Errorf("metrics: %+v", m)
	}
	if c.Env == nil || c.Env.Kind != ir.Env || c.Unit.Kind != ir.Contract {
		t.Error("units")
	}
	if len(c.Files) != 3 {
		t.Errorf("files: %d", len(c.Files))
	}
}

func TestModulesCompileAgainstIt(t *testing.T) {
	t.Parallel()
	c := load(t, os.DirFS(folder))
	src, err := os.ReadFile("../tilego/testdata/steps.go")
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(src, c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	if f, _ := u.Func("Step"); f == nil || u.Slot != "thermo" {
		t.Errorf("unit: %+v", u)
	}
}

func TestLimitsOfTheSlot(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../tilego/testdata/steps.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ limits, want string }{
		{"{source: 65536, state: 2}", ""},
		{"{source: 65536, state: 1}", "state has 2 bytes, the slot's limit is 1"},
		{"{source: 100, state: 2}", "the slot's limit is 100"},
	} {
		fsys := files(t)
		yaml := strings.Replace(string(fsys["contract.yaml"].Data), "{source: 65536, state: 65536}", tc.limits, 1)
		fsys["contract.yaml"] = &fstest.MapFile{Data: []byte(yaml)}
		_, err := tilego.Compile(src, load(t, fsys).Surface())
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("limits %s: got %v, want %q", tc.limits, err, tc.want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, file, old, new, want string
	}{
		{"unknown field", "contract.yaml", "summary:", "sumary: x\nsummary:", "line 7: unknown field sumary: write one of apiVersion"},
		{"unknown field inside", "contract.yaml", "budget: 400", "budget: 400, fuel: 3", "unknown field fuel: write one of budget"},
		{"unknown metric field", "contract.yaml", "direction: min", "direktion: min", "unknown field direktion"},
		{"twice", "contract.yaml", "kind: Contract", "kind: Contract\nkind: Contract", "already defined"},
		{"two documents", "contract.yaml", "apiVersion: genesis/v1", "apiVersion: genesis/v1\n---\nkind: x", "more than one document"},
		{"version", "contract.yaml", "version: 1", "version: 0", "version: write an integer from 1"},
		{"direction", "contract.yaml", "direction: min", "direction: low", "metrics[0].direction: write min or max"},
		{"budget", "contract.yaml", "budget: 400", "budget: 0", "cost.budget: write a number"},
		{"model constant", "contract.yaml", "Critical: 900", "Kritical: 900", "model.consts"},
		{"model constant too large", "contract.yaml", "Critical: 900", "Critical: 40000", "does not fit int16"},
		{"no states", "contract.yaml", "maxStates: 5000", "maxStates: 0", "model.maxStates"},
		{"no Wf", "contract.go", "func Wf(", "func Vf(", "does not define Wf"},
		{"Wf takes more", "contract.go", "func Wf(in *Input) bool", "func Wf(in *Input, x uint8) bool", "Wf has another signature"},
		{"no Post", "contract.go", "func Post(", "func Past(", "does not define Post"},
		{"RelPost alone", "contract.go", "func Rel(", "func Ral(", "does not define Rel"},
		{"RelPost shape", "contract.go", "fanB, throttleB uint8", "fanB uint8, throttleB uint16", "tilego"},
		{"field that modules cannot use", "contract.go", "Load", "load", "modules cannot use field load of Input"},
		{"language", "contract.go", "Margin   = 20", "Margin   = 20.5", "tilego.float"},
		{"Sense", "env.go", "(int16, uint16, bool)", "(int16, bool, uint16)", "tilego.type"},
		{"array that Env has not", "contract.go", "Fault bool", "Fault bool\n\tSlots [3]uint8", "give Env a field Slots [3]uint8"},
		{"Choices", "env.go", "Choices     = 4", "Choices     = 0", "write const Choices"},
		{"nothing promised", "env.go", "func Safe", "func save", "promises nothing"},
		{"React", "env.go", "fan, throttle uint8", "fan uint8", "React has another signature"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fsys := files(t)
			text := string(fsys[tc.file].Data)
			if !strings.Contains(text, tc.old) {
				t.Fatalf("fixture has no %q", tc.old)
			}
			fsys[tc.file] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, tc.old, tc.new))}
			_, err := contract.Load(fsys)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestLoadNeedsItsFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"contract.go", "contract.yaml"} {
		fsys := files(t)
		delete(fsys, name)
		if _, err := contract.Load(fsys); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	fsys := files(t)
	delete(fsys, "env.go")
	if _, err := contract.Load(fsys); err == nil || !strings.Contains(err.Error(), "maxStates") {
		t.Errorf("without env.go: %v", err)
	}
}
