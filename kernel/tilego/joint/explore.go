package joint

import (
	"context"
	"fmt"
	"slices"
)

// DefaultMaxStates bounds an exploration when the caller does not: about 10 s
// and 100 MB for small states.
const DefaultMaxStates = 2_000_000

// maxBytes bounds the memory for packed states, which are up to 64 KiB each.
const maxBytes = 512 << 20

// Limits of an exploration.
type Limits struct {
	MaxStates int // distinct states; 0 is DefaultMaxStates. Large states allow fewer
}

// Result is what an exploration found. Its counts are those of TLC: Distinct
// states, and Generated ones: initial states and successors before duplicates
// are dropped. Where Symmetric is declared, those of TLC are States and Steps.
type Result struct {
	Distinct  int
	Generated int
	States    int        // that the distinct ones stand for: more where Symmetric is declared
	Steps     int        // what those generate, when Complete
	Lopsided  bool       // Symmetric is declared and not true: nothing was found out
	Depth     int        // levels of the breadth-first search; 1 is initial states only
	Complete  bool       // every reachable state was visited, without violation
	Limit     Limit      // what ended the exploration, when it is neither Complete nor has a Violation
	Violation *Violation // the first one, at the smallest depth
	Useful    []int      // per choice: steps that lead elsewhere than those of all smaller choices
	Vacuous   []Clause   // parts of promises that said nothing; when Complete
}

// Limit is what ended an exploration early.
type Limit string

// The limits.
const (
	StateLimit  Limit = "states" // Limits.MaxStates
	MemoryLimit Limit = "memory" // 512 MiB of states, of which large ones allow fewer
	TimeLimit   Limit = "time"   // the context's
)

// Violation is a broken invariant with a shortest way to it.
type Violation struct {
	Check  int    // index into System.Checks
	Name   string // of the check
	Detail string // why, where the name does not say: the kind of a panic
	Env    bool   // the surroundings or the contract are wrong, not the module
	Trace  []Step // from an initial state to the broken one
}

// Step is one step of a trace and the state behind it. Values are canonical
// bits, flattened in the order of the fields.
type Step struct {
	Choice         int
	Input, Results []uint64 // nil in the first step; Results also when Step panicked
	Module, Env    []uint64
	Fault          Fault // the state is that before the step if there is one
}

// pollEvery is how many states are visited between two looks at the context.
const pollEvery = 1 << 6

// Explore visits all reachable joint states breadth-first, in an order that is
// always the same, until one breaks an invariant. When the context ends it
// returns what it had, with an error that wraps the context's; a Result that is
// neither Complete nor has a Violation reached the limit.
func (s *System) Explore(ctx context.Context, l Limits) (*Result, error) {
	if l.MaxStates <= 0 {
		l.MaxStates = DefaultMaxStates
	}
	r, err := s.newRunner()
	if err != nil {
		return nil, err
	}
	most := min(l.MaxStates, maxBytes/(r.stride+1))
	p, err := s.newProbes()
	if err != nil {
		return nil, err
	}
	x := &explorer{runner: r, probes: p, orbit: orbit{s.Symmetric, s.columns()},
		seen: newStateSet(r.stride, most), result: &Result{Useful: make([]int, s.Choices)}}
	if x.start() || x.run(ctx) {
		if !x.result.Complete && x.result.Violation == nil && !x.result.Lopsided {
			x.result.Limit = limitOf(most, l)
		}
		return x.result, nil
	}
	if err := ctx.Err(); err != nil {
		x.result.Limit = TimeLimit
		return x.result, fmt.Errorf("joint: exploration stopped after %d states: %w", x.result.Distinct, err)
	}
	return x.result, nil
}

func limitOf(most int, l Limits) Limit {
	if most < l.MaxStates {
		return MemoryLimit
	}
	return StateLimit
}

type explorer struct {
	*runner
	probes *probes
	orbit  orbit
	seen   *stateSet
	result *Result
	next   []byte  // the packed successor
	from   []int32 // per state: the last visited state that led to it
}

