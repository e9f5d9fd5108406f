package coq

import (
	"context"
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq/invariant"
)

// Settle proves a module as it stands, or else with one of the other invariants
// that package invariant proposes. It returns the subject that the result is
// about: a module with another invariant has its own source, IR and digest. When
// none is proven the result is that of the module as it stands.
//
// It is for whoever may still change the module, as a search may. Evidence about
// a given module comes from [Prove].
func Settle(ctx context.Context, s verifiers.Subject, o Options) (Result, verifiers.Subject, error) {
	own, err := Prove(ctx, s, o)
	if err != nil || !unsettled(own.Statement) {
		return own, s, err
	}
	others, err := invariant.Others(ctx, s.Contract, s.Unit)
	if err != nil {
		return Result{}, s, fmt.Errorf("coq: %w", err)
	}
	for _, u := range others {
		other, err := variant(s, u)
		if err != nil {
			return Result{}, s, err
		}
		r, err := Prove(ctx, other, o)
		if err != nil {
			return Result{}, s, err
		}
		if r.Statement.Outcome == pipeline.Pass {
			return r, other, nil
		}
	}
	return own, s, nil
}

// unsettled says that another invariant could help: a proof was looked for, and
// a goal stayed open or the invariant was refuted.
func unsettled(st pipeline.Statement) bool {
	return st.Outcome == pipeline.Inconclusive && slices.ContainsFunc(st.Findings, func(f pipeline.Finding) bool {
		return f.Code == "coq.goal" || f.Code == "coq.invariant"
	})
}

// variant is a subject with another unit, and without the proof that came with
// the first.
func variant(s verifiers.Subject, u *ir.Unit) (verifiers.Subject, error) {
	code, err := ir.Encode(u)
	if err != nil {
		return s, fmt.Errorf("coq: another invariant: %w", err)
	}
	source, err := tilego.Format(u, s.Contract.Import, s.Contract.Slot)
	if err != nil {
		return s, fmt.Errorf("coq: another invariant: %w", err)
	}
	s.Unit, s.IR, s.Source, s.Proof = u, code, source, nil
	s.Ref.Code.IR, s.Ref.Proof = pipeline.SumBytes(code), pipeline.SumBytes(nil)
	return s, nil
}
