package tla

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/genesis-network/genesis/kernel/wasm"
)

// The one version of tla-checker whose answers are known (its traps are in the
// documentation of tlagen), and the digest of its Wasm file.
const (
	CheckerVersion = "0.9.0"
	CheckerDigest  = "4a07c47966881f78083acbc6b7946daf6f362dc96030ca550a4d64e37bebcd44"
)

// DefaultNodeModules is where `npm ci --prefix deploy/npm` puts packages,
// below the root of the repository.
const DefaultNodeModules = "deploy/npm/node_modules"

const checkerFile = "tla-checker/tla_checker_bg.wasm"

// maxCheckerMemory bounds an instance: 200,000 states of a dozen fields take
// about 300 MB.
const maxCheckerMemory = 1 << 30

// Checker is tla-checker in its sandbox. It may be used concurrently; each run
// has an instance of its own.
type Checker struct {
	code    []byte
	compile sync.Mutex
	guest   *wasm.Guest
}

// OpenChecker reads tla-checker from a node_modules folder ("" is
// [DefaultNodeModules]). The error wraps ErrMissing when it is not there; a file
// with another digest is refused at the first run.
func OpenChecker(nodeModules string) (*Checker, error) {
	if nodeModules == "" {
		nodeModules = DefaultNodeModules
	}
	path := filepath.Join(nodeModules, filepath.FromSlash(checkerFile))
	code, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("tla: no %s: tla-checker is %w; run: npm ci --prefix deploy/npm", path, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("tla: read tla-checker: %w", err)
	}
	return &Checker{code: code}, nil
}

// Close frees what running took.
func (c *Checker) Close(ctx context.Context) error {
	c.compile.Lock()
	defer c.compile.Unlock()
	if c.guest == nil {
		return nil
	}
	err := c.guest.Close(ctx)
	c.guest = nil
	return err
}

func (c *Checker) name() string { return "tla-checker" }

// load compiles at the first use: it takes most of a second.
func (c *Checker) load(ctx context.Context) (*wasm.Guest, error) {
	c.compile.Lock()
	defer c.compile.Unlock()
	if c.guest != nil {
		return c.guest, nil
	}
	g, err := wasm.NewGuest(context.WithoutCancel(ctx), c.code, CheckerDigest, maxCheckerMemory)
	if err != nil {
		return nil, fmt.Errorf("tla: tla-checker %s: %w", CheckerVersion, err)
	}
	c.guest = g
	return g, nil
}

// Check has tla-checker look at a specification: its invariants only, whatever
// else the configuration names. It gives up beyond maxStates distinct states.
func (c *Checker) Check(ctx context.Context, spec Specification, maxStates int) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	guest, err := c.load(ctx)
	if err != nil {
		return Answer{}, err
	}
	i, err := guest.Start(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer i.Close(ctx)
	report, err := checkSpec(ctx, i, spec, maxStates)
	if err != nil { // it ran out of memory or stack
		return noVerdict(firstLine(err.Error())), nil
	}
	return readReport(report, spec.Invariants), nil
}

// checkSpec calls check_spec_with_cfg(spec, cfg, constants, max_states,
// max_depth, allow_deadlock, export_dot) in the convention of wasm-bindgen:
// strings are UTF-8 in memory of the guest's own allocator, passed as address
// and length; the result is a string whose address and length the guest writes
// to a place on its stack that the caller reserves.
func checkSpec(ctx context.Context, i *wasm.GuestInstance, spec Specification, maxStates int) ([]byte, error) {
	const maxDepth, allowDeadlock, exportDot = 1 << 30, 1, 0
	result, err := i.Call(ctx, "__wbindgen_add_to_stack_pointer", uint64(uint32(1<<32-16)))
	if err != nil {
		return nil, err
	}
	args := []uint64{result[0]}
	for _, s := range []string{spec.Text, spec.Config, "{}"} {
		at, err := i.Call(ctx, "__wbindgen_export", uint64(len(s)), 1) // allocate, alignment 1
		if err != nil {
			return nil, err
		}
		if err := i.Write(uint32(at[0]), []byte(s)); err != nil {
			return nil, err
		}
		args = append(args, at[0], uint64(len(s)))
	}
	args = append(args, uint64(uint32(maxStates)), maxDepth, allowDeadlock, exportDot)
	if _, err := i.Call(ctx, "check_spec_with_cfg", args...); err != nil {
		return nil, err
	}
	place, err := i.Read(uint32(result[0]), 8)
	if err != nil {
		return nil, err
	}
	return i.Read(leUint32(place), leUint32(place[4:]))
}

func leUint32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// checkerReport is the part of tla-checker's answer that is used.
type checkerReport struct {
	Success   bool     `json:"success"`
	ErrorType string   `json:"error_type"`
	Message   string   `json:"error_message"`
	States    int      `json:"states_explored"`
	Trace     []string `json:"trace"`
}

func readReport(raw []byte, invariants []string) Answer {
	var r checkerReport
	if err := json.Unmarshal(raw, &r); err != nil {
		return noVerdict("its answer cannot be read: " + err.Error())
	}
	a := Answer{Distinct: r.States, Version: CheckerVersion}
	if r.Success {
		a.Verdict = Holds
		return a
	}
	number, found := strings.CutPrefix(r.Message, "Invariant ")
	number, ends := strings.CutSuffix(number, " violated")
	check, err := strconv.Atoi(number)
	if r.ErrorType != "InvariantViolation" || !found || !ends || err != nil || check >= len(invariants) {
		return noVerdict(firstLine(r.ErrorType + ": " + r.Message))
	}
	a.Verdict, a.Broken = Violated, check
	for _, t := range r.Trace {
		for line := range strings.Lines(t) {
			if strings.HasPrefix(line, "State ") {
				a.Trace++
			}
		}
	}
	return a
}

// firstLine shortens what an engine wrote, which may quote the specification.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 200 {
		s = s[:200]
	}
	return s
}
