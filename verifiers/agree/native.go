package agree

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/genesis-network/genesis/internal/child"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/native"
)

// nativeEngine is the module compiled by Go, in a process of its own. It reads
// trials and writes answers as words of 64 bits; the digest is folded here.
type nativeEngine struct {
	version string
	program string
	number  int // of the module in the program
	u       *ir.Unit
	results []ir.Param
	states  int
	built   func() error // waits for the build
}

// newNative starts to build the module in a folder.
func newNative(ctx context.Context, s verifiers.Subject, tool *native.Toolchain, dir string) (*nativeEngine, error) {
	all, err := newNatives(ctx, []verifiers.Subject{s}, tool, dir)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// newNatives starts to build modules of one contract as one program.
func newNatives(ctx context.Context, subjects []verifiers.Subject, tool *native.Toolchain, dir string) ([]*nativeEngine, error) {
	main := nativeMain(subjects)
	if err := native.WriteAll(dir, subjects, map[string]string{"run/main.go": main, "run/drive.go": nativeDriver(subjects[0])}); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "program")
	done := make(chan error, 1)
	go func() { done <- tool.Build(ctx, dir, "./run", program) }()
	built := sync.OnceValue(func() error { return <-done })
	out := make([]*nativeEngine, len(subjects))
	for i, s := range subjects {
		out[i] = &nativeEngine{version: tool.Version, program: program, number: i, u: s.Unit, results: s.Contract.Entry.Results,
			states: ir.Flat(s.Unit.State), built: built}
	}
	return out, nil
}

func (e *nativeEngine) Name() string    { return "native" }
func (e *nativeEngine) Version() string { return e.version }

func (e *nativeEngine) Digest(ctx context.Context, b Batch) (uint32, error) {
	d := newDigest(e.u, e.results)
	err := e.run(ctx, b, func(a Answer) { d.add(&a) })
	return d.sum, err
}

func (e *nativeEngine) Answers(ctx context.Context, b Batch) ([]Answer, error) {
	var out []Answer
	err := e.run(ctx, b, func(a Answer) { out = append(out, a) })
	return out, err
}

func (e *nativeEngine) run(ctx context.Context, b Batch, each func(Answer)) error {
	if err := e.built(); err != nil {
		return err
	}
	size := 2 + len(e.results) + e.states
	out, msg, err := child.Run(ctx, child.Tool{Name: "native", Path: e.program, Args: []string{strconv.Itoa(e.number)}, Env: []string{"GOMAXPROCS=1"}, Dir: os.TempDir(),
		Stdin: bytes.NewReader(e.tape(b)), Limits: child.Limits{CPU: time.Minute, Memory: 4 << 30, Output: int64(8*size*len(b.Trials) + 1)}})
	if err != nil {
		return fmt.Errorf("agree: %w: %.200s", err, msg)
	}
	if len(out) != 8*size*len(b.Trials) {
		return fmt.Errorf("agree: native: %d bytes for %d trials: %w", len(out), len(b.Trials), errShort)
	}
	words := make([]uint64, len(out)/8)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(out[8*i:])
	}
	for ; len(words) > 0; words = words[size:] {
		each(e.answer(words[:size]))
	}
	return nil
}

var errShort = errors.New("answers are missing")

// tape is the trials as the program reads them.
func (e *nativeEngine) tape(b Batch) []byte {
	var out []byte
	for i := range b.Trials {
		t := &b.Trials[i]
		out = binary.LittleEndian.AppendUint64(out, uint64(t.From))
		if t.From == Given {
			for _, v := range t.State {
				out = binary.LittleEndian.AppendUint64(out, v)
			}
		}
		for _, v := range t.Input {
			out = binary.LittleEndian.AppendUint64(out, v)
		}
	}
	return out
}

// answer reads the words of one trial: status, predicates, results, state.
func (e *nativeEngine) answer(w []uint64) Answer {
	switch w[0] {
	case 0:
		r := len(e.results)
		return Answer{Inv: w[1]&1 != 0, Post: w[1]&2 != 0, Results: w[2 : 2+r], State: w[2+r:]}
	case tagSkipped:
		return Answer{Skipped: true}
	}
	return Answer{Panic: ir.PanicKind(w[0])}
}

