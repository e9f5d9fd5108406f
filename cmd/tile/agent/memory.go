package agent

import (
	"context"
	"errors"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/trust"
)

// memory is what the tile remembers, on disk as far as [trust.State] goes.
//
// Two locks: obeying is held while a document is obeyed, from reading the state
// to writing it; mu for moments. obeying comes first. Steps forward are on disk
// before they are in memory. A way back is in memory at once, and on disk as
// soon as the disk answers: what is there until then has the trial, and a tile
// that finds one when it starts goes back too.

// trial is a release that was taken and not committed yet.
type trial struct {
	release pipeline.Digest
	expires time.Time // without a commit it ends then
	seats   map[string]*seat
	ended   chan struct{} // closed when it ended badly,
	reason  string        // and why it did
}

// remembered is the state as it is now.
func (a *Agent) remembered() trust.State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// begin puts a release on trial whose state is on disk. obeying is held.
func (a *Agent) begin(accepted *trust.Accepted, seats map[string]*seat) *trial {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.trial = &trial{release: accepted.Digest, expires: time.Unix(accepted.Order.Expires, 0), seats: seats, ended: make(chan struct{})}
	a.state, a.phase, a.release, a.reason = accepted.Next, rollout.Trial, accepted.Digest, ""
	for name, s := range seats {
		a.bays[name].try(s)
	}
	a.hurry()
	return a.trial
}

// goBack ends the trial, if there is one: at once every slot is decided as it
// was before. It needs nobody, and waits for nobody. It says whether there was
// one.
func (a *Agent) goBack(reason string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trial == nil {
		return false
	}
	next, _, err := a.verifier.Back(a.state, a.cfg.Now())
	if err != nil {
		a.cfg.Log.Error("tile: cannot go back", "reason", reason, "error", err)
		return false
	}
	a.endTrial(next, reason)
	return true
}

// endTrial ends a trial badly. mu is held.
func (a *Agent) endTrial(next trust.State, reason string) {
	for _, b := range a.bays {
		b.leave()
	}
	a.cfg.Log.Warn("tile: went back", "release", a.trial.release.Short(), "reason", reason)
	a.trial.reason = reason
	close(a.trial.ended)
	a.trial, a.phase, a.reason = nil, rollout.WentBack, reason
	a.remember(next)
	a.hurry()
}

// remember takes a state whose writing can wait. mu is held.
func (a *Agent) remember(next trust.State) {
	a.state, a.unsaved = next, true
	select {
	case a.write <- struct{}{}:
	default:
	}
}

// save writes the state, if that was put off. obeying is held.
func (a *Agent) save() error {
	a.mu.Lock()
	state, unsaved := a.state, a.unsaved
	a.unsaved = false
	a.mu.Unlock()
	if !unsaved {
		return nil
	}
	err := trust.WriteState(a.statePath(), state)
	if err != nil {
		a.mu.Lock()
		a.unsaved = true
		a.mu.Unlock()
	}
	return err
}

// saveAgain is how long after a failed attempt the state is written again.
const saveAgain = time.Second

// keep writes the state whenever that was put off, and a last time at the end.
func (a *Agent) keep(ctx context.Context) error {
	again := time.NewTicker(saveAgain)
	defer again.Stop()
	for {
		a.obeying.Lock()
		err := a.save()
		a.obeying.Unlock()
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			a.cfg.Log.Error("tile: the state is not on disk; a restart would go back again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-a.write:
		case <-again.C:
		}
	}
}

// errWentBack says that a step forward came too late.
var errWentBack = errors.New("the tile went back meanwhile")

// settle ends the trial well, with a state that is on disk. obeying is held.
func (a *Agent) settle(next trust.State) error {
	a.mu.Lock()
	if a.trial == nil {
		a.unsaved = true
		a.mu.Unlock()
		return errors.Join(errWentBack, a.save())
	}
	for _, b := range a.bays {
		b.keep()
	}
	a.trial, a.state, a.phase, a.reason = nil, next, rollout.Idle, ""
	a.mu.Unlock()
	a.hurry()
	return nil
}