// start adds the initial states, and reports whether the search is over.
func (x *explorer) start() bool {
	for c := range x.sys.InitChoices {
		fault, detail := x.initial(c)
		if x.reach(noParent, c, fault, detail) {
			return true
		}
	}
	x.result.Depth = 1
	return false
}

// run visits states in the order in which they were reached.
func (x *explorer) run(ctx context.Context) bool {
	end := x.seen.len() // of the current level
	for at := 0; at < x.seen.len(); at++ {
		if at%pollEvery == 0 && ctx.Err() != nil {
			return false
		}
		if at == end {
			x.result.Depth++
			end = x.seen.len()
		}
		if x.visit(at) {
			return true
		}
		if x.seen.full() {
			return true
		}
	}
	x.result.Complete, x.result.Vacuous = true, x.probes.left()
	x.result.Steps = x.sys.InitChoices + x.result.States*x.sys.Choices
	return true
}

func (x *explorer) visit(at int) bool {
	x.unpack(x.seen.key(at))
	if !x.alike() {
		x.result.Lopsided = true
		return true
	}
	for c := range x.sys.Choices {
		fault, detail := x.advance(c)
		if fault == None {
			x.probes.step(x.runner)
		}
		if x.reach(at, c, fault, detail) {
			if x.result.Violation != nil {
				x.result.Depth++
			}
			return true
		}
	}
	return false
}

// reach takes the state behind a step, and reports whether the search is over.
func (x *explorer) reach(parent, choice int, fault Fault, detail string) bool {
	x.result.Generated++
	if fault != None {
		x.result.Distinct = x.seen.len() + 1
		x.violate(x.checkOf(fault), detail, parent, choice, fault)
		return true
	}
	x.orbit.settle(x.e.State(0))
	x.next = x.pack(x.next[:0])
	id, fresh := x.seen.add(x.next, parent, choice)
	x.result.Distinct = x.seen.len()
	if parent != noParent {
		x.count(parent, choice, id)
	}
	if !fresh {
		return false
	}
	x.result.States += x.orbit.size(x.e.State(0))
	if check, detail := x.broken(); check >= 0 {
		x.violate(check, detail, parent, choice, None)
		return true
	}
	x.probes.state(x.runner)
	return false
}

// count notes that a choice led to a state, if no smaller choice of the same
// visit did.
func (x *explorer) count(parent, choice, id int) {
	for len(x.from) <= id {
		x.from = append(x.from, noParent)
	}
	if x.from[id] != int32(parent) {
		x.from[id] = int32(parent)
		x.result.Useful[choice]++
	}
}

func (x *explorer) violate(check int, detail string, parent, choice int, fault Fault) {
	v := &Violation{Check: check, Name: x.checks[check].Name(), Detail: detail}
	v.Env = fault == EnvPanic || fault == BadInput || x.checks[check].Fn.Unit == x.sys.Env && detail != ""
	var path []int // backwards
	for at := parent; at != noParent; at = x.seen.parent(at) {
		path = append(path, at)
	}
	for _, at := range slices.Backward(path) {
		x.trace(v, x.seen.choice(at), func(c int) bool { return x.leads(c, len(v.Trace) == 0, x.seen.key(at)) })
	}
	x.trace(v, choice, func(c int) bool { return x.breaks(c, len(v.Trace) == 0, fault, check) })
	if x.result.Lopsided {
		return
	}
	v.Trace[len(v.Trace)-1].Fault = fault
	x.result.Violation = v
}

// trace adds a step to a trace. Where Symmetric is declared, the choice that was
// found belongs to things in another order, so another may be meant.
func (x *explorer) trace(v *Violation, choice int, meant func(choice int) bool) {
	first := len(v.Trace) == 0
	if x.orbit.n > 1 {
		choice = x.retrace(first, meant)
	}
	v.Trace = append(v.Trace, x.replay(choice, first))
}
