// Package invariant proposes other invariants for a module whose own one does
// not carry its proof: the simplest conjunction of bounds that package decide
// says to be kept and to carry the promises, of boxes, of how two fields rise
// together, and of both for each value of a field; then the box of the states that
// are reached, a box for each value of a field that takes few, and the first box
// with one field after the other left to its type.
//
// Edits never touch a module's invariant. So a module can be right and still
// be unprovable as it stands: from states that its invariant admits and that it
// never reaches, it would break a promise or leave the invariant. Such a module
// is proven with an invariant of its own.
//
// What it keeps true: a proposal differs from the module in Inv alone, and equal
// modules have equal proposals, unless the machine is so busy that a question to
// package decide runs out of time. What it does not do: it proves nothing. A module
// with another invariant is another module, with a digest of its own, and every
// station judges it like any other.
package invariant

import (
	"context"
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// Steps for which a module is walked to see which states it reaches.
const reachSteps = 60_000

// attackSteps is how long a proposal is attacked that could not be decided, before
// it is worth a proof.
const attackSteps = 30_000

// Others are modules that differ from u in their invariant, in the order in which
// they are worth trying: first those of which package decide says that all holds,
// then those that it could not decide and a short attack did not refute. None for
// a module that cannot be run.
func Others(ctx context.Context, c *contract.Contract, u *ir.Unit) ([]*ir.Unit, error) {
	r, err := refute.New(c)
	if err != nil {
		return nil, fmt.Errorf("invariant: %w", err)
	}
	l, err := newLearner(c, r, u)
	if err != nil {
		return nil, err
	}
	learnt, err := l.inductive(ctx)
	if err != nil {
		return nil, err
	}
	list, err := boxes(r, u)
	if err != nil {
		return nil, err
	}
	if learnt != nil {
		list = append([]*ir.Unit{learnt}, list...)
	}
	return standing(ctx, c, r, list)
}

// boxes are the modules whose invariants are made of boxes.
func boxes(r *refute.Refuter, u *ir.Unit) (out []*ir.Unit, err error) {
	box, err := r.Reach(u, 1, reachSteps)
	if err != nil {
		return nil, fmt.Errorf("invariant: %w", err)
	}
	out = append(out, With(u, box))
	for i := range u.State {
		split, ok, err := byValue(r, u, box[i], i)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, with(u, split))
		}
	}
	for _, b := range widened(u.State, box) {
		out = append(out, With(u, b))
	}
	return out, nil
}

// standing are the modules, each once, that hold, and then those of which nothing
// is known.
func standing(ctx context.Context, c *contract.Contract, r *refute.Refuter, list []*ir.Unit) ([]*ir.Unit, error) {
	var holding, open []*ir.Unit
	seen := map[string]bool{}
	for _, u := range list {
		raw, err := ir.Encode(u)
		if err != nil || seen[string(raw)] || ir.Check(u) != nil { // too many fields for one condition
			continue
		}
		seen[string(raw)] = true
		d, err := decide.Module(ctx, c, u, decide.Options{Depth: -1})
		if err != nil {
			return nil, fmt.Errorf("invariant: %w", err)
		}
		switch d.Verdict() {
		case decide.Holds:
			holding = append(holding, u)
		case decide.Unknown:
			w, err := r.Search(u, 1, attackSteps)
			if err != nil {
				return nil, fmt.Errorf("invariant: %w", err)
			}
			if w == nil {
				open = append(open, u)
			}
		}
	}
	return append(holding, open...), nil
}

// mostValues is how many values a field may take to have a box for each: the
// prover goes through all of them.
const mostValues = 6

