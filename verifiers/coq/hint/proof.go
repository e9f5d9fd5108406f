package hint

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Proof writes the proof that is tried for module m of contract c.
func Proof(m, c *ir.Unit) ([]byte, error) {
	a, err := newAnalysis(m)
	if err != nil {
		return nil, fmt.Errorf("hint: %w", err)
	}
	k, err := newAnalysis(c)
	if err != nil {
		return nil, fmt.Errorf("hint: contract: %w", err)
	}
	step, at := m.Func("Step")
	if step == nil {
		return nil, fmt.Errorf("hint: %w: no Step", coqgen.ErrShape)
	}
	state, input := entry(a, k)
	a.block(a.newFrame(at, slices.Concat(state[:step.States*len(state)], input[:step.Inputs*len(input)])), &step.Body)
	var out bytes.Buffer
	out.WriteString("From K Require Import GoSem Contract Model Spec GoSolve.\nFrom Coq Require Import ZArith List Bool Lia.\nOpen Scope Z_scope.\n\n")
	a.table(&out, "inv", (*joined).invariant)
	if rel, _ := c.Func("RelPost"); rel != nil {
		a.table(&out, "rel", (*joined).relation)
		a.guesses(&out)
	}
	out.WriteString("Theorem main : contract.\nProof.\n  go_solve.\nQed.\n")
	return out.Bytes(), nil
}

// guesses writes the guesses, if there are any: to try without them what failed
// already would fail again.
func (a *analysis) guesses(out *bytes.Buffer) {
	for _, j := range a.joins {
		if j.guesses() != "tt" {
			a.table(out, "guess", (*joined).guesses)
			out.WriteString("Ltac guesses_known ::= idtac.\n\n")
			return
		}
	}
}

// table writes a hook of the tactic library: from labels to what is known there.
func (a *analysis) table(out *bytes.Buffer, hook string, text func(*joined) string) {
	if len(a.joins) == 0 {
		return
	}
	fmt.Fprintf(out, "Ltac %s f v ::= lazymatch constr:((f, v)) with\n", hook)
	byLabel := func(x, y label) int { return cmp.Or(cmp.Compare(x.fn, y.fn), cmp.Compare(x.v, y.v)) }
	for _, l := range slices.SortedFunc(maps.Keys(a.joins), byLabel) {
		fmt.Fprintf(out, "  | (%d, %d) => constr:(%s)\n", coqgen.Label(a.u, l.fn), l.v, text(a.joins[l]))
	}
	out.WriteString("  end.\n\n")
}

// invariant is what the join yields in one run. Where a side of an if gives
// constants only, that is said too: such ifs decide, and what they decided is
// often asked again.
func (j *joined) invariant() string {
	all := j.function([]string{"x"}, []string{"s"}, func(k int, x, s []string) []string { return j.bounds(k, x[0], s[0]) })
	then, els := j.constants(0), j.constants(1)
	if then == "" && els == "" {
		return all
	}
	sided := j.function([]string{"x"}, nil, func(k int, _, _ []string) []string {
		if k > 0 {
			return nil
		}
		return []string{fmt.Sprintf("when c (%s) (%s)", cmp.Or(then, "True"), cmp.Or(els, "True"))}
	})
	return fmt.Sprintf("(%s, fun (c : bool) => %s)", all, sided)
}

// constants says that a side of an if gives certain constants; it is empty if
// some component varies.
func (j *joined) constants(side int) string {
	var all []string
	for k, v := range j.sides[side] {
		if !v.isConst() || j.vars[k].Type == ir.Bool || j.vars[k].Len > 0 {
			return ""
		}
		name := "x"
		if len(j.vars) > 1 {
			name = fmt.Sprintf("x%d", k)
		}
		all = append(all, name+" = "+number(v.lo))
	}
	return strings.Join(all, " /\\ ")
}

// relation is what the join yields in two runs.
func (j *joined) relation() string {
	return j.function([]string{"x", "y"}, []string{"s", "t"}, func(k int, x, s []string) []string {
		rel := j.known(k).rel
		if rel == eq {
			return append(j.bounds(k, x[0], s[0]), x[0]+" = "+x[1])
		}
		return slices.Concat(related(j.vars[k], rel, x[0], x[1]), j.bounds(k, x[0], s[0]), j.bounds(k, x[1], s[1]))
	})
}

// guesses are orders of two runs that the analysis could not show, and that
// hold of many modules all the same: for each of them a proof is tried. What a
// monotone module yields rises from one run to the other.
func (j *joined) guesses() string {
	out := "tt"
	for k, v := range j.vars {
		if j.loop != nil || v.Len > 0 || j.known(k).rel != anyRel {
			continue
		}
		rises := j.function([]string{"x", "y"}, nil, func(i int, x, _ []string) []string {
			if i != k {
				return nil
			}
			return related(v, le, x[0], x[1])
		})
		out = fmt.Sprintf("(%s, %s)", rises, out)
	}
	return out
}