// nativeMain opens modules to the driver, which runs the one that is asked for.
func nativeMain(subjects []verifiers.Subject) string {
	var b strings.Builder
	path := subjects[0].Contract.Import
	fmt.Fprintf(&b, "package main\n\nimport (\n\tcontract %q\n", path)
	for i := range subjects {
		fmt.Fprintf(&b, "\tsubject%d %q\n", i, fmt.Sprintf("%s/subject%d", path, i))
	}
	b.WriteString(")\n\nvar subjects = []subject{\n")
	for i, s := range subjects {
		door := fmt.Sprintf("func() subject {\n\t\tvar s subjectN.State_\n\t\treturn subject{states: %d,\n"+
			"\t\t\tset: func(v []uint64) { subjectN.Genesis_SetState(&s, v) },\n\t\t\tget: func(v []uint64) { subjectN.Genesis_GetState(&s, v) },\n"+
			"\t\t\tinit: func() { subjectN.Genesis_Init(&s) },\n\t\t\tinv: func() bool { return subjectN.Genesis_Inv(&s) },\n"+
			"\t\t\tstep: func(in *contract.Input, out []uint64) { subjectN.Genesis_Step(&s, in, out) }}\n\t}", ir.Flat(s.Unit.State))
		fmt.Fprintf(&b, "\t%s(),\n", strings.ReplaceAll(door, "subjectN", fmt.Sprintf("subject%d", i)))
	}
	b.WriteString("}\n")
	return b.String()
}

func nativeDriver(s verifiers.Subject) string {
	return strings.NewReplacer("CONTRACT", s.Contract.Import, "INPUTS", strconv.Itoa(ir.Flat(s.Unit.Input)),
		"RESULTS", strconv.Itoa(len(s.Contract.Entry.Results))).Replace(driver)
}

// driver is the rest of the program; capital words are replaced.
const driver = `package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	contract "CONTRACT"
)

// subject is a module with a state of its own.
type subject struct {
	states   int
	set, get func([]uint64)
	init     func()
	inv      func() bool
	step     func(in *contract.Input, out []uint64)
}

var (
	in  = bufio.NewReaderSize(os.Stdin, 1<<16)
	out = bufio.NewWriterSize(os.Stdout, 1<<16)
)

func main() {
	defer out.Flush()
	number, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	s := subjects[number]
	answer := make([]uint64, 2+RESULTS+s.states)
	var head [1]uint64
	panicked := false
	for read(head[:]) {
		clear(answer)
		answer[0] = status(func() { s.trial(head[0], panicked, answer) })
		if answer[1] == skipped {
			answer[0], answer[1] = skipped, 0
		}
		panicked = answer[0] == 1 || answer[0] == 2
		for _, v := range answer {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], v)
			out.Write(b[:])
		}
	}
}

const skipped = 9

func read(words []uint64) bool {
	var b [8]byte
	for i := range words {
		if _, err := io.ReadFull(in, b[:]); err != nil {
			return false
		}
		words[i] = binary.LittleEndian.Uint64(b[:])
	}
	return true
}

func (s *subject) trial(from uint64, panicked bool, answer []uint64) {
	state := make([]uint64, s.states)
	var input [INPUTS]uint64
	if from == 2 {
		read(state)
	}
	read(input[:])
	switch {
	case from == 2:
		s.set(state)
	case from == 1 || panicked:
		s.init()
	}
	var i contract.Input
	contract.Genesis_SetInput(&i, input[:])
	if !contract.Genesis_Wf(&i) {
		answer[1] = skipped
		return
	}
	results := answer[2 : 2+RESULTS]
	s.step(&i, results)
	s.get(answer[2+RESULTS:])
	if s.inv() {
		answer[1] |= 1
	}
	if contract.Genesis_Post(&i, results) {
		answer[1] |= 2
	}
}

// status runs f and says how it panicked: 0 is not at all.
func status(f func()) (kind uint64) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		err, ok := r.(runtime.Error)
		switch {
		case ok && strings.Contains(err.Error(), "index out of range"):
			kind = 1
		case ok && strings.Contains(err.Error(), "divide by zero"):
			kind = 2
		default:
			panic(r)
		}
	}()
	f()
	return 0
}
`
