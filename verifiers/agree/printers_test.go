package agree

import (
	"bytes"
	"context"
	"regexp"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/verifiers"
)

// printed is a module in which every fault of a printer shows.
const printed = `package g

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"
)

type State struct {
	Sum   uint16
	Low   int8
	Wide  uint64
	Buf   [4]int16
	On    bool
	Count int32
	Deep  int64
}

const busy = 60000

var weights = [4]int16{3, -1, 400, 7}

func Inv(s *State) bool { return s.Low <= 100 }

func less(a, b int16) int16 { return a - b }

func Step(s *State, in *Input) (fan, throttle uint8) {
	small := uint8(in.Load)
	small += 200
	q := in.Temp / 7
	r := in.Temp % 7
	d := less(in.Temp>>2, q)
	s.Low = min(s.Low+int8(r), 100)
	s.Buf[in.Load&3] = d*999 + max(weights[in.Load>>4&3], r)
	s.Deep = s.Deep>>1 - int64(d*999)
	s.Wide = s.Wide<<3 ^ uint64(small) | s.Wide>>60
	s.Sum = s.Sum*31 + in.Load&^5
	if in.Temp < 0 || in.Fault && s.On {
		s.On = !in.Fault
	} else {
		s.Count--
	}
	for i := range 4 {
		if s.Buf[i] > 100 {
			continue
		}
		s.Count += int32(s.Buf[i]) * 3
	}
	if in.Load > busy {
		s.Sum = in.Load / uint16(small&3^1)
	}
	return small, uint8(bits.LeadingZeros16(in.Load))
}
`

// trials of each mutant; Coq makes fewer in the same time
const (
	trialsInWasm = 1000
	trialsInCoq  = 300
)

func printedProgram(t *testing.T, trials int) *program {
	t.Helper()
	s := thermo(t, printed)
	e, err := Reference(s.Contract, s.Unit, VM)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{subject: s, reference: e.(*local)}
	p.batch = newPlan(p.reference.predicates, s.Contract, s.Unit, DefaultSeed).trials(p.reference.predicates, trials)
	if p.want, err = p.reference.Digest(t.Context(), p.batch); err != nil {
		t.Fatal(err)
	}
	return p
}

// coqMutants are what a faulty printer of Coq would print instead.
// Patterns are regular expressions, since the numbers of variables mean nothing.
var coqMutants = []struct{ name, right, wrong string }{
	{"no wrap", `lt \(u8 (\(v\d+ \+ 200\))\)`, `lt $1`},
	{"wrap at another width", `lt \(u16 (\(v\d+ \+ v\d+\))\)`, `lt (u32 $1)`},
	{"wrap without a sign", `lt \(i64 (\(v\d+ - v\d+\))\)`, `lt (u64 $1)`},
	{"no wrap of a product", `lt \(i16 (\(999 \* v\d+\))\)`, `lt $1`},
	{"order of arguments", `mf1 (v\d+) (v\d+)\)`, `mf1 $2 $1)`},
	{"order of operands", `\(v0 - v1\)`, `(v1 - v0)`},
	{"shift without the sign", `Z.shiftr (v\d+) 2`, `Z.shiftr ($1 mod 65536) 2`},
	{"shift to the other side", `Z.shiftr (v\d+) 4`, `Z.shiftl $1 4`},
	{"shift by one more", `Z.shiftl (v\d+) 3`, `Z.shiftl $1 4`},
	{"comparison with its limit", `\(60000 <\? (v\d+)\)`, `(60000 <=? $1)`},
	{"comparison the other way", `\((v\d+) <\? 0\)`, `(0 <? $1)`},
	{"division rounds down", `divz i16 (v\d+) 7`, `Ok (Z.div $1 7)`},
	{"remainder of the divisor's sign", `remz (v\d+) 7`, `Ok (Z.modulo $1 7)`},
	{"another panic", `bind \((divz u16 v\d+ (v\d+))\)`, `bind (if $2 =? 0 then Panic OOB else $1)`},
	{"no panic", `bind \(divz u16 (v\d+) (v\d+)\)`, `bind (Ok (Z.quot $1 $2))`},
	{"elements of a table", `\[3; \(-1\); 400; 7\]`, `[3; (-1); 7; 400]`},
	{"index of a table", `aget mt0 (v\d+)`, `aget mt0 (3 - $1)`},
	{"index of an array", `aset (v\d+) (v\d+) `, `aset $1 (3 - $2) `},
	{"min for max", `Z.max`, `Z.min`},
	{"or for and", `(\(v\d+) && (v\d+\))`, `$1 || $2`},
	{"and for and not", `Z.ldiff`, `Z.land`},
	{"no not", `lt \(negb (v\d+)\)`, `lt $1`},
	{"an iteration less", `loop 0 4`, `loop 0 3`},
	{"bits of another width", `lzeros 16`, `lzeros 32`},
	{"results swapped", `, (v\d+), (v\d+)\)\)\.`, `, $2, $1)).`},
	{"initial state", `mkState 0 0 0`, `mkState 1 0 0`},
}

