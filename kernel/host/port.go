package host

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/wasm"
)

// Port is a slot of a program: it is called with Go values, watches the contract
// around each call, and takes another module between two calls. In is the
// contract's Input; Out is a struct with the results of Step in their order, or
// the one result.
//
// A Port is safe for concurrent use: calls wait for each other, because they
// share the module's state. A call allocates nothing.
type Port[In, Out any] struct {
	contract *contract.Contract
	options  []Option
	runtime  *wasm.Runtime

	mu        sync.Mutex
	swapper   *Swapper
	in        In
	out       Out
	arguments []scalar // in p.in
	results   []scalar // in p.out
	flat, got []uint64
	status    Status
	called    chan struct{} // closed by the next call; nil when nobody waits for it
	closed    bool
}

// Status is what a port has seen so far.
type Status struct {
	Slot     string  `json:"slot"`
	Contract string  `json:"contract"` // digest
	Code     string  `json:"code"`     // digest, of the module that is called
	Previous string  `json:"previous"` // digest, of the one that [Port.Back] goes back to; "" without one
	Calls    uint64  `json:"calls"`
	Swaps    uint64  `json:"swaps"`
	Breaches uint64  `json:"breaches"` // calls around which a predicate did not hold
	Failures uint64  `json:"failures"` // calls without a result
	Last     *Breach `json:"last"`     // breach or failure; nil without one
}

// Breach is a call around which something was wrong.
type Breach struct {
	Call  uint64 `json:"call"` // the number of the call, from 1
	Code  string `json:"code"` // digest, of the module
	Input string `json:"input"`
	What  string `json:"what"`
}

// ErrClosed says that a port was closed.
var ErrClosed = errors.New("the port is closed")

// Open opens a slot of a program with a verified module (see [LoadVerified] for
// what is checked). It is [ErrType] when In or Out are not the contract's.
func Open[In, Out any](ctx context.Context, c *contract.Contract, verified []byte, opts ...Option) (*Port[In, Out], error) {
	r, err := wasm.NewRuntime(ctx, wasm.Auto)
	if err != nil {
		return nil, fmt.Errorf("host: slot %s: %w", c.Slot, err)
	}
	p := &Port[In, Out]{contract: c, runtime: r, options: append(opts[:len(opts):len(opts)], WithRuntime(r)), status: Status{Slot: c.Slot, Contract: c.Digest()}}
	if err := p.bind(); err != nil {
		return nil, errors.Join(fmt.Errorf("host: slot %s: %w", c.Slot, err), r.Close(ctx))
	}
	first, err := p.instance(ctx, verified)
	if err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	p.swapper = NewSwapper(first)
	return p, nil
}

func (p *Port[In, Out]) bind() error {
	var err error
	if p.arguments, err = match("input", reflect.ValueOf(&p.in).Elem(), fields(p.contract.Unit.Input)); err != nil {
		return err
	}
	p.results, err = match("results", reflect.ValueOf(&p.out).Elem(), params(p.contract.Entry.Results))
	p.flat, p.got = make([]uint64, len(p.arguments)), make([]uint64, len(p.results))
	return err
}

// instance loads a verified module and watches it.
func (p *Port[In, Out]) instance(ctx context.Context, verified []byte) (*Instance, error) {
	v, err := ParseVerified(verified)
	if err != nil {
		return nil, err
	}
	m, err := LoadVerified(ctx, v, p.contract, p.options...)
	if p.isClosed() { // while it was loaded, perhaps
		if m != nil {
			err = m.Close(ctx)
		}
		return nil, errors.Join(fmt.Errorf("host: slot %s: %w", p.contract.Slot, ErrClosed), err)
	}
	if err != nil {
		return nil, err
	}
	watch, err := m.Monitor()
	if err != nil {
		return nil, errors.Join(err, m.Close(ctx))
	}
	i, err := m.Instance(ctx)
	if err != nil {
		return nil, errors.Join(err, m.Close(ctx))
	}
	i.Watch(watch)
	return i, nil
}

