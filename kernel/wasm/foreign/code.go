package foreign

// Instructions that are looked at. All others are known by their immediates.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opLocalGet     = 0x20
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opI32Eqz       = 0x45
	opI64LtS       = 0x53
	opI32Add       = 0x6a
	opI32Sub       = 0x6b
	opI64Sub       = 0x7d
	opI64Shl       = 0x86
	opI64ShrU      = 0x88
	opI64ExtendU   = 0xad
	opPrefix       = 0xfc
	opMemoryInit   = 0xfc08
	opDataDrop     = 0xfc09
	opMemoryCopy   = 0xfc0a
	opMemoryFill   = 0xfc0b
)

// immediate is what follows an opcode.
type immediate uint8

const (
	refused   immediate = iota
	none                // nothing
	blockType           // the type of a block
	label               // how many constructs outwards
	labels              // a vector of labels, and one more
	function
	indirect // a type and a table
	local
	global
	access // alignment and offset
	zero   // the index of the memory
	int32Const
	int64Const
	float32Const
	float64Const
)

// immediates is the list of instructions that are admitted.
var immediates = func() (t [256]immediate) {
	for _, r := range []struct {
		from, to int
		is       immediate
	}{
		{opUnreachable, 0x01, none}, {opBlock, opIf, blockType}, {opElse, opElse, none}, {opEnd, opEnd, none},
		{opBr, opBrIf, label}, {opBrTable, opBrTable, labels}, {opReturn, opReturn, none}, {opCall, opCall, function},
		{opCallIndirect, opCallIndirect, indirect}, {0x1a, 0x1b, none}, {opLocalGet, opLocalTee, local},
		{opGlobalGet, opGlobalSet, global}, {0x28, 0x3e, access}, {0x3f, opMemoryGrow, zero},
		{opI32Const, opI32Const, int32Const}, {opI64Const, opI64Const, int64Const}, {0x43, 0x43, float32Const},
		{0x44, 0x44, float64Const}, {opI32Eqz, 0xc4, none}, // arithmetic, conversion, sign extension
	} {
		for op := r.from; op <= r.to; op++ {
			t[op] = r.is
		}
	}
	return t
}()

// instr is one instruction: where it begins and ends in the code, and what
// placing charges needs of it.
type instr struct {
	op       int // with a prefix, 0xfc00 + n
	from, to int
	index    uint32 // of a function, global, local
}

// next reads an instruction and checks what charging rests on: that it is
// admitted, that its immediates are of a form that has one length for every
// engine, and that it names no global of ours.
func (d *decoder) next() (i instr) {
	i.from = d.at
	i.op = int(d.byte())
	if i.op == opPrefix {
		d.prefixed(&i)
	} else {
		d.immediate(&i, immediates[i.op])
	}
	i.to = d.at
	return i
}

// prefixed reads the saturating conversions and the bulk memory instructions.
func (d *decoder) prefixed(i *instr) {
	n := d.byte()
	i.op = opPrefix<<8 | int(n)
	switch {
	case n < 8:
	case i.op == opMemoryInit:
		d.u32()
		d.memory()
	case i.op == opDataDrop:
		d.u32()
	case i.op == opMemoryCopy:
		d.memory()
		d.memory()
	case i.op == opMemoryFill:
		d.memory()
	default:
		d.fail("instruction 0xfc %d is not admitted", n)
	}
}

// memory reads the index of the memory, one byte.
func (d *decoder) memory() {
	if d.byte() != 0 {
		d.fail("a memory of another number than 0")
	}
}

// blockType reads the type of a block: none, one value, or a type of the module.
// Others have immediates of their own, which only some engines know.
func (d *decoder) blockType() {
	begin := d.at
	switch t := d.signed(33); {
	case t >= int64(len(d.types)):
		d.fail("type %d of %d", t, len(d.types))
	case t < 0 && (d.at != begin+1 || d.b[begin] != voidBlock && (d.b[begin] < byte(F64) || d.b[begin] > byte(I32))):
		d.fail("a block of another type than the admitted ones")
	}
}

func (d *decoder) immediate(i *instr, is immediate) {
	switch is {
	case refused:
		d.fail("instruction 0x%02x is not admitted", i.op)
	case blockType:
		d.blockType()
	case label, local, function:
		i.index = d.u32()
	case global:
		if i.index = d.u32(); int64(i.index) >= int64(d.nglobals) {
			d.fail("global %d of %d", i.index, d.nglobals)
		}
	case labels:
		for range d.count("labels", d.limits.Body) {
			d.u32()
		}
		d.u32()
	case indirect:
		d.u32()
		if d.u32() != 0 {
			d.fail("a table of another number than 0")
		}
	case access:
		if d.byte() > 3 {
			d.fail("an alignment above 8 bytes")
		}
		d.u32()
	case zero:
		d.memory()
	case int32Const:
		d.signed(32)
	case int64Const:
		d.signed(64)
	case float32Const:
		d.bytes(4)
	case float64Const:
		d.bytes(8)
	}
}
