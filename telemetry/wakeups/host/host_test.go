package host

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mount is a folder that looks like tracefs as far as it goes.
func mount(t *testing.T, folders ...string) tracefs {
	t.Helper()
	dir := t.TempDir()
	for _, f := range folders {
		if err := os.MkdirAll(filepath.Join(dir, f), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return tracefs{dir}
}

// What is missing is refused with what to type.
func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		allowed func() error
		want    string
	}{
		{"no tracefs", mount(t).allowed, "sudo mount -t tracefs nodev"},
		{"no tracepoints", mount(t, "instances").allowed, "no tracepoint sched_switch"},
		{"one is missing", mount(t, "instances", "events/sched/sched_switch", "events/sched/sched_wakeup", "events/sched/sched_wakeup_new").allowed, "no tracepoint sched_migrate_task"},
		{"no perf", perf{"no-such-perf"}.allowed, "apt-get install linux-perf"},
		{"perf that refuses", perf{"false"}.allowed, "kernel.perf_event_paranoid=-1"},
	} {
		if err := tt.allowed(); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A host that allows it is left as it was.
func TestAProbeLeavesNothing(t *testing.T) {
	t.Parallel()
	var folders []string
	for _, e := range events {
		folders = append(folders, "events/sched/"+e)
	}
	m := mount(t, append(folders, "instances")...)
	if err := m.allowed(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(m.mount, "instances")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAnotherWayIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Find("strace"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "tracefs and perf") {
		t.Errorf("%v", err)
	}
}

// Everything that a processor did not keep is lost.
func TestLostEventsAreSummed(t *testing.T) {
	t.Parallel()
	const stats = "entries: 1000\noverrun: 3\ncommit overrun: 2\nbytes: 9\noldest event ts: 1.5\nnow ts: 2.0\ndropped events: 7\nread events: 4\n"
	if got := dropped(stats); got != 12 {
		t.Errorf("%d lost, want 12", got)
	}
	m := mount(t, "per_cpu/cpu0", "per_cpu/cpu1")
	for _, cpu := range []string{"cpu0", "cpu1"} {
		if err := os.WriteFile(filepath.Join(m.mount, "per_cpu", cpu, "stats"), []byte(stats), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := instance(m.mount).lost(); err != nil || got != 24 {
		t.Errorf("%d lost, %v, want 24", got, err)
	}
	if _, err := instance(t.TempDir()).lost(); err == nil {
		t.Error("without statistics nothing is known to be lost, and nobody said so")
	}
}
