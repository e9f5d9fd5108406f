package foreign_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/kernel/wasm/foreign"
	asm "github.com/genesis-network/genesis/kernel/wasm/foreign/foreigntest"
)

// wild writes code at random: constructs inside each other, jumps by every
// instruction to every construct, loops with a number of rounds, calls of
// functions before it. Local 0 is the parameter, local 1 a value, those behind
// count rounds.
type wild struct {
	t       *rapid.T
	code    strings.Builder
	nest    int // constructs that are open
	loops   int // locals in use
	callees int
	left    int // instructions that may still be written
	counted bool
}

const wildLoops = 6

// put writes an instruction; what is counted adds its weight to global 0 before
// it runs.
func (w *wild) put(text string, weight int) {
	if w.counted && weight > 0 {
		fmt.Fprintf(&w.code, "global.get 0 i64.const %d i64.add global.set 0 ", weight)
	}
	w.code.WriteString(text + " ")
}

func (w *wild) draw(label string, most int) int { return rapid.IntRange(0, most).Draw(w.t, label) }

func (w *wild) value(op string) {
	w.put("local.get 1", 1)
	w.put(fmt.Sprintf("i32.const %d", w.draw("constant", 9)), 1)
	w.put(op, 1)
	w.put("local.set 1", 1)
}

func (w *wild) list() {
	for range w.draw("statements", 5) {
		if w.left--; w.left < 0 {
			return
		}
		w.statement()
	}
}

func (w *wild) statement() {
	switch w.draw("statement", 11) {
	case 0:
		w.inside("block", func() { w.list() })
	case 1:
		w.branch(false)
	case 2:
		w.branch(true)
	case 3, 4:
		w.loop()
	case 5:
		w.condition(3)
		w.put(fmt.Sprintf("br_if %d", w.draw("label", w.nest-1)), 1)
	case 6:
		w.table()
	case 7:
		w.put("local.get 1", 1)
		w.put([]string{"return", fmt.Sprintf("br %d", w.nest)}[w.draw("way out", 1)], 1)
	case 8:
		if w.callees > 0 {
			w.put("local.get 1", 1)
			w.put(fmt.Sprintf("call f%d", w.draw("callee", w.callees-1)), 1)
			w.put("local.set 1", 1)
		}
	case 9:
		w.move()
	default:
		w.value([]string{"i32.add", "i32.mul", "i32.xor", "i32.rotl", "i32.div_u"}[w.draw("op", 4)])
	}
}

func (w *wild) inside(begin string, do func()) {
	if w.nest > 8 {
		return
	}
	w.put(begin, 1)
	w.nest++
	do()
	w.nest--
	w.put("end", 0)
}

// condition pushes something that depends on the parameter and the value.
func (w *wild) condition(mask int) {
	w.put("local.get 1", 1)
	w.put("local.get 0", 1)
	w.put("i32.add", 1)
	w.put(fmt.Sprintf("i32.const %d", mask), 1)
	w.put("i32.and", 1)
}

func (w *wild) branch(both bool) {
	if w.nest > 8 {
		return
	}
	w.condition(1)
	w.inside("if", func() {
		w.list()
		if both {
			w.put("else", 0)
			w.list()
		}
	})
}

// loop runs at most three times, whatever jumps to its head: the head counts.
func (w *wild) loop() {
	if w.loops == wildLoops || w.nest > 7 {
		return
	}
	l := 2 + w.loops
	w.loops++
	w.put("i32.const 3", 1)
	w.put(fmt.Sprintf("local.set %d", l), 1)
	w.inside("block", func() {
		w.code.WriteString("loop ")
		w.nest++
		if w.counted { // it is passed in each round
			w.code.WriteString("global.get 0 i64.const 1 i64.add global.set 0 ")
		}
		for _, i := range []string{fmt.Sprintf("local.get %d", l), "i32.eqz", "br_if 1", fmt.Sprintf("local.get %d", l), "i32.const 1", "i32.sub", fmt.Sprintf("local.set %d", l)} {
			w.put(i, 1)
		}
		w.list()
		w.put("br 0", 1)
		w.put("end", 0)
		w.nest--
	})
	w.loops--
}

func (w *wild) table() {
	labels := make([]string, w.draw("labels", 4))
	for i := range labels {
		labels[i] = fmt.Sprint(w.draw("label", w.nest-1))
	}
	w.condition(7)
	w.put(fmt.Sprintf("br_table %d %s %d", len(labels), strings.Join(labels, " "), w.draw("label", w.nest-1)), 1)
}

// move moves bytes; each 8 of them count as an instruction.
func (w *wild) move() {
	n := w.draw("bytes", 64)
	w.put("i32.const 8", 1)
	w.put("i32.const 3", 1)
	w.put(fmt.Sprintf("i32.const %d", n), 1)
	w.put([]string{"memory.fill", "memory.copy"}[w.draw("move", 1)], 1+n/8)
	w.put("i32.const 0", 1)
	w.put("i32.load8_u 9", 1)
	w.put("local.get 1", 1)
	w.put("i32.add", 1)
	w.put("local.set 1", 1)
}

