package vm

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// An instr works on addresses of the machine's memory; jumps have their target
// in c.
type instr struct {
	op      op
	n       uint16 // length of an array
	a, b, c uint32 // mostly: destination, operands
}

type op uint16

const (
	opHalt op = iota // end of a call from outside
	opRet            // jump to the address that a holds
	opCall           // leave the address of the next instruction in a, jump
	opJump
	opLoop // add 1 to a; jump if it is below b
	opJumpTrue
	opJumpFalse
	opJumpEq
	opJumpNe
	opJumpLtU
	opJumpLeU
	opJumpLtS
	opJumpLeS
	opSetEq // a = b == c
	opSetNe
	opSetLtU
	opSetLeU
	opSetLtS
	opSetLeS
	opNot // a = b xor 1
	opMove
	opZext8
	opZext16
	opZext32
	opSext8
	opSext16
	opSext32
	opAdd
	opAddU8
	opAddU16
	opAddU32
	opAddI8
	opAddI16
	opAddI32
	opSub
	opSubU8
	opSubU16
	opSubU32
	opSubI8
	opSubI16
	opSubI32
	opMul
	opQuoU
	opQuoS
	opRemU
	opRemS
	opAnd
	opOr
	opXor
	opAndNot
	opShl
	opShrU
	opShrS
	opMinU
	opMinS
	opMaxU
	opMaxS
	opLeadingZeros // for 64 bits; narrower types subtract
	opTrailingZeros
	opOnesCount
	opBitLen
	opGet    // a = n elements at b, index c
	opSet    // n elements at a, index b, = c
	opGetAt  // the same, the array's address in b
	opSetAt  // the same, the array's address in a
	opZero   // n elements at a
	opCopy   // n elements at a from those at b
	opCopyAt // n elements at the address in a from those at the address in b
)

// sized is an opcode for each type: the plain one for 64 bits.
func sized(t ir.Type, plain, firstNarrow op) op {
	if t.Width() == 64 {
		return plain
	}
	return firstNarrow + narrowIndex[t]
}

var narrowIndex = [...]op{ir.U8: 0, ir.U16: 1, ir.U32: 2, ir.I8: 3, ir.I16: 4, ir.I32: 5, ir.I64: 0}

// signed picks the variant of an operator.
func signed(t ir.Type, unsigned, signed op) op {
	if t.IsSigned() {
		return signed
	}
	return unsigned
}

// arithOp is the opcode of an operator; wraps is true when the result must
// still be reduced to the type.
func arithOp(o ir.BinOp, t ir.Type) (code op, wraps bool) {
	switch o {
	case ir.Add:
		return sized(t, opAdd, opAddU8), false
	case ir.Sub:
		return sized(t, opSub, opSubU8), false
	case ir.Mul:
		return opMul, true
	case ir.Shl:
		return opShl, true
	case ir.Quo:
		return signed(t, opQuoU, opQuoS), t.IsSigned()
	}
	return plainOp(o, t), false
}

// plainOp are operators whose result is canonical when the operands are.
func plainOp(o ir.BinOp, t ir.Type) op {
	switch o {
	case ir.Rem:
		return signed(t, opRemU, opRemS)
	case ir.And:
		return opAnd
	case ir.Or:
		return opOr
	case ir.Xor:
		return opXor
	case ir.AndNot:
		return opAndNot
	case ir.Shr:
		return signed(t, opShrU, opShrS)
	case ir.Min:
		return signed(t, opMinU, opMinS)
	}
	return signed(t, opMaxU, opMaxS)
}

var bitsOps = [...]op{
	ir.LeadingZeros: opLeadingZeros, ir.TrailingZeros: opTrailingZeros,
	ir.OnesCount: opOnesCount, ir.BitLen: opBitLen,
}

// A comparison is an opcode that jumps, one that sets, and whether the operands
// change places.
type comparison struct {
	jump, set op
	swap      bool
}

func compare(o ir.CondOp, t ir.Type) comparison {
	s := t.IsSigned()
	switch o {
	case ir.Eq:
		return comparison{opJumpEq, opSetEq, false}
	case ir.Ne:
		return comparison{opJumpNe, opSetNe, false}
	case ir.Lt, ir.Gt:
		if s {
			return comparison{opJumpLtS, opSetLtS, o == ir.Gt}
		}
		return comparison{opJumpLtU, opSetLtU, o == ir.Gt}
	}
	if s {
		return comparison{opJumpLeS, opSetLeS, o == ir.Ge}
	}
	return comparison{opJumpLeU, opSetLeU, o == ir.Ge}
}

var negation = [...]ir.CondOp{ir.Eq: ir.Ne, ir.Ne: ir.Eq, ir.Lt: ir.Ge, ir.Ge: ir.Lt, ir.Gt: ir.Le, ir.Le: ir.Gt}
