package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/trust"
)

// The codes of refusals that are this tile's and not package trust's.
const (
	CodeModule    = "module"          // it does not decode, or does not fit the contract
	CodeCode      = "module.code"     // the tile derives another code than the release names
	CodeBudget    = "module.budget"   // its worst case exceeds the contract's budget
	CodeSchema    = "module.schema"   // the state cannot be carried over
	CodeSlot      = "module.slot"     // the tile has no such slot
	CodeSwap      = "swap.late"       // it was taken, and a slot did not change hands in time
	CodeTrial     = "trial.ended"     // it was taken, and failed before this answer
	CodeState     = "state.unwritten" // the disk did not take what must be on it first
	CodeDrill     = "drill"           // not started for drills, or no such drill
	CodeTelemetry = "telemetry"       // the telemetry that is asked for is not here
	CodeChange    = "change"          // the candidate is not what the change says
)

// refusal is something that this tile does not do, with a stable code.
type refusal struct {
	code string
	err  error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// Code is the code that the control plane sees.
func (r *refusal) Code() string { return r.code }

// refuse gives an error its code, unless it has one.
func refuse(err error) error {
	var r *refusal
	if err == nil || errors.As(err, &r) {
		return err
	}
	return &refusal{codeOf(err), err}
}

func codeOf(err error) string {
	for _, known := range []struct {
		err  error
		code string
	}{{errDerived, CodeCode}, {host.ErrBudget, CodeBudget}, {host.ErrSchema, CodeSchema}} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	if code := trust.CodeOf(err); code != "" {
		return string(code)
	}
	return CodeModule
}

// take verifies a chain, puts its modules on trial and waits until they decide.
// It answers with the longest pause. A release that is on trial already is not
// taken again.
func (a *Agent) take(ctx context.Context, chain *trust.Chain) (time.Duration, error) {
	t, err := a.accept(ctx, chain)
	if err != nil {
		a.refused(chain, err)
		return 0, err
	}
	if t == nil {
		return 0, nil
	}
	return a.entrance(ctx, t)
}

// accept does everything up to the point where the loops follow; no trial means
// that there is nothing to do. Its errors are refusals.
func (a *Agent) accept(ctx context.Context, chain *trust.Chain) (*trial, error) {
	a.obeying.Lock()
	defer a.obeying.Unlock()
	state := a.remembered()
	accepted, err := a.verifier.Verify(state, chain, a.cfg.Now())
	if err != nil {
		return nil, refuse(err)
	}
	if accepted.Resumed {
		return nil, nil
	}
	seats, err := a.load(ctx, state, accepted)
	if err != nil {
		return nil, refuse(err)
	}
	if err := trust.WriteState(a.statePath(), accepted.Next); err != nil {
		return nil, errors.Join(&refusal{CodeState, err}, closeAll(seats))
	}
	return a.begin(accepted, seats), nil
}

// load makes a seat for every slot that changes.
func (a *Agent) load(ctx context.Context, state trust.State, accepted *trust.Accepted) (map[string]*seat, error) {
	seats := map[string]*seat{}
	for _, s := range accepted.Release.Slots {
		if s.Module.Digest() == state.Installed[s.Name()] {
			continue
		}
		next, err := a.guestOf(ctx, s.Module, accepted.IR)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("slot %s: %w", s.Name(), err), closeAll(seats))
		}
		seats[s.Name()] = next
	}
	return seats, nil
}

// guestOf loads one module of a release, on the shelf first.
func (a *Agent) guestOf(ctx context.Context, ref pipeline.ModuleRef, irs map[pipeline.Digest][]byte) (*seat, error) {
	b, ok := a.bays[ref.Code.Slot]
	if !ok {
		return nil, &refusal{CodeSlot, errors.New("this tile has no such slot")}
	}
	if err := b.clear(); err != nil {
		return nil, err
	}
	j := jar{ref, irs[ref.Code.IR]}
	s, err := j.seat(ctx, b.slot)
	if err != nil {
		return nil, err
	}
	if home := b.cast.home; home != nil && home.ref.Code.Schema != ref.Code.Schema {
		return nil, errors.Join(host.ErrSchema, s.close())
	}
	if err := a.modules.put(j); err != nil {
		return nil, errors.Join(&refusal{CodeState, err}, s.close())
	}
	return s, nil
}

func closeAll(seats map[string]*seat) error {
	var errs []error
	for _, s := range seats {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// entrance waits until every module of a trial decides, and not for ever.
func (a *Agent) entrance(ctx context.Context, t *trial) (time.Duration, error) {
	late := time.NewTimer(a.cfg.patience())
	defer late.Stop()
	var pause time.Duration
	for name, s := range t.seats {
		select {
		case <-s.entered:
			pause = max(pause, s.pause)
		case <-late.C:
			why := fmt.Errorf("slot %s did not change hands within %s: %w", name, a.cfg.patience(), a.bays[name].waiting())
			a.goBack(why.Error())
			return 0, &refusal{CodeSwap, why}
		case <-t.ended:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	select {
	case <-t.ended:
		return 0, &refusal{CodeTrial, errors.New("the tile went back: " + t.reason)}
	default:
		a.hurry()
		return pause, nil
	}
}

// refused notes a refusal, unless something is on trial that must not be
// forgotten.
func (a *Agent) refused(chain *trust.Chain, why error) {
	d, err := trust.StatementDigest(chain.Release.Envelope)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trial == nil {
		a.phase, a.release, a.reason = rollout.Refused, d, why.Error()
		a.hurry()
	}
}

// commit ends a trial for good. A commit that was obeyed before is obeyed.
func (a *Agent) commit(release pipeline.Digest, envelope []byte) error {
	a.obeying.Lock()
	defer a.obeying.Unlock()
	state := a.remembered()
	if state.Trial == nil && state.Release == release {
		return nil
	}
	next, err := a.verifier.Commit(state, envelope, a.cfg.Now())
	if err != nil {
		return refuse(err)
	}
	if err := trust.WriteState(a.statePath(), next); err != nil {
		return &refusal{CodeState, err}
	}
	if err := a.settle(next); err != nil {
		return &refusal{CodeTrial, err}
	}
	if err := a.modules.prune(next.Installed); err != nil {
		a.cfg.Log.Warn("tile: old modules stay on disk", "error", err)
	}
	return nil
}

// halt obeys a signed halt: back from what is on trial, and never to what was
// not taken yet.
func (a *Agent) halt(envelope []byte) error {
	a.obeying.Lock()
	defer a.obeying.Unlock()
	if err := a.halted(envelope); err != nil {
		return refuse(err)
	}
	if err := a.save(); err != nil {
		return &refusal{CodeState, err}
	}
	return nil
}

func (a *Agent) halted(envelope []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	next, way, h, err := a.verifier.Halt(a.state, envelope, a.cfg.Now())
	switch {
	case err != nil:
		return err
	case way == nil || a.trial == nil:
		a.remember(next)
	default:
		a.endTrial(next, "halted: "+h.Reason)
	}
	return nil
}
