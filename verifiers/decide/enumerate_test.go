package decide_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// A small world: 8 bits of state and a flag, 4 bits of input. All of it can be
// enumerated, so every verdict can be checked.
const tinyContract = `package tiny

type Input struct{ X uint8 }

type State struct {
	S uint8
	B bool
}

const InTop = 15

func Wf(in *Input) bool { return in.X <= InTop }

func Post(in *Input, r uint8) bool { return %s }

func Frame(before, after *State) bool { return %s }

func Rel(a, b *Input) bool { return a.X <= b.X }

func RelPost(ra, rb uint8) bool { return %s }
`

const tinyYAML = `apiVersion: genesis/v1
kind: Contract
name: tiny
slot: tiny
version: 1
import: example.org/tiny
summary: For tests.
cost: {budget: 100000}
limits: {source: 65536, state: 65536}
metrics:
  - {name: m, unit: J, direction: min, counter: m, about: nothing}
`

func tiny(t fatal, post, frame, rel string) *contract.Contract {
	t.Helper()
	c, err := contract.Load(fstest.MapFS{
		"contract.go":   {Data: fmt.Appendf(nil, tinyContract, post, frame, rel)},
		"contract.yaml": {Data: []byte(tinyYAML)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type fatal interface {
	Helper()
	Fatal(args ...any)
}

// writer writes random Tile Go.
type writer struct{ t *rapid.T }

func (w writer) pick(options ...string) string { return rapid.SampledFrom(options).Draw(w.t, "pick") }

func (w writer) chance(n int) bool { return rapid.IntRange(0, 99).Draw(w.t, "chance") >= 100-n }

func (w writer) number() string {
	return w.pick("0", "1", "2", "3", "7", "8", "15", "16", "100", "127", "128", "255")
}

func (w writer) expr(depth int) string {
	if depth == 0 || w.chance(20) {
		return w.pick("s.S", "s.S", "in.X", "in.X", "r", w.number())
	}
	a, b := "("+w.expr(depth-1)+")", "("+w.expr(depth-1)+")"
	variable := func(x string) string { return "mix(" + x + ", 0)" } // no constant operands where Go would fold them
	switch rapid.IntRange(0, 11).Draw(w.t, "form") {
	case 0, 1:
		return variable(a) + w.pick(" + ", " - ", " * ") + b
	case 2:
		return variable(a) + w.pick(" & ", " | ", " ^ ", " &^ ") + b
	case 3:
		return variable(a) + w.pick(" << ", " >> ") + "(" + variable(b) + " & 7)"
	case 4:
		return w.pick("min", "max") + "(" + variable(a) + ", " + b + ")"
	case 5:
		return variable(a) + w.pick(" / ", " % ") + w.pick("3", "7", "16", variable(b))
	case 6:
		return "uint8(int8(" + variable(a) + ")" + w.pick(" / ", " % ") + "int8(" + variable(b) + " | 1))"
	case 7:
		return "uint8(int8(" + variable(a) + ") >> (" + variable(b) + " & 7))"
	case 8:
		return "uint8(bits." + w.pick("LeadingZeros8", "TrailingZeros8", "OnesCount8", "Len8") + "(" + variable(a) + "))"
	case 9:
		return "tab[" + variable(a) + w.pick(" & 7", " % 6", " & 3") + "]"
	}
	return w.pick(a, b)
}

func (w writer) cond() string {
	x := "mix(" + w.expr(1) + ", 0)" + w.pick(" < ", " <= ", " == ", " != ", " > ") + w.expr(1)
	switch {
	case w.chance(20):
		return x + w.pick(" && ", " || ") + "s.B"
	case w.chance(10):
		return "!(" + x + ")"
	}
	return x
}

func (w writer) stmts(depth int) string {
	var b strings.Builder
	for range rapid.IntRange(1, 3).Draw(w.t, "stmts") {
		switch {
		case depth > 0 && w.chance(35):
			fmt.Fprintf(&b, "if %s {\n%s} else {\n%s}\n", w.cond(), w.stmts(depth-1), w.stmts(depth-1))
		case depth > 0 && w.chance(15):
			fmt.Fprintf(&b, "for range 3 {\n%s}\n", w.stmts(0))
		case w.chance(20):
			fmt.Fprintf(&b, "s.B = %s\n", w.cond())
		default:
			fmt.Fprintf(&b, "%s = %s\n", w.pick("s.S", "r"), w.expr(2))
		}
	}
	return b.String()
}

// module is a random module that often keeps simple promises: what it leaves may
// be clamped.
func (w writer) module(bound string) string {
	end := ""
	if w.chance(60) {
		end += "s.S = min(s.S, " + bound + ")\n"
	}
	if w.chance(60) {
		end += "r = " + w.pick("min(r, 200)", "min(r, 200)", "in.X", "min(in.X, s.S)", "0") + "\n"
	}
	return fmt.Sprintf(`package tiny

import (
	"math/bits"

	. "example.org/tiny"
)

var tab = [6]uint8{3, 1, 4, 1, 5, 9}

var narrow = [9]uint8{uint8(0), 1, 2, 3, 4, 5, 6, 7, 8}

func mix(a, b uint8) uint8 { return a ^ b }

func unused(a uint8) uint8 { return uint8(bits.Len8(a)) + narrow[a%%9] }

func Inv(s *State) bool { return s.S <= %s }

func Step(s *State, in *Input) (out uint8) {
	r := unused(in.X)
	%s%sreturn r
}
`, bound, w.stmts(2), end)
}

// world runs a module on the reference engine.
type world struct {
	m, k *vm.Machine // of module and contract
	p, q *vm.Program
}

func newWorld(t fatal, c *contract.Contract, u *ir.Unit) *world {
	t.Helper()
	p, err := vm.New(u)
	if err != nil {
		t.Fatal(err)
	}
	q, err := vm.New(c.Unit)
	if err != nil {
		t.Fatal(err)
	}
	return &world{p: p, q: q, m: p.Machine(), k: q.Machine()}
}

func (w *world) predicate(p *vm.Program, m *vm.Machine, name string, params ...uint64) bool {
	f, err := p.Func(name)
	if err != nil {
		return true
	}
	var answer [1]uint64
	return m.Call(f, params, answer[:]) == nil && answer[0] == 1
}

// broken enumerates all states inside Inv and all inputs inside Wf, and says
// which clauses some of them break.
func (w *world) broken() map[refute.Clause]bool {
	out := map[refute.Clause]bool{refute.Init: !w.predicate(w.p, w.m, "Inv")}
	for s := range uint64(256) {
		for b := range uint64(2) {
			copy(w.m.State(0), []uint64{s, b})
			if w.predicate(w.p, w.m, "Inv") {
				w.from(s, b, out)
			}
		}
	}
	return out
}

func (w *world) from(s, b uint64, out map[refute.Clause]bool) {
	var results [256]uint64
	var returned [256]bool
	for x := range uint64(256) {
		w.k.Input(0)[0] = x
		if !w.predicate(w.q, w.k, "Wf") {
			continue
		}
		r, ok := w.step(s, b, x)
		if !ok {
			out[refute.Panic] = true
			continue
		}
		results[x], returned[x] = r, true
		if !w.predicate(w.q, w.k, "Post", r) {
			out[refute.Post] = true
		}
		if !w.predicate(w.p, w.m, "Inv") {
			out[refute.Inv] = true
		}
		copy(w.k.State(0), []uint64{s, b})
		copy(w.k.State(1), w.m.State(0))
		if !w.predicate(w.q, w.k, "Frame") {
			out[refute.Frame] = true
		}
	}
	for x := range uint64(256) {
		for y := range uint64(256) {
			if !returned[x] || !returned[y] || out[refute.RelPost] {
				continue
			}
			w.k.Input(0)[0], w.k.Input(1)[0] = x, y
			if w.predicate(w.q, w.k, "Rel") && !w.predicate(w.q, w.k, "RelPost", results[x], results[y]) {
				out[refute.RelPost] = true
			}
		}
	}
}

func (w *world) step(s, b, x uint64) (uint64, bool) {
	copy(w.m.State(0), []uint64{s, b})
	w.m.Input(0)[0] = x
	f, _ := w.p.Func("Step")
	var r [1]uint64
	err := w.m.Call(f, nil, r[:])
	return r[0], err == nil
}

// drawn is a random contract with a random module of it.
func drawn(t *rapid.T) (*contract.Contract, *ir.Unit, string) {
	w := writer{t}
	c := tiny(t, w.pick("r <= 200", "r <= 200 || in.X == 3", "true", "r <= in.X"),
		w.pick("true", "before.B == after.B", "before.S <= after.S || after.B"), w.pick("true", "ra <= rb", "ra <= rb || rb == 0"))
	src := w.module(w.pick("10", "100", "255", "31"))
	u, err := tilego.Compile([]byte(src), c.Surface())
	if err != nil {
		t.Skip(err)
	}
	return c, u, src
}

// Whatever the rung says of a clause, enumeration says as well: the proof that
// "holds" can be believed as far as a world of 8 bits shows it.
func TestVerdictsAreThoseOfEnumeration(t *testing.T) {
	t.Parallel()
	verdicts := map[refute.Clause]map[decide.Verdict]int{}
	rapid.Check(t, func(rt *rapid.T) {
		c, u, src := drawn(rt)
		r, err := decide.Module(t.Context(), c, u, decide.Options{Depth: 3, Time: patient.Time})
		if err != nil {
			rt.Fatalf("%v\n%s", err, src)
		}
		broken := newWorld(rt, c, u).broken()
		for _, a := range r.Answers {
			want := decide.Holds
			if broken[a.Clause] {
				want = decide.Refuted
			}
			if a.Verdict != want {
				rt.Fatalf("%s is %s (%s), enumeration says %s\n%s", a.Clause, a.Verdict, a.Reason, want, src)
			}
			if verdicts[a.Clause] == nil {
				verdicts[a.Clause] = map[decide.Verdict]int{}
			}
			verdicts[a.Clause][a.Verdict]++
		}
	})
	for _, clause := range []refute.Clause{refute.Panic, refute.Post, refute.Inv, refute.Frame, refute.RelPost} {
		if v := verdicts[clause]; v[decide.Holds] == 0 || v[decide.Refuted] == 0 {
			t.Errorf("%s was only ever %v: the test is about nothing", clause, v)
		}
	}
	t.Log(verdicts)
}

// Equal means equal on every state inside Inv, every input inside Wf.
func TestComparisonsAreThoseOfEnumeration(t *testing.T) {
	t.Parallel()
	verdicts := map[decide.Sameness]int{}
	rapid.Check(t, func(rt *rapid.T) {
		c, a, src := drawn(rt)
		w := writer{rt}
		edited := strings.Replace(src, w.pick("s.S", "in.X", "<=", "+", "&", "15", "16", "3", "min", "return r"), w.pick("s.S", "in.X", "<", "|", "^", "16", "15", "7", "max", "return r & 0xff"), 1)
		b, err := tilego.Compile([]byte(edited), c.Surface())
		if err != nil {
			rt.Skip(err)
		}
		r, err := decide.Equivalent(t.Context(), c, a, b, patient)
		if err != nil {
			rt.Fatalf("%v\n%s", err, src)
		}
		verdicts[r.Sameness]++
		wa, wb := newWorld(rt, c, a), newWorld(rt, c, b)
		if same := wa.same(wb); same && r.Sameness != decide.Same {
			rt.Fatalf("equal everywhere, but %+v\n%s\n%s", r, src, edited)
		} else if r.Sameness == decide.Same && !wa.walkTogether(rt, wb) {
			rt.Fatalf("not equal, but %+v\n%s\n%s", r, src, edited)
		}
	})
	if verdicts[decide.Same] == 0 || verdicts[decide.Different] == 0 {
		t.Errorf("only ever %v: the test is about nothing", verdicts)
	}
	t.Log(verdicts)
}

// same compares two modules of one State everywhere.
func (w *world) same(o *world) bool {
	for s := range uint64(256) {
		for b := range uint64(2) {
			copy(w.m.State(0), []uint64{s, b})
			if !w.predicate(w.p, w.m, "Inv") {
				continue
			}
			for x := range uint64(16) {
				r, ok := w.step(s, b, x)
				q, okay := o.step(s, b, x)
				if ok != okay || ok && (r != q || w.m.State(0)[0] != o.m.State(0)[0] || w.m.State(0)[1] != o.m.State(0)[1]) {
					return false
				}
			}
		}
	}
	return true
}

// walkTogether runs both from the start on random inputs as long as both keep
// their invariants, and compares results.
func (w *world) walkTogether(t *rapid.T, o *world) bool {
	a, b := [2]uint64{}, [2]uint64{}
	for range 200 {
		x := rapid.Uint64Range(0, 15).Draw(t, "x")
		copy(w.m.State(0), a[:])
		copy(o.m.State(0), b[:])
		if !w.predicate(w.p, w.m, "Inv") || !o.predicate(o.p, o.m, "Inv") {
			return true
		}
		r, ok := w.step(a[0], a[1], x)
		q, okay := o.step(b[0], b[1], x)
		if ok != okay || ok && r != q {
			return false
		}
		if !ok {
			return true
		}
		copy(a[:], w.m.State(0))
		copy(b[:], o.m.State(0))
	}
	return true
}
