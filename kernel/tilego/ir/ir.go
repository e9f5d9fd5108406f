package ir

import "math/big"

// Type is the type of a scalar, or of the elements of an array.
type Type uint8

// The scalar types. Untyped is the type of an untyped integer constant only.
const (
	Untyped Type = iota
	Bool
	U8
	U16
	U32
	U64
	I8
	I16
	I32
	I64
)

// Kind says what a unit was compiled from.
type Kind uint8

// The kinds of units.
const (
	Module   Kind = iota + 1 // fills a slot
	Contract                 // predicates over inputs, results and states
	Env                      // surroundings for model checking; its state is the type Env
)

// Unit is one compiled Tile Go package.
type Unit struct {
	Kind   Kind
	Slot   string // name of the slot: [a-z][a-z0-9_]{0,31}
	Consts []Const
	Tables []Table
	State  []Field
	Input  []Field // as the contract declares it
	Funcs  []Func  // callees before callers
}

// Field is a named scalar (Len 0) or array of scalars (Len elements) of the
// state or the input. Nested names are joined by dots: "ring.head".
type Field struct {
	Name string
	Type Type
	Len  int
}

// Const is an entry of the constant table. Entries refer to earlier entries
// only. Imported entries were declared by the contract: their name and value
// must be the contract's. An entry without a name was a constant expression in
// the code.
type Const struct {
	Name     string
	Type     Type // Untyped if it takes the type of its place of use
	Imported bool
	Expr     CExpr
}

// CExpr is an exact constant expression over arbitrary-precision integers
// (bool constants are 0 and 1).
type CExpr struct {
	Op   COp
	Lit  *big.Int // CLit
	Ref  int      // CRef: index into Unit.Consts
	A, B *CExpr   // operands; B is nil for CNeg
}

// COp is an operator of a constant expression.
type COp uint8

// The operators of constant expressions; CQuo and CRem truncate toward zero.
const (
	CLit COp = iota + 1
	CRef
	CAdd
	CSub
	CMul
	CQuo
	CRem
	CShl
	CShr
	CAnd
	COr
	CXor
	CNeg
	CMin
	CMax
)

// Table is a constant array, read by [Lookup]. Elements are literals or
// references into the constant table.
type Table struct {
	Name     string
	Type     Type
	Imported bool
	Elems    []Atom
}

// StateMode says how a function uses the state.
type StateMode uint8

// The ways in which a function may use the state.
const (
	NoState    StateMode = iota
	ReadState            // takes *State, never assigns it: Return.State is empty
	WriteState           // Return.State has an atom per state field
)

// Func is one function.
//
// Vars lists every variable of the function in the order of definition
// (pre-order over the body). The first ones are, in this order: the state's
// fields (a second time for the second state when States is 2), the fields of
// each input, the parameters.
type Func struct {
	Name    string
	Mode    StateMode
	States  int // number of *State parameters: 0, 1, or 2 (predicates such as Frame)
	Inputs  int // number of *Input parameters: 0, 1, or 2 (predicates such as Rel)
	Params  []Param
	Results []Param // names may be empty
	Vars    []Var
	Body    Block
}

// Param is a scalar parameter or result.
type Param struct {
	Name string
	Type Type
}

// Var is a variable: a scalar, or an array of Len elements. The name is for
// readers only: it is not part of the encoding.
type Var struct {
	Name string
	Type Type
	Len  int
}

// VarID is an index into Func.Vars.
type VarID int

// Block is a list of bindings and how it ends.
type Block struct {
	Stmts []Stmt
	Term  Term
}

// AtomKind says what an atom is.
type AtomKind uint8

// The kinds of atoms.
const (
	ALit   AtomKind = iota + 1 // Bits, canonical for Type
	AConst                     // Index into Unit.Consts; the value must fit Type
	AVar                       // Index is a VarID
)

// Atom is an operand: a literal, a named constant, or a variable. Arrays can be
// atoms only in Yield, Return, For.Init and Call.State.
type Atom struct {
	Kind  AtomKind
	Type  Type
	Index int
	Bits  uint64
}

// Stmt is one binding: [Arith], [Convert], [Bits], [Test], [Lookup], [Get],
// [Set], [Zero], [Copy], [Call], [If] or [For].
type Stmt interface{ stmt() }

// BinOp is an arithmetic operator. Results wrap to the type of the destination.
type BinOp uint8

