package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/trust"
)

// commands obeys the control plane, as far as its signatures go.
type commands struct {
	*Agent
	link *fleet.Tile
}

// serveAgain is between two attempts to hear commands.
const serveAgain = time.Second

// serve obeys commands until the context ends. A control plane that is gone is
// no reason to stop.
func (a *Agent) serve(ctx context.Context, link *fleet.Tile) error {
	again := time.NewTicker(serveAgain)
	defer again.Stop()
	for {
		err := link.Serve(ctx, (&commands{Agent: a, link: link}).handle)
		if ctx.Err() != nil {
			return nil
		}
		a.cfg.Log.Warn("tile: hears no commands", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

func (c *commands) handle(ctx context.Context, cmd fleet.Command) (any, error) {
	switch cmd.Kind {
	case fleet.KindStage:
		return obey(cmd, func(b fleet.Stage) (any, error) { return struct{}{}, c.stage(ctx, b) })
	case fleet.KindActivate:
		return obey(cmd, func(b fleet.Activate) (any, error) { return c.activate(ctx, b) })
	case fleet.KindCommit:
		return obey(cmd, func(b fleet.Commit) (any, error) { return struct{}{}, c.commit(b.Release, b.Envelope) })
	case fleet.KindHalt:
		return obey(cmd, func(b fleet.Halt) (any, error) { return struct{}{}, c.halt(b.Envelope) })
	case fleet.KindFault:
		return obey(cmd, func(b fleet.Fault) (any, error) { return struct{}{}, c.sabotage(b) })
	case fleet.KindShadow:
		return obey(cmd, func(b fleet.Shadow) (any, error) { return c.shadow(ctx, b) })
	case fleet.KindFederate:
		return obey(cmd, func(b fleet.Federate) (any, error) { return c.federate(ctx, b) })
	}
	return nil, fmt.Errorf("this tile knows no command %q", cmd.Kind)
}

func obey[T fleet.Body](cmd fleet.Command, do func(T) (any, error)) (any, error) {
	body, err := fleet.Read[T](cmd)
	if err != nil {
		return nil, err
	}
	return do(body)
}

func (c *commands) chain(ctx context.Context, a fleet.Artefact) (*trust.Chain, error) {
	raw, err := c.link.Fetch(ctx, a)
	if err != nil {
		return nil, err
	}
	chain, err := trust.DecodeChain(raw)
	if err != nil {
		return nil, refuse(err)
	}
	return chain, nil
}

// stage looks at a release before its order comes: what can be refused without
// the order (the root, the release, the escape) is refused early.
func (c *commands) stage(ctx context.Context, b fleet.Stage) error {
	chain, err := c.chain(ctx, b.Chain)
	if err != nil {
		return err
	}
	_, err = c.verifier.Verify(c.remembered(), chain, c.cfg.Now())
	switch trust.CodeOf(err) {
	case trust.CodeOrderMissing, trust.CodeOrderTile, trust.CodeOrderEarly:
		return nil
	}
	return refuse(err)
}

// Taken is the answer to an order.
type Taken struct {
	Pause time.Duration `json:"pauseNanos"`
}

func (c *commands) activate(ctx context.Context, b fleet.Activate) (Taken, error) {
	chain, err := c.chain(ctx, b.Chain)
	if err != nil {
		return Taken{}, err
	}
	pause, err := c.take(ctx, chain)
	return Taken{pause}, err
}

// BitFlip is the fault of a tile whose computations are wrong. The other faults
// are those of its devices, such as fan-stuck.
const BitFlip = "bit-flip"

// sabotage breaks something on purpose.
func (c *commands) sabotage(f fleet.Fault) error {
	b, ok := c.bays[f.Slot]
	switch {
	case !c.cfg.Drills:
		return &refusal{CodeDrill, errors.New("this tile was not started for drills")}
	case !ok:
		return &refusal{CodeSlot, fmt.Errorf("this tile has no slot %q", f.Slot)}
	case f.Name == BitFlip:
		c.mu.Lock()
		c.drill = !f.Clear
		c.mu.Unlock()
		return nil
	}
	name := f.Name
	if f.Clear {
		name = ""
	}
	if err := b.inject(name); err != nil {
		return &refusal{CodeDrill, fmt.Errorf("%s; or %s", strings.TrimPrefix(err.Error(), "plant: "), BitFlip)}
	}
	return nil
}
