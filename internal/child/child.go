// Package child runs processes that must not outlive this one: the workflow
// engine, the aggregators, the tiles of a local fleet.
//
// What it keeps true: when this process ends, however it ends, the kernel kills
// its children (parent-death signal), or asks those to end that want to be asked; a child that holds the lock file of its
// directory frees it by ending, so whoever comes next can wait for that instead
// of guessing; a terminal's interrupt reaches this process alone, which then
// stops its children in order.
//
// [Start] is for those that live on, [Run] for tools that are run to their end,
// with limits and with everything that they start: nothing of a tool runs or
// writes after Run has returned.
//
// What it does not do: it restarts nothing, and Start does not follow a child's
// own children. It works on Linux.
package child

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Spec says what to run.
type Spec struct {
	Name   string // for messages to people
	Path   string
	Args   []string
	Env    []string // complete; nil is this process's own
	Dir    string
	Output *os.File // stdout and stderr; nil discards them
	Stdout *os.File // instead of Output, where it matters
	Lock   *os.File // of the child's directory; the child inherits it as descriptor 3

	// Orphan is the signal that the kernel sends to the child when this process
	// ends; 0 is SIGKILL. With another one the child itself has to see to it that
	// it ends.
	Orphan syscall.Signal
}

// Process is a running child.
type Process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start runs the child. It lives until it ends, [Process.Stop] is called or
// this process ends.
func Start(spec Spec) (*Process, error) {
	p := &Process{name: spec.Name, cmd: spec.command(), done: make(chan struct{})}
	started := make(chan error)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return p, nil
}

func (spec Spec) command() *exec.Cmd {
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env, cmd.Dir = spec.Env, spec.Dir
	if spec.Output != nil { // a nil *os.File in the interface would not be nil
		cmd.Stdout, cmd.Stderr = spec.Output, spec.Output
	}
	if spec.Stdout != nil {
		cmd.Stdout = spec.Stdout
	}
	if spec.Lock != nil {
		cmd.ExtraFiles = []*os.File{spec.Lock}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: cmp.Or(spec.Orphan, syscall.SIGKILL), Setpgid: true}
	return cmd
}

// live starts the child and waits for its end on one thread: the kernel sends
// the parent-death signal when the thread that started the child ends, so that
// thread has to stay.
func (p *Process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	close(p.done)
}

// Pid is the child's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the child ended; nil after exit status 0. It is valid after
// Done is closed.
func (p *Process) Err() error {
	if p.err == nil {
		return nil
	}
	return fmt.Errorf("%s ended: %w", p.name, p.err)
}

// Stop asks the child to end and waits for it; when the context ends first, it
// is killed. It returns nil when the child ended because of this.
func (p *Process) Stop(ctx context.Context) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return p.afterStop()
	case <-ctx.Done():
	}
	p.Kill()
	return fmt.Errorf("%s was killed: it did not end in time", p.name)
}

// Kill ends the child at once and waits until it is gone.
func (p *Process) Kill() {
	_ = p.signal(syscall.SIGKILL) // gone already
	<-p.done
}

func (p *Process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	return nil
}

// afterStop forgives the ways in which programs end when they are asked to.
func (p *Process) afterStop() error {
	exit, ok := errors.AsType[*exec.ExitError](p.err)
	if ok && exit.Sys().(syscall.WaitStatus).Signaled() {
		return nil
	}
	return p.Err()
}
