package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/shadow/runner"
	"github.com/genesis-network/genesis/telemetry"
)

// pair is a candidate that is looked at and never acts, beside what is
// installed.
type pair struct {
	slot                 hal.Slot
	window               *telemetry.Window
	incumbent, candidate *host.Module
}

// invite loads a candidate. It must be what the change says: this module in
// place of the one that is installed here.
func (c *commands) invite(ctx context.Context, change pipeline.Digest, ref pipeline.ModuleRef, code fleet.Artefact) (*pair, error) {
	b, ok := c.bays[ref.Code.Slot]
	if !ok {
		return nil, &refusal{CodeSlot, fmt.Errorf("this tile has no slot %q", ref.Code.Slot)}
	}
	installed, err := c.modules.get(c.remembered().Installed[b.slot.Name])
	if err != nil {
		return nil, refuse(err)
	}
	own := pipeline.Change{
		Lineage: c.lineage.Name, Base: pipeline.Base(c.lineage.Name, []pipeline.ModuleRef{installed.Ref}), Modules: []pipeline.ModuleRef{ref},
	}
	if d := own.Digest(); d != change {
		return nil, &refusal{CodeChange, fmt.Errorf("the candidate on what is installed here makes the change %s, not %s", d.Short(), change.Short())}
	}
	raw, err := c.link.Fetch(ctx, code)
	if err != nil {
		return nil, err
	}
	p := &pair{slot: b.slot, window: b.window}
	if p.candidate, err = (jar{ref, raw}).derive(ctx, b.slot); err != nil {
		return nil, refuse(err)
	}
	if p.incumbent, err = installed.derive(ctx, b.slot); err != nil {
		return nil, errors.Join(err, p.candidate.Close(ctx))
	}
	return p, nil
}

// instances are fresh ones; the candidate is watched. They live as long as the
// pair.
func (p *pair) instances(ctx context.Context) (incumbent, candidate *host.Instance, err error) {
	if incumbent, err = p.incumbent.Instance(ctx); err != nil {
		return nil, nil, err
	}
	if candidate, err = p.candidate.Instance(ctx); err != nil {
		return nil, nil, err
	}
	monitor, err := p.candidate.Monitor()
	if err != nil {
		return nil, nil, err
	}
	candidate.Watch(monitor)
	return incumbent, candidate, nil
}

// leave frees both modules with their instances.
func (p *pair) leave() error {
	return errors.Join(p.incumbent.Close(context.Background()), p.candidate.Close(context.Background()))
}

// shadow runs incumbent and candidate on the same inputs.
func (c *commands) shadow(ctx context.Context, b fleet.Shadow) (run runner.Run, err error) {
	p, err := c.invite(ctx, b.Change, b.Candidate, b.IR)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, p.leave()) }()
	task, err := p.task(ctx, b)
	if err != nil {
		return run, err
	}
	c.mu.Lock()
	task.Fault = c.drill
	c.mu.Unlock()
	return runner.Do(ctx, c.cfg.Tile, task)
}

func (p *pair) task(ctx context.Context, b fleet.Shadow) (runner.Task, error) {
	t := runner.Task{
		Change: b.Change, Calls: b.Calls,
		Inputs: ir.Flat(p.slot.Contract.Unit.Input), Results: len(p.slot.Contract.Entry.Results),
	}
	var err error
	if t.Window, err = p.window.Digest(); err != nil {
		return t, err
	}
	if asked := b.Window.Digest; asked != "" && asked != t.Window {
		return t, &refusal{CodeTelemetry, fmt.Errorf("this tile has the window %s, not %s", t.Window.Short(), asked.Short())}
	}
	if t.Device, err = p.slot.Simulator.Open(p.window); err != nil {
		return t, err
	}
	incumbent, candidate, err := p.instances(ctx)
	t.Incumbent, t.Candidate = incumbent, candidate
	return t, err
}

// federate replays the candidate on the tile's own telemetry and answers with a
// report of which nobody sees more than the sum over the cohort.
func (c *commands) federate(ctx context.Context, b fleet.Federate) (client.Report, error) {
	return c.reporter.Answer(ctx, b.Session, func(ctx context.Context, s *client.Session) ([]client.Block, error) {
		code := b.Candidate.Code
		if s.Change != b.Change || s.Slot != code.Slot || s.Contract != code.Contract || s.Lineage != c.lineage.Name {
			return nil, &refusal{CodeChange, fmt.Errorf("the session is about change %s of %s/%s, not about this candidate", s.Change.Short(), s.Lineage, s.Slot)}
		}
		return c.replay(ctx, b, s)
	})
}

// replay runs candidate and incumbent over this tile's own days, each from a
// fresh start.
func (c *commands) replay(ctx context.Context, b fleet.Federate, s *client.Session) (out []client.Block, err error) {
	p, err := c.invite(ctx, b.Change, b.Candidate, b.IR)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.leave()) }()
	for day := c.cfg.Share.At; day < p.window.Blocks() && uint64(len(out)) < s.Replays; day += c.cfg.Share.Of {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		block, err := p.day(ctx, day, s)
		if err != nil {
			return nil, fmt.Errorf("day %d: %w", day, err)
		}
		out = append(out, block)
	}
	return out, nil
}

func (p *pair) day(ctx context.Context, day int, s *client.Session) (client.Block, error) {
	n := p.window.BlockTicks()
	w, err := p.window.Slice(day*n, n)
	if err != nil {
		return client.Block{}, err
	}
	incumbent, candidate, err := p.instances(ctx)
	if err != nil {
		return client.Block{}, err
	}
	before, err := p.slot.Simulator.Run(w, incumbent)
	if err != nil {
		return client.Block{}, err
	}
	after, err := p.slot.Simulator.Run(w, candidate)
	if err != nil {
		return client.Block{Fault: faultOf(err)}, nil
	}
	return client.Block{Candidate: p.totals(after, s), Incumbent: p.totals(before, s)}, nil
}

func faultOf(err error) client.Fault {
	var v *host.Violation
	if errors.As(err, &v) || errors.Is(err, sim.ErrResult) {
		return client.Violation
	}
	return client.Panic
}

// totals are the counters that a session asks for.
func (p *pair) totals(blocks []hal.Block, s *client.Session) []int64 {
	out := make([]int64, len(s.Metrics))
	for i, m := range s.Metrics {
		for k, name := range p.slot.Simulator.Counters() {
			if name == m.Name {
				out[i] = sum(blocks, k)
			}
		}
	}
	return out
}
