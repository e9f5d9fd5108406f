package wakeups_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/telemetry"
	"github.com/genesis-network/genesis/telemetry/wakeups"
)

// What tracefs prints, and what perf script prints, of the same second.
const (
	tracer = `# tracer: nop
#
          <idle>-0       [001] d..2.  1803.000000: sched_wakeup: comm=a b=[000] pid=7 prio=120 target_cpu=000
          <idle>-0       [000] dN.4.  1803.000001: sched_wakeup_new: comm=x pid=8 prio=139 target_cpu=001
          <idle>-0       [000] d..2.  1803.000010: sched_switch: prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=a ==> b next_pid=7 next_prio=120
CPU:1 [LOST 12 EVENTS]
           a b-7         [000] d..2.  1803.000110: sched_switch: prev_comm=a ==> b prev_pid=7 prev_prio=120 prev_state=R+ ==> next_comm=rt next_pid=9 next_prio=49
           a b-7         [000] d..2.  1803.000120: sched_migrate_task: comm=a pid=7 prio=120 orig_cpu=0 dest_cpu=1
           a b-7         [000] d..2.  1803.000120: sched_stat_runtime: comm=a pid=7
`
	script = `            perf  3234 [001]  1803.000000000:       sched:sched_wakeup: comm=a b=[000] pid=7 prio=120 target_cpu=000
            perf  3234 [000]  1803.000001000: sched:sched_wakeup_new: comm=x pid=8 prio=139 target_cpu=001
         swapper     0 [000]  1803.000010000: sched:sched_switch: prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=a next_pid=7 next_prio=120
            perf     0 [000]  1803.000011000: PERF_RECORD_LOST lost 12
             a b     7 [000]  1803.000110000: sched:sched_switch: prev_comm=a prev_pid=7 prev_prio=120 prev_state=R+ ==> next_comm=rt next_pid=9 next_prio=49
             a b     7 [000]  1803.000120000: sched:sched_migrate_task: comm=a pid=7 prio=120 orig_cpu=0 dest_cpu=1
`
)

func TestBothTextsGiveTheSameEvents(t *testing.T) {
	t.Parallel()
	const at = 1803_000_000_000
	want := []wakeups.Event{
		{At: at, CPU: 1, Kind: wakeups.Wakeup, Thread: 7, Prio: 120},
		{At: at + 1000, Kind: wakeups.Wakeup, Thread: 8, Prio: 139, Target: 1},
		{At: at + 10_000, Kind: wakeups.Switch, Prio: 120, Next: 7, NextPrio: 120},
		{At: at + 110_000, Kind: wakeups.Switch, Thread: 7, Prio: 120, Next: 9, NextPrio: 49},
		{At: at + 120_000, Kind: wakeups.Migrate, Thread: 7, Prio: 120, Target: 1},
	}
	for name, text := range map[string]string{"tracefs": tracer, "perf": script} {
		log, err := wakeups.ReadText(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, log.Events); diff != "" || log.Lost != 12 {
			t.Errorf("%s: %d lost %s", name, log.Lost, diff)
		}
	}
}

