package ir

import (
	"encoding/binary"
	"fmt"
	"math/big"
)

// Version is the first byte of an encoded unit.
const Version = 1

// Tags of bindings and of ends of blocks in the encoding.
const (
	tagArith = iota + 1
	tagConvert
	tagBits
	tagTest
	tagLookup
	tagGet
	tagSet
	tagZero
	tagCopy
	tagCall
	tagIf
	tagFor
	tagReturn
	tagYield
	tagBranch
)

// Encode gives the canonical bytes of a unit. Names of local variables are left
// out, and numbers of variables are implied by their order: units that differ
// in local names only have equal bytes. It checks the unit first (see [Check]).
//
// The format: the version byte, then kind, slot, constants, tables, state,
// input, functions, in the order of the fields of [Unit]. Numbers are unsigned
// varints of least length (signed values zigzag), kinds and operators single
// bytes, names and lists are preceded by their length, big integers are a sign
// byte and magnitude bytes without leading zeroes.
func Encode(u *Unit) ([]byte, error) {
	if err := Check(u); err != nil {
		return nil, err
	}
	b := encode(u)
	if len(b) > MaxEncoded {
		return nil, fmt.Errorf("ir: %d bytes, at most %d: %w", len(b), MaxEncoded, ErrInvalid)
	}
	return b, nil
}

func encode(u *Unit) []byte {
	e := &encoder{buf: make([]byte, 0, 512)}
	e.byte(Version)
	e.byte(byte(u.Kind))
	e.name(u.Slot)
	e.num(len(u.Consts))
	for i := range u.Consts {
		c := &u.Consts[i]
		e.name(c.Name)
		e.byte(byte(c.Type))
		e.flag(c.Imported)
		e.constExpr(&c.Expr)
	}
	e.num(len(u.Tables))
	for _, t := range u.Tables {
		e.name(t.Name)
		e.byte(byte(t.Type))
		e.flag(t.Imported)
		e.num(len(t.Elems))
		e.atoms(t.Elems)
	}
	e.fields(u.State)
	e.fields(u.Input)
	e.num(len(u.Funcs))
	for i := range u.Funcs {
		e.function(&u.Funcs[i], u.Leading(&u.Funcs[i]))
	}
	return e.buf
}

type encoder struct{ buf []byte }

func (e *encoder) byte(b byte)  { e.buf = append(e.buf, b) }
func (e *encoder) num(n int)    { e.buf = binary.AppendUvarint(e.buf, uint64(n)) }
func (e *encoder) id(v VarID)   { e.num(int(v)) }
func (e *encoder) u64(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

func (e *encoder) flag(b bool) {
	if b {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *encoder) name(s string) {
	e.num(len(s))
	e.buf = append(e.buf, s...)
}

func (e *encoder) fields(fs []Field) {
	e.num(len(fs))
	for _, f := range fs {
		e.name(f.Name)
		e.byte(byte(f.Type))
		e.num(f.Len)
	}
}

func (e *encoder) constExpr(x *CExpr) {
	e.byte(byte(x.Op))
	switch x.Op {
	case CLit:
		e.big(x.Lit)
	case CRef:
		e.num(x.Ref)
	case CNeg:
		e.constExpr(x.A)
	default:
		e.constExpr(x.A)
		e.constExpr(x.B)
	}
}

func (e *encoder) big(v *big.Int) {
	e.flag(v.Sign() < 0)
	mag := v.Bytes()
	e.num(len(mag))
	e.buf = append(e.buf, mag...)
}

func (e *encoder) function(f *Func, leading int) {
	e.name(f.Name)
	e.byte(byte(f.Mode))
	e.num(f.States)
	e.num(f.Inputs)
	e.params(f.Params)
	e.params(f.Results)
	e.num(len(f.Vars) - leading)
	for _, v := range f.Vars[leading:] {
		e.byte(byte(v.Type))
		e.num(v.Len)
	}
	e.block(&f.Body)
}

func (e *encoder) params(ps []Param) {
	e.num(len(ps))
	for _, p := range ps {
		e.name(p.Name)
		e.byte(byte(p.Type))
	}
}

func (e *encoder) block(b *Block) {
	e.num(len(b.Stmts))
	for _, s := range b.Stmts {
		e.stmt(s)
	}
	e.term(b.Term)
}

func (e *encoder) term(t Term) {
	switch t := t.(type) {
	case Return:
		e.byte(tagReturn)
		e.list(t.State)
		e.list(t.Results)
	case Yield:
		e.byte(tagYield)
		e.list(t.Vals)
	case Branch:
		e.byte(tagBranch)
		e.cond(&t.Cond)
		e.block(&t.Then)
		e.block(&t.Else)
	}
}

func (e *encoder) stmt(s Stmt) {
	switch s := s.(type) {
	case Arith:
		e.byte(tagArith)
		e.byte(byte(s.Op))
		e.atom(s.A)
		e.atom(s.B)
	case Convert:
		e.byte(tagConvert)
		e.atom(s.A)
	case Bits:
		e.byte(tagBits)
		e.byte(byte(s.Fn))
		e.atom(s.A)
	case Test:
		e.byte(tagTest)
		e.cond(&s.Cond)
	case Lookup:
		e.byte(tagLookup)
		e.num(s.Table)
		e.atom(s.Index)
	case Call:
		e.byte(tagCall)
		e.num(s.Func)
		e.num(s.Input)
		e.list(s.State)
		e.list(s.Args)
		e.num(len(s.Dst))
	case If:
		e.byte(tagIf)
		e.num(len(s.Dst))
		e.cond(&s.Cond)
		e.block(&s.Then)
		e.block(&s.Else)
	case For:
		e.byte(tagFor)
		e.list(s.Init)
		e.atom(s.Lo)
		e.atom(s.Hi)
		e.block(&s.Body)
	default:
		e.arrayStmt(s)
	}
}

func (e *encoder) arrayStmt(s Stmt) {
	switch s := s.(type) {
	case Get:
		e.byte(tagGet)
		e.id(s.Arr)
		e.atom(s.Index)
	case Set:
		e.byte(tagSet)
		e.id(s.Arr)
		e.atom(s.Index)
		e.atom(s.Val)
	case Zero:
		e.byte(tagZero)
	case Copy:
		e.byte(tagCopy)
		e.id(s.Src)
	}
}

func (e *encoder) list(as []Atom) {
	e.num(len(as))
	e.atoms(as)
}

func (e *encoder) atoms(as []Atom) {
	for _, a := range as {
		e.atom(a)
	}
}

// atom leaves out the type of a variable: the declaration has it.
func (e *encoder) atom(a Atom) {
	e.byte(byte(a.Kind))
	switch a.Kind {
	case ALit:
		e.byte(byte(a.Type))
		if a.Type.IsSigned() {
			e.buf = binary.AppendVarint(e.buf, int64(a.Bits))
		} else {
			e.u64(a.Bits)
		}
	case AConst:
		e.byte(byte(a.Type))
		e.num(a.Index)
	case AVar:
		e.num(a.Index)
	}
}

func (e *encoder) cond(c *Cond) {
	e.byte(byte(c.Op))
	switch c.Op {
	case CondAtom:
		e.atom(c.A)
	case CondNot:
		e.cond(c.X)
	case CondAnd, CondOr:
		e.cond(c.X)
		e.cond(c.Y)
	default:
		e.atom(c.A)
		e.atom(c.B)
	}
}
