package ir

import (
	"errors"
	"fmt"
	"math/big"
)

// ErrConst says that the constant table has no value: an entry overflows,
// divides by zero, refers forward, or an override names no entry.
var ErrConst = errors.New("invalid constant")

// ConstValues evaluates the constant table. An override replaces the value of
// the entry of that name; entries that refer to it follow. Overrides move knobs
// and make a contract's constants small for model checking.
func (u *Unit) ConstValues(override map[string]*big.Int) ([]*big.Int, error) {
	vals := make([]*big.Int, 0, len(u.Consts))
	used := 0
	for i := range u.Consts {
		c := &u.Consts[i]
		v, moved := override[c.Name]
		if moved && c.Name != "" {
			used++
		} else {
			var err error
			if v, err = c.Expr.eval(vals, 0); err != nil {
				return nil, fmt.Errorf("ir: constant %s: %w", u.constName(i), err)
			}
		}
		if err := c.admits(v); err != nil {
			return nil, fmt.Errorf("ir: constant %s: %w", u.constName(i), err)
		}
		vals = append(vals, v)
	}
	if used < len(override) {
		return nil, u.unknownOverride(override)
	}
	return vals, nil
}

func (u *Unit) constName(i int) string {
	if name := u.Consts[i].Name; name != "" {
		return name
	}
	return fmt.Sprintf("#%d", i)
}

func (u *Unit) unknownOverride(override map[string]*big.Int) error {
	known := make(map[string]bool, len(u.Consts))
	for i := range u.Consts {
		known[u.Consts[i].Name] = true
	}
	for name := range override {
		if name == "" || !known[name] {
			return fmt.Errorf("ir: override of %q, which the unit does not declare: %w", name, ErrConst)
		}
	}
	return nil
}

func (c *Const) admits(v *big.Int) error {
	if v == nil {
		return fmt.Errorf("no value: %w", ErrConst)
	}
	if v.BitLen() > MaxConstBits {
		return fmt.Errorf("more than %d bits: %w", MaxConstBits, ErrConst)
	}
	if c.Type == Untyped {
		return nil
	}
	if _, ok := c.Type.Bits(v); !ok {
		return fmt.Errorf("%s does not fit %s: %w", v, c.Type, ErrConst)
	}
	return nil
}

// eval computes an expression; vals are the earlier entries.
func (e *CExpr) eval(vals []*big.Int, depth int) (*big.Int, error) {
	switch {
	case depth > MaxDepth:
		return nil, fmt.Errorf("nested deeper than %d: %w", MaxDepth, ErrConst)
	case e.Op == CLit && e.Lit != nil:
		return e.Lit, nil
	case e.Op == CRef && e.Ref >= 0 && e.Ref < len(vals):
		return vals[e.Ref], nil
	case e.Op < CAdd || e.Op > CMax || e.A == nil || (e.B == nil) != (e.Op == CNeg):
		return nil, fmt.Errorf("malformed expression: %w", ErrConst)
	}
	a, err := e.A.eval(vals, depth+1)
	if err != nil {
		return nil, err
	}
	if e.Op == CNeg {
		return new(big.Int).Neg(a), nil
	}
	b, err := e.B.eval(vals, depth+1)
	if err != nil {
		return nil, err
	}
	v, err := e.Op.apply(a, b)
	if err == nil && v.BitLen() > MaxConstBits {
		err = fmt.Errorf("more than %d bits: %w", MaxConstBits, ErrConst)
	}
	return v, err
}

func (op COp) apply(a, b *big.Int) (*big.Int, error) {
	z := new(big.Int)
	switch op {
	case CAdd:
		return z.Add(a, b), nil
	case CSub:
		return z.Sub(a, b), nil
	case CMul:
		return z.Mul(a, b), nil
	case CAnd:
		return z.And(a, b), nil
	case COr:
		return z.Or(a, b), nil
	case CXor:
		return z.Xor(a, b), nil
	case CMin, CMax:
		if (a.Cmp(b) < 0) == (op == CMin) {
			return a, nil
		}
		return b, nil
	case CShl, CShr:
		return op.shift(a, b)
	}
	return op.divide(a, b)
}

func (op COp) shift(a, b *big.Int) (*big.Int, error) {
	if b.Sign() < 0 || b.BitLen() > 16 || b.Int64() > MaxConstBits {
		return nil, fmt.Errorf("shift by %s: %w", b, ErrConst)
	}
	if op == CShl {
		return new(big.Int).Lsh(a, uint(b.Int64())), nil
	}
	return new(big.Int).Rsh(a, uint(b.Int64())), nil
}

func (op COp) divide(a, b *big.Int) (*big.Int, error) {
	if b.Sign() == 0 {
		return nil, fmt.Errorf("division by zero: %w", ErrConst)
	}
	if op == CQuo {
		return new(big.Int).Quo(a, b), nil
	}
	return new(big.Int).Rem(a, b), nil
}
