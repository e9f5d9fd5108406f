package invariant

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// learner looks for the conjunction of bounds that a module keeps and from which
// it keeps its promises: those that hold of the states that it was seen in, less
// the ones that a step breaks (Houdini, Flanagan and Leino 2001), less the ones
// that are not needed.
type learner struct {
	c       *contract.Contract
	u       *ir.Unit
	offsets []int // of the fields in a flattened state
	states  [][]uint64
	machine *vm.Machine
	step    *vm.Func
	asked   int
}

// Bounds of the work for one module.
const (
	mostStates    = 4096 // states that bounds are fitted to
	mostQuestions = 400  // that package decide is asked
	questionTime  = 2 * time.Second
)

func newLearner(c *contract.Contract, r *refute.Refuter, u *ir.Unit) (*learner, error) {
	p, err := vm.New(u)
	if err != nil {
		return nil, fmt.Errorf("invariant: %w", err)
	}
	l := &learner{c: c, u: u, machine: p.Machine()}
	if l.step, err = p.Func(c.Entry.Name); err != nil {
		return nil, fmt.Errorf("invariant: %w", err)
	}
	at := 0
	for _, f := range u.State {
		l.offsets = append(l.offsets, at)
		at += f.Elems()
	}
	return l, l.visit(r)
}

// visit keeps states of the module, no two of them equal.
func (l *learner) visit(r *refute.Refuter) error {
	seen := map[string]bool{}
	err := r.Visit(l.u, 1, reachSteps, func(flat []uint64) {
		s := l.projected(flat)
		if key := fmt.Sprint(s); len(l.states) < mostStates && !seen[key] {
			seen[key] = true
			l.states = append(l.states, s)
		}
	})
	if err != nil {
		return fmt.Errorf("invariant: %w", err)
	}
	return nil
}

// projected is a state with one value for each field, 0 for arrays.
func (l *learner) projected(flat []uint64) []uint64 {
	out := make([]uint64, len(l.u.State))
	for i, f := range l.u.State {
		if f.Len == 0 {
			out[i] = flat[l.offsets[i]]
		}
	}
	return out
}

// inductive is the module with such an invariant, of the simplest kind that there
// is one of; nil if there is none: the box, then also how pairs of fields rise
// together, then also sides of boxes for a part of the states, then pairs for it.
func (l *learner) inductive(ctx context.Context) (*ir.Unit, error) {
	if len(l.states) == 0 {
		return nil, nil
	}
	all := l.box()
	for _, more := range []func() []bound{func() []bound { return nil }, l.pairs, l.boxesByValue, l.pairsByValue} {
		all = append(all, more()...)
		kept, ok, err := l.houdini(ctx, slices.Clone(all))
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if kept, err = l.needed(ctx, kept); err != nil {
			return nil, err
		}
		return saying(l.u, kept), nil
	}
	return nil, nil
}

// fitted is a bound that the states that were seen keep just so, if it says
// something.
func (l *learner) fitted(b bound) (bound, bool) {
	first := true
	for _, s := range l.states {
		if b.applies(l.u.State, s) {
			if n := b.sum(l.u.State, s); first || n > b.most {
				b.most, first = n, false
			}
		}
	}
	return b, !first && !b.trivial(l.u.State)
}

func (l *learner) fittedAll(list []bound) (out []bound) {
	for _, b := range list {
		if b, ok := l.fitted(b); ok {
			out = append(out, b)
		}
	}
	return out
}

// box are the sides of the box of the states that were seen, and the wider ones
// at the thresholds that contract and module name.
func (l *learner) box() (out []bound) {
	cuts := thresholds(l.u, l.c.Unit)
	for i, f := range l.u.State {
		if !scalar(f) {
			continue
		}
		for _, sign := range []int64{-1, 1} {
			b, ok := l.fitted(bound{guard: -1, y: -1, x: i, signX: sign})
			if !ok {
				continue
			}
			out = append(out, b)
			for _, cut := range cuts {
				wider := b
				if wider.most = sign * cut; wider.most > b.most && !wider.trivial(l.u.State) {
					out = append(out, wider)
				}
			}
		}
	}
	return out
}

// integers are the fields that can be added.
func (l *learner) integers() (out []int) {
	for i, f := range l.u.State {
		if scalar(f) && f.Type != ir.Bool {
			out = append(out, i)
		}
	}
	return out
}

func (l *learner) pairs() []bound { return l.fittedAll(l.pairsUnder(bound{guard: -1})) }

func (l *learner) pairsUnder(b bound) (out []bound) {
	fields := l.integers()
	for k, x := range fields {
		for _, y := range fields[k+1:] {
			if x == b.guard || y == b.guard {
				continue
			}
			b.x, b.y = x, y
			for _, signs := range [][2]int64{{1, -1}, {-1, 1}, {1, 1}, {-1, -1}} {
				b.signX, b.signY = signs[0], signs[1]
				out = append(out, b)
			}
		}
	}
	return out
}

