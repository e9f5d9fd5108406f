package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Errors of swaps.
var (
	ErrSchema     = errors.New("the state has another schema, and the module brings no Migrate")
	ErrOtherSlot  = errors.New("the module is for another slot or another contract")
	ErrBusy       = errors.New("another swap is waiting for a call")
	ErrNoPrevious = errors.New("there is no previous instance")
	ErrState      = errors.New("the invariant of the module does not hold of the state")
)

// Swapper calls the current instance of a slot, and hands the slot to another
// one between two calls, as spec/Swap.tla says. Step, Take, Return and Revert belong to the goroutine
// that calls the slot; the other methods may be used by any. There is no lock on the path of
// calls: a call loads one pointer to see whether a swap is wanted.
type Swapper struct {
	wanted   atomic.Pointer[request]
	current  atomic.Pointer[Instance]
	previous atomic.Pointer[Instance]

	calling  *Instance // current, for the calling goroutine
	noticed  *request  // the wish that was seen when a call returned,
	returned time.Time // and when that was
}

// Report says how a swap went.
type Report struct {
	// Pause is from the last return of the old instance to the first entry of
	// the new one, as the calling goroutine sees it; when the wish for the swap
	// came later than that return, it is from when it was seen.
	Pause time.Duration
	// Work is the part of the pause that the swap itself took.
	Work time.Duration
	// Carried is the number of bytes of state handed over; 0 when the new
	// instance goes on with the state that it had.
	Carried int
}

// request is a wish for a swap, with the answer.
type request struct {
	next *Instance // nil: the previous one
	from *Instance // of a way back: the instance that it leaves
	done chan answer
}

type answer struct {
	report Report
	err    error
}

// NewSwapper starts with an instance.
func NewSwapper(first *Instance) *Swapper {
	s := &Swapper{calling: first}
	s.current.Store(first)
	return s
}

// Current is the instance that the next call goes to, if no swap comes first.
func (s *Swapper) Current() *Instance { return s.current.Load() }

// Previous is the instance that was current before; nil before the first swap.
// It stays loaded: the caller closes it when it is not to come back.
func (s *Swapper) Previous() *Instance { return s.previous.Load() }

// Step calls the current instance (see [Instance.Step]), after a swap if one is
// wanted.
func (s *Swapper) Step(in, out []uint64) error {
	if s.wanted.Load() != nil {
		return s.swapAndStep(in, out)
	}
	err := s.calling.Step(in, out)
	if r := s.wanted.Load(); r != nil {
		s.noticed, s.returned = r, time.Now()
	}
	return err
}

func (s *Swapper) swapAndStep(in, out []uint64) error {
	seen := time.Now()
	r := s.wanted.Load()
	if r == nil || !s.wanted.CompareAndSwap(r, nil) { // withdrawn
		return s.calling.Step(in, out)
	}
	from := seen
	if s.noticed == r {
		from = s.returned
	}
	s.noticed = nil
	next, back := r.next, r.next == nil
	if back {
		next = s.previous.Load()
	}
	var a answer
	if !back || s.calling == r.from { // else the caller reverted meanwhile
		a.report.Carried, a.err = s.exchange(next, back)
	}
	entry := time.Now()
	a.report.Pause, a.report.Work = entry.Sub(from), entry.Sub(seen)
	err := s.calling.Step(in, out)
	r.done <- a
	return err
}

// Swap hands the slot to next, with the state, before the next call; it returns
// when that was done, or withdraws the wish when ctx ends before. The state is
// copied when both have the same schema; otherwise the swap is refused with
// [ErrSchema]. When next is watched, its invariant must hold of the state: what
// was proven of next says nothing of other states. Else the swap is refused
// with [ErrState]; a later state may do. The old instance becomes the previous
// one.
func (s *Swapper) Swap(ctx context.Context, next *Instance) (Report, error) {
	return s.request(ctx, &request{next: next, done: make(chan answer, 1)})
}

// Back hands the slot to the previous instance before the next call, with the
// current state; when the current instance failed, the schemas differ, or the
// invariant of the previous one (when it is watched) does not hold of the
// state, it goes on with the state that it had when it was swapped out. A way
// back is gone once: when the caller reverted meanwhile, there is nothing to do.
func (s *Swapper) Back(ctx context.Context) (Report, error) {
	return s.request(ctx, &request{from: s.current.Load(), done: make(chan answer, 1)})
}

func (s *Swapper) request(ctx context.Context, r *request) (Report, error) {
	if !s.wanted.CompareAndSwap(nil, r) {
		return Report{}, fmt.Errorf("host: swap: %w", ErrBusy)
	}
	select {
	case a := <-r.done:
		return a.report, a.err
	case <-ctx.Done():
	}
	if s.wanted.CompareAndSwap(r, nil) {
		return Report{}, fmt.Errorf("host: swap: no call came: %w", ctx.Err())
	}
	a := <-r.done // it is under way
	return a.report, a.err
}

// Take is [Swapper.Swap] at once, for the calling goroutine itself.
func (s *Swapper) Take(next *Instance) (Report, error) { return s.atOnce(next, false) }

// Return hands the slot to any instance at once, for the calling goroutine
// itself, under the rules of [Swapper.Back].
func (s *Swapper) Return(to *Instance) (Report, error) { return s.atOnce(to, true) }

// Revert is [Swapper.Back] at once, for the calling goroutine itself, when a
// call has failed.
func (s *Swapper) Revert() (Report, error) { return s.atOnce(s.previous.Load(), true) }

func (s *Swapper) atOnce(next *Instance, back bool) (Report, error) {
	start := time.Now()
	carried, err := s.exchange(next, back)
	took := time.Since(start)
	return Report{Pause: took, Work: took, Carried: carried}, err
}

// exchange makes next the current instance, on a way back at any price.
func (s *Swapper) exchange(next *Instance, back bool) (carried int, err error) {
	old := s.calling
	switch next {
	case nil:
		return 0, fmt.Errorf("host: swap: %w", ErrNoPrevious)
	case old: // the previous instance stays the way back
		return 0, nil
	}
	if err := replaces(old.module, next.module); err != nil {
		return 0, fmt.Errorf("host: swap: %w", err)
	}
	unfit := next.accepts(old)
	switch {
	case unfit == nil:
		carried = copy(next.state(), old.state())
		next.failed = nil
	case !back:
		return 0, fmt.Errorf("host: swap: %w", unfit)
	case next.failed != nil:
		return 0, fmt.Errorf("host: swap: the previous instance has no state: %w", next.failed)
	}
	s.calling = next
	s.current.Store(next)
	s.previous.Store(old)
	return carried, nil
}

// accepts reports why the state of old cannot be this instance's.
func (i *Instance) accepts(old *Instance) error {
	switch {
	case old.module.Schema != i.module.Schema:
		return ErrSchema
	case old.failed != nil:
		return fmt.Errorf("the state cannot be carried: %w", old.failed)
	case i.monitor == nil:
		return nil
	}
	return i.monitor.accepts(old)
}

// replaces reports whether callers of one module can call the other.
func replaces(old, next *Module) error {
	if old.Unit.Slot != next.Unit.Slot || old.entry.Name != next.entry.Name || !slices.Equal(old.Unit.Input, next.Unit.Input) ||
		len(old.entry.Results) != len(next.entry.Results) {
		return ErrOtherSlot
	}
	for i, r := range old.entry.Results {
		if next.entry.Results[i].Type != r.Type {
			return ErrOtherSlot
		}
	}
	return nil
}
