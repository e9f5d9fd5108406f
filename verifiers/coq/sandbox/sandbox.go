package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"github.com/genesis-network/genesis/internal/child"
)

// Command is a program to run confined. Paths are absolute.
type Command struct {
	Name string   // for messages to people
	Path string   // the program
	Args []string // without the program's name
	Dir  string   // working directory, which can be written

	Read     []string // folders that can be read besides the system's
	Write    []string // folders that can be written besides Dir
	Env      []string // entries besides PATH, HOME, TMPDIR and LC_ALL, which they may replace
	Loopback bool     // it talks to itself over TCP; there is no other network all the same

	Wall      time.Duration // 0: until the context ends
	CPU       time.Duration // of each process, rounded up to seconds; 0: no limit
	Memory    int64         // address space of each process in bytes; 0: no limit
	FileSize  int64         // of each file written, in bytes; 0: no limit
	Processes int           // of the user, which the kernel does not hold root to; 0: no limit
	Output    int64         // bytes kept of stdout, and of stderr; 0 is 1 MiB
}

// End says how a command ended.
type End int

// The ends.
const (
	Exited   End = iota // by itself, see Result.Code
	TimeOut             // it was stopped after Wall or CPU
	Killed              // by a signal; most likely for want of memory
	TooMuch             // it wrote more than Output
	NotBegun            // it could not be started or confined
)

// Result is what a command left.
type Result struct {
	End    End
	Code   int // exit status
	Stdout []byte
	Stderr []byte
}

// plan is what the caller tells its own executable to do.
type plan struct {
	Command
	Landlock, Namespaces bool
}

// marker is the variable that makes an executable enter the sandbox.
const marker = "GENESIS_SANDBOX_ENTER"

// refused is the exit status of an executable that could not confine itself.
const refused = 124

// Run runs a command to its end. The error is for a context that ended and for
// what keeps any command from running; everything else is in the result, which
// has what the command wrote in any case.
func Run(ctx context.Context, c Command) (Result, error) {
	self, err := os.Executable()
	if err != nil {
		return Result{}, fmt.Errorf("sandbox: %w", err)
	}
	host := probe()
	text, err := json.Marshal(plan{Command: c, Landlock: host.landlock, Namespaces: host.namespaces})
	if err != nil {
		return Result{}, fmt.Errorf("sandbox: %w", err)
	}
	within := ctx
	if c.Wall > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, c.Wall)
		defer cancel()
	}
	stdout, stderr, err := child.Run(within, child.Tool{
		Name: c.Name, Path: self, Dir: c.Dir, Env: []string{marker + "=" + string(text)},
		Sys: host.attributes(c.Loopback), Limits: child.Limits{Output: c.Output},
	})
	r := Result{Stdout: stdout, Stderr: stderr}
	if ctx.Err() != nil {
		return r, fmt.Errorf("sandbox: %s: %w", c.Name, ctx.Err())
	}
	return r, r.judge(err)
}

// judge reads how the process ended.
func (r *Result) judge(err error) error {
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded):
		r.End = TimeOut
	case errors.Is(err, child.ErrOutput):
		r.End = TooMuch
	case !exited:
		return fmt.Errorf("sandbox: %w", err)
	default:
		r.signalled(exit)
	}
	if r.End == NotBegun {
		return fmt.Errorf("sandbox: %s", strings.TrimSpace(string(r.Stderr)))
	}
	return nil
}

func (r *Result) signalled(exit *exec.ExitError) {
	r.Code = exit.ExitCode()
	switch signal := child.Signal(exit); {
	case signal == syscall.SIGXCPU:
		r.End = TimeOut
	case signal != 0:
		r.End = Killed
	case r.Code == refused:
		r.End = NotBegun
	}
}

// host is what this machine offers.
type host struct {
	landlock   bool
	namespaces bool
	gaps       []string
}

// Gaps are the kinds of confinement that this machine does not offer.
func Gaps() []string { return probe().gaps }

// probe looks once at what this machine offers.
var probe = sync.OnceValue(func() host {
	h := host{}
	if v, err := llsys.LandlockGetABIVersion(); err == nil && v >= 1 {
		h.landlock = true
		if v < 4 {
			h.gaps = append(h.gaps, fmt.Sprintf("landlock: ABI %d does not confine the network", v))
		}
	} else {
		h.gaps = append(h.gaps, "landlock: not offered by this kernel; files are not confined")
	}
	cmd := exec.Command("/bin/true")
	cmd.SysProcAttr = spaces()
	if h.namespaces = cmd.Run() == nil; !h.namespaces {
		h.gaps = append(h.gaps, "namespaces: not allowed to this user; the network is not taken away")
	}
	if !child.Contained() {
		h.gaps = append(h.gaps, "process ids: no namespace is allowed to this user; a native program that hides is not found")
	}
	if os.Getuid() == 0 {
		h.gaps = append(h.gaps, "processes: the kernel does not count those of root")
	}
	return h
})

func (h host) attributes(loopback bool) *syscall.SysProcAttr {
	if !h.namespaces {
		return nil
	}
	attr := spaces()
	if loopback { // given up again before the command begins
		attr.AmbientCaps = []uintptr{unix.CAP_NET_ADMIN}
	}
	return attr
}

// nobody is the user inside the namespace. It is not root there, so a program
// that is started has no capabilities.
const nobody = 65534

func spaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}},
	}
}
