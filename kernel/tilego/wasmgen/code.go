package wasmgen

// Module is a WebAssembly module before it becomes bytes.
type Module struct {
	Funcs []Func // callees before callers
	Pages int    // of 64 KiB: the size of the memory, which cannot grow
	Data  []Data // constant tables
}

// Data is initial content of memory.
type Data struct {
	At    int
	Bytes []byte
}

// ValType is a type of values in Wasm.
type ValType byte

// The types in use: i64 for values of Tile Go, i32 for addresses.
const (
	I32 ValType = 0x7f
	I64 ValType = 0x7e
)

// Func is one function. Locals come after the parameters.
type Func struct {
	Export  string // "" when it is not exported
	Of      int    // index in the unit of the function that it was printed from
	Params  []ValType
	Results []ValType
	Locals  []ValType
	Code    []Instr // without the final end
}

// Instr is one instruction.
type Instr struct {
	Op    Op
	Imm   int64  // local, function, label depth, constant, block type
	Off   uint32 // offset of a memory access
	Trips int64  // of OpLoop: how often its body runs when it is entered
	Bytes int    // of OpMemoryCopy and OpMemoryFill: their length
}

// Op is an opcode. Those above 0xff have the prefix 0xfc.
type Op uint16

// The instructions in use.
const (
	OpUnreachable Op = 0x00
	OpBlock       Op = 0x02
	OpLoop        Op = 0x03
	OpIf          Op = 0x04
	OpElse        Op = 0x05
	OpEnd         Op = 0x0b
	OpBrIf        Op = 0x0d
	OpReturn      Op = 0x0f
	OpCall        Op = 0x10
	OpSelect      Op = 0x1b
	OpLocalGet    Op = 0x20
	OpLocalSet    Op = 0x21

	OpI64Load    Op = 0x29
	OpI64Load8S  Op = 0x30
	OpI64Load8U  Op = 0x31
	OpI64Load16S Op = 0x32
	OpI64Load16U Op = 0x33
	OpI64Load32S Op = 0x34
	OpI64Load32U Op = 0x35
	OpI32Store   Op = 0x36
	OpI64Store   Op = 0x37
	OpI64Store8  Op = 0x3c
	OpI64Store16 Op = 0x3d
	OpI64Store32 Op = 0x3e

	OpI32Const Op = 0x41
	OpI64Const Op = 0x42
	OpI32Eqz   Op = 0x45
	OpI64Eqz   Op = 0x50
	OpI64Eq    Op = 0x51
	OpI64Ne    Op = 0x52
	OpI64LtS   Op = 0x53
	OpI64LtU   Op = 0x54
	OpI64GtS   Op = 0x55
	OpI64GtU   Op = 0x56
	OpI64LeS   Op = 0x57
	OpI64LeU   Op = 0x58
	OpI64GeS   Op = 0x59
	OpI64GeU   Op = 0x5a

	OpI32Add Op = 0x6a
	OpI32And Op = 0x71
	OpI32Or  Op = 0x72
	OpI32Shl Op = 0x74

	OpI64Clz    Op = 0x79
	OpI64Ctz    Op = 0x7a
	OpI64Popcnt Op = 0x7b
	OpI64Add    Op = 0x7c
	OpI64Sub    Op = 0x7d
	OpI64Mul    Op = 0x7e
	OpI64DivS   Op = 0x7f
	OpI64DivU   Op = 0x80
	OpI64RemS   Op = 0x81
	OpI64RemU   Op = 0x82
	OpI64And    Op = 0x83
	OpI64Or     Op = 0x84
	OpI64Xor    Op = 0x85
	OpI64Shl    Op = 0x86
	OpI64ShrS   Op = 0x87
	OpI64ShrU   Op = 0x88

	OpI32WrapI64    Op = 0xa7
	OpI64ExtendI32U Op = 0xad
	OpI64Extend8S   Op = 0xc2
	OpI64Extend16S  Op = 0xc3
	OpI64Extend32S  Op = 0xc4

	OpMemoryCopy Op = 0xfc0a
	OpMemoryFill Op = 0xfc0b
)

// Block types: without result, and with one i64.
const (
	blockVoid = 0x40
	blockI64  = int64(I64)
)
