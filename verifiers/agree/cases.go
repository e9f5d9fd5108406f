package agree

import "github.com/genesis-network/genesis/verifiers"

// Cases are seeds for a fuzzer: n sequences of well-formed inputs, some of them
// from a state inside the invariant, drawn as the station draws its trials.
func Cases(s verifiers.Subject, seed uint32, n, calls int) ([]verifiers.Case, error) {
	r, err := newReference(s.Contract, s.Unit)
	if err != nil {
		return nil, err
	}
	p := newPlan(r, s.Contract, s.Unit, seed)
	x := lcg(p.seed)
	out := make([]verifiers.Case, n)
	for k := range out {
		if state := draw(p.state, &x, true, make([]uint64, len(p.state))); k%2 == 1 && r.inv(state) {
			out[k].State = state
		}
		before := make([]uint64, len(p.input))
		for i := range calls {
			in := draw(p.input, &x, i == 0, before)
			if r.wf(in) {
				out[k].Inputs = append(out[k].Inputs, in)
				before = in
			}
		}
	}
	return out, nil
}
