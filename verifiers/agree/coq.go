package agree

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/genesis-network/genesis/internal/child"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq/theory"
)

//go:embed theory.v
var trialsTheory []byte

// Coq is an installed Coq.
type Coq struct {
	Path    string // of coqc
	Version string // such as 8.16.1
}

// FindCoq finds coqc on PATH.
func FindCoq(ctx context.Context) (*Coq, error) {
	path, err := exec.LookPath("coqc")
	if err != nil {
		return nil, fmt.Errorf("agree: no coqc: %w", err)
	}
	c := &Coq{Path: path}
	out, _, err := c.run(ctx, os.TempDir(), "--print-version")
	if err != nil {
		return nil, fmt.Errorf("agree: %w", err)
	}
	c.Version, _, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	return c, nil
}

// run runs coqc without the user's settings.
func (c *Coq) run(ctx context.Context, dir string, args ...string) (stdout, stderr []byte, err error) {
	env := []string{"PATH=" + filepath.Dir(c.Path) + ":/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}
	return child.Run(ctx, child.Tool{Name: "coqc", Path: c.Path, Args: args, Env: env, Dir: dir,
		Limits: child.Limits{CPU: 3 * time.Minute, Memory: 4 << 30, Output: 8 << 20}})
}

// compile compiles a file of the folder.
func (c *Coq) compile(ctx context.Context, dir, name string, text []byte) (string, error) {
	file := name + ".v"
	if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
		return "", fmt.Errorf("agree: coq: %w", err)
	}
	out, msg, err := c.run(ctx, dir, "-q", "-w", "none", file)
	if err != nil {
		return "", fmt.Errorf("agree: coq: %s: %w: %.400s", file, err, msg)
	}
	return string(out), nil
}

// bundle is a Coq file that holds what are files of their own in a proof, as
// modules: starting Coq takes longer than compiling all of them.
type bundle struct{ bytes.Buffer }

// libraries are what all of them require; to import it again takes longer than
// to compile most of them.
const libraries = "From Coq Require Import BinInt List Bool.\nFrom Coq Require PrimInt63.\n"

var (
	requires = regexp.MustCompile(`(?m)^From K Require Import ([^.]*)\.$`)
	imports  = regexp.MustCompile(`(?m)^From Coq Require Import BinInt List Bool( PrimInt63)?\.$`)
)

func (b *bundle) module(name string, text []byte) {
	if b.Len() == 0 {
		b.WriteString(libraries)
	}
	text = requires.ReplaceAll(text, []byte("Import $1."))
	text = imports.ReplaceAllFunc(text, func(line []byte) []byte {
		if bytes.Contains(line, []byte("PrimInt63")) {
			return []byte("Import PrimInt63.")
		}
		return nil
	})
	fmt.Fprintf(b, "Module %s.\n%s\nEnd %s.\n", name, text, name)
}

// coqEngine evaluates the printed model inside Coq.
type coqEngine struct {
	coq     *Coq
	u       *ir.Unit
	results []ir.Param
	dir     string
	library []byte // theory, contract and model
}

// newCoq prints the model, to be evaluated in a folder of its own.
func newCoq(s verifiers.Subject, c *Coq, dir string, edit func([]byte) []byte) (*coqEngine, error) {
	contract, err := coqgen.Contract(s.Contract.Unit)
	if err != nil {
		return nil, err
	}
	model, err := coqgen.Model(s.Unit, s.Contract.Unit)
	if err != nil {
		return nil, err
	}
	if edit != nil {
		model = edit(model)
	}
	b := theories(contract)
	b.module("Model", model)
	return &coqEngine{coq: c, u: s.Unit, results: s.Contract.Entry.Results, dir: dir, library: b.Bytes()}, nil
}

// theories starts a bundle with what every model needs.
func theories(contract []byte) *bundle {
	b := &bundle{}
	b.module("GoSem", theory.GoSem)
	b.module("Trials", trialsTheory)
	b.module("Contract", contract)
	return b
}

// errModel says that the printed model is no Coq, or too large for its limits.
var errModel = errors.New("coqc does not take the printed model")

