package foreign_test

import (
	"github.com/genesis-network/genesis/kernel/wasm/foreign"
	asm "github.com/genesis-network/genesis/kernel/wasm/foreign/foreigntest"
)

// program is what a compiler would make of a small function in C.
type program struct {
	name   string
	module asm.Module
	calls  []call
}

// call is a call of the export "run" and what it gives.
type call struct {
	args []uint64
	want uint64
}

var (
	i32, i64 = asm.I32, asm.I64
	one      = []asm.Type{i32}
)

func run(locals []asm.Type, code string) asm.Func {
	return asm.Func{Name: "run", Export: true, Params: one, Results: one, Locals: locals, Code: code}
}

// programs cover what compilers emit: recursion, nested loops, early returns,
// jump tables, calls through tables, a stack in memory, bulk memory, floats,
// growing memory.
var programs = []program{
	{"factorial in a loop", asm.Module{Pages: 1, Funcs: []asm.Func{run([]asm.Type{i32},
		`i32.const 1 local.set 1
		block local.get 0 i32.eqz br_if 0
			loop local.get 1 local.get 0 i32.mul local.set 1
				local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end
		end local.get 1`)}},
		[]call{{[]uint64{0}, 1}, {[]uint64{5}, 120}, {[]uint64{12}, 479001600}}},
	{"fibonacci by recursion", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil,
		`local.get 0 i32.const 2 i32.lt_u if local.get 0 return end
		local.get 0 i32.const 1 i32.sub call run local.get 0 i32.const 2 i32.sub call run i32.add`)}},
		[]call{{[]uint64{1}, 1}, {[]uint64{15}, 610}}},
	{"two functions call each other", asm.Module{Pages: 1, Funcs: []asm.Func{
		run(nil, `local.get 0 i32.eqz if ->i32 i32.const 1 else local.get 0 i32.const 1 i32.sub call odd end`),
		{Name: "odd", Params: one, Results: one, Code: `local.get 0 i32.eqz if i32.const 0 return end local.get 0 i32.const 1 i32.sub call run`}}},
		[]call{{[]uint64{10}, 1}, {[]uint64{7}, 0}}},
	{"primes by a sieve in memory", asm.Module{Pages: 1, Funcs: []asm.Func{run([]asm.Type{i32, i32, i32},
		`i32.const 0 i32.const 1 i32.const 4096 memory.fill
		i32.const 2 local.set 1
		block loop
			local.get 1 local.get 0 i32.ge_u br_if 1
			local.get 1 i32.load8_u 0 if
				local.get 3 i32.const 1 i32.add local.set 3
				local.get 1 local.get 1 i32.mul local.set 2
				block loop
					local.get 2 local.get 0 i32.ge_u br_if 1
					local.get 2 i32.const 0 i32.store8 0
					local.get 2 local.get 1 i32.add local.set 2
					br 0
				end end
			end
			local.get 1 i32.const 1 i32.add local.set 1
			br 0
		end end
		local.get 3`)}},
		[]call{{[]uint64{100}, 25}, {[]uint64{4000}, 550}}},
	{"a switch by jump table", asm.Module{Pages: 1, Funcs: []asm.Func{run([]asm.Type{i32, i32},
		`loop
			block block block block
				local.get 1 i32.const 3 i32.rem_u br_table 3 0 1 2 3
			end local.get 2 i32.const 3 i32.mul local.set 2 br 2
			end local.get 2 i32.const 7 i32.add local.set 2 br 1
			end local.get 2 i32.const 255 i32.xor local.set 2
			end
			local.get 1 i32.const 1 i32.add local.tee 1 local.get 0 i32.lt_u br_if 0
		end local.get 2`)}},
		[]call{{[]uint64{1}, 0}, {[]uint64{3}, 248}, {[]uint64{9}, 1736}}},
	{"calls through a table", asm.Module{Pages: 1, Table: []string{"twice", "square", "twice"}, Funcs: []asm.Func{
		run([]asm.Type{i32}, `loop local.get 0 local.get 1 i32.const 3 i32.rem_u call_indirect twice local.set 0
			local.get 1 i32.const 1 i32.add local.tee 1 i32.const 4 i32.lt_u br_if 0 end local.get 0`),
		{Name: "twice", Params: one, Results: one, Code: `local.get 0 i32.const 2 i32.mul`},
		{Name: "square", Params: one, Results: one, Code: `local.get 0 local.get 0 i32.mul`}}},
		[]call{{[]uint64{1}, 16}, {[]uint64{3}, 144}}},
	{"a sum on the stack in memory", asm.Module{Pages: 2, Globals: []asm.Global{{Type: i32, Init: 65536}}, Funcs: []asm.Func{
		run(nil, `local.get 0 call depth`),
		{Name: "depth", Params: one, Results: one, Locals: []asm.Type{i32},
			Code: `global.get 0 i32.const 16 i32.sub local.tee 1 global.set 0
			local.get 1 local.get 0 i32.store 12
			local.get 0 if ->i32 local.get 0 i32.const 1 i32.sub call depth local.get 1 i32.load 12 i32.add else i32.const 0 end
			local.get 1 i32.const 16 i32.add global.set 0`}}},
		[]call{{[]uint64{10}, 55}, {[]uint64{100}, 5050}}},
	{"memory that grows and is copied", asm.Module{Pages: 1, Most: 3, Passive: []string{"genesis!"}, Funcs: []asm.Func{run([]asm.Type{i32},
		`local.get 0 memory.grow local.set 1
		i32.const 100 i32.const 0 i32.const 8 memory.init 0
		i32.const 200 i32.const 100 i32.const 8 memory.copy
		data.drop 0
		i32.const 200 i32.load 4 memory.size i32.add local.get 1 i32.xor`)}},
		[]call{{[]uint64{2}, 0x21736973 + 3 ^ 1}}},
	{"floats", asm.Module{Pages: 1, Funcs: []asm.Func{run([]asm.Type{asm.F64, i32},
		`loop local.get 1 f64.const 1 local.get 2 i32.const 1 i32.add local.tee 2 f64.convert_i32_s f64.div f64.add local.set 1
			local.get 2 local.get 0 i32.lt_u br_if 0 end
		local.get 1 f64.sqrt f64.const 1000000 f64.mul i32.trunc_sat_f64_s`)}},
		[]call{{[]uint64{1}, 1000000}, {[]uint64{100}, 2277581}}},
	{"dead code, and an if in an if", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil,
		`local.get 0 i32.const 10 i32.gt_u if
			local.get 0 i32.const 20 i32.gt_u if i32.const 1 return unreachable i32.const 2 drop end
			i32.const 3 return
		else local.get 0 if nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop i32.const 4 return end end
		i32.const 5`)}},
		[]call{{[]uint64{0}, 5}, {[]uint64{3}, 4}, {[]uint64{15}, 3}, {[]uint64{25}, 1}}},
	{"several results", asm.Module{Pages: 1, Funcs: []asm.Func{
		run(nil, `local.get 0 call divide i32.const 100 i32.mul i32.add`),
		{Name: "divide", Params: one, Results: []asm.Type{i32, i32}, Code: `local.get 0 i32.eqz if i32.const 9 i32.const 9 return end
			local.get 0 i32.const 7 i32.rem_u local.get 0 call seventh`},
		{Name: "seventh", Params: one, Results: one, Code: `local.get 0 i32.const 7 i32.div_u`}}},
		[]call{{[]uint64{0}, 909}, {[]uint64{52}, 703}}},
}

// abi demands what a test module exports.
func abi(m *asm.Module) foreign.ABI {
	out := foreign.ABI{Exports: map[string]foreign.Signature{}}
	for _, f := range m.Funcs {
		if f.Export {
			out.Exports[f.Name] = foreign.Signature{Params: types(f.Params), Results: types(f.Results)}
		}
	}
	return out
}

func types(ts []asm.Type) []foreign.ValType {
	out := make([]foreign.ValType, len(ts))
	for i, t := range ts {
		out[i] = foreign.ValType(t)
	}
	return out
}