// function writes the code of a function. A jump to its outermost label carries a
// value: all of its code is in a block, so that there is always one without.
func function(t *rapid.T, callees, size int, counted bool) string {
	w := &wild{t: t, callees: callees, left: size, counted: counted, nest: 1}
	w.put("local.get 0", 1)
	w.put("local.set 1", 1)
	w.put("block", 1)
	w.list()
	w.put("end", 0)
	w.put("local.get 1", 1)
	return w.code.String()
}

// wildModule is a module at random, and the same counting what it executes: the
// same draws, with the count in global 0.
func wildModule(t *rapid.T) (plain, counting asm.Module) {
	seed := rapid.Uint64().Draw(t, "seed")
	build := func(counted bool) (m asm.Module) {
		gen := rapid.Custom(func(t *rapid.T) asm.Module { return drawn(t, counted) })
		return gen.Example(int(seed >> 1))
	}
	return build(false), build(true)
}

func drawn(t *rapid.T, counted bool) asm.Module {
	m := asm.Module{Pages: 2, Most: 2, Globals: []asm.Global{{Type: i64}}}
	for i := range rapid.IntRange(1, 4).Draw(t, "functions") {
		f := run(make([]asm.Type, 1+wildLoops), function(t, i, 40, counted))
		for l := range f.Locals {
			f.Locals[l] = i32
		}
		f.Name, f.Export = fmt.Sprintf("f%d", i), false
		m.Funcs = append(m.Funcs, f)
	}
	last := fmt.Sprintf("f%d", len(m.Funcs)-1)
	m.Funcs = append(m.Funcs, run(nil, "local.get 0 call "+last),
		asm.Func{Name: "counted", Export: true, Results: []asm.Type{i64}, Code: "global.get 0"})
	return m
}

// ended is how a call ended, and what it left in memory.
type ended struct {
	result  uint64
	trapped bool
	memory  string
}

// plainly calls run of the module as it came, and counted of the counting one.
func plainly(t *rapid.T, r *wasm.Runtime, m asm.Module, arg uint64) (ended, uint64) {
	code, err := r.Compile(t.Context(), m.Bytes())
	if err != nil {
		t.Fatalf("%v: %s", err, m.Funcs[0].Code)
	}
	defer code.Close(t.Context())
	i, err := code.Instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close(t.Context())
	stack := []uint64{arg}
	f, err := i.Func("run")
	if err != nil {
		t.Fatal(err)
	}
	err = f.Call(t.Context(), stack)
	out := ended{stack[0], err != nil, string(i.Memory()[:128])}
	if f, err = i.Func("counted"); err == nil {
		err = f.Call(t.Context(), stack)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out.trapped {
		out.result = 0
	}
	return out, stack[0]
}

func metered(t *rapid.T, r *wasm.Runtime, m asm.Module, fuel int64, arg uint64) (ended, int64, error) {
	i := start(t, r, meter(t, m.Bytes(), abi(&m)))
	defer i.Close(t.Context())
	result, spent, err := spend(t, i, fuel, arg)
	if err != nil {
		result = 0
	}
	return ended{result, err != nil, string(i.Memory()[:128])}, spent, err
}

// TestWildCodeComputesTheSame: with enough fuel the metered module gives what the
// module gave; it spends at least what it executes, and not much more; with one
// less than it spends it ends early.
func TestWildCodeComputesTheSame(t *testing.T) {
	t.Parallel()
	rs := runtimes(t)
	var executed, paid float64
	rapid.Check(t, func(t *rapid.T) {
		plain, counting := wildModule(t)
		arg := rapid.Uint64Range(0, 1<<32-1).Draw(t, "arg")
		name := rapid.SampledFrom([]string{"compiler", "interpreter"}).Draw(t, "engine")
		if r := rs[name]; r != nil {
			want, count := plainly(t, r, counting, arg)
			want.memory = "" // of the counting one: the plain one says
			asItCame, _ := plainly(t, r, plain, arg)
			if asItCame.result != want.result || asItCame.trapped != want.trapped {
				t.Fatalf("counting changed the result: the test is wrong")
			}
			got, spent, err := metered(t, r, plain, plenty, arg)
			if got != asItCame {
				t.Fatalf("%s: metered gave %+v (%v), the original %+v: %s", name, got, err, asItCame, plain.Funcs[0].Code)
			}
			if uint64(spent) < count || uint64(spent) > (1+foreign.Grain)*count {
				t.Fatalf("%s: executed %d, spent %d", name, count, spent)
			}
			executed, paid = executed+float64(count), paid+float64(spent)
			if _, _, err := metered(t, r, plain, spent-1, arg); !errors.Is(err, wasm.ErrExhausted) {
				t.Fatalf("%s: with less than it spends: %v", name, err)
			}
		}
	})
	t.Logf("paid %.3f for each instruction that was executed", paid/executed)
}
