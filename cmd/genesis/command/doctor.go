package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/verifiers/coq"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
	"github.com/genesis-network/genesis/verifiers/fuzz"
	"github.com/genesis-network/genesis/verifiers/native"
	"github.com/genesis-network/genesis/verifiers/tla"
	"github.com/genesis-network/genesis/workflows/engine"
)

type doctorOptions struct{ data, root string }

func (a *app) doctor() *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use: "doctor", Short: "say what this machine has, what is missing, and what to type", Args: exactly(0),
		Long: "Look for everything that Genesis uses. It installs nothing.\n\n" +
			"Exit code 0: all is there; 6: something optional is missing, and the stations that want it say so; 3: Genesis cannot run.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.examine(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.data, "data", ".genesis", "directory of keys, records and logs")
	cmd.Flags().StringVar(&o.root, "root", ".", "folder of the examples and of deploy/npm")
	return cmd
}

// finding is one row of the table.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"` // Genesis does not run without
	Detail string `json:"detail"` // version, path, or why not
	For    string `json:"for"`
	Fix    string `json:"fix,omitempty"` // to type; only when it is missing
}

// check is a row before somebody looked.
type check struct {
	name, purpose, fix string
	needed             bool
	look               func(context.Context) (detail string, err error)
}

func (a *app) examine(ctx context.Context, o doctorOptions) error {
	var list []finding
	for _, c := range examinations(o) {
		list = append(list, c.run(ctx))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := a.print(list, func(w io.Writer) { printFindings(w, list) }); err != nil {
		return err
	}
	if code := diagnosis(list); code != ExitOK {
		return withCode(code, errSilent)
	}
	return nil
}

func (c check) run(ctx context.Context) finding {
	detail, err := c.look(ctx)
	f := finding{Name: c.name, OK: err == nil, Needed: c.needed, Detail: detail, For: c.purpose}
	if err != nil {
		f.Detail, f.Fix = strings.Join(strings.Fields(err.Error()), " "), c.fix
	}
	return f
}

func diagnosis(list []finding) Exit {
	code := ExitOK
	for _, f := range list {
		if !f.OK && f.Needed {
			return ExitRefused
		}
		if !f.OK {
			code = ExitInconclusive
		}
	}
	return code
}

const (
	fixNPM  = "npm ci --prefix deploy/npm --ignore-scripts"
	fixCoq  = "apt-get install --no-install-recommends coq"
	fixMake = "make setup"
)

func examinations(o doctorOptions) []check {
	return []check{
		{"data directory", "keys, records, logs", "mkdir -p -m 700 " + quoted(o.data) + " (or name another one with --data)", true, writable(o.data)},
		{"free disk", "records and artefacts; 1 GiB at least", "free some space, or name another directory with --data", true, freeDisk(o.data)},
		{"examples", "the example campaign and its telemetry", "cd to the repository, or name it with --root", true, file(o.root, exampleCampaign)},
		{"workflow engine", "everything that must survive a crash", fixMake, true, lookEngine},
		{"Go toolchain", "stations agree and fuzz: the module as Go compiles it", "install Go 1.26 from https://go.dev/dl", false, lookGo},
		{"C compiler", "the race detector of make test", "apt-get install gcc libc6-dev", false, lookC},
		{"Coq", "station coq: proofs", fixCoq, false, func(context.Context) (string, error) { return coq.Version(coq.Options{}) }},
		{"Coq self-test", "known cheats are refused, an honest proof is not", fixCoq + "; then run doctor again", false, selfTest(o)},
		{"sandbox", "proofs run confined by Landlock and namespaces", "see docs/trust.md; a Linux of 6.7 or later with user namespaces has all", false, lookSandbox},
		{"tla-checker", "station tla: the second model checker", fixNPM, false, lookChecker(o)},
		{"htmx", "the dashboard updates by itself", fixNPM, false, file(o.root, filepath.Join(tla.DefaultNodeModules, "htmx.org/dist/htmx.min.js"))},
		{"go-fuzz", "station fuzz: coverage-guided", "genesis run builds it at its first start", false, lookFuzz(o)},
	}
}

// quoted is a path as a shell takes it.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// writable makes sure that a file can be made in a directory, or that the
// directory can be made.
func writable(dir string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		there := existing(dir)
		f, err := os.CreateTemp(there, ".doctor-")
		if err != nil {
			return "", err
		}
		return dir, errors.Join(f.Close(), os.Remove(f.Name()))
	}
}

// existing is the nearest folder above a path that is there.
func existing(path string) string {
	path = filepath.Clean(path)
	for {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

const leastDisk = 1 << 30 // bytes

func freeDisk(dir string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		var s syscall.Statfs_t
		if err := syscall.Statfs(existing(dir), &s); err != nil {
			return "", err
		}
		free := s.Bavail * uint64(s.Bsize)
		text := fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30))
		if free < leastDisk {
			return "", errors.New(text)
		}
		return text, nil
	}
}

func file(root, name string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		path := filepath.Join(root, name)
		_, err := os.Stat(path)
		return path, err
	}
}

func lookEngine(ctx context.Context) (string, error) {
	p, err := engine.Find(ctx)
	return p.Path + ", " + p.Version, err
}

func lookGo(ctx context.Context) (string, error) {
	t, err := native.Find(ctx)
	if err != nil {
		return "", err
	}
	return t.Version, nil
}

func lookC(ctx context.Context) (string, error) {
	path, err := exec.LookPath("cc")
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	first, _, _ := strings.Cut(string(out), "\n")
	return first, err
}

func selfTest(o doctorOptions) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		options := coq.Options{}
		if _, err := os.Stat(o.data); err == nil {
			options.Cache = filepath.Join(o.data, "cache", "coq")
		}
		return "passed", coq.SelfTest(ctx, options)
	}
}

func lookSandbox(context.Context) (string, error) {
	if gaps := sandbox.Gaps(); len(gaps) > 0 {
		return "", errors.New(strings.Join(gaps, "; "))
	}
	return "Landlock, namespaces, limits", nil
}

func lookChecker(o doctorOptions) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		c, err := tla.OpenChecker(filepath.Join(o.root, tla.DefaultNodeModules))
		if err != nil {
			return "", err
		}
		return tla.CheckerVersion, c.Close(ctx)
	}
}

func lookFuzz(o doctorOptions) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		t, err := native.Find(ctx)
		if err != nil {
			return "", err
		}
		g, err := fuzz.Find(t, filepath.Join(o.root, "deploy", "fuzz"), filepath.Join(o.data, "cache"))
		if errors.Is(err, fs.ErrNotExist) && g != nil {
			return "", fmt.Errorf("%s is not built yet", g.Version)
		}
		if err != nil {
			return "", err
		}
		return g.Version, nil
	}
}

func printFindings(w io.Writer, list []finding) {
	t := columns(w)
	for _, f := range list {
		state := "ok"
		if !f.OK {
			state = "missing"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", state, f.Name, f.Detail, f.For)
	}
	t.Flush()
	for _, f := range list {
		if !f.OK {
			fmt.Fprintf(w, "\n%s%s:\n  %s\n", f.Name, map[bool]string{true: " (Genesis does not run without)"}[f.Needed], f.Fix)
		}
	}
}