// TestEveryMutantOfTheCoqPrinterIsCaught evaluates all mutants in one run of Coq,
// each of which must give another digest than the reference.
func TestEveryMutantOfTheCoqPrinterIsCaught(t *testing.T) {
	t.Parallel()
	c, p := all(t).Coq, printedProgram(t, trialsInCoq)
	model, err := coqgen.Model(p.subject.Unit, p.subject.Contract.Unit)
	if err != nil {
		t.Fatal(err)
	}
	ps, models := []*program{p}, [][]byte{model}
	for _, m := range coqMutants {
		mutant := regexp.MustCompile(m.right).ReplaceAll(model, []byte(m.wrong))
		if bytes.Equal(mutant, model) {
			t.Fatalf("%s: nothing to mutate in\n%s", m.name, model)
		}
		ps, models = append(ps, p), append(models, mutant)
	}
	digests := coqDigests(t, c, ps, models)
	if digests[0] != p.want {
		t.Fatalf("what was not mutated differs: %08x, want %08x", digests[0], p.want)
	}
	for i, m := range coqMutants {
		if digests[i+1] == p.want {
			t.Errorf("%s: not caught", m.name)
		}
	}
	t.Logf("%d mutants caught in one run of %d trials", len(coqMutants), trialsInCoq)
}

// wasmMutants are what a faulty printer of Wasm would print instead of some
// instructions: nil is nothing.
var wasmMutants = []struct {
	name  string
	wrong func(i wasmgen.Instr) *wasmgen.Instr
}{
	{"no wrap of signed values", leaveOut(wasmgen.OpI64Extend16S)},
	{"no wrap of bytes", leaveOut(wasmgen.OpI64Extend8S)},
	{"wrap at another width", constant(0xff, 0xffff)},
	{"wrap of 16 bits at another width", constant(0xffff, 0xff)},
	{"shift without the sign", swapOp(wasmgen.OpI64ShrS, wasmgen.OpI64ShrU)},
	{"shift to the other side", swapOp(wasmgen.OpI64ShrU, wasmgen.OpI64Shl)},
	{"shift by one more", constant(60, 61)},
	{"division without a sign", swapOp(wasmgen.OpI64DivS, wasmgen.OpI64DivU)},
	{"remainder without a sign", swapOp(wasmgen.OpI64RemS, wasmgen.OpI64RemU)},
	{"remainder for quotient", swapOp(wasmgen.OpI64DivU, wasmgen.OpI64RemU)},
	{"sum for difference", swapOp(wasmgen.OpI64Sub, wasmgen.OpI64Add)},
	{"sum for product", swapOp(wasmgen.OpI64Mul, wasmgen.OpI64Add)},
	{"or for exclusive or", swapOp(wasmgen.OpI64Xor, wasmgen.OpI64Or)},
	{"comparison without a sign", swapOp(wasmgen.OpI64LtS, wasmgen.OpI64LtU)},
	{"comparison with its limit", swapOp(wasmgen.OpI64GtU, wasmgen.OpI64GeU)},
	{"comparison the other way", swapOp(wasmgen.OpI64LtS, wasmgen.OpI64GtS)},
	{"trailing zeroes for leading", swapOp(wasmgen.OpI64Clz, wasmgen.OpI64Ctz)},
	{"bits of another width", constant(48, 32)},
	{"no not", leaveOut(wasmgen.OpI32Eqz)},
	{"load without the sign", swapOp(wasmgen.OpI64Load16S, wasmgen.OpI64Load16U)},
	{"load of the next field", movedLoad},
	{"store of half", swapOp(wasmgen.OpI64Store16, wasmgen.OpI64Store8)},
	{"an iteration less", constant(4, 3)},
	{"element of another size", constant32(1, 0)},
	{"another panic", constant32(int64(ir.DivisionByZero), int64(ir.IndexOutOfRange))},
}

func swapOp(from, to wasmgen.Op) func(wasmgen.Instr) *wasmgen.Instr {
	return func(i wasmgen.Instr) *wasmgen.Instr {
		if i.Op == from {
			i.Op = to
		}
		return &i
	}
}

func leaveOut(op wasmgen.Op) func(wasmgen.Instr) *wasmgen.Instr {
	return func(i wasmgen.Instr) *wasmgen.Instr {
		if i.Op == op {
			return nil
		}
		return &i
	}
}

