package mutate

import (
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Kind is the sort of change that made a mutant.
type Kind string

// The kinds.
const (
	Operator   Kind = "operator"   // another arithmetic operator
	Comparison Kind = "comparison" // another comparison, or its negation
	Logic      Kind = "logic"      // && for ||, one side of them, no !
	Branch     Kind = "branch"     // a branch or join always goes one way
	Constant   Kind = "constant"   // one more or one less, the other bool
	Update     Kind = "update"     // a field of the state keeps its value
)

// Mutant is a module with one change.
type Mutant struct {
	Unit  *ir.Unit
	Kind  Kind
	Where string // function, constant or table
	What  string // "+ -> -"
}

// All are the mutants of a checked module. The code of its invariant is left
// alone: it is no behaviour. Constants that it names do move in it, as they do
// when a search moves them.
func All(u *ir.Unit) ([]Mutant, error) {
	raw, err := ir.Encode(u)
	if err != nil {
		return nil, fmt.Errorf("mutate: %w", err)
	}
	vals, err := u.ConstValues(nil)
	if err != nil {
		return nil, fmt.Errorf("mutate: %w", err)
	}
	m := &maker{u: u, vals: vals, theirs: borrowed(u), seen: map[string]bool{string(raw): true}}
	m.constants()
	m.tables()
	for i, used := range behaviour(u) {
		if used {
			m.function(i)
		}
	}
	return m.out, nil
}

// behaviour says which functions Step and Init are made of, without those that
// the invariant is made of.
func behaviour(u *ir.Unit) []bool {
	used, kept := make([]bool, len(u.Funcs)), make([]bool, len(u.Funcs))
	for i := len(u.Funcs) - 1; i >= 0; i-- { // callers come after their callees
		f := &u.Funcs[i]
		used[i] = used[i] || f.Name == "Step" || f.Name == "Init"
		kept[i] = kept[i] || f.Name == "Inv"
		e := &editor{target: -1, calls: func(callee int) {
			used[callee] = used[callee] || used[i]
			kept[callee] = kept[callee] || kept[i]
		}}
		e.function(u, f, nil)
		used[i] = used[i] && !kept[i]
	}
	return used
}

type maker struct {
	u      *ir.Unit
	vals   []*big.Int
	theirs []bool // constants that are the contract's
	seen   map[string]bool
	out    []Mutant
}

// keep takes a mutant that is well-formed and new.
func (m *maker) keep(u *ir.Unit, kind Kind, where, what string) {
	if ir.Check(u) != nil {
		return
	}
	raw, err := ir.Encode(u)
	if err != nil || m.seen[string(raw)] {
		return
	}
	m.seen[string(raw)] = true
	m.out = append(m.out, Mutant{u, kind, where, what})
}

var neighbours = []*big.Int{big.NewInt(1), big.NewInt(-1)}

// constants moves each constant that the module declares, at all its uses.
func (m *maker) constants() {
	for i, c := range m.u.Consts {
		if m.theirs[i] {
			continue
		}
		where := c.Name
		if where == "" {
			where = "constant " + m.vals[i].String()
		}
		for _, by := range neighbours {
			moved := new(big.Int).Add(m.vals[i], by)
			if c.Type == ir.Bool {
				moved.Sub(big.NewInt(1), m.vals[i])
			}
			u := m.u.Clone()
			u.Consts[i].Expr = ir.CExpr{Op: ir.CLit, Lit: moved}
			m.keep(u, Constant, where, change(m.vals[i], moved))
		}
	}
}

// borrowed are the constants that are the contract's word: imported ones, and
// what these and imported tables are made of.
func borrowed(u *ir.Unit) []bool {
	out := make([]bool, len(u.Consts))
	for _, t := range u.Tables {
		for _, a := range t.Elems {
			if t.Imported && a.Kind == ir.AConst {
				out[a.Index] = true
			}
		}
	}
	for i := len(u.Consts) - 1; i >= 0; i-- { // entries refer to earlier ones
		if out[i] = out[i] || u.Consts[i].Imported; out[i] {
			refer(&u.Consts[i].Expr, out)
		}
	}
	return out
}

func refer(x *ir.CExpr, to []bool) {
	if x == nil {
		return
	}
	if x.Op == ir.CRef {
		to[x.Ref] = true
	}
	refer(x.A, to)
	refer(x.B, to)
}

func change(from, to any) string { return fmt.Sprintf("%v -> %v", from, to) }

// tables moves each element of the module's tables that is not a constant of its
// own.
func (m *maker) tables() {
	for i, t := range m.u.Tables {
		if t.Imported {
			continue
		}
		for k, a := range t.Elems {
			for _, to := range m.near(a) {
				u := m.u.Clone()
				u.Tables[i].Elems[k] = to
				m.keep(u, Constant, fmt.Sprintf("%s[%d]", t.Name, k), change(m.number(a), m.number(to)))
			}
		}
	}
}

func (m *maker) number(a ir.Atom) *big.Int {
	if a.Kind == ir.AConst {
		return m.vals[a.Index]
	}
	return a.Type.Value(a.Bits)
}

// near are the literals beside a constant operand. Constants that are the
// module's own are moved where they are declared.
func (m *maker) near(a ir.Atom) (out []ir.Atom) {
	if a.Kind == ir.AVar || a.Kind == ir.AConst && !m.theirs[a.Index] {
		return nil
	}
	v := m.number(a)
	if a.Type == ir.Bool {
		return []ir.Atom{ir.Lit(ir.Bool, 1-v.Uint64())}
	}
	for _, by := range neighbours {
		if bits, ok := a.Type.Bits(new(big.Int).Add(v, by)); ok {
			out = append(out, ir.Lit(a.Type, bits))
		}
	}
	return out
}

// function makes the mutants of one function.
func (m *maker) function(i int) {
	for target := 0; ; target++ {
		u := m.u.Clone()
		e := &editor{target: target}
		e.function(u, &u.Funcs[i], m)
		if !e.done {
			return
		}
		m.keep(u, e.kind, u.Funcs[i].Name, e.what)
	}
}
