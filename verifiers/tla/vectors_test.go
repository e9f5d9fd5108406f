package tla

import (
	"errors"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/tlagen"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// nodeModules is where the packages are, seen from this package.
const nodeModules = "../../deploy/npm/node_modules"

var sharedChecker = func() *Checker {
	c, err := OpenChecker(nodeModules)
	if err != nil {
		return nil
	}
	return c
}()

// checker is tla-checker, or skips the test loudly.
func checker(t testing.TB) *Checker {
	t.Helper()
	if sharedChecker == nil {
		t.Skip("SKIPPED: tla-checker is not installed; run: npm ci --prefix deploy/npm")
	}
	return sharedChecker
}

// tlc is TLC, or skips the test loudly.
func tlc(t testing.TB) *TLC {
	t.Helper()
	c, err := OpenTLC(os.Getenv("TLC_JAR"))
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	return c
}

// smallValue draws canonical bits that an engine of TLA+ can hold.
func smallValue(t *rapid.T, typ ir.Type) uint64 {
	const edge = 1<<30 - 1
	v := rapid.OneOf(rapid.Int64Range(-4, 12), rapid.Int64Range(-40000, 70000),
		rapid.SampledFrom([]int64{edge, edge - 1, -edge, int64(typ.Max()), int64(typ.Min())})).Draw(t, "value")
	bits := typ.Wrap(uint64(v))
	if !tlagen.Fits([]ir.Field{{Type: typ}}, []uint64{bits}) {
		return typ.Wrap(uint64(v & 0xff))
	}
	return bits
}

func smallValues(t *rapid.T, fields []ir.Field) []uint64 {
	out := make([]uint64, 0, ir.Flat(fields))
	for _, f := range fields {
		for range f.Elems() {
			out = append(out, smallValue(t, f.Type))
		}
	}
	return out
}

// evaluate draws a vector and has the reference engine say what comes out.
func evaluate(t *rapid.T, u *ir.Unit, m *vm.Machine, fn *vm.Func, f *ir.Func) tlagen.Vector {
	params := make([]ir.Field, len(f.Params))
	for i, p := range f.Params {
		params[i].Type = p.Type
	}
	v := tlagen.Vector{Params: smallValues(t, params), Results: make([]uint64, len(f.Results))}
	for i := range f.States {
		v.State[i] = smallValues(t, u.State)
		copy(m.State(i), v.State[i])
	}
	for i := range f.Inputs {
		v.Input[i] = smallValues(t, u.Input)
		copy(m.Input(i), v.Input[i])
	}
	err := m.Call(fn, v.Params, v.Results)
	var p *vm.Panic
	if errors.As(err, &p) {
		v.Panic = p.Kind
	} else if err != nil {
		t.Fatal(err)
	}
	v.NewState = append(v.NewState, m.State(0)...)
	return v
}

type program struct {
	unit    *ir.Unit
	fn      string
	vectors []tlagen.Vector
}

// observe makes function i the last one, and gives it one more result into which
// every variable in scope at a return is folded: random programs use few of the
// values that they compute.
func observe(u *ir.Unit, i int) *ir.Unit {
	u = u.Clone()
	u.Funcs = u.Funcs[:i+1]
	o := observer{unit: u, f: &u.Funcs[i]}
	o.f.Results = append(o.f.Results, ir.Param{Type: ir.U16})
	scope := make([]ir.VarID, u.Leading(o.f))
	for v := range scope {
		scope[v] = ir.VarID(v)
	}
	o.block(&o.f.Body, scope)
	u.Renumber(o.f)
	return u
}

type observer struct {
	unit *ir.Unit
	f    *ir.Func
	acc  ir.Atom
}

func (o *observer) block(b *ir.Block, scope []ir.VarID) {
	for _, s := range b.Stmts {
		scope = append(scope[:len(scope):len(scope)], defines(s)...)
	}
	switch t := b.Term.(type) {
	case ir.Branch:
		o.block(&t.Then, scope)
		o.block(&t.Else, scope)
		b.Term = t
	case ir.Return:
		o.acc = ir.Lit(ir.U16, 7)
		for _, v := range scope {
			if o.f.Vars[v].Len == 0 {
				o.fold(b, v)
			}
		}
		t.Results = append(t.Results, o.acc)
		b.Term = t
	}
}

// defines lists the variables of a binding, but for arrays.
func defines(s ir.Stmt) []ir.VarID {
	switch s := s.(type) {
	case ir.Arith:
		return []ir.VarID{s.Dst}
	case ir.Convert:
		return []ir.VarID{s.Dst}
	case ir.Bits:
		return []ir.VarID{s.Dst}
	case ir.Test:
		return []ir.VarID{s.Dst}
	case ir.Lookup:
		return []ir.VarID{s.Dst}
	case ir.Get:
		return []ir.VarID{s.Dst}
	case ir.Call:
		return s.Dst
	case ir.If:
		return s.Dst
	case ir.For:
		return s.Dst
	}
	return nil
}

func (o *observer) local(t ir.Type) ir.VarID {
	o.f.Vars = append(o.f.Vars, ir.Var{Type: t})
	return ir.VarID(len(o.f.Vars) - 1)
}

func atomOf(t ir.Type, v ir.VarID) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: t, Index: int(v)} }

