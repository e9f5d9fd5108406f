package ir

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// ErrInvalid says that a unit breaks a rule of the representation.
var ErrInvalid = errors.New("invalid unit")

// Check reports the first rule that a unit breaks: types and arity, variables
// defined in order and used in scope only, arrays used linearly, callees before
// callers, constants that have a value and fit their places of use, shift
// counts below the width, loop bounds and all limits. Every engine and printer
// relies on it and may fail or panic on a unit that was not checked. The error
// wraps [ErrInvalid] or [ErrConst].
func Check(u *Unit) error {
	_, err := CheckWith(u, nil)
	return err
}

// CheckWith checks the unit as it is when the named constants have the given
// values, and returns the values of the constant table.
func CheckWith(u *Unit, override map[string]*big.Int) ([]*big.Int, error) {
	if len(u.Consts) > MaxConsts {
		return nil, fmt.Errorf("ir: %d constants, at most %d: %w", len(u.Consts), MaxConsts, ErrInvalid)
	}
	vals, err := u.ConstValues(override)
	if err != nil {
		return nil, err
	}
	c := &checker{u: u, vals: vals}
	return vals, c.run()
}

// A bail carries the first error up to [checker.run].
type bail struct{ err error }

type checker struct {
	u    *Unit
	vals []*big.Int // of the constant table

	stmts   int // bindings so far in the unit
	scratch int // bytes of local arrays so far in the unit

	funcState
}

func (c *checker) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			b, ok := r.(bail)
			if !ok {
				panic(r)
			}
			err = b.err
		}
	}()
	c.unit()
	return nil
}

func (c *checker) failf(format string, args ...any) {
	where := ""
	if c.f != nil {
		where = fmt.Sprintf("function %.64s: ", c.f.Name)
	}
	panic(bail{fmt.Errorf("ir: %s%s: %w", where, fmt.Sprintf(format, args...), ErrInvalid)})
}

func (c *checker) limit(what string, n, most int) {
	if n > most {
		c.failf("%d %s, at most %d", n, what, most)
	}
}

func (c *checker) unit() {
	u := c.u
	if u.Kind < Module || u.Kind > Env {
		c.failf("kind %d", u.Kind)
	}
	if !isSlot(u.Slot) {
		c.failf("slot %.40q: want [a-z][a-z0-9_]{0,31}", u.Slot)
	}
	c.limit("tables", len(u.Tables), MaxTables)
	c.limit("functions", len(u.Funcs), MaxFuncs)
	c.names()
	for i := range u.Consts {
		c.constant(i)
	}
	for i := range u.Tables {
		c.table(&u.Tables[i])
	}
	c.fields("state", u.State, MaxState)
	c.fields("input", u.Input, MaxInput)
	for i := range u.Funcs {
		c.function(i)
	}
}

// names checks the unit's own scope: constants, tables and functions.
func (c *checker) names() {
	seen := make(map[string]bool, len(c.u.Consts)+len(c.u.Tables)+len(c.u.Funcs))
	for i := range c.u.Consts {
		if name := c.u.Consts[i].Name; name != "" {
			c.declare(seen, "constant", name, isPath(name))
		}
	}
	for i := range c.u.Tables {
		c.declare(seen, "table", c.u.Tables[i].Name, isIdent(c.u.Tables[i].Name))
	}
	for i := range c.u.Funcs {
		c.declare(seen, "function", c.u.Funcs[i].Name, isIdent(c.u.Funcs[i].Name))
	}
}

func (c *checker) declare(seen map[string]bool, what, name string, wellFormed bool) {
	if !wellFormed {
		c.failf("%s name %.80q", what, name)
	}
	if seen[name] {
		c.failf("%s %s: name declared twice", what, name)
	}
	seen[name] = true
}

func (c *checker) constant(i int) {
	k := &c.u.Consts[i]
	if k.Type != Untyped && !k.Type.IsScalar() {
		c.failf("constant %d: %s", i, k.Type)
	}
	if k.Imported && k.Name == "" {
		c.failf("constant %d is imported without a name", i)
	}
	c.constExpr(i, &k.Expr, 0)
}

// constExpr checks the parts of an expression that have no say in its value,
// so that each expression has one form. That it has a value is known already.
func (c *checker) constExpr(i int, e *CExpr, depth int) {
	if depth > MaxDepth || (e.Op != CLit && e.Lit != nil) || (e.Op != CRef && e.Ref != 0) || (e.Op < CAdd && (e.A != nil || e.B != nil)) {
		c.failf("constant %d: malformed expression", i)
	}
	if e.Op == CRef && (e.Ref < 0 || e.Ref >= i) || e.Op == CLit && (e.Lit == nil || e.Lit.BitLen() > MaxConstBits) {
		c.failf("constant %d: malformed operand", i)
	}
	if e.Op < CLit || e.Op > CMax || e.Op >= CAdd && (e.A == nil || (e.B == nil) != (e.Op == CNeg)) {
		c.failf("constant %d: malformed operator", i)
	}
	for _, sub := range [...]*CExpr{e.A, e.B} {
		if sub != nil {
			c.constExpr(i, sub, depth+1)
		}
	}
}

func (c *checker) table(t *Table) {
	if !t.Type.IsScalar() {
		c.failf("table %s: %s", t.Name, t.Type)
	}
	if len(t.Elems) == 0 {
		c.failf("table %s has no elements", t.Name)
	}
	c.limit("elements of a table", len(t.Elems), MaxArray)
	for _, a := range t.Elems {
		if a.Kind == AVar || c.scalar(a) != t.Type {
			c.failf("table %s: element is not a constant %s", t.Name, t.Type)
		}
	}
}

func (c *checker) fields(what string, fields []Field, most int) {
	c.limit("fields of the "+what, len(fields), MaxFields)
	seen := make(map[string]bool, len(fields))
	size := 0
	for _, f := range fields {
		c.declare(seen, what+" field", f.Name, isPath(f.Name))
		if !f.Type.IsScalar() || f.Len < 0 {
			c.failf("%s field %s: %s of %d", what, f.Name, f.Type, f.Len)
		}
		c.limit("elements of an array", f.Len, MaxArray)
		align := f.Type.Size()
		size = (size+align-1)/align*align + align*f.Elems()
	}
	c.limit("bytes of the "+what, size, most)
	for _, f := range fields {
		for i := range f.Name {
			if f.Name[i] == '.' && seen[f.Name[:i]] {
				c.failf("%s field %s lies inside a scalar or an array", what, f.Name)
			}
		}
	}
}

func isSlot(s string) bool {
	return len(s) <= 32 && isIdent(s) && s[0] >= 'a' && strings.ToLower(s) == s
}

func isIdent(s string) bool {
	if s == "" || len(s) > MaxName || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isPath accepts identifiers joined by dots.
func isPath(s string) bool {
	if len(s) > MaxPath {
		return false
	}
	for {
		head, tail, more := strings.Cut(s, ".")
		if !isIdent(head) {
			return false
		}
		if !more {
			return true
		}
		s = tail
	}
}
