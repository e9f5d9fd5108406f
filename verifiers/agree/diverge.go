package agree

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
)

// divergence is a trial on which an engine differs from the reference.
type divergence struct {
	engine    Engine
	at        int // number of the trial in its batch
	trial     Trial
	want, got Answer
	exact     bool // the trial alone shows it
}

// finder looks for the smallest trial on which two engines differ.
type finder struct {
	subject   verifiers.Subject
	reference Engine
	other     Engine
	predicate *reference
	rounds    int // of making it smaller
}

// find bisects a batch whose digests differ. Digests of prefixes stay different
// once they are, but for one chance in 2^32.
func (f *finder) find(ctx context.Context, b Batch) (*divergence, error) {
	equal, differ := 0, len(b.Trials)
	for differ-equal > 1 {
		mid := min((equal+differ)/2, 1+8*equal) // most faults show early
		same, err := f.same(ctx, b.prefix(mid))
		if err != nil {
			return nil, err
		}
		if same {
			equal = mid
		} else {
			differ = mid
		}
	}
	trial, err := f.alone(ctx, b, differ-1)
	if err != nil {
		return nil, err
	}
	d := &divergence{engine: f.other, at: differ - 1, trial: trial}
	return d, f.shrink(ctx, d)
}

func (f *finder) same(ctx context.Context, b Batch) (bool, error) {
	want, err := f.reference.Digest(ctx, b)
	if err != nil {
		return false, err
	}
	got, err := f.other.Digest(ctx, b)
	return want == got, err
}

// alone is trial k with the state that the reference left before it.
func (f *finder) alone(ctx context.Context, b Batch, k int) (Trial, error) {
	t := b.Trials[k]
	if t.From != Keep {
		return t, nil
	}
	before, err := f.reference.Answers(ctx, b.prefix(k))
	if err != nil {
		return t, err
	}
	t.From = Initial
	for _, a := range slices.Backward(before) {
		if a.Skipped {
			continue
		}
		if a.Panic == 0 {
			t.From, t.State = Given, a.State
		}
		return t, nil
	}
	return t, nil
}

// shrink makes the trial smaller while the engines still differ on it.
func (f *finder) shrink(ctx context.Context, d *divergence) error {
	for round := range f.rounds {
		candidates := []Trial{d.trial}
		if round > 0 {
			candidates = f.smaller(d.trial)
		}
		if len(candidates) == 0 {
			return nil
		}
		b := Batch{Trials: candidates}
		want, err := f.reference.Answers(ctx, b)
		if err != nil {
			return err
		}
		got, err := f.other.Answers(ctx, b)
		if err != nil {
			return err
		}
		k := firstDifference(want, got)
		if k < 0 {
			return nil
		}
		d.exact, d.trial, d.want, d.got = true, candidates[k], want[k], got[k]
	}
	return nil
}

func firstDifference(a, b []Answer) int {
	for k := range a {
		if !a[k].equal(&b[k]) {
			return k
		}
	}
	return -1
}

func (a *Answer) equal(b *Answer) bool {
	if a.Skipped || b.Skipped || a.Panic != 0 || b.Panic != 0 {
		return a.Skipped == b.Skipped && a.Panic == b.Panic
	}
	return reflect.DeepEqual(a, b)
}

// maxSmaller bounds the candidates of one round.
const maxSmaller = 160

// smaller are simpler trials, the simplest first: all zero, the initial state, then one
// scalar made zero, halved, or one nearer to zero. All can occur.
func (f *finder) smaller(t Trial) []Trial {
	var out []Trial
	if zero := make([]uint64, len(t.Input)); f.predicate.wf(zero) && !slices.Equal(zero, t.Input) {
		out = append(out, Trial{From: Initial, Input: zero})
	}
	if t.From == Given {
		out = append(out, Trial{From: Initial, Input: t.Input})
	}
	for _, how := range []func(ir.Type, uint64) uint64{toZero, halve, towardZero} {
		for i, typ := range types(f.subject.Unit.Input) {
			if v := how(typ, t.Input[i]); v != t.Input[i] {
				in := slices.Clone(t.Input)
				in[i] = v
				if f.predicate.wf(in) {
					out = append(out, Trial{From: t.From, State: t.State, Input: in})
				}
			}
		}
		for i := range t.State {
			if v := how(types(f.subject.Unit.State)[i], t.State[i]); v != t.State[i] {
				s := slices.Clone(t.State)
				s[i] = v
				if f.predicate.inv(s) {
					out = append(out, Trial{From: Given, State: s, Input: t.Input})
				}
			}
		}
		if len(out) > maxSmaller {
			break
		}
	}
	return out[:min(len(out), maxSmaller)]
}

func toZero(ir.Type, uint64) uint64 { return 0 }

func halve(t ir.Type, v uint64) uint64 {
	if t.IsSigned() {
		return uint64(int64(v) / 2)
	}
	return v / 2
}

func towardZero(t ir.Type, v uint64) uint64 {
	switch {
	case v == 0:
		return 0
	case t.IsSigned() && int64(v) < 0:
		return v + 1
	}
	return v - 1
}

func types(fields []ir.Field) []ir.Type {
	var out []ir.Type
	for _, f := range fields {
		for range f.Elems() {
			out = append(out, f.Type)
		}
	}
	return out
}

// witness is the divergence for people.
func (d *divergence) witness(s verifiers.Subject, reference string) string {
	var b strings.Builder
	switch {
	case d.trial.From == Given:
		fmt.Fprintf(&b, "state %s; ", refute.Values(s.Unit.State, d.trial.State))
	default:
		b.WriteString("initial state; ")
	}
	fmt.Fprintf(&b, "input %s", refute.Values(s.Unit.Input, d.trial.Input))
	if !d.exact {
		return b.String() + "; only after the trials before it"
	}
	fmt.Fprintf(&b, "; %s: %s; %s: %s", reference, d.want.text(s), d.engine.Name(), d.got.text(s))
	return b.String()
}

// text is an answer for people.
func (a *Answer) text(s verifiers.Subject) string {
	switch {
	case a.Skipped:
		return "input not well-formed"
	case a.Panic != 0:
		return "panic, " + a.Panic.String()
	}
	fields := make([]ir.Field, len(s.Contract.Entry.Results))
	for i, r := range s.Contract.Entry.Results {
		fields[i] = ir.Field{Name: r.Name, Type: r.Type}
	}
	return fmt.Sprintf("results %s, state %s, Inv %t, Post %t", refute.Values(fields, a.Results), refute.Values(s.Unit.State, a.State), a.Inv, a.Post)
}
