package ir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
)

// ErrEncoding says that bytes are not the canonical encoding of a unit.
var ErrEncoding = errors.New("not an encoded unit")

// Decode reads what [Encode] wrote. It accepts any bytes without panic, and
// allocates in proportion to their number, which is at most [MaxEncoded]. What
// it accepts passes [Check] and encodes to the same bytes again. The error wraps
// [ErrEncoding], [ErrInvalid] or [ErrConst].
func Decode(b []byte) (*Unit, error) {
	if len(b) > MaxEncoded {
		return nil, fmt.Errorf("ir: %d bytes, at most %d: %w", len(b), MaxEncoded, ErrEncoding)
	}
	d := &decoder{in: b}
	u := d.unit()
	if d.err == nil && d.pos < len(b) {
		d.fail("bytes after the end")
	}
	if d.err != nil {
		return nil, d.err
	}
	if err := Check(u); err != nil {
		return nil, err
	}
	if !bytes.Equal(encode(u), b) {
		return nil, fmt.Errorf("ir: not in canonical form: %w", ErrEncoding)
	}
	return u, nil
}

// A decoder reads until the first error, after which every read gives zero, so
// that lists end and nothing is allocated.
type decoder struct {
	in  []byte
	pos int
	err error

	vars  []Var // of the current function
	next  int   // the next variable to be defined
	depth int
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("ir: byte %d: %s: %w", d.pos, what, ErrEncoding)
		d.in = d.in[:d.pos]
	}
}

func (d *decoder) byte() byte {
	if d.pos >= len(d.in) {
		d.fail("unexpected end")
		return 0
	}
	d.pos++
	return d.in[d.pos-1]
}

func (d *decoder) u64() uint64 {
	n, size := binary.Uvarint(d.in[d.pos:])
	if size <= 0 {
		d.fail("malformed number")
		return 0
	}
	d.pos += size
	return n
}

func (d *decoder) num(most int) int {
	n := d.u64()
	if n > uint64(most) {
		d.fail("number too large")
		return 0
	}
	return int(n)
}

// count reads the length of a list, each element of which takes a byte at least.
func (d *decoder) count(most int) int { return d.num(min(most, len(d.in)-d.pos)) }

func (d *decoder) flag() bool {
	b := d.byte()
	if b > 1 {
		d.fail("malformed flag")
	}
	return b == 1
}

func (d *decoder) raw(n int) []byte {
	if n > len(d.in)-d.pos {
		d.fail("unexpected end")
		return nil
	}
	d.pos += n
	return d.in[d.pos-n : d.pos]
}

func (d *decoder) name() string { return string(d.raw(d.num(MaxPath))) }

func (d *decoder) typ() Type { return Type(d.byte()) }

// nest guards recursion; it reports whether there is anything to read.
func (d *decoder) nest() bool {
	d.depth++
	if d.depth > 4*MaxDepth {
		d.fail("nested too deeply")
	}
	return d.err == nil
}

// list reads a counted list. It grows with what was read, not with the count,
// so that nested lists cannot reserve more than the bytes could hold.
func list[T any](d *decoder, most int, read func() T) []T {
	n := d.count(most)
	if n == 0 {
		return nil
	}
	out := make([]T, 0, min(n, 32))
	for range n {
		if d.err != nil {
			return nil
		}
		out = append(out, read())
	}
	return out
}

func (d *decoder) unit() *Unit {
	if d.byte() != Version {
		d.fail("unknown version")
	}
	u := &Unit{Kind: Kind(d.byte()), Slot: d.name()}
	u.Consts = list(d, MaxConsts, d.constant)
	u.Tables = list(d, MaxTables, d.table)
	u.State = list(d, MaxFields, d.field)
	u.Input = list(d, MaxFields, d.field)
	u.Funcs = list(d, MaxFuncs, func() Func { return d.function(u) })
	return u
}

func (d *decoder) constant() Const {
	return Const{Name: d.name(), Type: d.typ(), Imported: d.flag(), Expr: d.constExpr()}
}

func (d *decoder) table() Table {
	return Table{Name: d.name(), Type: d.typ(), Imported: d.flag(), Elems: list(d, MaxArray, d.atom)}
}

func (d *decoder) field() Field {
	return Field{Name: d.name(), Type: d.typ(), Len: d.num(MaxArray)}
}

func (d *decoder) param() Param { return Param{Name: d.name(), Type: d.typ()} }

func (d *decoder) local() Var { return Var{Type: d.typ(), Len: d.num(MaxArray)} }

func (d *decoder) constExpr() (x CExpr) {
	defer func() { d.depth-- }()
	if !d.nest() {
		return x
	}
	x.Op = COp(d.byte())
	switch {
	case x.Op == CLit:
		x.Lit = d.big()
	case x.Op == CRef:
		x.Ref = d.num(MaxConsts)
	case x.Op == CNeg:
		x.A = d.operand()
	case x.Op > CRef && x.Op <= CMax:
		x.A, x.B = d.operand(), d.operand()
	default:
		d.fail("unknown operator of constants")
	}
	return x
}

func (d *decoder) operand() *CExpr {
	x := d.constExpr()
	return &x
}

