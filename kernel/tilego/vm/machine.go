package vm

import (
	"fmt"
	"math/bits"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Panic is what a call returns when the function panicked.
type Panic = ir.Panic

// Machine runs the functions of one program. It is not safe for concurrent use.
type Machine struct {
	code  *code
	mem   []uint64
	state [2][]uint64
	input [2][]uint64
}

// State is the state on which functions work, to be read and written in place.
// Number 1 is the second state of predicates over two.
func (m *Machine) State(i int) []uint64 { return m.state[i] }

// Input is the input which functions read, to be written in place. Number 1 is
// the second input of predicates over two.
func (m *Machine) Input(i int) []uint64 { return m.input[i] }

// Call runs a function on the machine's state and input, with as many
// parameters and room for as many results as the function has. It returns a
// [*Panic] when the function panicked; the machine's state is then unspecified
// (see [Machine.Run] for one that is kept).
func (m *Machine) Call(f *Func, params, results []uint64) error {
	if f.code != m.code || len(params) != f.params || len(results) != f.results {
		return f.misuse(m, len(params), len(results))
	}
	copy(m.mem[m.code.params:], params)
	if kind := m.run(f.entry); kind != 0 {
		return kind.Panic()
	}
	copy(results, m.mem[m.code.results:])
	return nil
}

func (f *Func) misuse(m *Machine, params, results int) error {
	if f.code != m.code {
		return fmt.Errorf("vm: function of another program")
	}
	return fmt.Errorf("vm: called with %d parameters and %d results, wants %d and %d", params, results, f.params, f.results)
}

// Frame is everything that a call reads and writes, outside of the machine.
// Slices that the function does not take may be nil.
type Frame struct {
	State   [2][]uint64
	Input   [2][]uint64
	Params  []uint64
	Results []uint64
}

// Run calls a function on the states and inputs of a frame: they are copied in,
// and the first state is copied out after a function that did not panic.
func (m *Machine) Run(f *Func, c *Frame) error {
	for i := range f.states {
		copy(m.state[i], c.State[i])
	}
	for i := range f.inputs {
		copy(m.input[i], c.Input[i])
	}
	if err := m.Call(f, c.Params, c.Results); err != nil {
		return err
	}
	if f.states > 0 {
		copy(c.State[0], m.state[0])
	}
	return nil
}

// run executes instructions until a halt or a panic. Divisors and indexes are
// checked here; that addresses lie inside of mem is the compiler's promise, and
// Go's own check is the net below it.
func (m *Machine) run(pc int) ir.PanicKind {
	mem, code := m.mem, m.code.instrs
	for {
		i := &code[pc]
		pc++
		switch i.op {
		case opHalt:
			return 0
		case opRet:
			pc = int(mem[i.a])
		case opCall:
			mem[i.a] = uint64(pc)
			pc = int(i.c)
		case opJump:
			pc = int(i.c)
		case opLoop:
			mem[i.a]++
			if int64(mem[i.a]) < int64(mem[i.b]) {
				pc = int(i.c)
			}
		case opJumpTrue:
			if mem[i.a] != 0 {
				pc = int(i.c)
			}
		case opJumpFalse:
			if mem[i.a] == 0 {
				pc = int(i.c)
			}
		case opJumpEq:
			if mem[i.a] == mem[i.b] {
				pc = int(i.c)
			}
		case opJumpNe:
			if mem[i.a] != mem[i.b] {
				pc = int(i.c)
			}
		case opJumpLtU:
			if mem[i.a] < mem[i.b] {
				pc = int(i.c)
			}
		case opJumpLeU:
			if mem[i.a] <= mem[i.b] {
				pc = int(i.c)
			}
		case opJumpLtS:
			if int64(mem[i.a]) < int64(mem[i.b]) {
				pc = int(i.c)
			}
		case opJumpLeS:
			if int64(mem[i.a]) <= int64(mem[i.b]) {
				pc = int(i.c)
			}
		case opSetEq:
			mem[i.a] = bit(mem[i.b] == mem[i.c])
		case opSetNe:
			mem[i.a] = bit(mem[i.b] != mem[i.c])
		case opSetLtU:
			mem[i.a] = bit(mem[i.b] < mem[i.c])
		case opSetLeU:
			mem[i.a] = bit(mem[i.b] <= mem[i.c])
		case opSetLtS:
			mem[i.a] = bit(int64(mem[i.b]) < int64(mem[i.c]))
		case opSetLeS:
			mem[i.a] = bit(int64(mem[i.b]) <= int64(mem[i.c]))
		case opNot:
			mem[i.a] = mem[i.b] ^ 1
		case opMove:
			mem[i.a] = mem[i.b]
		case opZext8:
			mem[i.a] = uint64(uint8(mem[i.b]))
		case opZext16:
			mem[i.a] = uint64(uint16(mem[i.b]))
		case opZext32:
			mem[i.a] = uint64(uint32(mem[i.b]))
		case opSext8:
			mem[i.a] = uint64(int8(mem[i.b]))
		case opSext16:
			mem[i.a] = uint64(int16(mem[i.b]))
		case opSext32:
			mem[i.a] = uint64(int32(mem[i.b]))
		case opAdd:
			mem[i.a] = mem[i.b] + mem[i.c]
		case opAddU8:
			mem[i.a] = uint64(uint8(mem[i.b] + mem[i.c]))
		case opAddU16:
			mem[i.a] = uint64(uint16(mem[i.b] + mem[i.c]))
		case opAddU32:
			mem[i.a] = uint64(uint32(mem[i.b] + mem[i.c]))
		case opAddI8:
			mem[i.a] = uint64(int8(mem[i.b] + mem[i.c]))
		case opAddI16:
			mem[i.a] = uint64(int16(mem[i.b] + mem[i.c]))
		case opAddI32:
			mem[i.a] = uint64(int32(mem[i.b] + mem[i.c]))
		case opSub:
			mem[i.a] = mem[i.b] - mem[i.c]
		case opSubU8:
			mem[i.a] = uint64(uint8(mem[i.b] - mem[i.c]))
		case opSubU16:
			mem[i.a] = uint64(uint16(mem[i.b] - mem[i.c]))
		case opSubU32:
			mem[i.a] = uint64(uint32(mem[i.b] - mem[i.c]))
		case opSubI8:
			mem[i.a] = uint64(int8(mem[i.b] - mem[i.c]))
		case opSubI16:
			mem[i.a] = uint64(int16(mem[i.b] - mem[i.c]))
		case opSubI32:
			mem[i.a] = uint64(int32(mem[i.b] - mem[i.c]))
		case opMul:
			mem[i.a] = mem[i.b] * mem[i.c]
		case opQuoU:
			if mem[i.c] == 0 {
				return ir.DivisionByZero
			}
			mem[i.a] = mem[i.b] / mem[i.c]
		case opQuoS:
			if mem[i.c] == 0 {
				return ir.DivisionByZero
			}
			mem[i.a] = uint64(int64(mem[i.b]) / int64(mem[i.c]))
		case opRemU:
			if mem[i.c] == 0 {
				return ir.DivisionByZero
			}
			mem[i.a] = mem[i.b] % mem[i.c]
		case opRemS:
			if mem[i.c] == 0 {
				return ir.DivisionByZero
			}
			mem[i.a] = uint64(int64(mem[i.b]) % int64(mem[i.c]))
		case opAnd:
			mem[i.a] = mem[i.b] & mem[i.c]
		case opOr:
			mem[i.a] = mem[i.b] | mem[i.c]
		case opXor:
			mem[i.a] = mem[i.b] ^ mem[i.c]
		case opAndNot:
			mem[i.a] = mem[i.b] &^ mem[i.c]
		case opShl:
			mem[i.a] = mem[i.b] << (mem[i.c] & 63)
		case opShrU:
			mem[i.a] = mem[i.b] >> (mem[i.c] & 63)
		case opShrS:
			mem[i.a] = uint64(int64(mem[i.b]) >> (mem[i.c] & 63))
		case opMinU:
			mem[i.a] = min(mem[i.b], mem[i.c])
		case opMinS:
			mem[i.a] = uint64(min(int64(mem[i.b]), int64(mem[i.c])))
		case opMaxU:
			mem[i.a] = max(mem[i.b], mem[i.c])
		case opMaxS:
			mem[i.a] = uint64(max(int64(mem[i.b]), int64(mem[i.c])))
		case opLeadingZeros:
			mem[i.a] = uint64(bits.LeadingZeros64(mem[i.b]) - int(i.n))
		case opTrailingZeros:
			mem[i.a] = uint64(min(bits.TrailingZeros64(mem[i.b]), int(i.n)))
		case opOnesCount:
			mem[i.a] = uint64(bits.OnesCount64(mem[i.b]))
		case opBitLen:
			mem[i.a] = uint64(bits.Len64(mem[i.b]))
		case opGet:
			x := mem[i.c]
			if x >= uint64(i.n) {
				return ir.IndexOutOfRange
			}
			mem[i.a] = mem[uint64(i.b)+x]
		case opSet:
			x := mem[i.b]
			if x >= uint64(i.n) {
				return ir.IndexOutOfRange
			}
			mem[uint64(i.a)+x] = mem[i.c]
		case opGetAt:
			x := mem[i.c]
			if x >= uint64(i.n) {
				return ir.IndexOutOfRange
			}
			mem[i.a] = mem[mem[i.b]+x]
		case opSetAt:
			x := mem[i.b]
			if x >= uint64(i.n) {
				return ir.IndexOutOfRange
			}
			mem[mem[i.a]+x] = mem[i.c]
		case opZero:
			clear(mem[i.a : i.a+uint32(i.n)])
		case opCopy:
			copy(mem[i.a:i.a+uint32(i.n)], mem[i.b:])
		case opCopyAt:
			copy(mem[mem[i.a]:mem[i.a]+uint64(i.n)], mem[mem[i.b]:])
		}
	}
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
