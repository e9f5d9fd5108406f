package agent

import (
	"context"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
)

// trialReport is how often a tile reports while something is on trial.
const trialReport = 500 * time.Millisecond

// hurry asks for a report now.
func (a *Agent) hurry() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// report tells the control plane how the tile is, for as long as it lives. A
// control plane that cannot be reached changes nothing.
func (a *Agent) report(ctx context.Context, link *fleet.Tile) error {
	for {
		r := a.snapshot()
		wait := rollout.ReportEvery
		if r.Phase == rollout.Trial {
			wait = trialReport
		}
		a.send(ctx, link, r)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-a.wake:
			timer.Stop()
		}
	}
}

func (a *Agent) send(ctx context.Context, link *fleet.Tile, r rollout.Report) {
	ctx, cancel := context.WithTimeout(ctx, rollout.ReportEvery)
	defer cancel()
	if err := link.Report(ctx, r); err != nil {
		a.cfg.Log.Debug("tile: report", "error", err)
	}
}

// snapshot is the tile as it is.
func (a *Agent) snapshot() rollout.Report {
	a.mu.Lock()
	a.seq++
	r := rollout.Report{
		Tile: a.cfg.Tile, Class: a.lineage.Class, Lineage: a.lineage.Name, Site: a.cfg.Site,
		Seq: a.seq, At: a.cfg.Now().UnixMilli(), Phase: a.phase, Release: a.release, Serial: a.state.Serial, Reason: a.reason,
		Slots: map[string]pipeline.Digest{}, Counters: map[string]int64{},
	}
	a.mu.Unlock()
	first := true
	for _, b := range a.bays {
		calls := b.describe(&r)
		if first || calls < r.Calls {
			r.Calls = calls
		}
		first = false
	}
	return r
}

// describe adds the slot to a report.
func (b *bay) describe(r *rollout.Report) (calls int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.stats
	r.Slots[b.slot.Name] = b.at.Load().name
	r.Ticks += s.calls
	r.Faults = append(r.Faults, s.faults...)
	r.CallNanos = max(r.CallNanos, s.nanos/max(s.calls, 1))
	r.PauseNanos = max(r.PauseNanos, s.pause.Nanoseconds())
	total := b.total()
	for i, name := range b.slot.Simulator.Counters() {
		r.Counters[name] += total[i] - s.start[i]
	}
	return s.calls
}