func (d *decoder) big() *big.Int {
	neg := d.flag()
	v := new(big.Int).SetBytes(d.raw(d.num(MaxConstBits / 8)))
	if neg {
		v.Neg(v)
	}
	return v
}

func (d *decoder) function(u *Unit) Func {
	f := Func{Name: d.name(), Mode: StateMode(d.byte()), States: d.num(2), Inputs: d.num(2)}
	f.Params = list(d, MaxParams, d.param)
	f.Results = list(d, MaxParams, d.param)
	f.Vars = append(u.LeadingVars(&f), list(d, MaxVars, d.local)...)
	d.vars, d.next = f.Vars, u.Leading(&f)
	f.Body = d.block()
	return f
}

func (d *decoder) block() (b Block) {
	defer func() { d.depth-- }()
	if !d.nest() {
		return b
	}
	b.Stmts = list(d, MaxStmts, d.stmt)
	b.Term = d.term()
	return b
}

func (d *decoder) term() Term {
	switch d.byte() {
	case tagReturn:
		return Return{State: d.atoms(), Results: d.atoms()}
	case tagYield:
		return Yield{Vals: d.atoms()}
	case tagBranch:
		return Branch{Cond: d.cond(), Then: d.block(), Else: d.block()}
	}
	d.fail("unknown end of a block")
	return nil
}

// define hands out the numbers of variables in order of definition.
func (d *decoder) define() VarID {
	d.next++
	return VarID(d.next - 1)
}

func (d *decoder) defines(n int) []VarID {
	if n == 0 || d.err != nil {
		return nil
	}
	out := make([]VarID, n)
	for i := range out {
		out[i] = d.define()
	}
	return out
}

// fresh is a count of variables: no more than the function has left.
func (d *decoder) fresh() int { return d.num(max(0, len(d.vars)-d.next)) }

// stmt reads operands before it numbers destinations; Go's evaluation of calls
// in a composite literal is from left to right, so Dst comes last throughout.
func (d *decoder) stmt() Stmt {
	switch tag := d.byte(); tag {
	case tagArith:
		return Arith{Op: BinOp(d.byte()), A: d.atom(), B: d.atom(), Dst: d.define()}
	case tagConvert:
		return Convert{A: d.atom(), Dst: d.define()}
	case tagBits:
		return Bits{Fn: BitsFn(d.byte()), A: d.atom(), Dst: d.define()}
	case tagTest:
		return Test{Cond: d.cond(), Dst: d.define()}
	case tagLookup:
		return Lookup{Table: d.num(MaxTables), Index: d.atom(), Dst: d.define()}
	case tagCall:
		return Call{Func: d.num(MaxFuncs), Input: d.num(2), State: d.atoms(), Args: d.atoms(), Dst: d.defines(d.fresh())}
	case tagIf:
		n := d.fresh()
		return If{Cond: d.cond(), Then: d.block(), Else: d.block(), Dst: d.defines(n)}
	case tagFor:
		return d.loop()
	default:
		return d.arrayStmt(tag)
	}
}

func (d *decoder) arrayStmt(tag byte) Stmt {
	switch tag {
	case tagGet:
		return Get{Arr: d.variable(), Index: d.atom(), Dst: d.define()}
	case tagSet:
		return Set{Arr: d.variable(), Index: d.atom(), Val: d.atom(), Dst: d.define()}
	case tagZero:
		return Zero{Dst: d.define()}
	case tagCopy:
		return Copy{Src: d.variable(), Dst: d.define()}
	}
	d.fail("unknown binding")
	return nil
}

func (d *decoder) loop() Stmt {
	s := For{Init: d.atoms(), Lo: d.atom(), Hi: d.atom()}
	s.Carried = d.defines(len(s.Init))
	s.Index = d.define()
	s.Body = d.block()
	s.Dst = d.defines(len(s.Init))
	return s
}

func (d *decoder) variable() VarID { return VarID(d.num(max(0, len(d.vars)-1))) }

func (d *decoder) atoms() []Atom { return list(d, MaxVars, d.atom) }

func (d *decoder) atom() Atom {
	a := Atom{Kind: AtomKind(d.byte())}
	switch a.Kind {
	case ALit:
		a.Type = d.typ()
		a.Bits = d.u64()
		if a.Type.IsSigned() {
			a.Bits = a.Bits>>1 ^ -(a.Bits & 1)
		}
	case AConst:
		a.Type = d.typ()
		a.Index = d.num(MaxConsts)
	case AVar:
		v := d.variable()
		a.Index = int(v)
		if int(v) < len(d.vars) {
			a.Type = d.vars[v].Type
		}
	default:
		d.fail("unknown operand")
	}
	return a
}

func (d *decoder) cond() (c Cond) {
	defer func() { d.depth-- }()
	if !d.nest() {
		return c
	}
	c.Op = CondOp(d.byte())
	switch c.Op {
	case CondAtom:
		c.A = d.atom()
	case Eq, Ne, Lt, Le, Gt, Ge:
		c.A, c.B = d.atom(), d.atom()
	case CondNot:
		c.X = d.subCond()
	case CondAnd, CondOr:
		c.X, c.Y = d.subCond(), d.subCond()
	default:
		d.fail("unknown condition")
	}
	return c
}

func (d *decoder) subCond() *Cond {
	c := d.cond()
	return &c
}