func TestMalformedEventsAreRefusedWithTheirLine(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no fields": "\n a-1 [000] d..2. 1.000000: sched_switch: prev_comm=a\n",
		"too long":  "\n" + strings.Repeat("x", 5000) + "\n",
	} {
		if _, err := wakeups.ReadText(strings.NewReader(text)); !errors.Is(err, wakeups.ErrEvent) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	const head = "t_us,cpu,event,tid,prio,state,next_tid,next_prio\n"
	for name, row := range map[string]string{"event": "0,0,sleep,1,120,,,", "cells": "0,0,wakeup,1", "number": "-1,0,wakeup,1,120,,,", "next": "0,0,switch,1,120,S,,120"} {
		if _, err := wakeups.ReadTable(strings.NewReader(head + row + "\n")); !errors.Is(err, wakeups.ErrEvent) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := wakeups.ReadTable(strings.NewReader("t,cpu\n")); !errors.Is(err, wakeups.ErrEvent) {
		t.Errorf("other columns: %v", err)
	}
}

// story is a processor on which 8 works until 7 wakes; 7 works, is interrupted
// by nobody, and sleeps; then 8 goes on for longer than a piece.
const story = `t_us,cpu,event,tid,prio,state,next_tid,next_prio
0,0,wakeup,8,139,,,
5,0,switch,0,120,R,8,139
100,0,wakeup,7,100,,,
104,0,switch,8,139,R+,7,100
150,0,switch,7,100,S,8,139
50150,0,switch,8,139,S,0,120
3050150,0,wakeup,7,100,,,
3050155,0,switch,0,120,R,7,100
3050160,0,switch,7,100,S,0,120
`

func TestReduce(t *testing.T) {
	t.Parallel()
	log, err := wakeups.ReadTable(strings.NewReader(story))
	if err != nil {
		t.Fatal(err)
	}
	r, err := wakeups.Reduce(log, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []wakeups.Row{
		{At: 0, Run: 20_000, Place: 0, Prio: 0, Wakes: true, Wait: 5},
		{At: 100, Run: 46, Place: 1, Prio: 6, Wakes: true, Wait: 4},
		{At: 20_051, Run: 20_000, Place: 0, Prio: 0, Wait: -1},
		{At: 40_051, Run: 10_099, Place: 0, Prio: 0, Wait: -1},
		{At: 3_050_150, Run: 5, Place: 1, Prio: 6, Wakes: true, Wait: 5},
	}
	if diff := cmp.Diff(want, r.Rows, cmpopts.IgnoreUnexported(wakeups.Row{})); diff != "" {
		t.Error(diff)
	}
	if r.Busy != 50_150 || r.Threads != 2 || r.Moved != 2 || len(r.Filled()) != 6 {
		t.Errorf("busy %d us, %d threads, %d no wake-up, %d rows with fillers", r.Busy, r.Threads, r.Moved, len(r.Filled()))
	}
	if got := string(r.CSV()); !strings.HasPrefix(got, "run,gap,thread,prio,wake,wait\n20000,0,0,0,1,5\n46,100,1,6,1,4\n") {
		t.Error(got)
	}
	if _, err := wakeups.Reduce(log, 1); !errors.Is(err, wakeups.ErrEmpty) {
		t.Errorf("a processor that nothing ran on: %v", err)
	}
	header, err := r.Header(wakeups.Note{Name: "x", File: "x.csv", With: "hand", Licence: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := telemetry.ParseHeader("x.trace.yaml", header); err != nil {
		t.Error(err)
	}
}

// With more than 64 threads places are passed on, and no place is ever taken
// from a thread that is ready; the work is that of the processor, to the
// microsecond.
func TestPlacesAndWorkAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var log wakeups.Log
		now, busy := int64(0), int64(0)
		threads := rapid.IntRange(1, 200).Draw(r, "threads")
		for range rapid.IntRange(1, 300).Draw(r, "bursts") {
			id := rapid.IntRange(1, threads).Draw(r, "thread")
			wait, run := rapid.Int64Range(0, 50).Draw(r, "wait"), rapid.Int64Range(1, 45_000).Draw(r, "run")
			log.Events = append(log.Events, wakeups.Event{At: now * 1000, Kind: wakeups.Wakeup, Thread: id, Prio: 120},
				wakeups.Event{At: (now + wait) * 1000, Kind: wakeups.Switch, Next: id, NextPrio: 120},
				wakeups.Event{At: (now + wait + run) * 1000, Kind: wakeups.Switch, Thread: id, Prio: 120, Blocks: true})
			now, busy = now+wait+run, busy+run
		}
		rec, err := wakeups.Reduce(log, 0)
		if err != nil {
			r.Fatal(err)
		}
		sum := int64(0)
		for _, row := range rec.Rows {
			sum += row.Run
			if row.Place < 0 || row.Place >= wakeups.Places {
				r.Fatalf("place %d", row.Place)
			}
		}
		if sum != busy || rec.Busy != busy || rec.Crowded != 0 || rec.Threads <= wakeups.Places && rec.Shared != 0 {
			r.Fatalf("work %d and %d us, want %d; %d left out, %d passed on", sum, rec.Busy, busy, rec.Crowded, rec.Shared)
		}
	})
}

func TestRowsAreLeftOutWhenAllPlacesAreReady(t *testing.T) {
	t.Parallel()
	var log wakeups.Log
	for id := range wakeups.Places + 3 {
		log.Events = append(log.Events, wakeups.Event{At: int64(id) * 1000, Kind: wakeups.Wakeup, Thread: id + 1, Prio: 120})
	}
	log.Events = append(log.Events, wakeups.Event{At: 1e6, Kind: wakeups.Switch, Next: 1, NextPrio: 120}, wakeups.Event{At: 2e6, Kind: wakeups.Switch, Thread: 1, Blocks: true})
	rec, err := wakeups.Reduce(log, 0)
	if err != nil || rec.Crowded != 3 {
		t.Errorf("%+v, %v", rec, err)
	}
}

func TestLevel(t *testing.T) {
	t.Parallel()
	for prio, want := range map[int]int{0: 7, 99: 7, 100: 6, 105: 6, 106: 5, 113: 4, 119: 4, 120: 3, 121: 2, 128: 1, 135: 0, 139: 0} {
		if got := wakeups.Level(prio); got != want {
			t.Errorf("Level(%d) = %d, want %d", prio, got, want)
		}
	}
}

// Whatever the text: a refusal, or events that reduce to rows that a header
// describes.
func FuzzText(f *testing.F) {
	f.Add([]byte(tracer), false)
	f.Add([]byte(script), false)
	f.Add([]byte(story), true)
	f.Fuzz(func(t *testing.T, text []byte, table bool) {
		read := wakeups.ReadText
		if table {
			read = wakeups.ReadTable
		}
		log, err := read(strings.NewReader(string(text)))
		if err != nil || len(log.Events) == 0 || log.Events[len(log.Events)-1].At-log.Events[0].At > 1e11 {
			return
		}
		rec, err := wakeups.Reduce(log, wakeups.Busiest(log.Events))
		if errors.Is(err, wakeups.ErrEmpty) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rec.Rows {
			if row.Run < 1 || row.Run > wakeups.Piece+1 || row.At < 0 || row.Place >= wakeups.Places {
				t.Fatalf("%+v", row)
			}
		}
	})
}
