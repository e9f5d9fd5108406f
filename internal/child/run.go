package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// Limits bound a tool that is run to its end. Zero is no limit of that kind.
type Limits struct {
	CPU    time.Duration // of each process, rounded up to seconds
	Memory int64         // address space of each process, in bytes
	Output int64         // bytes kept of stdout, and of stderr; 0 is 1 MiB
}

// ErrOutput says that a tool wrote more than it may.
var ErrOutput = errors.New("too much output")

// Tool is a program that is run to its end: a compiler, a prover, a fuzzer.
type Tool struct {
	Name  string // for messages to people
	Path  string
	Args  []string
	Env   []string // complete; nil is this process's own
	Dir   string
	Stdin io.Reader
	Sys   *syscall.SysProcAttr // namespaces and what they need; nil is none
	Limits
}

// limiter sets limits that the kernel enforces and becomes the tool. Nothing
// of the tool's command line is part of its text.
const limiter = limits + `exec "$@"`

// guardian does the same, but stays, as the first process of a namespace, and
// ends as the tool did; what it would say of signals is not the tool's output.
const guardian = limits + `exec 3>&2 2>/dev/null; (exec 2>&3 3>&-; exec "$@"); exit $?`

const limits = `ulimit -c 0; [ "$1" = 0 ] || ulimit -t "$1" || exit 125; [ "$2" = 0 ] || ulimit -v "$2" || exit 125; shift 2; `

// Run runs a tool without a terminal and returns what it wrote. When the tool
// ends, when the context ends, and when this process ends, so does everything
// that the tool started: see [Contained]. An exit status other than 0 is an
// *exec.ExitError, of which [Signal] tells more; after the context ended the
// error wraps the context's.
func Run(ctx context.Context, t Tool) (stdout, stderr []byte, err error) {
	return t.run(ctx, Contained())
}

// Signal is the signal that ended a tool, 0 if it ended by itself.
func Signal(exit *exec.ExitError) syscall.Signal {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	// The guardian is a shell, which adds 128 to the number of a signal. A tool has
	// no terminal that could hang up: 129 is what coqchk itself ends with.
	if n := exit.ExitCode() - 128; n > int(syscall.SIGHUP) && n < 65 {
		return syscall.Signal(n)
	}
	return 0
}

func (t Tool) run(ctx context.Context, contained bool) (stdout, stderr []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	out, errs := &capped{limit: t.outputLimit()}, &capped{limit: t.outputLimit()}
	mark := newMark()
	cmd := t.command(ctx, contained, mark)
	cmd.Stdout, cmd.Stderr = out, errs
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the parent-death signal belongs to the starting thread
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			done <- err
			return
		}
		if !contained {
			awaitEnd(cmd.Process.Pid)
			endFamily(cmd.Process.Pid, mark)
		}
		done <- cmd.Wait()
	}()
	err = <-done
	return out.b, errs.b, t.explain(ctx, err, out.over || errs.over)
}

func (t Tool) command(ctx context.Context, contained bool, mark string) *exec.Cmd {
	seconds, script := int64((t.CPU+time.Second-1)/time.Second), limiter
	if contained {
		script = guardian
	}
	args := []string{"-c", script, "sh", strconv.FormatInt(seconds, 10), strconv.FormatInt(t.Memory>>10, 10), t.Path}
	cmd := exec.CommandContext(ctx, "/bin/sh", append(args, t.Args...)...)
	cmd.Dir, cmd.Stdin = t.Dir, t.Stdin
	cmd.Env = slices.Clone(t.Env)
	if t.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if t.Sys != nil {
		*cmd.SysProcAttr = *t.Sys
	}
	cmd.SysProcAttr.Pdeathsig, cmd.SysProcAttr.Setpgid = syscall.SIGKILL, true
	if contained {
		contain(cmd.SysProcAttr)
	}
	cmd.Cancel = func() error {
		if contained {
			killGroup(cmd.Process.Pid)
		} else {
			endFamily(cmd.Process.Pid, mark)
		}
		return nil
	}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func (t Tool) outputLimit() int64 {
	if t.Output > 0 {
		return t.Output
	}
	return 1 << 20
}

func (t Tool) explain(ctx context.Context, err error, over bool) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", t.Name, ctx.Err())
	case err != nil:
		return fmt.Errorf("%s: %w", t.Name, err)
	case over:
		return fmt.Errorf("%s: %w", t.Name, ErrOutput)
	}
	return nil
}

// killGroup kills what is left of a process group.
func killGroup(pgid int) {
	_ = syscall.Kill(-pgid, syscall.SIGKILL) // nothing is left, which is fine
}

// capped keeps the beginning of what is written and swallows the rest, so that
// a tool that writes for ever neither blocks nor fills the memory.
type capped struct {
	b     []byte
	limit int64
	over  bool
}

func (c *capped) Write(p []byte) (int, error) {
	room := c.limit - int64(len(c.b))
	if int64(len(p)) > room {
		c.over = true
		c.b = append(c.b, p[:max(room, 0)]...)
		return len(p), nil
	}
	c.b = append(c.b, p...)
	return len(p), nil
}
