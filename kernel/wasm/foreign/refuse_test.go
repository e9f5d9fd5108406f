package foreign_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/wasm/foreign"
	asm "github.com/genesis-network/genesis/kernel/wasm/foreign/foreigntest"
)

// body is a module with one function of that code.
func body(code string) asm.Module {
	return asm.Module{Pages: 1, Globals: []asm.Global{{Type: i32}}, Funcs: []asm.Func{run([]asm.Type{i32}, code)}}
}

// raw is a module with one function of those bytes.
func raw(code string) asm.Module {
	m := body("")
	m.Sections = map[byte]string{10: "\x01" + string(rune(len(code)+2)) + "\x00" + code + "\x0b"}
	return m
}

func with(m asm.Module, id byte, content string) asm.Module {
	m.Sections = map[byte]string{id: content}
	return m
}

func tail(m asm.Module, bytes string) asm.Module {
	m.Tail = bytes
	return m
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	system := foreign.Import{Signature: foreign.Signature{Params: []foreign.ValType{foreign.I32}}}
	ok := body("local.get 0")
	for _, tc := range []struct {
		name   string
		module asm.Module
		want   string
	}{
		{"WASI", asm.Module{Pages: 1, Imports: []asm.Import{{Module: "wasi_snapshot_preview1", Name: "fd_write", Params: one}}, Funcs: ok.Funcs}, "only system calls"},
		{"a system call that is none", asm.Module{Pages: 1, Imports: []asm.Import{{Module: "genesis", Name: "open", Params: one}}, Funcs: ok.Funcs}, "only system calls"},
		{"a system call of another module", asm.Module{Pages: 1, Imports: []asm.Import{{Module: "env", Name: "signal", Params: one}}, Funcs: ok.Funcs}, "only system calls"},
		{"a system call of another type", asm.Module{Pages: 1, Imports: []asm.Import{{Module: "genesis", Name: "signal", Params: one, Results: one}}, Funcs: ok.Funcs}, "not of the type"},
		{"an imported memory", with(ok, 2, "\x01\x07genesis\x01m\x02\x00\x01"), "is no function"},
		{"an imported global", with(ok, 2, "\x01\x07genesis\x01g\x03\x7f\x01"), "is no function"},
		{"a start function", with(ok, 8, "\x00"), "start function"},
		{"no memory", asm.Module{Pages: -1, Funcs: ok.Funcs}, "want one"},
		{"too much memory", asm.Module{Pages: 65, Funcs: ok.Funcs}, "memory of 65"},
		{"memory that is shared", with(ok, 5, "\x01\x03\x01\x01"), "shared"},
		{"memory of 64 bits", with(ok, 5, "\x01\x05\x01\x01"), "64 bits"},
		{"two memories", with(ok, 5, "\x02\x00\x01\x00\x01"), "2 memories"},
		{"a table of references", with(ok, 4, "\x01\x6f\x00\x01"), "something else than functions"},
		{"a large table", with(ok, 4, "\x01\x70\x00\xff\xff\x03"), "a table of"},
		{"elements put later", with(ok, 9, "\x01\x01\x00\x01\x00"), "not put into the table"},
		{"no handler", asm.Module{Pages: 1, Funcs: []asm.Func{{Name: "walk", Export: true}}}, `no export "run"`},
		{"a handler of another type", asm.Module{Pages: 1, Funcs: []asm.Func{{Name: "run", Export: true, Code: ""}}}, "not of the type"},
		{"the global of fuel, read", body("global.get 1 drop local.get 0"), "global 1 of 1"},
		{"the global of fuel, written", body("i64.const 9 global.set 1 local.get 0"), "global 1 of 1"},
		{"the global of depth", body("i32.const 9 global.set 2 local.get 0"), "global 2 of 1"},
		{"the global of fuel in a constant", with(ok, 6, "\x01\x7f\x01\x23\x01\x0b"), "only numbers"},
		{"a constant that is computed", with(ok, 6, "\x01\x7f\x01\x41\x01\x41\x01\x6a\x0b"), "more than one number"},
		{"vectors", raw("\xfd\x0c" + strings.Repeat("\x00", 16)), "0xfd"},
		{"threads", raw("\xfe\x03\x00"), "0xfe"},
		{"tail calls", raw("\x12\x00"), "0x12"},
		{"exceptions", raw("\x06\x40\x0b"), "0x06"},
		{"references", raw("\xd0\x70\x1a"), "0xd0"},
		{"a table that is written", raw("\x41\x00\xd0\x70\x26\x00"), "not admitted"},
		{"a table that grows", raw("\xfc\x0f\x00"), "0xfc 15"},
		{"a block of a type with immediates", raw("\x02\x63\x70\x0b"), "a block of another type"},
		{"a block of a type that is missing", raw("\x02\x05\x0b"), "type 5 of 1"},
		{"memory by a padded number", raw("\x3f\x80\x00"), "number than 0"},
		{"a prefix by a padded number", raw("\xfc\x8a\x00\x00\x00"), "is not admitted"},
		{"another table", raw("\x11\x00\x01"), "another number than 0"},
		{"an access with the number of a memory", raw("\x28\x42\x00\x00"), "alignment"},
		{"else without if", raw("\x05"), "else without if"},
		{"an end too many", raw("\x0b\x01"), "behind the end"},
		{"an end missing", raw("\x02\x40"), "ends early"},
		{"very deep constructs", body(strings.Repeat("block ", 600) + strings.Repeat("end ", 600)), "constructs inside each other"},
		{"too many locals", with(ok, 10, "\x01\x08\x01\xff\xff\xff\xff\x0f\x7f\x0b"), "more than 4096 locals"},
		{"code for nobody", with(ok, 10, "\x02\x02\x00\x0b\x02\x00\x0b"), "not announced"},
		{"no code", with(ok, 10, "\x00"), "have code"},
		{"a section twice", tail(ok, "\x01\x01\x00"), "out of order"},
		{"a section that nobody knows", tail(ok, "\x0d\x01\x00"), "out of order"},
		{"parameters of vectors", with(ok, 1, "\x01\x60\x01\x7b\x00"), "type 0x7b"},
		{"more types than bytes", with(ok, 1, "\xff\x01"), "announced"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := abi(&ok)
			a.Module, a.Imports = "genesis", map[string]foreign.Import{"signal": system}
			_, err := foreign.Meter(tc.module.Bytes(), a, foreign.DefaultLimits)
			if !errors.Is(err, foreign.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want a refusal with %q", err, tc.want)
			}
		})
	}
	if _, err := foreign.Meter(ok.Bytes(), abi(&ok), foreign.DefaultLimits); err != nil {
		t.Errorf("what all were made of is refused: %v", err)
	}
}

func TestLargeModulesAreRefused(t *testing.T) {
	t.Parallel()
	m := body(strings.Repeat("nop ", 200) + "local.get 0")
	for name, l := range map[string]func(*foreign.Limits){
		"bytes": func(l *foreign.Limits) { l.Bytes = 100 },
		"body":  func(l *foreign.Limits) { l.Body = 100 },
		"funcs": func(l *foreign.Limits) { l.Funcs = 0 },
		"pages": func(l *foreign.Limits) { l.Pages = 0 },
	} {
		limits := foreign.DefaultLimits
		l(&limits)
		if _, err := foreign.Meter(m.Bytes(), abi(&m), limits); !errors.Is(err, foreign.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
