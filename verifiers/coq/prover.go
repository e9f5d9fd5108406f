package coq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
)

// prover runs the programs of Coq in the sandbox.
type prover struct {
	tools   *tools
	cache   string
	theory  compiled
	timeout time.Duration
	memory  int64
	budget  *Budget
}

// heap is for the garbage collector of Coq's programs: young objects in 16 MiB,
// which touches a quarter of the pages that coqc's own 256 MiB do, and old ones
// collected late, since a run is short and its address space limited. That takes
// a tenth of the processor time away.
const heap = "OCAMLRUNPARAM=s=2M,o=1000"

// maxFile bounds each file that Coq writes, in bytes.
const maxFile = 256 << 20

func newProver(ctx context.Context, o Options) (*prover, error) {
	t, err := find(o)
	if err != nil {
		return nil, err
	}
	cache, err := o.cache()
	if err != nil {
		return nil, err
	}
	p := &prover{tools: t, cache: cache, timeout: o.timeout(), memory: o.memory(), budget: o.budget()}
	return p, p.prepareTheory(ctx)
}

// compile writes a file into a folder and compiles it. The folders before it can
// be read and used; the file's folder alone can be written.
func (p *prover) compile(ctx context.Context, dir, name string, text []byte, before ...compiled) (sandbox.Result, error) {
	if err := os.WriteFile(filepath.Join(dir, name+".v"), text, 0o600); err != nil {
		return sandbox.Result{}, fmt.Errorf("coq: %w", err)
	}
	args := append([]string{"-q", "-noglob"}, paths(dir, before)...)
	return p.run(ctx, p.tools.coqc, dir, p.timeout, append(args, name+".v"), before)
}

// paths maps the folders to the library K.
func paths(dir string, before []compiled) []string {
	var args []string
	for _, b := range before {
		args = append(args, "-Q", b.dir, "K")
	}
	return append(args, "-Q", dir, "K")
}

func (p *prover) run(ctx context.Context, t tool, dir string, cpu time.Duration, args []string, before []compiled) (sandbox.Result, error) {
	read := p.tools.readable()
	for _, b := range before {
		read = append(read, b.dir)
	}
	release, err := p.budget.take(ctx, p.memory)
	if err != nil {
		return sandbox.Result{}, fmt.Errorf("coq: %w", err)
	}
	defer release()
	r, err := sandbox.Run(ctx, sandbox.Command{
		Name: t.name, Path: t.path, Args: args, Dir: dir, Read: read, Env: []string{heap},
		Wall: wallFactor * cpu, CPU: cpu, Memory: p.memory, FileSize: maxFile, Processes: 4096, Output: 1 << 20,
	})
	if err != nil {
		return r, fmt.Errorf("coq: %w", err)
	}
	return r, nil
}

// lacks says why a run ended before its time: "coq.timeout", "coq.memory", or
// nothing.
func lacks(r sandbox.Result) string {
	switch {
	case r.End == sandbox.TimeOut:
		return "coq.timeout"
	case r.End == sandbox.Killed, r.End == sandbox.Exited && r.Code != 0 && outOfMemory(string(r.Stderr)):
		return "coq.memory"
	}
	return ""
}

// outOfMemory reads what Coq says when heap or stack were used up.
func outOfMemory(stderr string) bool {
	return strings.Contains(stderr, "Out of memory") || strings.Contains(stderr, "Stack overflow")
}

// leavings are the files that compiling NAME.v leaves, besides caches of its
// arithmetic tactics.
func leavings(name string) []string {
	return []string{name + ".v", name + ".vo", name + ".vok", name + ".vos", "." + name + ".aux", ".lia.cache", ".nia.cache", ".nra.cache"}
}

// stray names a file in a folder that compiling NAME.v does not leave.
func stray(dir, name string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("coq: %w", err)
	}
	expected := leavings(name)
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.Contains(expected, e.Name()) {
			return e.Name(), nil
		}
	}
	return "", nil
}

// workshop is the temporary folder of one run of the station.
type workshop struct {
	root     string
	contract compiled
	model    compiled // Model and Spec
}

func newWorkshop() (*workshop, error) {
	root, err := os.MkdirTemp("", "genesis-coq-")
	if err != nil {
		return nil, fmt.Errorf("coq: %w", err)
	}
	return &workshop{root: root}, nil
}

func (w *workshop) close() { _ = os.RemoveAll(w.root) } // a temporary folder

// room makes an empty folder.
func (w *workshop) room(name string) (string, error) {
	dir, err := os.MkdirTemp(w.root, name+"-")
	if err != nil {
		return "", fmt.Errorf("coq: %w", err)
	}
	return dir, nil
}

// errPrinted says that a file of ours, or one that coqgen printed, does not
// compile: no fault of a module.
var errPrinted = errors.New("a trusted file does not compile")

// settle compiles the printed files, which proofs then can read only. That of
// the contract is kept: its modules share it.
func (w *workshop) settle(ctx context.Context, p *prover, texts *printed) error {
	var err error
	if w.contract, err = p.cached(ctx, "contract", []file{{"Contract", texts.contract}}, p.theory); err != nil {
		return err
	}
	dir, err := w.room("model")
	if err != nil {
		return err
	}
	w.model, err = p.printed(ctx, dir, []file{{"Model", texts.model}, {"Spec", texts.spec}}, p.theory, w.contract)
	return err
}

// base is what a proof stands on.
func (p *prover) base(w *workshop) []compiled { return []compiled{p.theory, w.contract, w.model} }

// printed compiles trusted files into a folder, one after the other.
func (p *prover) printed(ctx context.Context, dir string, files []file, before ...compiled) (compiled, error) {
	for _, f := range files {
		r, err := p.compile(ctx, dir, f.name, f.text, before...)
		if err != nil {
			return compiled{}, err
		}
		if code := lacks(r); code != "" {
			return compiled{}, &shortage{code, f.name + ".v"}
		}
		if r.Code != 0 || r.End != sandbox.Exited {
			return compiled{}, fmt.Errorf("coq: %w with %s %s: %s.v: %s", errPrinted, p.tools.coqc.path, p.tools.coqc.version, f.name, clip(string(r.Stderr), 500))
		}
	}
	return seal(dir)
}

// shortage is an error for want of time or memory.
type shortage struct{ code, where string }

func (s *shortage) Error() string { return s.where + ": " + s.code }
