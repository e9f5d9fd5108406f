package tlagen

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// binding is the value of a variable and the condition under which it exists.
type binding struct {
	value   string
	ok      string // "" when nothing can go wrong
	code    int    // the error code when ok is false
	checked bool   // ok is about the value itself, written checkedValue
}

// checkedValue stands in a condition for the value that is checked. It is no
// TLA+ identifier, so it can be nothing else.
const checkedValue = "?"

// exact reports whether integers of the type wrap exactly in a printed system.
func exact(t ir.Type) bool { return t.Width() <= 16 }

func (f *funcPrinter) atoms(as []ir.Atom) []string {
	out := make([]string, len(as))
	for i, a := range as {
		out[i] = f.atom(a)
	}
	return out
}

func (f *funcPrinter) atom(a ir.Atom) string {
	if a.Kind == ir.AVar {
		return f.variable(ir.VarID(a.Index))
	}
	return f.constant(a)
}

// constant writes a literal or a named constant by its value.
func (p *printer) constant(a ir.Atom) string {
	v, _ := p.value(a)
	if a.Type == ir.Bool {
		if v.Sign() != 0 {
			return "TRUE"
		}
		return "FALSE"
	}
	if v.CmpAbs(big.NewInt(limit)) > 0 {
		if p.err == nil {
			p.err = fmt.Errorf("tlagen: constant %s: %w", v, ErrRange)
		}
		return "0"
	}
	return number(v.Int64())
}

// value is the value of an atom that is no variable.
func (p *printer) value(a ir.Atom) (*big.Int, bool) {
	switch a.Kind {
	case ir.ALit:
		return a.Type.Value(a.Bits), true
	case ir.AConst:
		return p.consts[a.Index], true
	}
	return nil, false
}

func number(v int64) string {
	if v < 0 {
		return fmt.Sprintf("( 0 - %d )", -v)
	}
	return strconv.FormatInt(v, 10)
}

var comparisons = map[ir.CondOp]string{ir.Eq: "=", ir.Ne: "#", ir.Lt: "<", ir.Le: "<=", ir.Gt: ">", ir.Ge: ">="}

func (f *funcPrinter) cond(c ir.Cond) string {
	switch c.Op {
	case ir.CondAtom:
		return "( " + f.atom(c.A) + " )"
	case ir.CondNot:
		return "( ~ " + f.cond(*c.X) + " )"
	case ir.CondAnd:
		return "( " + f.cond(*c.X) + " /\\ " + f.cond(*c.Y) + " )"
	case ir.CondOr:
		return "( " + f.cond(*c.X) + " \\/ " + f.cond(*c.Y) + " )"
	}
	if holds, ok := f.known(c); ok {
		return "( " + strings.ToUpper(strconv.FormatBool(holds)) + " )"
	}
	return "( " + f.comparable(c.A) + " " + comparisons[c.Op] + " " + f.comparable(c.B) + " )"
}

// span is a range of values lo .. hi-1 of a loop's index.
type span struct{ lo, hi int64 }

// loopSpans finds the ranges of all loop indices of a function.
func loopSpans(p *printer, f *ir.Func) map[ir.VarID]span {
	spans := make(map[ir.VarID]span)
	walk(&f.Body, func(s ir.Stmt) {
		loop, ok := s.(ir.For)
		if !ok {
			return
		}
		lo, _ := p.value(loop.Lo)
		hi, _ := p.value(loop.Hi)
		spans[loop.Index] = span{lo.Int64(), hi.Int64()}
	})
	return spans
}

// fallible reports whether an evaluation of the function can have an error.
func (p *printer) fallible(fn int) bool {
	f := p.function(fn)
	return f.fallibleBlock(&f.fn.Body, f.spans)
}

func (f *funcPrinter) fallibleBlock(b *ir.Block, spans map[ir.VarID]span) bool {
	found := false
	walk(b, func(s ir.Stmt) {
		switch s := s.(type) {
		case ir.If, ir.For: // their bindings are visited too
		case ir.Call:
			found = found || f.shapes[s.Func].fallible
		default:
			_, bind := f.binding(s, spans)
			found = found || bind.ok != ""
		}
	})
	return found
}

