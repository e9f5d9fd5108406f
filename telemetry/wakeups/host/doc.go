// Package host records the scheduler's tracepoints of the Linux host that it runs
// on, by tracefs (nothing else is needed) or by perf.
//
// What it keeps true: events stay in the kernel's buffers (tracefs) or in a
// temporary file (perf) until the recording is over, so that reading them does
// not disturb what is recorded; what did not fit is counted; what was set up is
// taken down, also when the recording is broken off. What it does not do: it
// mounts nothing and changes no setting of the host. Where something is missing
// it refuses with what to type ([ErrRefused]).
package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/telemetry/wakeups"
)

// ErrRefused says that the host does not allow a recording.
var ErrRefused = errors.New("the host does not allow it")

// events are the tracepoints that are recorded.
var events = []string{"sched_switch", "sched_wakeup", "sched_wakeup_new", "sched_migrate_task"}

// Recorder is a way to record.
type Recorder struct {
	Name   string
	record func(ctx context.Context, d time.Duration) (wakeups.Log, error)
}

// Record records for that long, on all processors.
func (r Recorder) Record(ctx context.Context, d time.Duration) (wakeups.Log, error) {
	log, err := r.record(ctx, d)
	if err != nil {
		return log, fmt.Errorf("record with %s: %w", r.Name, err)
	}
	return log, nil
}

// Find is the recorder of that name, or with "" the first that the host allows.
// The error wraps [ErrRefused] and says what to type.
func Find(name string) (Recorder, error) {
	ways := []struct {
		Recorder
		allowed func() error
	}{
		{Recorder{"tracefs", tracefs{defaultMount}.record}, tracefs{defaultMount}.allowed},
		{Recorder{"perf", perf{"perf"}.record}, perf{"perf"}.allowed},
	}
	var all error
	for _, w := range ways {
		if name != "" && name != w.Name {
			continue
		}
		err := w.allowed()
		if err == nil {
			return w.Recorder, nil
		}
		all = errors.Join(all, fmt.Errorf("%s: %w", w.Name, err))
	}
	if all == nil {
		return Recorder{}, fmt.Errorf("%w: no way %.20q: there are tracefs and perf", ErrRefused, name)
	}
	return Recorder{}, all
}

// wait lets the recording go on until it is over or broken off.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
