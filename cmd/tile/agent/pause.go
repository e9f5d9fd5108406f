package agent

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/trust"
)

// A trial ends badly when the tile does not survive it. A tile that was asked
// to stop, and could, has survived: its trial is paused, and begins again when
// the tile is started before the order expires.

// Farewell is how long a tile that was asked to stop may take. One that takes
// longer is ended, and what was on trial then is not tried again.
const Farewell = 3 * time.Second

// pause notes on disk that the tile was stopped in order.
func (a *Agent) pause() error {
	a.obeying.Lock()
	defer a.obeying.Unlock()
	a.mu.Lock()
	state, trying := a.state, a.trial != nil
	a.mu.Unlock()
	if !trying {
		return nil
	}
	return a.paused(state, true)
}

// paused writes a state whose trial is paused, or not any more.
func (a *Agent) paused(state trust.State, yes bool) error {
	t := *state.Trial
	t.Paused = yes
	state.Trial = &t
	if err := trust.WriteState(a.statePath(), state); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = state
	return nil
}

// returnHome ends a trial that the tile did not survive. One that was paused is
// kept for resume; should the tile not survive that, it ends.
func (a *Agent) returnHome(context.Context) error {
	t := a.state.Trial
	switch {
	case t == nil:
		return nil
	case !t.Paused:
		return a.abandon("the tile stopped while the release was on trial")
	case a.cfg.Now().Unix() >= t.Expires:
		return a.abandon("no commit before the order expired")
	}
	return a.paused(a.state, false)
}

// abandon goes back before anything runs.
func (a *Agent) abandon(reason string) error {
	left := a.state.Trial.Release
	next, _, err := a.verifier.Back(a.state, a.cfg.Now())
	if err != nil {
		return err
	}
	if err := trust.WriteState(a.statePath(), next); err != nil {
		return err
	}
	a.state, a.phase, a.release, a.reason = next, rollout.WentBack, left, reason
	return nil
}

// needed are the modules that must stay on the shelf.
func (a *Agent) needed() map[string]pipeline.Digest {
	if a.state.Trial == nil {
		return a.state.Installed
	}
	needed := maps.Clone(a.state.Installed)
	for slot, module := range a.state.Trial.Slots {
		needed[slot+" on trial"] = module
	}
	return needed
}

// resume begins a paused trial again, from the shelf: its chain was verified
// when the release was taken, and what it derives now must have the same name.
func (a *Agent) resume(ctx context.Context) error {
	t := a.state.Trial
	if t == nil {
		return nil
	}
	seats, err := a.seatsOf(ctx, t)
	if err != nil {
		a.cfg.Log.Error("tile: the release on trial cannot be loaded again", "error", err)
		return a.abandon(fmt.Sprintf("the release on trial cannot be loaded again: %v", err))
	}
	a.trial = &trial{release: t.Release, expires: time.Unix(t.Expires, 0), seats: seats, ended: make(chan struct{})}
	a.phase, a.release = rollout.Trial, t.Release
	for name, s := range seats {
		a.bays[name].try(s)
	}
	return nil
}

// seatsOf loads the modules of a trial that are not installed.
func (a *Agent) seatsOf(ctx context.Context, t *trust.Trial) (map[string]*seat, error) {
	seats := map[string]*seat{}
	for name, module := range t.Slots {
		if module == a.state.Installed[name] {
			continue
		}
		s, err := a.modules.seat(ctx, a.bays[name].slot, module)
		if err != nil {
			_ = closeAll(seats) // the error that counts is why one cannot be loaded
			return nil, err
		}
		seats[name] = s
	}
	return seats, nil
}
