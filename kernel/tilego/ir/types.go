package ir

import (
	"fmt"
	"math/big"
)

var typeNames = [...]string{
	Untyped: "untyped", Bool: "bool",
	U8: "uint8", U16: "uint16", U32: "uint32", U64: "uint64",
	I8: "int8", I16: "int16", I32: "int32", I64: "int64",
}

var typeWidths = [...]uint8{Bool: 1, U8: 8, U16: 16, U32: 32, U64: 64, I8: 8, I16: 16, I32: 32, I64: 64}

// String is the type's name in Go.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// IsScalar reports whether t is the type of run-time values: bool or an integer.
func (t Type) IsScalar() bool { return t >= Bool && t <= I64 }

// IsInt reports whether t is a fixed-width integer type.
func (t Type) IsInt() bool { return t >= U8 && t <= I64 }

// IsSigned reports whether t is a signed integer type.
func (t Type) IsSigned() bool { return t >= I8 && t <= I64 }

// IsUnsigned reports whether t is an unsigned integer type.
func (t Type) IsUnsigned() bool { return t >= U8 && t <= U64 }

// Width is the number of bits of a value of type t (1 for bool, 0 for Untyped).
func (t Type) Width() int {
	if int(t) < len(typeWidths) {
		return int(typeWidths[t])
	}
	return 0
}

// Size is the number of bytes that a value of type t takes in memory.
func (t Type) Size() int { return (t.Width() + 7) / 8 }

// Wrap is x reduced to type t: the canonical bits of x modulo 2^Width. A bool
// keeps its lowest bit.
func (t Type) Wrap(x uint64) uint64 {
	shift := 64 - uint(t.Width())
	if t.IsSigned() {
		return uint64(int64(x<<shift) >> shift)
	}
	return x << shift >> shift
}

// IsCanonical reports whether bits are the canonical run-time form of some
// value of type t.
func (t Type) IsCanonical(bits uint64) bool { return t.IsScalar() && t.Wrap(bits) == bits }

// Bits is the canonical form of v as a value of type t; ok is false when v does
// not fit t.
func (t Type) Bits(v *big.Int) (bits uint64, ok bool) {
	switch {
	case t.IsSigned() && v.IsInt64():
		bits = uint64(v.Int64())
	case !t.IsSigned() && v.IsUint64():
		bits = v.Uint64()
	default:
		return 0, false
	}
	return bits, t.IsCanonical(bits)
}

// Value is the integer that canonical bits of type t stand for.
func (t Type) Value(bits uint64) *big.Int {
	if t.IsSigned() {
		return big.NewInt(int64(bits))
	}
	return new(big.Int).SetUint64(bits)
}

// Max is the largest value of type t, as canonical bits.
func (t Type) Max() uint64 {
	if t.IsSigned() {
		return 1<<(t.Width()-1) - 1
	}
	return t.Wrap(^uint64(0))
}

// Min is the smallest value of type t, as canonical bits.
func (t Type) Min() uint64 {
	if t.IsSigned() {
		return t.Wrap(1 << (t.Width() - 1))
	}
	return 0
}

// Elems is the number of 64-bit values that the field takes in a flattened
// state or input: 1 for a scalar.
func (f Field) Elems() int { return max(1, f.Len) }

// Flat is the number of 64-bit values that fields take when flattened.
func Flat(fields []Field) int {
	n := 0
	for _, f := range fields {
		n += f.Elems()
	}
	return n
}

// Func finds a function by name and gives its index; it is nil, -1 when the
// unit has no such function.
func (u *Unit) Func(name string) (*Func, int) {
	for i := range u.Funcs {
		if u.Funcs[i].Name == name {
			return &u.Funcs[i], i
		}
	}
	return nil, -1
}

// LeadingVars lists the variables that f starts with (see [Unit.Leading]).
func (u *Unit) LeadingVars(f *Func) []Var {
	vars := make([]Var, 0, u.Leading(f))
	for range f.States {
		vars = appendFields(vars, u.State)
	}
	for range f.Inputs {
		vars = appendFields(vars, u.Input)
	}
	for _, p := range f.Params {
		vars = append(vars, Var{Name: p.Name, Type: p.Type})
	}
	return vars
}

func appendFields(vars []Var, fields []Field) []Var {
	for _, f := range fields {
		vars = append(vars, Var(f))
	}
	return vars
}

// Lit is a literal of type t with the given bits, reduced to t.
func Lit(t Type, bits uint64) Atom { return Atom{Kind: ALit, Type: t, Bits: t.Wrap(bits)} }