// The arithmetic operators. Quo and Rem truncate toward zero and panic on a
// zero divisor; MinInt / -1 wraps. Shl and Shr take an unsigned count smaller
// than the width (the checker admits constants and masked counts only).
const (
	Add BinOp = iota + 1
	Sub
	Mul
	Quo
	Rem
	And
	Or
	Xor
	AndNot
	Shl
	Shr
	Min
	Max
)

// Arith binds Dst = A op B. A, B and Dst have the same type (the count of a
// shift is any unsigned type).
type Arith struct {
	Dst  VarID
	Op   BinOp
	A, B Atom
}

// Convert binds Dst = A wrapped to the type of Dst. Neither is bool.
type Convert struct {
	Dst VarID
	A   Atom
}

// BitsFn is a function of math/bits.
type BitsFn uint8

// The functions of math/bits, for the width of their operand.
const (
	LeadingZeros BitsFn = iota + 1
	TrailingZeros
	OnesCount
	BitLen
)

// Bits binds Dst (of an unsigned type) = Fn(A).
type Bits struct {
	Dst VarID
	Fn  BitsFn
	A   Atom
}

// Test binds the bool Dst to the value of a condition.
type Test struct {
	Dst  VarID
	Cond Cond
}

// Lookup binds Dst = Table[Index]; it panics when Index is out of range.
type Lookup struct {
	Dst   VarID
	Table int
	Index Atom
}

// Get binds Dst = Arr[Index]; it panics when Index is out of range.
type Get struct {
	Dst   VarID
	Arr   VarID
	Index Atom
}

// Set binds the array Dst = Arr with Arr[Index] replaced by Val, and consumes
// Arr; it panics when Index is out of range.
type Set struct {
	Dst   VarID
	Arr   VarID
	Index Atom
	Val   Atom
}

// Zero binds Dst to an array of zeroes.
type Zero struct{ Dst VarID }

// Copy binds Dst to a copy of the array Src, which stays usable.
type Copy struct{ Dst, Src VarID }

// Call binds Dst = the outcome of an earlier function: the new state fields
// when it writes state, then its results. State holds the current fields when
// the callee takes a state. A callee that takes an input gets input number
// Input of the caller.
type Call struct {
	Dst   []VarID
	Func  int
	State []Atom
	Input int
	Args  []Atom
}

// If is a join: both branches end in Yield, and Dst are the yielded values.
// Order of definition: Then, Else, Dst.
type If struct {
	Dst  []VarID
	Cond Cond
	Then Block
	Else Block
}

// For runs Body for Index = Lo .. Hi-1 (nothing when Hi <= Lo). Carried are
// the variables inside the body, bound to Init before the first iteration and
// to what Body yields after each; Dst are their values after the last. Index
// is an I64 variable. Lo and Hi are literals or references to constants, of
// type I64. Order of definition: Carried, Index, body, Dst.
type For struct {
	Dst     []VarID
	Carried []VarID
	Init    []Atom
	Index   VarID
	Lo, Hi  Atom
	Body    Block
}

func (Arith) stmt()   {}
func (Convert) stmt() {}
func (Bits) stmt()    {}
func (Test) stmt()    {}
func (Lookup) stmt()  {}
func (Get) stmt()     {}
func (Set) stmt()     {}
func (Zero) stmt()    {}
func (Copy) stmt()    {}
func (Call) stmt()    {}
func (If) stmt()      {}
func (For) stmt()     {}

// Term is how a block ends: [Return], [Yield] or [Branch].
type Term interface{ term() }

// Return leaves the function.
type Return struct {
	State   []Atom // one per field when the function writes state
	Results []Atom
}

// Yield hands the values of a join or of one iteration to its statement.
type Yield struct{ Vals []Atom }

// Branch ends a block in one of two blocks, each of which ends as the block
// itself must (in Return, or in Yield inside a join or loop).
type Branch struct {
	Cond Cond
	Then Block
	Else Block
}

func (Return) term() {}
func (Yield) term()  {}
func (Branch) term() {}

// CondOp is the form of a condition.
type CondOp uint8

// The forms of conditions.
const (
	CondAtom CondOp = iota + 1 // A, of type bool
	Eq                         // A == B (also of bools)
	Ne
	Lt
	Le
	Gt
	Ge
	CondNot // !X
	CondAnd // X && Y
	CondOr  // X || Y
)

// Cond is a condition without effects: it cannot panic.
type Cond struct {
	Op   CondOp
	A, B Atom  // operands of CondAtom and of comparisons (both of one type)
	X, Y *Cond // operands of CondNot (X), CondAnd and CondOr
}