// binding writes the value of a binding of one variable.
func (f *funcPrinter) binding(s ir.Stmt, spans map[ir.VarID]span) (ir.VarID, binding) {
	switch s := s.(type) {
	case ir.Arith:
		return s.Dst, f.arith(f.fn.Vars[s.Dst].Type, s)
	case ir.Convert:
		if c, ok := f.large(s.A); ok {
			return s.Dst, largeConvert(f.fn.Vars[s.Dst].Type, c)
		}
		return s.Dst, convert(f.fn.Vars[s.Dst].Type, s.A.Type, f.atom(s.A))
	case ir.Bits:
		return s.Dst, binding{value: f.mathBits(s.Fn, s.A.Type, f.atom(s.A))}
	case ir.Test:
		return s.Dst, binding{value: f.cond(s.Cond)}
	case ir.Lookup:
		return s.Dst, f.indexed(fmt.Sprintf("%sT%d(%s)", f.prefix, s.Table, f.atom(s.Index)), s.Index, len(f.unit.Tables[s.Table].Elems), spans)
	case ir.Get:
		return s.Dst, f.indexed(fmt.Sprintf("( %s[ %s ] )", f.variable(s.Arr), f.atom(s.Index)), s.Index, f.fn.Vars[s.Arr].Len, spans)
	case ir.Set:
		value := fmt.Sprintf("[ %s EXCEPT ![ %s ] = %s ]", f.variable(s.Arr), f.atom(s.Index), f.atom(s.Val))
		return s.Dst, f.indexed(value, s.Index, f.fn.Vars[s.Arr].Len, spans)
	case ir.Zero:
		v := f.fn.Vars[s.Dst]
		return s.Dst, binding{value: zero(v.Type, v.Len)}
	case ir.Copy:
		return s.Dst, binding{value: f.variable(s.Src)}
	}
	panic(fmt.Sprintf("tlagen: unknown binding %T", s))
}

// indexed guards an access by index, unless the index is known to be in range.
func (f *funcPrinter) indexed(value string, index ir.Atom, n int, spans map[ir.VarID]span) binding {
	if v, ok := f.value(index); ok && v.IsInt64() && v.Int64() >= 0 && v.Int64() < int64(n) {
		return binding{value: value}
	}
	if s, ok := spans[ir.VarID(index.Index)]; ok && index.Kind == ir.AVar && s.lo >= 0 && s.hi <= int64(n) {
		return binding{value: value}
	}
	i := f.atom(index)
	cond := fmt.Sprintf("( %s < %d )", i, n)
	if index.Type.IsSigned() {
		cond = fmt.Sprintf("( ( %s >= 0 ) /\\ %s )", i, cond)
	}
	return binding{value: value, ok: cond, code: errIndex}
}

// convert writes a conversion. From and to 32 and 64 bits it keeps the value,
// which is small; a negative one would become large in an unsigned type.
func convert(to, from ir.Type, a string) binding {
	switch {
	case exact(to) && within(from, to):
		return binding{value: a}
	case exact(to):
		return binding{value: wrap(to, a)}
	case to.IsUnsigned() && from.IsSigned():
		return binding{value: a, ok: "( " + a + " >= 0 )", code: errSize}
	}
	return binding{value: a}
}

// within reports whether every value of type a is one of type b.
func within(a, b ir.Type) bool {
	return a == b ||
		a.IsUnsigned() && b.IsUnsigned() && a.Width() <= b.Width() ||
		b.IsSigned() && a.Width() < b.Width() ||
		a.IsSigned() && b.IsSigned() && a.Width() <= b.Width()
}

// wrap reduces an integer of any sign to an exact type.
func wrap(t ir.Type, x string) string {
	n := 1 << t.Width()
	if t.IsUnsigned() {
		return fmt.Sprintf("( ( ( %s %% %d ) + %d ) %% %d )", x, n, n, n)
	}
	return fmt.Sprintf("( ( ( ( ( %s + %d ) %% %d ) + %d ) %% %d ) - %d )", x, n/2, n, n, n, n/2)
}
