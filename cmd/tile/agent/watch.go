package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/rollout"
)

// stuckAfter is how long a slot may go without a call, at least.
const stuckAfter = 2 * time.Second

// patience is how long a slot may go without a call: several periods.
func (c Config) patience() time.Duration { return max(stuckAfter, 8*c.Period) }

// watchRounds is how often the watchdog looks within its patience. A slot is
// stuck only when that many looks saw nothing, so a process that was stopped
// as a whole is not blamed for the time in which it was.
const watchRounds = 4

// ErrStuck ends a tile in which a slot makes no calls although nothing is on
// trial: started again, it comes back with what is installed.
var ErrStuck = errors.New("a slot makes no calls")

// watchdog ends trials of modules that got stuck and of orders that expired.
func (a *Agent) watchdog(ctx context.Context) error {
	tick := time.NewTicker(a.cfg.patience() / watchRounds)
	defer tick.Stop()
	seen := map[string]watched{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := a.watch(seen); err != nil {
				return err
			}
		}
	}
}

// watched is how many ticks a slot had done, since when, and how often the
// watchdog looked since.
type watched struct {
	beats uint64
	since time.Time
	looks int
}

// watch looks once at every slot and at the trial.
func (a *Agent) watch(seen map[string]watched) error {
	now := a.cfg.Now()
	for name, b := range a.bays {
		w, known := seen[name]
		if beats := b.beats.Load(); !known || w.beats != beats {
			w = watched{beats: beats, since: now}
		}
		w.looks++
		seen[name] = w
		if err := a.judge(name, b, w, now); err != nil {
			return err
		}
	}
	a.mu.Lock()
	late := a.trial != nil && !now.Before(a.trial.expires)
	a.mu.Unlock()
	if late {
		a.goBack("no commit before the order expired")
	}
	return nil
}

// judge gives a slot one patience to end a trial, and as much again to recover.
func (a *Agent) judge(name string, b *bay, w watched, now time.Time) error {
	silent := now.Sub(w.since)
	if silent <= a.cfg.patience() || w.looks <= watchRounds {
		return nil
	}
	f := fault{kind: rollout.FaultStuck, detail: fmt.Sprintf("no call for %s", silent.Round(time.Second))}
	if a.goBack("slot "+name+": "+f.String()) || silent <= 2*a.cfg.patience() {
		return nil
	}
	return fmt.Errorf("slot %s: %w: none for %s", name, ErrStuck, silent.Round(time.Second))
}
