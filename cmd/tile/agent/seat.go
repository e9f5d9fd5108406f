package agent

import (
	"context"
	"errors"
	"time"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/pipeline"
)

// seat is a loaded module that can decide for a slot. Its instance belongs to
// the slot's loop.
type seat struct {
	ref      pipeline.ModuleRef
	name     pipeline.Digest // of ref
	instance *host.Instance
	entered  chan struct{} // closed when its first decision stands
	pause    time.Duration // of the swap to it; valid once entered is closed
}

// sit makes a watched instance of a module, which belongs to the seat.
func sit(ctx context.Context, ref pipeline.ModuleRef, m *host.Module) (*seat, error) {
	i, err := m.Instance(ctx)
	if err != nil {
		return nil, errors.Join(err, m.Close(ctx))
	}
	monitor, err := m.Monitor()
	if err != nil {
		return nil, errors.Join(err, m.Close(ctx))
	}
	i.Watch(monitor)
	return &seat{ref: ref, name: ref.Digest(), instance: i, entered: make(chan struct{})}, nil
}

// enter notes that a decision of the seat stands. The loop alone calls it.
func (s *seat) enter(pause time.Duration) {
	if !s.hasEntered() {
		s.pause = pause
		close(s.entered)
	}
}

func (s *seat) hasEntered() bool {
	select {
	case <-s.entered:
		return true
	default:
		return false
	}
}

// close frees the module with its instance. Nobody may call it any more.
func (s *seat) close() error {
	if s == nil {
		return nil
	}
	return s.instance.Module().Close(context.Background())
}

// cast is which seats a bay has, apart from its refuge. The agent's lock
// guards it.
type cast struct {
	home    *seat   // what is installed; nil when it cannot be loaded any more
	guest   *seat   // on trial
	retreat *seat   // who decides when the trial ends badly
	spares  []spare // decided before; closed when the next trial begins
}

// spare is a seat that nobody is to use any more.
type spare struct {
	*seat
	since uint64 // ticks that were done then
}

// try puts a module on trial. Figures begin again: what was seen before is not
// held against it.
func (b *bay) try(s *seat) {
	b.mu.Lock()
	b.stats = stats{start: b.total()}
	b.mu.Unlock()
	b.cast.guest, b.cast.retreat = s, b.target.Load()
	b.target.Store(s)
}

// leave ends a trial badly.
func (b *bay) leave() {
	if b.cast.guest == nil {
		return
	}
	b.target.Store(b.cast.retreat)
	b.dismiss(b.cast.guest)
	b.cast.guest = nil
}

// keep ends a trial well.
func (b *bay) keep() {
	if b.cast.guest == nil {
		return
	}
	b.dismiss(b.cast.home)
	b.cast.home, b.cast.guest = b.cast.guest, nil
}

func (b *bay) dismiss(s *seat) {
	if s != nil {
		b.cast.spares = append(b.cast.spares, spare{s, b.beats.Load()})
	}
}

// clear closes spare modules, but for those that the loop may still run: the
// tick in which they became spare must be over.
func (b *bay) clear() error {
	var used []spare
	var errs []error
	for _, s := range b.cast.spares {
		if b.at.Load() == s.seat || b.beats.Load() == s.since {
			used = append(used, s)
		} else {
			errs = append(errs, s.close())
		}
	}
	b.cast.spares = used
	return errors.Join(errs...)
}

// close closes every module, when the loop has ended.
func (b *bay) close() error {
	c := b.cast
	b.cast = cast{}
	errs := []error{c.home.close(), c.guest.close(), b.refuge.close()}
	for _, s := range c.spares {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}
