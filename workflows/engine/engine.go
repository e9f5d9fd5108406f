// Package engine runs the local workflow engine: a Temporal server for one
// machine with a SQLite file, as a child of this process.
//
// What it keeps true: one engine per directory, started here (nothing that
// listens somewhere is adopted); it listens on the loopback interface only; it
// dies with this process, also by kill -9, and the next start waits until it
// is gone before it opens the same file; what workflows had recorded is there
// again.
//
// What it does not do: it restarts nothing by itself (the owner sees
// [Engine.Done]), it does not authenticate (whoever may run programs on this
// machine may talk to the engine; a cluster with mTLS is for machines that are
// shared), and it knows no workflow.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/genesis-network/genesis/internal/child"
	"github.com/genesis-network/genesis/internal/durable"
)

// The files in the engine's directory.
const (
	DatabaseFile = "temporal.db"
	LogFile      = "temporal.log"
	LockFile     = "lock"
)

// Config says which engine to run where.
type Config struct {
	Dir     string // database, log, lock
	Program Program
	Log     *slog.Logger // nil is silent
}

// takeover is how long a start waits for a killed predecessor to be gone, and
// startup for the engine to answer; cold, on a busy machine.
const (
	takeover = 10 * time.Second
	startup  = 60 * time.Second
	attempts = 3 // a port that was free may be taken until the engine binds it
)

// Engine is a running workflow engine.
type Engine struct {
	address string
	process *child.Process
	lock    *os.File
	output  *os.File
}

// Start runs the engine and returns when workflows can be started on it.
func Start(ctx context.Context, cfg Config) (*Engine, error) {
	began := time.Now()
	e, err := start(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("workflow engine: %w", err)
	}
	if cfg.Log != nil {
		cfg.Log.InfoContext(ctx, "workflow engine is up", slog.String("address", e.address),
			slog.Int("pid", e.process.Pid()), slog.Duration("took", time.Since(began)))
	}
	return e, nil
}

func start(ctx context.Context, cfg Config) (*Engine, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	patience, cancel := context.WithTimeout(ctx, takeover)
	defer cancel()
	lock, err := durable.Lock(patience, filepath.Join(cfg.Dir, LockFile))
	if err != nil {
		return nil, err
	}
	output, err := openLog(filepath.Join(cfg.Dir, LogFile))
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	e := &Engine{lock: lock, output: output}
	if err := e.tryPorts(ctx, cfg); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// openLog starts a new log and keeps the one before.
func openLog(path string) (*os.File, error) {
	if err := os.Rename(path, path+".old"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

func (e *Engine) tryPorts(ctx context.Context, cfg Config) error {
	var err error
	for range attempts {
		if err = e.launch(cfg); err != nil {
			return err
		}
		if err = e.await(ctx); err == nil {
			return nil
		}
		e.process.Kill()
		if !strings.Contains(err.Error(), "port") { // its log says which port it could not have
			return err
		}
	}
	return err
}

func (e *Engine) launch(cfg Config) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	e.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	e.process, err = child.Start(child.Spec{
		Name: "temporal", Path: cfg.Program.Path, Args: arguments(port), Env: environment(cfg.Dir), Dir: cfg.Dir,
		Output: e.output, Lock: e.lock,
	})
	return err
}

func arguments(port int) []string {
	return []string{
		"server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", strconv.Itoa(port),
		"--db-filename", DatabaseFile, "--log-level", "warn",
		// Committed transactions survive kill -9 with either journal; WAL lets
		// readers go on meanwhile.
		"--sqlite-pragma", "journal_mode=wal",
	}
}

// environment keeps the user's own Temporal configuration out of it.
func environment(dir string) []string {
	return []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// await returns when the engine serves; an error when it ends or takes too
// long, with the end of its log.
func (e *Engine) await(ctx context.Context) error {
	patience, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	serving := make(chan error, 1)
	go func() { serving <- awaitServing(patience, e.address) }()
	select {
	case err := <-serving:
		if err == nil {
			return nil
		}
		return fmt.Errorf("%s does not answer: %w; its log ends with:\n%s", e.address, err, e.tail())
	case <-e.process.Done():
		return fmt.Errorf("it ended at once: %w; its log ends with:\n%s", e.process.Err(), e.tail())
	}
}

// tail is the end of the engine's log.
func (e *Engine) tail() string {
	const most = 2000
	raw, err := os.ReadFile(e.output.Name())
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-most):])
}

// Address is where the engine serves: host:port.
func (e *Engine) Address() string { return e.address }

// Pid is the engine's process id.
func (e *Engine) Pid() int { return e.process.Pid() }

// Done is closed when the engine has ended, whoever ended it.
func (e *Engine) Done() <-chan struct{} { return e.process.Done() }

// Stop ends the engine in order; when the context ends first, it is killed,
// which loses nothing that was recorded.
func (e *Engine) Stop(ctx context.Context) error {
	err := e.process.Stop(ctx)
	return errors.Join(err, e.close())
}

func (e *Engine) close() error { return errors.Join(e.output.Close(), e.lock.Close()) }