// byValue says for each value of a field in which box the others are then.
func byValue(r *refute.Refuter, u *ir.Unit, whole refute.Range, field int) (c ir.Cond, ok bool, err error) {
	f := u.State[field]
	span := whole.Greatest - whole.Least // modulo 2^64
	if f.Len > 0 || f.Type == ir.Bool || len(u.State) < 2 || span == 0 || span >= mostValues {
		return c, false, nil
	}
	split, err := r.ReachBy(u, 1, reachSteps, field)
	if err != nil {
		return c, false, fmt.Errorf("invariant: %w", err)
	}
	own := make([]refute.Range, len(u.State))
	for i, f := range u.State {
		own[i] = refute.Range{Least: f.Type.Min(), Greatest: f.Type.Max()}
	}
	own[field] = whole
	c = within(u.State, own, -1)
	x := ir.Atom{Kind: ir.AVar, Type: f.Type, Index: field}
	for v := whole.Least; ; v++ {
		if box, reached := split[v]; reached {
			not := ir.Cond{Op: ir.Ne, A: x, B: ir.Lit(f.Type, v)}
			c = joined(ir.CondAnd, c, joined(ir.CondOr, not, within(u.State, box, field)))
		} else {
			c = joined(ir.CondAnd, c, ir.Cond{Op: ir.Ne, A: x, B: ir.Lit(f.Type, v)})
		}
		if v == whole.Greatest {
			return c, true, nil
		}
	}
}

// widened are boxes with one field left to its type.
func widened(fields []ir.Field, box []refute.Range) [][]refute.Range {
	var out [][]refute.Range
	for i, f := range fields {
		all := refute.Range{Least: f.Type.Min(), Greatest: f.Type.Max()}
		if box[i] == all || f.Len > 0 {
			continue
		}
		wide := slices.Clone(box)
		wide[i] = all
		out = append(out, wide)
	}
	return out
}

// With is a module with another invariant: that every scalar field of the state
// is within its range. Arrays are left to their types.
func With(u *ir.Unit, box []refute.Range) *ir.Unit { return with(u, within(u.State, box, -1)) }

func with(u *ir.Unit, inv ir.Cond) *ir.Unit {
	out := u.Clone()
	f, at := out.Func("Inv")
	if f == nil {
		return out
	}
	now := ir.Func{Name: f.Name, Mode: ir.ReadState, States: 1, Results: f.Results}
	now.Vars = slices.Clone(f.Vars[:out.Leading(f)])
	truth := ir.VarID(len(now.Vars))
	now.Vars = append(now.Vars, ir.Var{Type: ir.Bool})
	now.Body = ir.Block{
		Stmts: []ir.Stmt{ir.Test{Dst: truth, Cond: inv}},
		Term:  ir.Return{Results: []ir.Atom{{Kind: ir.AVar, Type: ir.Bool, Index: int(truth)}}},
	}
	out.Funcs[at] = now
	return out
}

// within is the conjunction of the bounds that say more than a field's type, of
// all fields but one.
func within(fields []ir.Field, box []refute.Range, but int) ir.Cond {
	all := ir.Cond{Op: ir.CondAtom, A: ir.Lit(ir.Bool, 1)}
	said := false
	for i, f := range fields {
		if i == but {
			continue
		}
		for _, bound := range bounds(i, f, box[i]) {
			if !said {
				all, said = bound, true
				continue
			}
			all = joined(ir.CondAnd, all, bound)
		}
	}
	return all
}

func joined(op ir.CondOp, x, y ir.Cond) ir.Cond { return ir.Cond{Op: op, X: &x, Y: &y} }

func bounds(i int, f ir.Field, r refute.Range) []ir.Cond {
	x := ir.Atom{Kind: ir.AVar, Type: f.Type, Index: i}
	var out []ir.Cond
	switch {
	case f.Len > 0:
	case f.Type == ir.Bool && r.Least == r.Greatest:
		is := ir.Cond{Op: ir.CondAtom, A: x}
		if r.Least == 0 {
			return []ir.Cond{{Op: ir.CondNot, X: &is}}
		}
		return []ir.Cond{is}
	case f.Type == ir.Bool:
	default:
		if r.Least != f.Type.Min() {
			out = append(out, ir.Cond{Op: ir.Le, A: ir.Lit(f.Type, r.Least), B: x})
		}
		if r.Greatest != f.Type.Max() {
			out = append(out, ir.Cond{Op: ir.Le, A: x, B: ir.Lit(f.Type, r.Greatest)})
		}
	}
	return out
}
