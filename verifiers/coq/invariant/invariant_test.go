package invariant

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// subject is a module of a contract.
type subject struct {
	contract *contract.Contract
	unit     *ir.Unit
}

func load(t *testing.T, file string) (*contract.Contract, *ir.Unit) {
	t.Helper()
	c, err := contract.Load(os.DirFS("../../../hal/thermal"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(source, c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	return c, u
}

// With an invariant that admits everything, shipped modules are refuted from
// states that they never reach; the first proposal is the box that they stay in.
func TestTheBoxOfReachedStatesIsProposed(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]refute.Range{
		"../../../lineages/alder/thermal/module.go": {{Least: 0, Greatest: 10}, {Least: 0, Greatest: 4}, {Least: 0, Greatest: 2}, {Least: 0, Greatest: 1}},
		"../../../lineages/birch/thermal/module.go": {{Least: 0, Greatest: 256}},
		"../../../lineages/cedar/thermal/module.go": {{Least: 0, Greatest: 97}},
	} {
		c, u := load(t, file)
		everything := make([]refute.Range, len(u.State))
		for i, f := range u.State {
			everything[i] = refute.Range{Least: f.Type.Min(), Greatest: f.Type.Max()}
		}
		others, err := Others(t.Context(), c, With(u, everything))
		if err != nil || len(others) == 0 {
			t.Fatalf("%s: %d proposals, %v", file, len(others), err)
		}
		got, err := ir.Encode(others[0])
		if err != nil {
			t.Fatal(err)
		}
		box, err := ir.Encode(With(u, want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(box, got); diff != "" {
			t.Errorf("%s: the first proposal is not the box %v", file, want)
		}
	}
}

// What a box cannot say, how fields go together, a box for each value can: here
// the second field is a shadow of the first.
func TestABoxForEachValueSaysHowFieldsGoTogether(t *testing.T) {
	t.Parallel()
	c, _ := load(t, "../../../lineages/alder/thermal/module.go")
	u, err := tilego.Compile([]byte(shadow), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	others, err := Others(t.Context(), c, u)
	if err != nil || len(others) < 2 {
		t.Fatalf("%d proposals, %v", len(others), err)
	}
	for i, wants := range [][]string{{"s.Shadow <= s.Level"}, {"s.Level != 0 || s.Shadow <= 0", "s.Level != 2 || 2 <= s.Shadow && s.Shadow <= 2"}} {
		text, err := tilego.Format(others[i], c.Import, c.Slot)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("proposal %d has no %q:\n%s", i, want, text)
			}
		}
	}
}

const shadow = `package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

type State struct{ Level, Shadow uint8 }

func Inv(s *State) bool { return s.Level <= 2 && s.Shadow <= 2 }

func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		return FanTop, ThrottleTop
	}
	if s.Level < 2 {
		s.Level++
	}
	spare := 4 / (1 + s.Level - s.Shadow)
	s.Shadow = s.Level
	return min(spare, 1), 0
}
`

// A proposal differs from the module in Inv alone.
func TestOnlyTheInvariantChanges(t *testing.T) {
	t.Parallel()
	_, u := load(t, "../../../lineages/alder/thermal/module.go")
	other := With(u, []refute.Range{{Least: 1, Greatest: 2}, {Least: 0, Greatest: 255}, {Least: 3, Greatest: 3}, {Least: 0, Greatest: 9}})
	_, at := other.Func("Inv")
	other.Funcs[at] = u.Funcs[at]
	got, err := ir.Encode(other)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("another invariant changed something else")
	}
}
