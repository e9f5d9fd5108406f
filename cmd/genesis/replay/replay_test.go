package replay_test

import (
	"testing"

	"github.com/genesis-network/genesis/cmd/genesis/replay"
	"github.com/genesis-network/genesis/telemetry/wakeups"
)

// periods make one block of rows, and a little more.
const periods = 520

// host is a recording whose latencies are known: every 5 ms four threads wake, 10 us
// apart, and each works for 400 us, one after the other from 3 us after the first.
func host(t *testing.T) *wakeups.Recording {
	t.Helper()
	var log wakeups.Log
	for p := range int64(periods) {
		begin := p * 5_000
		for i := range int64(4) {
			id := int(i) + 1
			log.Events = append(log.Events, wakeups.Event{At: (begin + 10*i) * 1000, Kind: wakeups.Wakeup, Thread: id, Prio: 120})
			from := begin + 3 + 400*i
			log.Events = append(log.Events, wakeups.Event{At: from * 1000, Kind: wakeups.Switch, Thread: int(i), Blocks: true, Next: id, NextPrio: 120})
		}
		log.Events = append(log.Events, wakeups.Event{At: (begin + 3 + 1600) * 1000, Kind: wakeups.Switch, Thread: 4, Blocks: true})
	}
	rec, err := wakeups.Reduce(log, 0)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// The simulator in the host's order gives the host's latencies, but for the width
// of a bucket.
func TestReplayGivesTheLatenciesOfTheHost(t *testing.T) {
	t.Parallel()
	r, err := replay.Run(host(t))
	if err != nil {
		t.Fatal(err)
	}
	if r.Blocks != 1 || r.HostHalf != 393 || r.HostTail != 1173 {
		t.Errorf("the host: %+v, want a median of 393 us and a 99th percentile of 1173 us", r)
	}
	near := func(got, want int64) bool { return got >= want-4 && got <= want+want*32/1000+4 }
	if !near(r.ReplayHalf, r.HostHalf) || !near(r.ReplayTail, r.HostTail) || r.Slips != 0 || r.Turns == 0 {
		t.Errorf("the replay is too far from the host: %+v", r)
	}
}

// A host that always took the last thread first has other latencies than a
// recording says that claims another order.
func TestReplayInAnotherOrderIsSeen(t *testing.T) {
	t.Parallel()
	rec := host(t)
	for i := range rec.Turns {
		rec.Turns[i].Place = 3 - rec.Turns[i].Place
	}
	r, err := replay.Run(rec)
	if err != nil {
		t.Fatal(err)
	}
	if r.Slips == 0 && r.ReplayTail == r.HostTail && r.ReplayHalf == r.HostHalf {
		t.Errorf("another order made no difference: %+v", r)
	}
}

func TestAShortRecordingSaysNothing(t *testing.T) {
	t.Parallel()
	rec := host(t)
	rec.Rows = rec.Rows[:100]
	if r, err := replay.Run(rec); err != nil || r.Blocks != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