// fold is acc = acc*31 + v.
func (o *observer) fold(b *ir.Block, v ir.VarID) {
	t := o.f.Vars[v].Type
	value := o.local(ir.U16)
	if t == ir.Bool {
		b.Stmts = append(b.Stmts, ir.If{Dst: []ir.VarID{value}, Cond: ir.Cond{Op: ir.CondAtom, A: atomOf(t, v)},
			Then: ir.Block{Term: ir.Yield{Vals: []ir.Atom{ir.Lit(ir.U16, 1)}}},
			Else: ir.Block{Term: ir.Yield{Vals: []ir.Atom{ir.Lit(ir.U16, 0)}}}})
	} else {
		b.Stmts = append(b.Stmts, ir.Convert{Dst: value, A: atomOf(t, v)})
	}
	times, sum := o.local(ir.U16), o.local(ir.U16)
	b.Stmts = append(b.Stmts,
		ir.Arith{Dst: times, Op: ir.Mul, A: o.acc, B: ir.Lit(ir.U16, 31)},
		ir.Arith{Dst: sum, Op: ir.Add, A: atomOf(ir.U16, times), B: atomOf(ir.U16, value)})
	o.acc = atomOf(ir.U16, sum)
}

// programs draws a function of a random unit with vectors of its evaluation.
func programs(o irgen.Options) *rapid.Generator[program] {
	return rapid.Custom(func(t *rapid.T) program {
		gen := irgen.Module(o)
		if rapid.Bool().Draw(t, "contract") {
			gen = irgen.Contract(o)
		}
		u := gen.Draw(t, "unit")
		i := rapid.IntRange(0, len(u.Funcs)-1).Draw(t, "function")
		p := program{unit: observe(u, i), fn: u.Funcs[i].Name}
		f := &p.unit.Funcs[i]
		prog, err := vm.New(p.unit)
		if err != nil {
			t.Fatal(err)
		}
		fn, err := prog.Func(p.fn)
		if err != nil {
			t.Fatal(err)
		}
		for range 12 {
			p.vectors = append(p.vectors, evaluate(t, p.unit, prog.Machine(), fn, f))
		}
		return p
	})
}

// Every operator, width, panic, join, loop and call of random programs, as the
// engines of TLA+ evaluate the printed text, against the reference engine.
func TestPrintedProgramsEvaluateAsOnTheReferenceEngine(t *testing.T) {
	t.Parallel()
	evaluatePrograms(t, checker(t), 500, 1, 20) // 500, by night 10,000
}

func TestPrintedProgramsEvaluateInTLCAsOnTheReferenceEngine(t *testing.T) {
	t.Parallel()
	evaluatePrograms(t, tlc(t), 10, 1, 30)
}

// evaluatePrograms runs batches one after the other, so that some of them can be
// chosen: -run TestX/^7$ is the batch that begins with seed 7*each.
func evaluatePrograms(t *testing.T, e engine, each, batches, nightly int) {
	t.Helper()
	if os.Getenv("GENESIS_NIGHTLY") != "" {
		batches = nightly
	}
	for k := range batches {
		t.Run(strconv.Itoa(k), func(t *testing.T) { evaluateBatch(t, e, k*each, each) })
	}
}

func evaluateBatch(t *testing.T, e engine, first, count int) {
	t.Helper()
	can := 0
	for seed := first; seed < first+count; seed++ {
		p := programs(irgen.Options{}).Example(seed)
		spec, err := tlagen.Vectors(p.unit, nil, p.fn, p.vectors)
		if errors.Is(err, tlagen.ErrRange) {
			continue // a literal beyond 30 bits
		}
		if err != nil {
			t.Fatal(err)
		}
		can++
		a, err := e.Check(t.Context(), printed(spec), 10)
		if err != nil {
			t.Fatal(err)
		}
		if a.Verdict != Holds || a.Distinct != 1 {
			t.Fatalf("seed %d, function %s: %+v\n%s", seed, p.fn, a, spec.Text)
		}
	}
	t.Logf("%d of %d programs can be printed", can, count)
}
