package coq

import (
	"context"
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// seeds of the search for a witness: equal work gives equal statements. The later
// ones serve to find a reachable witness where the first found is not.
var seeds = []uint64{1, 2, 3, 4}

// Witness looks for a run that breaks the theorem about a module, as [Prove] does
// before it asks Coq, preferably one from the initial state. nil says that none
// was found.
func Witness(ctx context.Context, s verifiers.Subject, o Options) (*refute.Witness, error) {
	w, _, err := search(ctx, s, o)
	return w, err
}

// search looks for a witness, preferably one that is reachable. First the theorem
// is decided by bits, which mostly ends the search at once, one way or the other;
// decided says how. Where that found no reachable witness, and did not find that
// all holds, random runs look for one.
func search(ctx context.Context, s verifiers.Subject, o Options) (found *refute.Witness, decided string, err error) {
	if o.Blind {
		return nil, "", nil
	}
	r, err := decide.Module(ctx, s.Contract, s.Unit, decide.Options{})
	if err != nil {
		return nil, "", fmt.Errorf("coq: %w", err)
	}
	found, decided = r.Witness(), r.String()
	if r.Verdict() == decide.Holds || found != nil && found.Reachable {
		return found, decided, nil
	}
	w, err := walk(s, o.refuteSteps())
	if w != nil && (found == nil || w.Reachable) {
		found = w
	}
	return found, decided, err
}

// heldSteps is for about how long an input is held where inputs are, so that what
// adds up over many calls is reached.
const heldSteps = 128

// walk looks for a witness in random runs: with inputs that change, and then with
// inputs that are held.
func walk(s verifiers.Subject, steps int) (*refute.Witness, error) {
	r, err := refute.New(s.Contract)
	if err != nil {
		return nil, fmt.Errorf("coq: %w", err)
	}
	found, err := changing(r, s, steps)
	if err != nil || found != nil && found.Reachable {
		return found, err
	}
	held, err := r.SearchHeld(s.Unit, seeds[0], steps, heldSteps)
	if err != nil {
		return nil, fmt.Errorf("coq: %w", err)
	}
	if held != nil {
		found = held
	}
	return found, nil
}

func changing(r *refute.Refuter, s verifiers.Subject, steps int) (found *refute.Witness, err error) {
	for _, seed := range seeds {
		w, err := r.Search(s.Unit, seed, steps)
		switch {
		case err != nil:
			return nil, fmt.Errorf("coq: %w", err)
		case w == nil:
			return found, nil
		case w.Reachable:
			return w, nil
		case found == nil:
			found = w
		}
	}
	return found, nil
}

// confirm has Coq evaluate the model on a witness. The answer is "confirmed",
// "contradicted", or why Coq could not say.
func confirm(ctx context.Context, p *prover, shop *workshop, s verifiers.Subject, w *refute.Witness) (string, error) {
	text, err := coqgen.Refutation(s.Unit, s.Contract.Unit, coqgen.Run{
		Clause: coqgen.Clause(w.Clause), State: w.State, Input: w.Input, Input2: w.Input2,
	})
	if err != nil {
		return "", fmt.Errorf("coq: %w", err)
	}
	dir, err := shop.room("refutation")
	if err != nil {
		return "", err
	}
	r, err := p.compile(ctx, dir, "Refutation", text, p.base(shop)...)
	switch {
	case err != nil:
		return "", err
	case lacks(r) != "":
		return lacks(r), nil
	case r.End != sandbox.Exited || r.Code != 0:
		return "", fmt.Errorf("coq: the printed refutation does not compile: %s", clip(string(r.Stderr), 500))
	}
	switch strings.Join(strings.Fields(string(r.Stdout)), " ") {
	case "= true : bool":
		return confirmed, nil
	case "= false : bool":
		return "contradicted", nil
	}
	return "", fmt.Errorf("coq: the printed refutation answers %q", clip(string(r.Stdout), 200))
}

const confirmed = "confirmed"

func witnessFinding(s verifiers.Subject, w *refute.Witness) pipeline.Finding {
	f := pipeline.Finding{Where: s.Place(string(w.Clause)), Message: string(w.Clause) + " is broken", Witness: w.String()}
	if w.Reachable {
		f.Code, f.Hint = "coq.refuted", verifiers.Advice(string(w.Clause))
		return f
	}
	f.Code = "coq.invariant"
	f.Message += " from a state inside Inv that was not seen to be reached"
	f.Hint = "strengthen Inv so that it excludes the state, or make Step cope with it"
	return f
}