func (l *learner) sidesUnder(b bound) (out []bound) {
	b.y = -1
	for x, f := range l.u.State {
		if x == b.guard || !scalar(f) {
			continue
		}
		b.x = x
		for _, b.signX = range []int64{-1, 1} {
			out = append(out, b)
		}
	}
	return out
}

// values are those that a field takes, if they are few.
func (l *learner) values(field int) (out []uint64) {
	if f := l.u.State[field]; !scalar(f) {
		return nil
	}
	for _, s := range l.states {
		if v := s[field]; !slices.Contains(out, v) {
			if out = append(out, v); len(out) > mostGuards {
				return nil
			}
		}
	}
	slices.Sort(out)
	return out
}

// mostGuards is how many values a field may take to be a guard.
const mostGuards = 12

func (l *learner) boxesByValue() []bound { return l.byValue(l.sidesUnder) }
func (l *learner) pairsByValue() []bound { return l.byValue(l.pairsUnder) }

// byValue are the bounds of a kind for each part of the states that a value of a
// field marks off: those that speak of one value first, which are the first to go.
func (l *learner) byValue(under func(bound) []bound) (out []bound) {
	for _, how := range guards {
		for guard, f := range l.u.State {
			if how != ir.Eq && f.Type == ir.Bool {
				continue
			}
			for _, v := range l.values(guard) {
				out = append(out, under(bound{guard: guard, how: how, value: v})...)
			}
		}
	}
	return l.fittedAll(out)
}

// houdini leaves out the bounds that a step breaks, one step after the other. It
// gives up when a promise is broken where all of them hold: with fewer bounds it
// would be broken as well.
func (l *learner) houdini(ctx context.Context, all []bound) (kept []bound, ok bool, err error) {
	for {
		report, err := l.decide(ctx, all)
		if err != nil || report == nil {
			return nil, false, err
		}
		var broken *refute.Witness
		for _, a := range report.Answers {
			switch {
			case a.Verdict == decide.Holds:
			case a.Clause == refute.Inv && a.Witness != nil:
				broken = a.Witness
			default:
				return nil, false, nil
			}
		}
		if broken == nil {
			return tightest(all), true, nil
		}
		after := l.after(broken)
		rest := slices.DeleteFunc(slices.Clone(all), func(b bound) bool { return !b.holds(l.u.State, after) })
		if len(rest) == len(all) {
			return nil, false, fmt.Errorf("invariant: a step is said to break bounds, and breaks none: %s", broken)
		}
		all = rest
	}
}

// decide asks whether the module keeps these bounds and its promises. nil means
// that enough was asked, or that the bounds are too many for one invariant.
func (l *learner) decide(ctx context.Context, all []bound) (*decide.Report, error) {
	u := saying(l.u, all)
	if l.asked++; l.asked > mostQuestions || ir.Check(u) != nil {
		return nil, nil
	}
	r, err := decide.Module(ctx, l.c, u, decide.Options{Depth: -1, Time: questionTime})
	if err != nil {
		return nil, fmt.Errorf("invariant: %w", err)
	}
	return &r, nil
}

// after is the state that a witness's step leads to.
func (l *learner) after(w *refute.Witness) []uint64 {
	copy(l.machine.State(0), w.State)
	copy(l.machine.Input(0), w.Input)
	_ = l.machine.Call(l.step, nil, make([]uint64, len(l.c.Entry.Results))) // it was made before, and did not panic
	return l.projected(l.machine.State(0))
}

// tightest leaves out the sides of boxes that lie outside others.
func tightest(all []bound) (out []bound) {
	for _, b := range all {
		outside := func(o bound) bool {
			return b.side() && o.side() && o.x == b.x && o.signX == b.signX && o.most < b.most
		}
		if !slices.ContainsFunc(all, outside) {
			out = append(out, b)
		}
	}
	return out
}

// needed leaves out what is not needed, but for the box: first all of the rest,
// then halves of it, then quarters of what is left, and so on. Where questions take
// too long it leaves it at that.
func (l *learner) needed(ctx context.Context, all []bound) ([]bound, error) {
	var fixed, rest []bound
	for _, b := range all {
		if b.side() {
			fixed = append(fixed, b)
		} else {
			rest = append(rest, b)
		}
	}
	for size := len(rest); size > 0; size = (size + 1) / 2 {
		for at := 0; at < len(rest); {
			fewer := slices.Delete(slices.Clone(rest), at, min(at+size, len(rest)))
			report, err := l.decide(ctx, slices.Concat(fixed, fewer))
			switch {
			case err != nil:
				return nil, err
			case report == nil || report.Verdict() == decide.Unknown:
				return slices.Concat(fixed, rest), nil
			case report.Verdict() == decide.Holds:
				rest = fewer
			default:
				at += size
			}
		}
		if size == 1 {
			break
		}
	}
	return slices.Concat(fixed, rest), nil
}