func constant(from, to int64) func(wasmgen.Instr) *wasmgen.Instr {
	return immediate(wasmgen.OpI64Const, from, to)
}

func constant32(from, to int64) func(wasmgen.Instr) *wasmgen.Instr {
	return immediate(wasmgen.OpI32Const, from, to)
}

func immediate(op wasmgen.Op, from, to int64) func(wasmgen.Instr) *wasmgen.Instr {
	return func(i wasmgen.Instr) *wasmgen.Instr {
		if i.Op == op && i.Imm == from {
			i.Imm = to
		}
		return &i
	}
}

func movedLoad(i wasmgen.Instr) *wasmgen.Instr {
	if i.Op == wasmgen.OpI64Load16U {
		i.Off += 2
	}
	return &i
}

// mutated prints a module with a fault; it reports whether that changed it.
func mutated(t *testing.T, u *ir.Unit, wrong func(wasmgen.Instr) *wasmgen.Instr) (code []byte, changed bool) {
	t.Helper()
	m, err := wasmgen.Generate(u)
	if err != nil {
		t.Fatal(err)
	}
	right := m.Bytes()
	for i := range m.Funcs {
		var out []wasmgen.Instr
		for _, instr := range m.Funcs[i].Code {
			if w := wrong(instr); w != nil {
				out = append(out, *w)
			}
		}
		m.Funcs[i].Code = out
	}
	code = m.Bytes()
	return code, !bytes.Equal(code, right)
}

// bare runs Wasm without the checks that a tile makes first.
type bare struct {
	ctx    context.Context
	unit   *ir.Unit
	layout layout.Layout
	inst   *wasm.Instance
	entry  *wasm.Func
	stack  []uint64
}

func newBare(t *testing.T, s verifiers.Subject, r *wasm.Runtime, code []byte) Engine {
	t.Helper()
	m, err := r.Compile(t.Context(), code)
	if err != nil {
		t.Fatalf("the mutant is no Wasm: %v", err)
	}
	inst, err := m.Instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = inst.Close(context.WithoutCancel(t.Context()))
		_ = m.Close(context.WithoutCancel(t.Context()))
	})
	b := &bare{ctx: t.Context(), unit: s.Unit, layout: layout.Of(s.Unit), inst: inst, stack: make([]uint64, len(s.Contract.Entry.Results))}
	if b.entry, err = inst.Func(s.Contract.Entry.Name); err != nil {
		t.Fatal(err)
	}
	predicates, err := newReference(s.Contract, s.Unit)
	if err != nil {
		t.Fatal(err)
	}
	return &local{name: "mutant", u: s.Unit, results: s.Contract.Entry.Results, predicates: predicates, stepper: b}
}

func (b *bare) start() (ir.PanicKind, error) { return 0, b.set(make([]uint64, ir.Flat(b.unit.State))) }
func (b *bare) get(state []uint64)           { b.layout.State.Load(state, b.inst.Memory()) }

func (b *bare) set(state []uint64) error {
	b.layout.State.Store(b.inst.Memory(), state)
	return nil
}

func (b *bare) step(in, out []uint64) (ir.PanicKind, error) {
	mem := b.inst.Memory()
	mem[layout.PanicAt] = 0
	b.layout.Input.Store(mem, in)
	if err := b.entry.Call(b.ctx, b.stack); err != nil {
		if kind := ir.PanicKind(mem[layout.PanicAt]); kind != 0 {
			return kind, nil
		}
		return 0, err
	}
	copy(out, b.stack)
	return 0, nil
}

// TestEveryMutantOfTheWasmPrinterIsCaught runs each mutant on the trials of one
// batch; it must give another digest than the reference, or trap otherwise.
func TestEveryMutantOfTheWasmPrinterIsCaught(t *testing.T) {
	t.Parallel()
	p := printedProgram(t, trialsInWasm)
	r, err := wasm.NewRuntime(t.Context(), wasm.Interpreter)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.WithoutCancel(t.Context())) })
	right, _ := mutated(t, p.subject.Unit, func(i wasmgen.Instr) *wasmgen.Instr { return &i })
	if got, err := newBare(t, p.subject, r, right).Digest(t.Context(), p.batch); err != nil || got != p.want {
		t.Fatalf("what was not mutated differs: %08x, want %08x (%v)", got, p.want, err)
	}
	for _, m := range wasmMutants {
		code, changed := mutated(t, p.subject.Unit, m.wrong)
		if !changed {
			t.Errorf("%s: nothing to mutate", m.name)
			continue
		}
		if got, err := newBare(t, p.subject, r, code).Digest(t.Context(), p.batch); err == nil && got == p.want {
			t.Errorf("%s: not caught", m.name)
		}
	}
	t.Logf("%d mutants of %d trials each", len(wasmMutants), trialsInWasm)
}
