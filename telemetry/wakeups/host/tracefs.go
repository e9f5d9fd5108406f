package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/genesis-network/genesis/telemetry/wakeups"
)

// defaultMount is where Linux mounts tracefs.
const defaultMount = "/sys/kernel/tracing"

// bufferKiB is the kernel's buffer for each processor: about a million events.
const bufferKiB = 64 << 10

// tracefs records through a mounted tracefs, in an instance of its own, so that
// no other use of it is disturbed.
type tracefs struct{ mount string }

// allowed says what to type where it is not.
func (t tracefs) allowed() error {
	info, err := os.Stat(filepath.Join(t.mount, "instances"))
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: run it as root: sudo genesis record sched", ErrRefused)
	}
	if err != nil || !info.IsDir() {
		return fmt.Errorf("%w: tracefs is not mounted: sudo mount -t tracefs nodev %s", ErrRefused, t.mount)
	}
	for _, e := range events {
		if _, err := os.Stat(filepath.Join(t.mount, "events/sched", e)); err != nil {
			return fmt.Errorf("%w: this kernel has no tracepoint %s: %w", ErrRefused, e, err)
		}
	}
	probe, err := os.MkdirTemp(filepath.Join(t.mount, "instances"), "genesis-")
	if err != nil {
		return fmt.Errorf("%w: run it as root: sudo genesis record sched (%w)", ErrRefused, err)
	}
	return os.Remove(probe)
}

func (t tracefs) record(ctx context.Context, d time.Duration) (log wakeups.Log, err error) {
	dir, err := os.MkdirTemp(filepath.Join(t.mount, "instances"), "genesis-")
	if err != nil {
		return log, fmt.Errorf("%w: run it as root (%w)", ErrRefused, err)
	}
	in := instance(dir)
	defer func() { err = errors.Join(err, in.off(), os.Remove(dir)) }()
	if err := in.on(); err != nil {
		return log, err
	}
	if err := wait(ctx, d); err != nil {
		return log, err
	}
	if err := in.write("tracing_on", "0"); err != nil {
		return log, err
	}
	f, err := os.Open(filepath.Join(dir, "trace"))
	if err != nil {
		return log, err
	}
	defer f.Close()
	if log, err = wakeups.ReadText(f); err != nil {
		return log, err
	}
	log.Lost, err = in.lost()
	return log, err
}

// instance is a folder of tracefs with buffers of its own.
type instance string

func (in instance) write(file, text string) error {
	return os.WriteFile(filepath.Join(string(in), file), []byte(text), 0o600)
}

// on begins to record: what does not fit is dropped and counted.
func (in instance) on() error {
	steps := [][2]string{{"tracing_on", "0"}, {"buffer_size_kb", strconv.Itoa(bufferKiB)}, {"trace_clock", "mono"}, {"options/overwrite", "0"}}
	for _, e := range events {
		steps = append(steps, [2]string{"events/sched/" + e + "/enable", "1"})
	}
	for _, s := range append(steps, [2]string{"tracing_on", "1"}) {
		if err := in.write(s[0], s[1]); err != nil {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	return nil
}

func (in instance) off() error {
	err := in.write("tracing_on", "0")
	for _, e := range events {
		err = errors.Join(err, in.write("events/sched/"+e+"/enable", "0"))
	}
	return err
}

// lost sums what each processor dropped.
func (in instance) lost() (int64, error) {
	files, err := filepath.Glob(filepath.Join(string(in), "per_cpu/cpu*/stats"))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("no statistics of lost events in %s: %w", in, fs.ErrNotExist)
	}
	sum := int64(0)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		sum += dropped(string(text))
	}
	return sum, nil
}

// dropped reads a file stats of a processor.
func dropped(stats string) int64 {
	sum := int64(0)
	s := bufio.NewScanner(strings.NewReader(stats))
	for s.Scan() {
		name, value, _ := strings.Cut(s.Text(), ":")
		switch name {
		case "overrun", "commit overrun", "dropped events":
			n, _ := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			sum += max(n, 0)
		}
	}
	return sum
}
