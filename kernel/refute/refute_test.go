package refute_test

import (
	"os"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

const folder = "../tilego/testdata/thermo"

func load(t testing.TB) (*contract.Contract, *refute.Refuter) {
	t.Helper()
	c, err := contract.Load(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	r, err := refute.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, r
}

const head = "package g\n\nimport . \"github.com/genesis-network/genesis/kernel/tilego/testdata/thermo\"\n\n"

func compile(t testing.TB, c *contract.Contract, src string) *ir.Unit {
	t.Helper()
	u, err := tilego.Compile([]byte(head+src), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const honest = `
type State struct{ N uint8 }

func Inv(s *State) bool { return s.N <= 9 }

func Step(s *State, in *Input) (fan, throttle uint8) {
	if s.N < 9 {
		s.N++
	}
	if in.Fault || in.Temp >= Critical {
		return MaxFan, MaxThrottle
	}
	if in.Temp >= Cool {
		return 5, 1
	}
	return 0, 0
}
`

func TestSearch(t *testing.T) {
	t.Parallel()
	c, r := load(t)
	for name, test := range map[string]struct {
		old, new  string
		clause    refute.Clause
		reachable bool
	}{
		"ignores the critical temperature": {"in.Fault || in.Temp >= Critical", "in.Fault", refute.Post, true},
		"off by one at the limit":          {"in.Temp >= Critical", "in.Temp > Critical", refute.Post, true},
		"ignores faults":                   {"in.Fault || ", "", refute.Post, true},
		"level out of range":               {"return 5, 1", "return 11, 1", refute.Post, true},
		"not monotone":                     {"return 0, 0", "return 6, 0", refute.RelPost, true},
		"leaves the invariant":             {"s.N < 9", "s.N < 12", refute.Inv, true},
		"invariant that is not kept":       {"s.N < 9 {\n\t\ts.N++", "s.N != 0 {\n\t\ts.N += 3", refute.Inv, false},
		"panics":                           {"return 5, 1", "return 5 / (9 - s.N), 1", refute.Panic, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := strings.Replace(honest, test.old, test.new, 1)
			if src == honest {
				t.Fatal("the mutation changed nothing")
			}
			w, err := r.Search(compile(t, c, src), 1, 4000)
			if err != nil {
				t.Fatal(err)
			}
			if w == nil || w.Clause != test.clause || w.Reachable != test.reachable {
				t.Fatalf("got %v, want %s, reachable %t", w, test.clause, test.reachable)
			}
		})
	}
}

func TestHonestModuleHasNoWitness(t *testing.T) {
	t.Parallel()
	c, r := load(t)
	u := compile(t, c, honest)
	for seed := range uint64(20) {
		if w, err := r.Search(u, seed, 4000); err != nil || w != nil {
			t.Fatalf("seed %d: %v, %v", seed, w, err)
		}
	}
}

func TestSameSeedSameWitness(t *testing.T) {
	t.Parallel()
	c, r := load(t)
	u := compile(t, c, strings.Replace(honest, "return 0, 0", "return 6, 0", 1))
	a, _ := r.Search(u, 7, 4000)
	b, _ := r.Search(u, 7, 4000)
	if a == nil || a.String() != b.String() {
		t.Errorf("got %v, then %v", a, b)
	}
}

func TestWitnessNamesWhatItShows(t *testing.T) {
	t.Parallel()
	c, r := load(t)
	w, err := r.Search(compile(t, c, strings.Replace(honest, "in.Fault || in.Temp >= Critical", "in.Fault", 1)), 1, 4000)
	if err != nil || w == nil {
		t.Fatal(w, err)
	}
	for _, want := range []string{"Post is broken", "state N=", "input Temp=", "results fan="} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("%q lacks %q", w, want)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	c, r := load(b)
	u := compile(b, c, honest)
	b.ReportAllocs()
	for b.Loop() {
		if w, err := r.Search(u, 1, 256); w != nil || err != nil {
			b.Fatal(w, err)
		}
	}
}

// filling breaks its promise only after the same input a hundred times.
const filling = `
type State struct{ N uint8 }

func Inv(s *State) bool { return s.N <= 101 }

func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Critical {
		s.N = 0
		return MaxFan, MaxThrottle
	}
	if in.Temp == Critical-1 && s.N <= 100 {
		s.N++
	} else if in.Temp != Critical-1 {
		s.N = 0
	}
	if s.N > 100 {
		return 11, 1
	}
	return 5, 1
}
`

func TestHeldInputsReachWhatAddsUp(t *testing.T) {
	t.Parallel()
	c, r := load(t)
	u := compile(t, c, filling)
	if w, err := r.Search(u, 1, 20_000); err != nil || w != nil && w.Reachable {
		t.Errorf("inputs that change: %v, %v", w, err)
	}
	w, err := r.SearchHeld(u, 1, 100_000, 128)
	if err != nil || w == nil || !w.Reachable || w.Clause != refute.Post {
		t.Errorf("inputs that are held: %v, %v", w, err)
	}
	most := uint64(0)
	if err := r.Visit(u, 1, 100_000, func(state []uint64) { most = max(most, state[0]) }); err != nil || most != 101 {
		t.Errorf("the most that was visited is %d, %v", most, err)
	}
}
