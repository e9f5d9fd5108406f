package fuzz

import (
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
)

// maxRuns bounds the runs that making a case smaller may take.
const maxRuns = 20_000

// shrink makes the case of a violation smaller while the same promise breaks.
func (o *oracle) shrink(v *violation) *violation {
	for runs := 0; runs < maxRuns; {
		smaller := false
		for _, c := range o.simpler(v.shown) {
			runs++
			if w := o.judge(c); w != nil && w.clause == v.clause {
				v, smaller = w, true
				break
			}
		}
		if !smaller {
			break
		}
	}
	return v
}

// simpler are cases with less in them, the boldest first: without the state,
// without calls, with a number nearer to zero.
func (o *oracle) simpler(c verifiers.Case) []verifiers.Case {
	var out []verifiers.Case
	if c.State != nil {
		out = append(out, verifiers.Case{Inputs: c.Inputs})
	}
	for size := len(c.Inputs); size > 0; size /= 2 {
		for at := 0; at+size <= len(c.Inputs); at += size {
			out = append(out, verifiers.Case{State: c.State, Inputs: slices.Delete(slices.Clone(c.Inputs), at, at+size)})
		}
	}
	for _, how := range nearer {
		for _, state := range less(o.s.Unit.State, c.State, how) {
			out = append(out, verifiers.Case{State: state, Inputs: c.Inputs})
		}
		for i := range c.Inputs {
			for _, in := range less(o.s.Unit.Input, c.Inputs[i], how) {
				inputs := slices.Clone(c.Inputs)
				inputs[i] = in
				out = append(out, verifiers.Case{State: c.State, Inputs: inputs})
			}
		}
	}
	return out
}

// nearer are ways to bring a number nearer to zero: to zero, by half, by ever
// smaller parts of it, by one. So a bound is found in about as many steps as the
// number has bits.
var nearer = func() []func(ir.Type, uint64) uint64 {
	var out []func(ir.Type, uint64) uint64
	for shift := range 64 {
		out = append(out, func(t ir.Type, v uint64) uint64 {
			if t.IsSigned() {
				return uint64(int64(v) - int64(v)/(1<<min(shift, 62)))
			}
			return v - v>>shift
		})
	}
	return append(out, func(t ir.Type, v uint64) uint64 {
		if t.IsSigned() && int64(v) < 0 {
			return v + 1
		}
		return v - min(v, 1)
	})
}()

// less are values with one of them made smaller.
func less(fields []ir.Field, values []uint64, how func(ir.Type, uint64) uint64) [][]uint64 {
	var out [][]uint64
	if len(values) == 0 {
		return nil
	}
	at := 0
	for _, f := range fields {
		for range f.Elems() {
			if v := how(f.Type, values[at]); v != values[at] {
				c := slices.Clone(values)
				c[at] = v
				out = append(out, c)
			}
			at++
		}
	}
	return out
}
