package mutate_test

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/mutate"
)

func all(t fatal, u *ir.Unit) []mutate.Mutant {
	t.Helper()
	ms, err := mutate.All(u)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

type fatal interface {
	Helper()
	Fatal(args ...any)
}

func encoded(t fatal, u *ir.Unit) []byte {
	t.Helper()
	raw, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Of any module: mutants are well-formed, all different, have the module's state
// and invariant, and making them changes neither the module nor the list.
func TestMutantsAreDistinctWellFormedModules(t *testing.T) {
	t.Parallel()
	made := 0
	rapid.Check(t, func(rt *rapid.T) {
		u := irgen.Module(irgen.Options{Stmts: 3}).Draw(rt, "unit")
		before := encoded(rt, u)
		ms := all(rt, u)
		made += len(ms)
		seen := map[string]bool{string(before): true}
		for _, m := range ms {
			raw := encoded(rt, m.Unit)
			if err := ir.Check(m.Unit); err != nil || seen[string(raw)] {
				rt.Fatalf("%s in %s: %s: twice, or %v", m.Kind, m.Where, m.What, err)
			}
			seen[string(raw)] = true
			if !slices.Equal(m.Unit.State, u.State) || m.Where == "Inv" {
				rt.Fatalf("%s in %s: %s changed the state or the invariant", m.Kind, m.Where, m.What)
			}
		}
		if !bytes.Equal(encoded(rt, u), before) {
			rt.Fatal("the module was changed")
		}
		for i, m := range all(rt, u) {
			if !bytes.Equal(encoded(rt, m.Unit), encoded(rt, ms[i].Unit)) {
				rt.Fatal("another list the second time")
			}
		}
	})
	if made == 0 {
		t.Error("no mutants")
	}
}

const source = `package g

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

const Step0 = 5

var curve = [2]uint8{1, MaxFan}

type State struct{ N uint8 }

func Inv(s *State) bool { return s.N <= 9 }

func Step(s *State, in *Input) (fan, throttle uint8) {
	s.N = min(s.N+1, 9)
	if in.Fault || in.Temp >= Critical {
		return MaxFan, MaxThrottle
	}
	return curve[s.N&1], Step0 / 2
}
`

func TestEveryKindOfChangeIsMade(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(os.DirFS("../testdata/thermo"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile([]byte(source), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all(t, u) {
		got = append(got, m.Where+": "+m.What)
	}
	for _, want := range []string{
		"Step0: 5 -> 6", "Step0: 5 -> 4", // the module's own constants
		"curve[0]: 1 -> 2", "curve[1]: 10 -> 9", // tables, with what they take from the contract
		"Step: + -> -", "Step: min -> max", "Step: & -> |", // operators
		"Step: >= -> >", "Step: >= -> <", // comparisons
		"Step: || -> &&", "Step: left side of || only", "Step: negated", // logic
		"Step: always taken", "Step: never taken",
		"Step: 10 -> 11", "Step: 950 -> 949", // constants of the contract, at one use
		"Step: N is not updated",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no mutant %q in %q", want, got)
		}
	}
}
