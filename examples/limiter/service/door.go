package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/genesis-network/genesis/examples/limiter"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
)

// decision is the results of the slot, in their order.
type decision struct {
	Admit bool
	Retry uint16 // milliseconds
}

// door decides on requests with the module that fills the slot.
type door struct {
	port    *host.Port[limiter.Input, decision]
	backend *backend
	log     *slog.Logger

	mu   sync.Mutex
	last time.Time // of the request before
}

// openDoor opens the slot with a verified module.
func openDoor(ctx context.Context, folder fs.FS, verified []byte, b *backend, log *slog.Logger) (*door, error) {
	c, err := contract.Load(folder)
	if err != nil {
		return nil, err
	}
	port, err := host.Open[limiter.Input, decision](ctx, c, verified)
	if err != nil {
		return nil, err
	}
	return &door{port: port, backend: b, log: log, last: time.Now()}, nil
}

// ask decides on a request, and counts it at the backend when it is admitted:
// the next decision sees it.
func (d *door) ask(ctx context.Context, class uint8) decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	in := limiter.Input{
		Class:   class,
		Busy:    uint16(min(d.backend.open.Load(), limiter.BusyTop)),
		Elapsed: uint32(min(now.Sub(d.last).Microseconds(), limiter.ElapsedTop)),
	}
	d.last = now
	out, err := d.port.Call(in)
	if err != nil {
		out = d.distrust(ctx, in, out, err)
	}
	if out.Admit {
		d.backend.enter()
	}
	return out
}

// distrust goes back to the previous module. The decision stands if there is
// one; without one, the previous module decides, and at last the request is
// refused.
func (d *door) distrust(ctx context.Context, in limiter.Input, out decision, err error) decision {
	d.log.Error("the policy broke its contract", "input", in, "error", err)
	_, backErr := d.port.Back(ctx)
	if backErr != nil {
		d.log.Error("no way back", "error", backErr)
	}
	var broken *host.Violation
	if errors.As(err, &broken) {
		return out
	}
	if backErr == nil {
		if again, err := d.port.Call(in); err == nil {
			return again
		}
	}
	return decision{Admit: false, Retry: limiter.RetryTop}
}