// function writes fun x y => facts, with tuples taken apart, where each of the
// parameters stands for what the join yields. A loop's invariant also has what
// each was at the start, and the index.
func (j *joined) function(params, starts []string, facts func(k int, x, s []string) []string) string {
	head, lets, all := "fun", "", []string{}
	open := func(names []string) {
		for _, p := range names {
			head += fmt.Sprintf(" (%s : %s)", p, j.typ())
			if len(j.vars) > 1 {
				lets += fmt.Sprintf("let '(%s) := %s in ", strings.Join(numbered(p, len(j.vars)), ", "), p)
			}
		}
	}
	if j.loop != nil {
		open(starts)
		head += " (i : Z)"
	}
	open(params)
	for k := range j.vars {
		all = append(all, facts(k, j.component(params, k), j.component(starts, k))...)
	}
	if len(all) == 0 {
		all = []string{"True"}
	}
	return head + " => " + lets + strings.Join(all, " /\\ ")
}

func numbered(name string, n int) []string {
	out := make([]string, n)
	for k := range out {
		out[k] = fmt.Sprintf("%s%d", name, k)
	}
	return out
}

// component names component k of each of the parameters.
func (j *joined) component(params []string, k int) []string {
	out := slices.Clone(params)
	for i := range out {
		if len(j.vars) > 1 {
			out[i] += fmt.Sprint(k)
		}
	}
	return out
}

func (j *joined) typ() string {
	types := make([]string, len(j.vars))
	for k, v := range j.vars {
		types[k] = "Z"
		if v.Type == ir.Bool {
			types[k] = "bool"
		}
		if v.Len > 0 {
			types[k] = "list " + types[k]
		}
	}
	return strings.Join(types, " * ")
}

// known is what holds of component k throughout a loop, or behind a join.
func (j *joined) known(k int) value {
	v := j.vals[k]
	if j.loop != nil {
		v.rel &= j.loop.hull[k].rel
		v.lo, v.hi = least(v.lo, j.loop.hull[k].lo), most(v.hi, j.loop.hull[k].hi)
	}
	return v
}

// bounds are the range of component k; in a loop it may be one that moves on
// from the start.
func (j *joined) bounds(k int, x, start string) []string {
	v, known := j.vars[k], j.known(k)
	switch {
	case v.Type == ir.Bool && v.Len > 0:
		return []string{fmt.Sprintf("arrb %d %s", v.Len, x)}
	case v.Type == ir.Bool && known.lo.Sign() > 0:
		return []string{x + " = true"}
	case v.Type == ir.Bool && known.hi.Sign() == 0:
		return []string{x + " = false"}
	case v.Type == ir.Bool:
		return nil
	case v.Len > 0:
		lo, hi := bounds(v.Type)
		return []string{fmt.Sprintf("arr %d %s %s %s", v.Len, number(lo), number(hi), x)}
	case j.loop == nil:
		return []string{number(known.lo) + " <= " + x, x + " <= " + number(known.hi)}
	}
	return j.moving(k, x, start)
}

// moving are the bounds of a loop's variable: constant where every iteration
// keeps them, and relative to the start where it is known what one adds.
func (j *joined) moving(k int, x, start string) []string {
	var out []string
	known, keeps := j.known(k), j.loop.keeps[k]
	if keeps[0] {
		out = append(out, number(known.lo)+" <= "+x)
	}
	if keeps[1] {
		out = append(out, x+" <= "+number(known.hi))
	}
	if len(j.loop.steps) == 0 {
		return out
	}
	step := j.loop.steps[k]
	line := func(slope *big.Int) string {
		if slope.Sign() == 0 {
			return start
		}
		return fmt.Sprintf("%s + %s * (i - %s)", start, number(slope), number(big.NewInt(j.loop.lo)))
	}
	if step.least != nil {
		out = append(out, line(step.least)+" <= "+x)
	}
	if step.most != nil {
		out = append(out, x+" <= "+line(step.most))
	}
	return out
}

// related says how a component of the first run relates to that of the second.
func related(v ir.Var, rel relation, x, y string) []string {
	switch {
	case v.Len > 0 || rel == anyRel:
		return nil
	case v.Type == ir.Bool && rel == le:
		return []string{fmt.Sprintf("(negb %s || %s)%%bool = true", x, y)}
	case v.Type == ir.Bool:
		return []string{fmt.Sprintf("(negb %s || %s)%%bool = true", y, x)}
	case rel == le:
		return []string{x + " <= " + y}
	}
	return []string{y + " <= " + x}
}

func number(v *big.Int) string {
	if v.Sign() < 0 {
		return "(" + v.String() + ")"
	}
	return v.String()
}
