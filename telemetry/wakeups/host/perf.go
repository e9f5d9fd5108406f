package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/genesis-network/genesis/telemetry/wakeups"
)

// perf records with the program of that name.
type perf struct{ program string }

// perfPages is the buffer for each processor, in pages.
const perfPages = 4096

func (p perf) allowed() error {
	if _, err := exec.LookPath(p.program); err != nil {
		return fmt.Errorf("%w: there is no program perf: install it (Debian: sudo apt-get install linux-perf)", ErrRefused)
	}
	out, err := exec.Command(p.program, "stat", "-a", "-e", "sched:sched_switch", "--", "true").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: run it as root, or: sudo sysctl kernel.perf_event_paranoid=-1 (perf says: %.200s)", ErrRefused, bytes.TrimSpace(out))
	}
	return nil
}

func (p perf) record(ctx context.Context, d time.Duration) (log wakeups.Log, err error) {
	dir, err := os.MkdirTemp("", "genesis-record-")
	if err != nil {
		return log, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	data := filepath.Join(dir, "perf.data")
	args := []string{"record", "-q", "-a", "-k", "CLOCK_MONOTONIC", "-m", strconv.Itoa(perfPages), "-o", data}
	for _, e := range events {
		args = append(args, "-e", "sched:"+e)
	}
	args = append(args, "--", "sleep", strconv.FormatFloat(d.Seconds(), 'f', 3, 64))
	if out, err := exec.CommandContext(ctx, p.program, args...).CombinedOutput(); err != nil {
		return log, fmt.Errorf("%w: %.200s: %w", ErrRefused, bytes.TrimSpace(out), err)
	}
	return p.read(ctx, data)
}

// read prints the events of a file of perf and reads them.
func (p perf) read(ctx context.Context, data string) (wakeups.Log, error) {
	cmd := exec.CommandContext(ctx, p.program, "script", "-i", data, "--ns", "--show-lost-events", "-F", "comm,tid,cpu,time,event,trace")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return wakeups.Log{}, err
	}
	if err := cmd.Start(); err != nil {
		return wakeups.Log{}, err
	}
	log, err := wakeups.ReadText(out)
	if err != nil {
		_, _ = io.Copy(io.Discard, out) // or perf waits for a reader
	}
	if ended := cmd.Wait(); ended != nil && err == nil {
		err = fmt.Errorf("perf script: %w: %.200s", ended, said.String())
	}
	return log, err
}
