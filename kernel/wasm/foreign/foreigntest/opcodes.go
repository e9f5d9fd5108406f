package foreigntest

// immediate is what follows the name of an instruction.
type immediate uint8

const (
	nothing immediate = iota
	block
	number
	callee
	signed
	float64s
	access
	list
	indirect
	segment
)

type opcode struct {
	bytes []byte
	is    immediate
	align byte
}

var blockTypes = map[string]byte{"->i32": byte(I32), "->i64": byte(I64), "->f64": byte(F64)}

// opcodes are the instructions by name.
var opcodes = func() map[string]opcode {
	all := map[string]opcode{
		"block": {[]byte{0x02}, block, 0}, "loop": {[]byte{0x03}, block, 0}, "if": {[]byte{0x04}, block, 0},
		"br": {[]byte{0x0c}, number, 0}, "br_if": {[]byte{0x0d}, number, 0}, "br_table": {[]byte{0x0e}, list, 0},
		"call": {[]byte{0x10}, callee, 0}, "call_indirect": {[]byte{0x11}, indirect, 0},
		"local.get": {[]byte{0x20}, number, 0}, "local.set": {[]byte{0x21}, number, 0}, "local.tee": {[]byte{0x22}, number, 0},
		"global.get": {[]byte{0x23}, number, 0}, "global.set": {[]byte{0x24}, number, 0},
		"i32.const": {[]byte{0x41}, signed, 0}, "i64.const": {[]byte{0x42}, signed, 0}, "f64.const": {[]byte{0x44}, float64s, 0},
		"memory.size": {[]byte{0x3f, 0}, nothing, 0}, "memory.grow": {[]byte{0x40, 0}, nothing, 0},
		"memory.init": {[]byte{0xfc, 8}, segment, 0}, "data.drop": {[]byte{0xfc, 9}, number, 0},
		"memory.copy": {[]byte{0xfc, 10, 0, 0}, nothing, 0}, "memory.fill": {[]byte{0xfc, 11, 0}, nothing, 0},
	}
	for name, op := range map[string]byte{
		"unreachable": 0, "nop": 1, "else": 5, "end": 0x0b, "return": 0x0f, "drop": 0x1a, "select": 0x1b,
		"i32.eqz": 0x45, "i32.eq": 0x46, "i32.ne": 0x47, "i32.lt_s": 0x48, "i32.lt_u": 0x49, "i32.gt_s": 0x4a, "i32.gt_u": 0x4b, "i32.ge_s": 0x4e, "i32.ge_u": 0x4f,
		"i64.eqz": 0x50, "i64.eq": 0x51, "i64.ne": 0x52, "i64.lt_s": 0x53, "i64.lt_u": 0x54, "i64.gt_u": 0x56,
		"i32.ctz": 0x68, "i32.popcnt": 0x69, "i32.add": 0x6a, "i32.sub": 0x6b, "i32.mul": 0x6c, "i32.div_s": 0x6d, "i32.div_u": 0x6e, "i32.rem_u": 0x70,
		"i32.and": 0x71, "i32.or": 0x72, "i32.xor": 0x73, "i32.shl": 0x74, "i32.shr_s": 0x75, "i32.shr_u": 0x76, "i32.rotl": 0x77,
		"i64.add": 0x7c, "i64.sub": 0x7d, "i64.mul": 0x7e, "i64.div_u": 0x80, "i64.rem_u": 0x82, "i64.and": 0x83, "i64.or": 0x84, "i64.xor": 0x85,
		"i64.shl": 0x86, "i64.shr_u": 0x88, "i64.rotl": 0x89,
		"f64.add": 0xa0, "f64.mul": 0xa2, "f64.div": 0xa3, "f64.sqrt": 0x9f, "i32.wrap_i64": 0xa7, "i64.extend_i32_s": 0xac, "i64.extend_i32_u": 0xad,
		"f64.convert_i32_s": 0xb7, "i64.reinterpret_f64": 0xbd, "i32.extend8_s": 0xc0,
	} {
		all[name] = opcode{bytes: []byte{op}}
	}
	for name, o := range map[string]opcode{
		"i32.load": {[]byte{0x28}, access, 2}, "i64.load": {[]byte{0x29}, access, 3}, "i32.load8_u": {[]byte{0x2d}, access, 0},
		"i32.store": {[]byte{0x36}, access, 2}, "i64.store": {[]byte{0x37}, access, 3}, "i32.store8": {[]byte{0x3a}, access, 0},
	} {
		all[name] = o
	}
	all["i32.trunc_sat_f64_s"] = opcode{bytes: []byte{0xfc, 2}}
	return all
}()
