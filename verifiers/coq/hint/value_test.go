package hint

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// drawn is an abstract value of type t, and two concrete values that it allows:
// of the first run and of the second.
func drawn(rt *rapid.T, a *analysis, t ir.Type, name string) (v value, first, second *big.Int) {
	pick := func(part string) *big.Int {
		lo, hi := bounds(t)
		near := big.NewInt(rapid.Int64Range(-20, 20).Draw(rt, name+part))
		switch rapid.IntRange(0, 3).Draw(rt, name+part+" at") {
		case 0:
			near.Add(near, lo)
		case 1:
			near.Add(near, hi)
		}
		return most(lo, least(hi, near))
	}
	first, second = pick(" first"), pick(" second")
	rel := anyRel
	switch c := first.Cmp(second); {
	case c == 0:
		rel = relation(rapid.SampledFrom([]uint8{uint8(anyRel), uint8(le), uint8(ge), uint8(eq)}).Draw(rt, name+" rel"))
	case c < 0 && rapid.Bool().Draw(rt, name+" rel"):
		rel = le
	case c > 0 && rapid.Bool().Draw(rt, name+" rel"):
		rel = ge
	}
	end := pick(" end")
	return a.fresh(least(least(first, second), end), most(most(first, second), end), rel), first, second
}

// concrete is the meaning of the operators; nil where they panic.
func concrete(op ir.BinOp, x, y *big.Int, t ir.Type) *big.Int {
	z := new(big.Int)
	switch op {
	case ir.Add:
		z.Add(x, y)
	case ir.Sub:
		z.Sub(x, y)
	case ir.Mul:
		z.Mul(x, y)
	case ir.Quo, ir.Rem:
		if y.Sign() == 0 {
			return nil
		}
		if z.Rem(x, y); op == ir.Quo {
			z.Quo(x, y)
		}
	case ir.And:
		z.And(x, y)
	case ir.Or:
		z.Or(x, y)
	case ir.Xor:
		z.Xor(x, y)
	case ir.AndNot:
		z.AndNot(x, y)
	case ir.Min:
		z.Set(least(x, y))
	case ir.Max:
		z.Set(most(x, y))
	}
	return wrapped(z, t)
}

// wrapped is z modulo the type's width.
func wrapped(z *big.Int, t ir.Type) *big.Int {
	low := new(big.Int).And(z, new(big.Int).SetUint64(^uint64(0)))
	return t.Value(t.Wrap(low.Uint64()))
}

var opsUnderTest = []ir.BinOp{ir.Add, ir.Sub, ir.Mul, ir.Quo, ir.Rem, ir.And, ir.Or, ir.Xor, ir.AndNot, ir.Min, ir.Max}

var typesUnderTest = []ir.Type{ir.U8, ir.U32, ir.U64, ir.I8, ir.I32, ir.I64}

// What the analysis says of a result is true of every two runs.
func TestArithmeticIsSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := &analysis{}
		typ := rapid.SampledFrom(typesUnderTest).Draw(rt, "type")
		op := rapid.SampledFrom(opsUnderTest).Draw(rt, "op")
		x, x1, x2 := drawn(rt, a, typ, "x")
		y, y1, y2 := drawn(rt, a, typ, "y")
		v := a.arith(op, x, y, typ)
		z1, z2 := concrete(op, x1, y1, typ), concrete(op, x2, y2, typ)
		for _, z := range []*big.Int{z1, z2} {
			if z != nil && (z.Cmp(v.lo) < 0 || z.Cmp(v.hi) > 0) {
				rt.Fatalf("operator %d on %v: %v is not within %v .. %v", op, typ, z, v.lo, v.hi)
			}
		}
		if z1 != nil && z2 != nil && !allows(v.rel, z1, z2) {
			rt.Fatalf("operator %d on %v: %v and %v are not related by %b", op, typ, z1, z2, v.rel)
		}
		for _, near := range []struct{ root, z *big.Int }{{x1, z1}, {x2, z2}} {
			if v.root == x.root && near.z != nil && !within(near.root, near.z, v) {
				rt.Fatalf("operator %d on %v: %v is not near %v", op, typ, near.z, near.root)
			}
		}
	})
}

func allows(r relation, x, y *big.Int) bool {
	return (r&le == 0 || x.Cmp(y) <= 0) && (r&ge == 0 || x.Cmp(y) >= 0)
}

func within(root, z *big.Int, v value) bool {
	return (v.from == nil || add(root, v.from).Cmp(z) <= 0) && (v.to == nil || z.Cmp(add(root, v.to)) <= 0)
}

// A condition has one of the outcomes that are said to be possible, and holds in
// the second run if it is said to follow from the first.
func TestComparisonsAreSound(t *testing.T) {
	t.Parallel()
	holds := map[ir.CondOp]func(c int) bool{
		ir.Eq: func(c int) bool { return c == 0 }, ir.Ne: func(c int) bool { return c != 0 },
		ir.Lt: func(c int) bool { return c < 0 }, ir.Le: func(c int) bool { return c <= 0 },
		ir.Gt: func(c int) bool { return c > 0 }, ir.Ge: func(c int) bool { return c >= 0 },
	}
	rapid.Check(t, func(rt *rapid.T) {
		a := &analysis{}
		typ := rapid.SampledFrom(typesUnderTest).Draw(rt, "type")
		op := rapid.SampledFrom([]ir.CondOp{ir.Eq, ir.Ne, ir.Lt, ir.Le, ir.Gt, ir.Ge}).Draw(rt, "op")
		x, x1, x2 := drawn(rt, a, typ, "x")
		y, y1, y2 := drawn(rt, a, typ, "y")
		c := compare(op, x, y)
		first, second := holds[op](x1.Cmp(y1)), holds[op](x2.Cmp(y2))
		for _, h := range []bool{first, second} {
			if h && !c.yes || !h && !c.no {
				rt.Fatalf("comparison %d is %t, which was said to be impossible", op, h)
			}
		}
		if c.rel&le != 0 && first && !second || c.rel&ge != 0 && second && !first {
			rt.Fatalf("comparison %d is %t, then %t: not related by %b", op, first, second, c.rel)
		}
	})
}
