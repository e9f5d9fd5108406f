package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"

	"github.com/genesis-network/genesis/internal/child"
)

// The door: an executable that was started with the marker becomes the command
// before its main function runs.
func init() {
	text := os.Getenv(marker)
	if text == "" {
		return
	}
	fmt.Fprintln(os.Stderr, "cannot confine a command:", enter(text))
	os.Exit(refused)
}

// niceness of what runs here: provers can wait for those who serve.
const niceness = 5

// enter confines this process and becomes the command. It returns only when it
// failed. The address space comes last: from there on this program may not be
// able to allocate.
func enter(text string) error {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, niceness) // a courtesy only
	if p.Loopback && p.Namespaces {
		if err := raiseLoopback(); err != nil {
			return fmt.Errorf("loopback: %w", err)
		}
	}
	if p.Landlock {
		if err := p.confine(); err != nil {
			return fmt.Errorf("landlock: %w", err)
		}
	}
	argv := append([]string{p.Path}, p.Args...)
	env := p.environment()
	if err := p.limit(); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	return fmt.Errorf("%s: %w", p.Path, syscall.Exec(p.Path, argv, env))
}

// environment is nothing of the caller's: no name twice, because programs do
// not agree which one holds.
func (p *plan) environment() []string {
	env := slices.Clone(p.Env)
	for _, entry := range []string{"PATH=/usr/bin:/bin", "HOME=" + p.Dir, "TMPDIR=" + p.Dir, "LC_ALL=C", child.Mark + "=" + os.Getenv(child.Mark)} {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") }) {
			env = append(env, entry)
		}
	}
	return env
}

// system is what programs need to run.
var system = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ocamlfind.conf", "/etc/ld.so.cache", "/etc/alternatives", "/opt"}

func (p *plan) confine() error {
	rules := []landlock.Rule{landlock.RWFiles("/dev/null")}
	for _, path := range append(p.Write, p.Dir) {
		rules = append(rules, landlock.RWDirs(path).WithRefer())
	}
	for _, path := range append(p.Read, system...) {
		info, err := os.Stat(path)
		switch {
		case err != nil: // not on this machine
		case info.IsDir():
			rules = append(rules, landlock.RODirs(path))
		default:
			rules = append(rules, landlock.ROFiles(path))
		}
	}
	config := landlock.V11.BestEffort()
	if !p.Loopback {
		return config.Restrict(rules...)
	}
	return errors.Join(config.RestrictPaths(rules...), config.RestrictScoped())
}

// raiseLoopback starts the only network device of this namespace and gives up
// the right to do so. Go runs init functions on the thread that will become
// the command.
func raiseLoopback() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
}

// limit sets the limits of the kernel; the hard ones too.
func (p *plan) limit() error {
	seconds := uint64((p.CPU + time.Second - 1) / time.Second)
	for _, l := range []struct {
		what  int
		value uint64
		set   bool
	}{
		{unix.RLIMIT_CORE, 0, true},
		{unix.RLIMIT_CPU, seconds, seconds > 0},
		{unix.RLIMIT_FSIZE, uint64(p.FileSize), p.FileSize > 0},
		{unix.RLIMIT_NPROC, uint64(p.Processes), p.Processes > 0},
		{unix.RLIMIT_AS, uint64(p.Memory), p.Memory > 0},
	} {
		if !l.set {
			continue
		}
		// Of CPU the soft limit alone gives SIGXCPU, by which time is told from memory.
		hard := l.value
		if l.what == unix.RLIMIT_CPU {
			hard++
		}
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.value, Max: hard}); err != nil {
			return err
		}
	}
	return nil
}
