package invariant

import (
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/verifiers/decide"
)

const alder = "../../../lineages/alder/thermal/module.go"

// edited is alder with a change under which its own invariant carries no proof.
func edited(t *testing.T, old, new string) (c subject) {
	t.Helper()
	c.contract, _ = load(t, alder)
	source, err := os.ReadFile(alder)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(source), old, new, 1)
	if text == string(source) {
		t.Fatalf("no %q", old)
	}
	if c.unit, err = tilego.Compile([]byte(text), c.contract.Surface()); err != nil {
		t.Fatal(err)
	}
	return c
}

// What is learnt is the simplest that carries the proof, and is named in the
// module's source.
func TestTheSimplestInvariantIsLearnt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, new, want string }{
		"two fields rise together": {
			"temp >= ThrottleUp && s.Throttle < ThrottleTop", "temp >= ThrottleUp && (s.Throttle < ThrottleTop || s.Fan <= s.Throttle)",
			"s.Throttle <= s.Fan",
		},
		"two fields go together in a part of the states": {
			"s.Fan--\n\t\ts.FanRest = HoldFan\n\t}", "s.Fan--\n\t\ts.FanRest = HoldFan\n\t} else if temp < up {\n\t\ts.Fan = HoldThrottle\n\t}",
			"s.Fan < 3 || 2 <= s.FanRest",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := edited(t, test.old, test.new)
			own, err := decide.Module(t.Context(), s.contract, s.unit, decide.Options{Depth: -1})
			if err != nil || own.Verdict() != decide.Refuted {
				t.Fatalf("with its own invariant: %s, %v", own, err)
			}
			others, err := Others(t.Context(), s.contract, s.unit)
			if err != nil || len(others) == 0 {
				t.Fatalf("%d proposals, %v", len(others), err)
			}
			text, err := tilego.Format(others[0], s.contract.Import, s.contract.Slot)
			if err != nil || !strings.Contains(string(text), test.want) {
				t.Fatalf("no %q, %v, in\n%s", test.want, err, text)
			}
			again, err := tilego.Compile(text, s.contract.Surface())
			if err != nil {
				t.Fatal(err)
			}
			raw, err := ir.Encode(others[0])
			if err != nil {
				t.Fatal(err)
			}
			if other, err := ir.Encode(again); err != nil || string(other) != string(raw) {
				t.Errorf("its source is another module's: %v", err)
			}
		})
	}
}

// No invariant makes a module right that breaks a promise from its initial state.
func TestNothingIsLearntOfAWrongModule(t *testing.T) {
	t.Parallel()
	s := edited(t, "return FanTop, ThrottleTop", "return FanTop, ThrottleTop - s.FanRest/2")
	others, err := Others(t.Context(), s.contract, s.unit)
	if err != nil || len(others) != 0 {
		t.Errorf("%d proposals, %v", len(others), err)
	}
}

// A bound means in the module's invariant what it means to the learner.
func TestABoundIsWrittenAsItIsMeant(t *testing.T) {
	t.Parallel()
	c, _ := load(t, alder)
	u, err := tilego.Compile([]byte(mixed), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	ints := (&learner{u: u}).integers()
	rapid.Check(t, func(rt *rapid.T) {
		b := bound{guard: -1, y: -1, signX: rapid.SampledFrom([]int64{-1, 1}).Draw(rt, "sign of x"), how: rapid.SampledFrom(guards).Draw(rt, "how")}
		b.x = rapid.IntRange(0, len(u.State)-1).Draw(rt, "x")
		if rapid.Bool().Draw(rt, "pair") {
			at := rapid.IntRange(0, len(ints)-2).Draw(rt, "x, y")
			b.x, b.y, b.signY = ints[at], ints[at+1], rapid.SampledFrom([]int64{-1, 1}).Draw(rt, "sign of y")
		}
		state, seen := drawnState(rt, u.State, "state"), drawnState(rt, u.State, "another")
		b.most = b.sum(u.State, seen) // bounds are fitted to states
		if rapid.Bool().Draw(rt, "guarded") {
			b.guard = rapid.IntRange(0, len(u.State)-1).Draw(rt, "guard")
			b.value = seen[b.guard]
			if u.State[b.guard].Type == ir.Bool {
				b.how = ir.Eq
			}
		}
		if b.trivial(u.State) {
			return
		}
		module := saying(u, []bound{b})
		if err := ir.Check(module); err != nil {
			rt.Fatal(err)
		}
		if got, want := invHolds(rt, module, state), b.holds(u.State, state); got != want {
			f, _ := module.Func("Inv")
			rt.Fatalf("%+v of %v is %t, written it is %t:\n%s", b, state, want, got, module.Text(f))
		}
	})
}

func drawnState(rt *rapid.T, fields []ir.Field, name string) []uint64 {
	out := make([]uint64, len(fields))
	for i, f := range fields {
		near := uint64(rapid.Int64Range(-3, 3).Draw(rt, name))
		switch rapid.IntRange(0, 2).Draw(rt, name+" at") {
		case 0:
			near += f.Type.Min()
		case 1:
			near += f.Type.Max()
		}
		out[i] = f.Type.Wrap(near)
	}
	return out
}

func invHolds(rt *rapid.T, u *ir.Unit, state []uint64) bool {
	p, err := vm.New(u)
	if err != nil {
		rt.Fatal(err)
	}
	inv, err := p.Func("Inv")
	if err != nil {
		rt.Fatal(err)
	}
	m, out := p.Machine(), make([]uint64, 1)
	copy(m.State(0), state)
	if err := m.Call(inv, nil, out); err != nil {
		rt.Fatal(err)
	}
	return out[0] == 1
}

const mixed = `package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

type State struct {
	On    bool
	Small uint8
	Less  int8
	Other int8
	Wide  uint32
	Deep  int32
	Off   bool
}

func Inv(s *State) bool { return true }

func Step(s *State, in *Input) (fan, throttle uint8) { return FanTop, ThrottleTop }
`

// Equal modules have equal proposals.
func TestProposalsAreRepeatable(t *testing.T) {
	t.Parallel()
	s := edited(t, "temp >= ThrottleUp && s.Throttle < ThrottleTop", "temp >= ThrottleUp && (s.Throttle < ThrottleTop || s.Fan <= s.Throttle)")
	var last string
	for range 2 {
		r, err := refute.New(s.contract)
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLearner(s.contract, r, s.unit)
		if err != nil {
			t.Fatal(err)
		}
		u, err := l.inductive(t.Context())
		if err != nil || u == nil {
			t.Fatal(u, err)
		}
		raw, err := ir.Encode(u)
		if err != nil || last != "" && string(raw) != last {
			t.Fatalf("another proposal, %v", err)
		}
		last = string(raw)
	}
}