// ask has Coq print a value.
func (e *coqEngine) ask(ctx context.Context, name string, question *coqText) (string, error) {
	out, err := e.coq.compile(ctx, e.dir, name, append(slices.Clone(e.library), question.String()...))
	if _, refused := errors.AsType[*exec.ExitError](err); refused && ctx.Err() == nil {
		return "", fmt.Errorf("%w: %w", errModel, err)
	}
	return out, err
}

func (e *coqEngine) Name() string    { return "coq" }
func (e *coqEngine) Version() string { return e.coq.Version }

var (
	printedInts = regexp.MustCompile(`= (\d+)(?:%int63)?\s*: (?:PrimInt63\.)?int\b`)
	printedInt  = regexp.MustCompile(`^\s*` + printedInts.String() + `\s*$`)
)

// Digest has Coq generate and run a plan's trials. Trials that are written out
// are asked for one by one.
func (e *coqEngine) Digest(ctx context.Context, b Batch) (uint32, error) {
	if b.plan == nil {
		return e.foldAnswers(ctx, b)
	}
	p := &coqText{}
	p.header("Model", e.u, e.results)
	p.digest(b.plan, len(b.Trials))
	out, err := e.ask(ctx, "Digest", p)
	if err != nil {
		return 0, err
	}
	m := printedInt.FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("agree: coq: no digest in %.100q: %w", out, errPrinted)
	}
	sum, err := strconv.ParseUint(m[1], 10, 32)
	return uint32(sum), err
}

var errPrinted = errors.New("coqc printed something else than asked for")

func (e *coqEngine) foldAnswers(ctx context.Context, b Batch) (uint32, error) {
	answers, err := e.Answers(ctx, b)
	d := newDigest(e.u, e.results)
	for i := range answers {
		d.add(&answers[i])
	}
	return d.sum, err
}

// Answers asks for the values that trials leave.
func (e *coqEngine) Answers(ctx context.Context, b Batch) ([]Answer, error) {
	p := &coqText{}
	p.header("Model", e.u, e.results)
	p.answers(e.u, b.Trials)
	out, err := e.ask(ctx, "Answers", p)
	if err != nil {
		return nil, err
	}
	return e.parse(out, len(b.Trials))
}

// parse reads a list of lists of numbers.
func (e *coqEngine) parse(out string, n int) ([]Answer, error) {
	value, _, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(out), "="), ": list")
	value = strings.Join(strings.Fields(value), " ")
	value = strings.TrimSuffix(strings.TrimPrefix(value, "["), "]")
	lists := strings.Split(value, "];")
	if !ok || len(lists) != n {
		return nil, fmt.Errorf("agree: coq: %d answers to %d trials: %w", len(lists), n, errPrinted)
	}
	answers := make([]Answer, n)
	for k, l := range lists {
		values := strings.Split(strings.Trim(l, "[] "), ";")
		if err := e.answer(values, &answers[k]); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (e *coqEngine) answer(values []string, a *Answer) error {
	types := []ir.Type{ir.U8, ir.U8}
	for _, r := range e.results {
		types = append(types, r.Type)
	}
	for _, f := range e.u.State {
		for range f.Elems() {
			types = append(types, f.Type)
		}
	}
	if len(values) != 1 && len(values) != len(types) {
		return fmt.Errorf("agree: coq: an answer of %d values: %w", len(values), errPrinted)
	}
	words := make([]uint64, len(values))
	for i, s := range values {
		v, err := parseWord(strings.TrimSpace(s))
		if err != nil {
			return err
		}
		words[i] = v
	}
	switch {
	case words[0] == tagSkipped:
		a.Skipped = true
	case len(words) == 1:
		a.Panic = ir.PanicKind(words[0])
	default:
		r := 2 + len(e.results)
		a.Inv, a.Post, a.Results, a.State = words[1]&1 != 0, words[1]&2 != 0, words[2:r], words[r:]
	}
	return nil
}

// parseWord reads a number of either sign as canonical bits. Of a number that no
// type holds, which only a wrong model gives, the low bits are kept.
func parseWord(s string) (uint64, error) {
	v, ok := new(big.Int).SetString(strings.TrimSuffix(strings.Trim(s, "()"), "%Z"), 10)
	if !ok {
		return 0, fmt.Errorf("agree: coq: %.20q is no number: %w", s, errPrinted)
	}
	return new(big.Int).And(v, new(big.Int).SetUint64(math.MaxUint64)).Uint64(), nil
}
