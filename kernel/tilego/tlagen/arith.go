package tlagen

import (
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// arith writes an operator of type t.
func (f *funcPrinter) arith(t ir.Type, s ir.Arith) binding {
	for _, x := range []ir.Atom{s.A, s.B} {
		if _, ok := f.large(x); ok {
			return f.largeArith(t, s)
		}
	}
	a, b := f.atom(s.A), f.atom(s.B)
	switch s.Op {
	case ir.Add:
		return sum(t, fmt.Sprintf("( %s + %s )", a, b), true)
	case ir.Sub:
		return sum(t, fmt.Sprintf("( %s - %s )", a, b), false)
	case ir.Mul:
		return f.product(t, a, b)
	case ir.Quo, ir.Rem:
		return f.divide(t, s.Op, a, s.B)
	case ir.And, ir.Or, ir.Xor, ir.AndNot:
		if mask, ok := f.value(s.B); ok && s.Op == ir.And && t.IsUnsigned() && contiguous(mask) {
			return binding{value: masked(a, mask)}
		}
		return f.bitwise(t, s.Op, a, b)
	case ir.Shl:
		return f.shiftLeft(t, a, s.B)
	case ir.Shr:
		return f.shiftRight(t, a, s.B)
	case ir.Min:
		return binding{value: fmt.Sprintf("( IF ( %s <= %s ) THEN %s ELSE %s )", a, b, a, b)}
	case ir.Max:
		return binding{value: fmt.Sprintf("( IF ( %s >= %s ) THEN %s ELSE %s )", a, b, a, b)}
	}
	panic(fmt.Sprintf("tlagen: unknown operator %d", s.Op))
}

// sum wraps a sum or difference. Of two numbers of an exact type it is above
// -(N + N/2), so that one addition makes it positive.
func sum(t ir.Type, x string, grows bool) binding {
	n := 1 << min(t.Width(), 16)
	switch {
	case !exact(t):
		return small(t, x, grows)
	case t.IsSigned():
		return binding{value: fmt.Sprintf("( ( ( %s + %d ) %% %d ) - %d )", x, n+n/2, n, n/2)}
	case grows:
		return binding{value: fmt.Sprintf("( %s %% %d )", x, n)}
	}
	return binding{value: fmt.Sprintf("( ( %s + %d ) %% %d )", x, n, n)}
}

// small demands that a value of a wide type stays in the range. An unsigned sum
// can only leave it at the top, an unsigned difference at the bottom.
func small(t ir.Type, x string, grows bool) binding {
	b := binding{value: x, code: errSize, checked: true}
	top, bottom := fmt.Sprintf("( %s <= %d )", checkedValue, limit), fmt.Sprintf("( %s >= ( 0 - %d ) )", checkedValue, limit)
	switch {
	case t.IsSigned():
		b.ok = "( " + bottom + " /\\ " + top + " )"
	case grows:
		b.ok = top
	default:
		b.ok = "( " + checkedValue + " >= 0 )"
	}
	return b
}

// product multiplies. Two 16-bit unsigned numbers are multiplied in two parts,
// because their product does not fit 31 bits.
func (f *funcPrinter) product(t ir.Type, a, b string) binding {
	x := fmt.Sprintf("( %s * %s )", a, b)
	switch {
	case t == ir.U16:
		return binding{value: fmt.Sprintf("( ( ( ( ( %s * ( %s \\div 256 ) ) %% 256 ) * 256 ) + ( %s * ( %s %% 256 ) ) ) %% 65536 )", a, b, a, b)}
	case t == ir.U8:
		return binding{value: "( " + x + " % 256 )"}
	case exact(t):
		return binding{value: wrap(t, x)}
	}
	ok := fmt.Sprintf("( ( %s = 0 ) \\/ ( %s <= ( %d \\div %s ) ) )", b, f.abs(t, a), limit, f.abs(t, b))
	return binding{value: x, ok: ok, code: errSize}
}

func (f *funcPrinter) abs(t ir.Type, a string) string {
	if t.IsUnsigned() {
		return a
	}
	f.bits["HAbs"] = true
	return "HAbs(" + a + ")"
}

// divide truncates toward zero, asking engines for non-negative operands only.
// Only the smallest number of an exact type by -1 wraps; a wide one is small.
func (f *funcPrinter) divide(t ir.Type, op ir.BinOp, a string, by ir.Atom) binding {
	b := f.atom(by)
	v := binding{ok: "( " + b + " # 0 )", code: errDivide}
	if c, known := f.value(by); known && c.Sign() != 0 {
		v.ok = ""
	}
	switch {
	case t.IsUnsigned() && op == ir.Quo:
		v.value = fmt.Sprintf("( %s \\div %s )", a, b)
	case t.IsUnsigned():
		v.value = fmt.Sprintf("( %s %% %s )", a, b)
	case op == ir.Quo:
		f.bits["HQuo"] = true
		v.value = fmt.Sprintf("HQuo(%s, %s)", a, b)
		if exact(t) {
			v.value = wrap(t, v.value)
		}
	default:
		f.bits["HQuo"] = true
		v.value = fmt.Sprintf("( %s - ( %s * HQuo(%s, %s) ) )", a, b, a, b)
	}
	return v
}

// bitwise works on non-negative numbers: exact signed ones by their residue,
// wide signed ones only while they are not negative.
func (f *funcPrinter) bitwise(t ir.Type, op ir.BinOp, a, b string) binding {
	var v binding
	n := 1 << min(t.Width(), 16)
	switch {
	case t.IsUnsigned():
	case exact(t):
		a, b = fmt.Sprintf("( ( %s + %d ) %% %d )", a, n, n), fmt.Sprintf("( ( %s + %d ) %% %d )", b, n, n)
	default:
		v.ok, v.code = fmt.Sprintf("( ( %s >= 0 ) /\\ ( %s >= 0 ) )", a, b), errSize
	}
	f.bits["HAnd"] = true
	and := fmt.Sprintf("HAnd(%s, %s)", a, b)
	switch op {
	case ir.And:
		v.value = and
	case ir.Or:
		v.value = fmt.Sprintf("( ( %s + %s ) - %s )", a, b, and)
	case ir.Xor:
		v.value = fmt.Sprintf("( ( %s + %s ) - ( 2 * %s ) )", a, b, and)
	default:
		v.value = fmt.Sprintf("( %s - %s )", a, and)
	}
	if exact(t) && t.IsSigned() {
		v.value = fmt.Sprintf("( ( ( %s + %d ) %% %d ) - %d )", v.value, n/2, n, n/2)
	}
	return v
}

// contiguous reports whether the ones of a small mask are next to each other.
func contiguous(mask *big.Int) bool {
	if mask.Sign() <= 0 || mask.BitLen() > 30 {
		return false
	}
	m := mask.Uint64() >> mask.TrailingZeroBits()
	return m&(m+1) == 0
}

// masked keeps the bits of a contiguous mask.
func masked(a string, mask *big.Int) string {
	low, high := mask.TrailingZeroBits(), mask.BitLen()
	if low == 0 {
		return fmt.Sprintf("( %s %% %d )", a, 1<<high)
	}
	return fmt.Sprintf("( ( ( %s \\div %d ) %% %d ) * %d )", a, 1<<low, 1<<(high-int(low)), 1<<low)
}

// power is 2 to the count of a shift, which is smaller than the width.
func (f *funcPrinter) power(count ir.Atom) string {
	if c, known := f.value(count); known && c.IsInt64() && c.Int64() < 30 {
		return number(1 << c.Int64())
	}
	return "( 2 ^ " + f.atom(count) + " )"
}

func (f *funcPrinter) shiftLeft(t ir.Type, a string, count ir.Atom) binding {
	x := fmt.Sprintf("( %s * %s )", a, f.power(count))
	if exact(t) {
		return binding{value: wrap(t, x)}
	}
	k := f.atom(count)
	fits := fmt.Sprintf("( ( %s < 30 ) /\\ ( %s <= ( %d \\div %s ) ) )", k, f.abs(t, a), limit, f.power(count))
	return binding{value: fmt.Sprintf("( IF ( %s = 0 ) THEN 0 ELSE %s )", a, x),
		ok: fmt.Sprintf("( ( %s = 0 ) \\/ %s )", a, fits), code: errSize}
}

// shiftRight rounds toward minus infinity. Counts of 30 and more leave nothing
// of a small number but its sign.
func (f *funcPrinter) shiftRight(t ir.Type, a string, count ir.Atom) binding {
	pow := f.power(count)
	down := fmt.Sprintf("( %s \\div %s )", a, pow)
	if t.IsSigned() {
		down = fmt.Sprintf("( IF ( %s >= 0 ) THEN %s ELSE ( 0 - ( ( ( 0 - %s ) + ( %s - 1 ) ) \\div %s ) ) )", a, down, a, pow, pow)
	}
	if exact(t) {
		return binding{value: down}
	}
	rest := "0"
	if t.IsSigned() {
		rest = fmt.Sprintf("( IF ( %s >= 0 ) THEN 0 ELSE ( 0 - 1 ) )", a)
	}
	return binding{value: fmt.Sprintf("( IF ( %s < 30 ) THEN %s ELSE %s )", f.atom(count), down, rest)}
}

// mathBits writes a function of math/bits of an unsigned number of type t.
func (f *funcPrinter) mathBits(fn ir.BitsFn, t ir.Type, a string) string {
	op := map[ir.BitsFn]string{ir.LeadingZeros: "HLen", ir.TrailingZeros: "HTz", ir.OnesCount: "HOnes", ir.BitLen: "HLen"}[fn]
	f.bits[op] = true
	call := op + "(" + a + ")"
	switch fn {
	case ir.LeadingZeros:
		return fmt.Sprintf("( %d - %s )", t.Width(), call)
	case ir.TrailingZeros:
		return fmt.Sprintf("( IF ( %s = 0 ) THEN %d ELSE %s )", a, t.Width(), call)
	}
	return call
}

// operators are the helpers, in the order in which they are printed.
var operators = []struct{ name, text string }{
	{"HAbs", "HAbs(a) == ( IF ( a < 0 ) THEN ( 0 - a ) ELSE a )\n"},
	{"HQuo", `HQuo(a, b) ==
  ( IF ( a >= 0 ) THEN ( IF ( b > 0 ) THEN ( a \div b ) ELSE ( 0 - ( a \div ( 0 - b ) ) ) )
  ELSE ( IF ( b > 0 ) THEN ( 0 - ( ( 0 - a ) \div b ) ) ELSE ( ( 0 - a ) \div ( 0 - b ) ) ) )
`},
	{"HAnd", `RECURSIVE HAnd(_, _)
HAnd(a, b) ==
  ( IF ( ( a = 0 ) \/ ( b = 0 ) ) THEN 0
  ELSE ( ( 2 * HAnd(( a \div 2 ), ( b \div 2 )) ) + ( ( a % 2 ) * ( b % 2 ) ) ) )
`},
	{"HLen", "RECURSIVE HLen(_)\nHLen(a) == ( IF ( a = 0 ) THEN 0 ELSE ( 1 + HLen(( a \\div 2 )) ) )\n"},
	{"HTz", "RECURSIVE HTz(_)\nHTz(a) == ( IF ( ( a % 2 ) = 1 ) THEN 0 ELSE ( 1 + HTz(( a \\div 2 )) ) )\n"},
	{"HOnes", "RECURSIVE HOnes(_)\nHOnes(a) == ( IF ( a = 0 ) THEN 0 ELSE ( ( a % 2 ) + HOnes(( a \\div 2 )) ) )\n"},
}

// helpers prints the helper operators that some unit uses.
func helpers(ps []*printer) string {
	out := ""
	for _, op := range operators {
		for _, p := range ps {
			if p.bits[op.name] {
				out += op.text
				break
			}
		}
	}
	return out
}