func (p *Port[In, Out]) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// Call calls the module. Two kinds of error are told apart with errors.As:
//
//   - a [*Violation]: the results are what the module decided, and a predicate
//     of the contract did not hold around the call. The caller chooses whether
//     to use them, and whether to go [Port.Back];
//   - any other: there is no result, and the module's state is not to be
//     trusted. Every call fails ([ErrFailed]) until Back or another module.
func (p *Port[In, Out]) Call(in In) (Out, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out Out
	if p.closed {
		return out, fmt.Errorf("host: slot %s: %w", p.contract.Slot, ErrClosed)
	}
	p.in = in
	load(p.flat, p.arguments)
	err := p.swapper.Step(p.flat, p.got)
	p.status.Calls++
	if err != nil {
		p.note(err)
	}
	if p.called != nil {
		close(p.called)
		p.called = nil
	}
	if _, broken := errors.AsType[*Violation](err); err == nil || broken {
		store(p.results, p.got)
		out = p.out
	}
	return out, err
}

// note keeps what was wrong with a call.
func (p *Port[In, Out]) note(err error) {
	if _, broken := errors.AsType[*Violation](err); broken {
		p.status.Breaches++
	} else {
		p.status.Failures++
	}
	p.status.Last = &Breach{Call: p.status.Calls, Code: p.swapper.Current().module.Code, Input: fmt.Sprintf("%+v", p.in), What: err.Error()}
}

// Swap hands the slot to another verified module between two calls, with the
// state. A proof speaks of states inside the module's invariant, so Swap waits
// for a call after which the state is inside; the error is [ErrState] when ctx
// ends before. A module with another state is [ErrSchema]: see [Port.Replace].
func (p *Port[In, Out]) Swap(ctx context.Context, verified []byte) (Report, error) {
	next, err := p.instance(ctx, verified)
	if err != nil {
		return Report{}, err
	}
	for {
		var called <-chan struct{}
		r, err := p.hand(ctx, func() (Report, error) {
			r, err := p.swapper.Take(next)
			if errors.Is(err, ErrState) { // a later one may do
				called = p.nextCall()
			}
			return r, err
		})
		if err == nil {
			return r, nil
		}
		if called == nil {
			return r, errors.Join(err, next.release(ctx))
		}
		select {
		case <-called:
		case <-ctx.Done():
			return r, errors.Join(err, ctx.Err(), next.release(context.WithoutCancel(ctx)))
		}
	}
}

// Replace hands the slot to another verified module between two calls, with the
// state where it can be carried; else the module starts in its initial state,
// and what the old one remembered is lost.
func (p *Port[In, Out]) Replace(ctx context.Context, verified []byte) (Report, error) {
	next, err := p.instance(ctx, verified)
	if err != nil {
		return Report{}, err
	}
	r, err := p.hand(ctx, func() (Report, error) { return p.swapper.Return(next) })
	if err != nil {
		return r, errors.Join(err, next.release(ctx))
	}
	return r, nil
}

// Back hands the slot to the previous module between two calls, under the rules
// of [Swapper.Back]. It is [ErrNoPrevious] when there is none.
func (p *Port[In, Out]) Back(ctx context.Context) (Report, error) {
	return p.hand(ctx, func() (Report, error) { return p.swapper.Revert() })
}

// hand swaps between two calls, and frees what nothing can go back to any more.
func (p *Port[In, Out]) hand(ctx context.Context, do func() (Report, error)) (Report, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return Report{}, fmt.Errorf("host: slot %s: %w", p.contract.Slot, ErrClosed)
	}
	old := p.swapper.Previous()
	r, err := do()
	if err == nil {
		p.status.Swaps++
	}
	gone := old != nil && old != p.swapper.Previous() && old != p.swapper.Current()
	p.mu.Unlock()
	if gone {
		err = errors.Join(err, old.release(context.WithoutCancel(ctx)))
	}
	return r, err
}

// nextCall is closed by the next call.
func (p *Port[In, Out]) nextCall() <-chan struct{} {
	if p.called == nil {
		p.called = make(chan struct{})
	}
	return p.called
}

// release frees an instance with its module.
func (i *Instance) release(ctx context.Context) error {
	return errors.Join(i.Close(ctx), i.module.Close(ctx))
}

// Status says what the port has seen so far.
func (p *Port[In, Out]) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.status
	s.Code = p.swapper.Current().module.Code
	if before := p.swapper.Previous(); before != nil {
		s.Previous = before.module.Code
	}
	if s.Last != nil {
		last := *s.Last
		s.Last = &last
	}
	return s
}

// Close frees everything. Calls that come later are [ErrClosed].
func (p *Port[In, Out]) Close(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	var errs []error
	for _, i := range []*Instance{p.swapper.Current(), p.swapper.Previous()} {
		if i != nil {
			errs = append(errs, i.release(ctx))
		}
	}
	return errors.Join(append(errs, p.runtime.Close(ctx))...)
}
