package host_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/genesis-network/genesis/kernel/host"
)

// spin calls the slot until stop is called, like the main loop of a tile.
func spin(t testing.TB, s *host.Swapper) (calls *atomic.Uint64, stop func()) {
	calls = new(atomic.Uint64)
	var end atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		out := results()
		for !end.Load() {
			if err := s.Step(cool, out); err != nil {
				t.Error(err)
				return
			}
			calls.Add(1)
		}
	}()
	return calls, func() { end.Store(true); <-done }
}

func values(i *host.Instance) []uint64 {
	v := make([]uint64, 2)
	i.Values(v)
	return v
}

func TestSwapCarriesTheState(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second := f.instance(t, cautious), f.instance(t, moody)
	s := host.NewSwapper(first)
	calls, stop := spin(t, s)
	report, err := s.Swap(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	if s.Current() != second || s.Previous() != first || report.Carried != second.Module().Layout.State.Size || report.Pause <= 0 || report.Work > report.Pause {
		t.Errorf("after the swap: %+v", report)
	}
	if report, err = s.Back(t.Context()); err != nil || s.Current() != first || report.Carried == 0 {
		t.Errorf("and back: %+v, %v", report, err)
	}
	stop()
	if got := values(first)[0]; got != 7+calls.Load() {
		t.Errorf("the state counted %d calls of %d: one was lost or made twice", got-7, calls.Load())
	}
}

func TestSwapsUnderLoadLoseNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := host.NewSwapper(f.instance(t, cautious))
	next := f.instance(t, moody)
	calls, stop := spin(t, s)
	for range 200 {
		if _, err := s.Swap(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		next = s.Previous()
	}
	stop()
	if got := values(s.Current())[0]; got != 7+calls.Load() {
		t.Errorf("the state counted %d calls of %d", got-7, calls.Load())
	}
}

func TestSwapRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.instance(t, cautious)
	s := host.NewSwapper(first)
	_, stop := spin(t, s)
	if _, err := s.Back(t.Context()); !errors.Is(err, host.ErrNoPrevious) {
		t.Errorf("back to nothing: %v", err)
	}
	if _, err := s.Swap(t.Context(), f.instance(t, other)); !errors.Is(err, host.ErrSchema) {
		t.Errorf("another schema: %v", err)
	}
	stop()
	if s.Current() != first || s.Previous() != nil {
		t.Error("a refused swap moved the slot")
	}
}

func TestSwapWithoutCallsIsWithdrawn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.instance(t, cautious)
	s := host.NewSwapper(first)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Swap(ctx, f.instance(t, moody)); !errors.Is(err, context.Canceled) {
		t.Errorf("no call came: %v", err)
	}
	if err := s.Step(cool, results()); err != nil || s.Current() != first {
		t.Errorf("a withdrawn swap took place (%v)", err)
	}
}

func TestRevertAfterAPanic(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, bad := f.instance(t, cautious), f.instance(t, faulty)
	s := host.NewSwapper(first)
	out := results()
	for range 3 {
		if err := s.Step(cool, out); err != nil {
			t.Fatal(err)
		}
	}
	swapped := make(chan error)
	go func() {
		_, err := s.Swap(t.Context(), bad)
		swapped <- err
	}()
	var failure error
	for failure == nil { // until the swap took place, and bad panicked
		failure = s.Step(idle, out)
	}
	if err := <-swapped; err != nil {
		t.Fatal(err)
	}
	before := values(first)[0]
	report, err := s.Revert()
	if err != nil || report.Carried != 0 || s.Current() != first {
		t.Fatalf("revert: %+v, %v", report, err)
	}
	if err := s.Step(cool, out); err != nil || values(first)[0] != before+1 {
		t.Errorf("first goes on with %v, want %d calls (%v)", values(first), before+1, err)
	}
}

// A wish for the instance that is current by now must not lose the way back.
func TestSwapToTheCurrentInstanceChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second := f.instance(t, cautious), f.instance(t, moody)
	s := host.NewSwapper(first)
	if _, err := s.Take(second); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Take(second); err != nil || r.Carried != 0 || s.Current() != second || s.Previous() != first {
		t.Errorf("%+v, %v; the previous instance is the first one: %t", r, err, s.Previous() == first)
	}
}

// A person asks for the way back, and a failed call takes it first: the second
// way back would lead to the module that failed.
func TestBackIsGoneOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, bad := f.instance(t, cautious), f.instance(t, moody)
	s := host.NewSwapper(first)
	if _, err := s.Take(bad); err != nil {
		t.Fatal(err)
	}
	asked := make(chan error)
	go func() {
		_, err := s.Back(t.Context())
		for errors.Is(err, host.ErrBusy) {
			_, err = s.Back(t.Context())
		}
		asked <- err
	}()
	waiting(t, s)
	if _, err := s.Revert(); err != nil {
		t.Fatal(err)
	}
	if err := s.Step(cool, results()); err != nil || s.Current() != first {
		t.Errorf("the way back was gone twice (%v)", err)
	}
	if err := <-asked; err != nil {
		t.Error(err)
	}
}

// waiting returns when a wish is waiting for a call.
func waiting(t testing.TB, s *host.Swapper) {
	t.Helper()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for {
		if _, err := s.Back(over); errors.Is(err, host.ErrBusy) {
			return
		}
	}
}

// watched is an instance whose contract is watched.
func (f *fixture) watched(t testing.TB, source string) *host.Instance {
	t.Helper()
	i := f.instance(t, source)
	m, err := i.Module().Monitor()
	if err != nil {
		t.Fatal(err)
	}
	i.Watch(m)
	return i
}

// What is proven of a module is proven from states in its invariant: cautious
// asks for seven calls.
func TestStateOutsideTheInvariant(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, next := f.watched(t, moody), f.watched(t, cautious)
	s := host.NewSwapper(first)
	out := results()
	for calls := range 7 {
		if _, err := s.Take(next); !errors.Is(err, host.ErrState) || s.Current() != first {
			t.Fatalf("after %d calls: %v", calls, err)
		}
		if err := s.Step(cool, out); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := s.Take(next); err != nil || r.Carried == 0 || values(next)[0] != 7 {
		t.Fatalf("after 7 calls: %+v, %v", r, err)
	}
	young := f.watched(t, moody)
	if _, err := s.Return(young); err != nil || values(young)[0] != 7 {
		t.Fatalf("to a module that takes any state: %v, %v", values(young), err)
	}
	if err := young.SetState(make([]byte, young.Module().Layout.State.Size)); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Return(next); err != nil || r.Carried != 0 || values(next)[0] != 7 {
		t.Errorf("the way back goes on with an earlier state: %+v, %v, %v", r, values(next), err)
	}
}
