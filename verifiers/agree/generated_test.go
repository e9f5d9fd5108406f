package agree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/sourcegen"
	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/verifiers"
)

// Random programs, compared in batches: starting Coq and linking a Go program
// takes longer than what either then does.
const (
	perBatch     = 100
	batches      = 5   // 500 programs
	nightBatches = 100 // 10,000
	trialsEach   = 60
	tableEach    = 3 // boundaries per scalar: Coq reads a few thousand numbers a second
)

func randomContract(t testing.TB) *contract.Contract {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range sourcegen.Contract() {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := contract.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// program is one program of a batch on all engines.
type program struct {
	seed      uint64
	subject   verifiers.Subject
	reference *local
	batch     Batch
	want      uint32
	engines   []Engine // but Coq
}

// newProgram makes the program of a seed, with trials whose inputs come from
// where those of a batch do.
func newProgram(t testing.TB, c *contract.Contract, inputs []source, seed uint64) *program {
	t.Helper()
	src := sourcegen.Program(seed)
	for k := uint64(1); isOrder(c, src) || initPanics(t, c, src); k++ {
		src = sourcegen.Program(seed + k<<32)
	}
	s := subject(t, c, src)
	e, err := Reference(c, s.Unit, VM)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{seed: seed, subject: s, reference: e.(*local)}
	plan := newPlan(p.reference.predicates, c, s.Unit, uint32(seed)*2+1)
	thin(plan.state)
	if inputs != nil {
		plan.input = inputs
	} else {
		thin(plan.input)
	}
	p.batch = plan.trials(p.reference.predicates, trialsEach)
	if p.want, err = p.reference.Digest(t.Context(), p.batch); err != nil {
		t.Fatal(err)
	}
	return p
}

// isOrder reports whether a program is refused because the order of its panics
// would show, which the generator does not keep from happening.
func isOrder(c *contract.Contract, src string) bool {
	_, err := tilego.Compile([]byte(src), c.Surface())
	refusals, _ := errors.AsType[tilego.Refusals](err)
	return slices.ContainsFunc(refusals, func(r tilego.Refusal) bool { return r.Rule == "tilego.order" })
}

// initPanics reports whether nothing but that can be seen of a program: it has a
// test of its own.
func initPanics(t testing.TB, c *contract.Contract, src string) bool {
	t.Helper()
	r, err := newReference(c, compile(t, c, src))
	if err != nil {
		t.Fatal(err)
	}
	kind, err := r.start()
	return kind != 0 || err != nil
}

// thin keeps some boundaries, spread over all.
func thin(sources []source) {
	for i := range sources {
		table := sources[i].table
		var kept []uint64
		for k := range min(tableEach, len(table)) {
			kept = append(kept, table[k*(len(table)-1)/max(1, min(tableEach, len(table))-1)])
		}
		sources[i].table = kept
	}
}

// printedAgain is the program printed from its IR and compiled again, on the
// reference engine; nil when it cannot be printed, which Format may say of rare
// calls that change the state inside of a branch.
func (p *program) printedAgain(t *testing.T) Engine {
	t.Helper()
	c := p.subject.Contract
	src, err := tilego.Format(p.subject.Unit, c.Import, "again")
	if errors.Is(err, tilego.ErrFormat) {
		t.Logf("seed %d: %v", p.seed, err)
		return nil
	}
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", p.seed, err, p.subject.Source)
	}
	u, err := tilego.Compile(src, c.Surface())
	if err != nil {
		t.Fatalf("seed %d: %v\n%s\nprinted:\n%s", p.seed, err, p.subject.Source, src)
	}
	e, err := Reference(c, u, "printed again")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// agrees demands the digest of the reference, and else shows the smallest trial.
func (p *program) agrees(t *testing.T, e Engine, got uint32) {
	t.Helper()
	if got == p.want {
		return
	}
	predicates, err := newReference(p.subject.Contract, p.subject.Unit)
	if err != nil {
		t.Fatal(err)
	}
	f := &finder{subject: p.subject, reference: p.reference, other: e, predicate: predicates, rounds: 30}
	d, err := f.find(t.Context(), p.batch)
	if err != nil {
		t.Fatalf("seed %d: %s differs, and then: %v", p.seed, e.Name(), err)
	}
	t.Errorf("seed %d: %s differs: %s\n%s", p.seed, e.Name(), d.witness(p.subject, VM), p.subject.Source)
}

// TestGeneratedProgramsAgree runs random programs on every engine: Go's compiler
// on the source, the reference engine, Wasm compiled and interpreted, and Coq.
func TestGeneratedProgramsAgree(t *testing.T) {
	t.Parallel()
	n := batches
	if os.Getenv("GENESIS_NIGHTLY") != "" {
		n = nightBatches
	}
	o, c := all(t), randomContract(t)
	for k := range n {
		t.Run(strconv.Itoa(k), func(t *testing.T) {
			ps := make([]*program, perBatch)
			var inputs []source
			for i := range ps {
				ps[i] = newProgram(t, c, inputs, uint64(k*perBatch+i))
				inputs = ps[i].batch.plan.input
			}
			addEngines(t, o, ps)
			for _, p := range ps {
				for _, e := range p.engines {
					got, err := e.Digest(t.Context(), p.batch)
					if err != nil {
						t.Fatalf("seed %d: %s: %v\n%s", p.seed, e.Name(), err, p.subject.Source)
					}
					p.agrees(t, e, got)
				}
			}
			inCoq(t, o.Coq, ps)
		})
	}
}

// addEngines adds Wasm, compiled and interpreted, one Go program for all, and
// what Format prints.
func addEngines(t *testing.T, o Options, ps []*program) {
	t.Helper()
	subjects := make([]verifiers.Subject, len(ps))
	for i, p := range ps {
		subjects[i] = p.subject
	}
	natives, err := newNatives(t.Context(), subjects, o.Go, filepath.Join(t.TempDir(), "go"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = natives[0].built() })
	for name, kind := range map[string]wasm.Engine{Wasm: wasm.Compiler, Interpreter: wasm.Interpreter} {
		runtime, err := wasm.NewRuntime(t.Context(), kind)
		if err != nil {
			t.Logf("LEFT OUT: %s: %v", name, err)
			continue
		}
		t.Cleanup(func() { _ = runtime.Close(context.WithoutCancel(t.Context())) })
		for _, p := range ps {
			e, err := newWasm(t.Context(), p.subject, name, runtime)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", p.seed, err, p.subject.Source)
			}
			p.engines = append(p.engines, e)
		}
	}
	for i, p := range ps {
		p.engines = append(p.engines, natives[i])
		if p.seed >= batches*perBatch {
			continue
		}
		if again := p.printedAgain(t); again != nil {
			p.engines = append(p.engines, again)
		}
	}
}

// inCoq compares a batch with one file of Coq.
func inCoq(t *testing.T, c *Coq, ps []*program) {
	t.Helper()
	models := make([][]byte, len(ps))
	for i, p := range ps {
		var err error
		if models[i], err = coqgen.Model(p.subject.Unit, p.subject.Contract.Unit); err != nil {
			t.Fatalf("seed %d: %v", p.seed, err)
		}
	}
	for i, got := range coqDigests(t, c, ps, models) {
		if got != ps[i].want {
			e, err := newCoq(ps[i].subject, c, t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			ps[i].agrees(t, e, got)
		}
	}
}

// coqDigests has one run of Coq print the digest of each model on the trials of
// its program.
func coqDigests(t *testing.T, c *Coq, ps []*program, models [][]byte) []uint32 {
	t.Helper()
	contract, err := coqgen.Contract(ps[0].subject.Contract.Unit)
	if err != nil {
		t.Fatal(err)
	}
	file := theories(contract)
	shared := &coqText{} // the input is the same for all
	shared.pf("Import PrimInt63 GoSem Contract Trials.\nImport ListNotations.\nOpen Scope Z_scope.\n")
	shared.sources("inputs", ps[0].batch.plan.input)
	shared.sources("states", ps[0].batch.plan.state)
	file.module("Shared", []byte(shared.String()))
	for i, p := range ps {
		name := fmt.Sprintf("Model%d", i)
		file.module(name, models[i])
		q := &coqText{}
		q.header(name, p.subject.Unit, p.subject.Contract.Entry.Results)
		q.pf("Import Shared.\n")
		if p.batch.plan != ps[0].batch.plan {
			q.sources("states", p.batch.plan.state)
		}
		q.ask(p.batch.plan, len(p.batch.Trials))
		file.module("Question"+strconv.Itoa(i), []byte(q.String()))
	}
	out, err := c.compile(t.Context(), t.TempDir(), "Batch", file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	found := printedInts.FindAllStringSubmatch(out, -1)
	if len(found) != len(ps) {
		t.Fatalf("coqc printed %d digests of %d: %.300s", len(found), len(ps), out)
	}
	digests := make([]uint32, len(ps))
	for i, m := range found {
		sum, err := strconv.ParseUint(m[1], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		digests[i] = uint32(sum)
	}
	return digests
}
