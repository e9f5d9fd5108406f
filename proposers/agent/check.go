package agent

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/cost"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/pipeline"
)

// Prover tries to prove a candidate. Outcome Fail means refuted by a witness,
// Inconclusive that no proof was found; findings say what to change. An error,
// or outcome Error, means that it could not work.
type Prover interface {
	Prove(ctx context.Context, c Candidate) (pipeline.Outcome, []pipeline.Finding, error)
}

// Candidate is a module that the checks found nothing against.
type Candidate struct {
	Unit   *ir.Unit
	IR     []byte // canonical encoding of Unit
	Source []byte
	Proof  []byte // nil leaves it to the automatic prover
	Idea   string
	Effect string // that the model expects; not measured
	Proven bool   // the caller's prover passed it
}

// checks are those of this package: language, limits, refutation.
type checks struct {
	contract *contract.Contract
	surface  *tilego.Surface
	refuter  *refute.Refuter
	seed     uint64
	steps    int
}

// compile takes a source to a unit within the contract's limits.
func (c checks) compile(src []byte) (*ir.Unit, []byte, []pipeline.Finding) {
	if len(src) > c.contract.Limits.Source {
		return nil, nil, limit("limit.source", "source", len(src), c.contract.Limits.Source, "bytes")
	}
	u, err := tilego.Compile(src, c.surface)
	if err != nil {
		return nil, nil, refusals(err)
	}
	if size := layout.Of(u).State.Size; size > c.contract.Limits.State {
		return nil, nil, limit("limit.state", "State", size, c.contract.Limits.State, "bytes")
	}
	code, err := ir.Encode(u)
	if err != nil {
		return nil, nil, []pipeline.Finding{{Code: "limit.code", Message: err.Error(), Hint: "write a smaller module"}}
	}
	return u, code, c.dear(u)
}

// dear finds a module that may take too long.
func (c checks) dear(u *ir.Unit) []pipeline.Finding {
	bounds, err := cost.Of(u)
	if err != nil {
		return []pipeline.Finding{{Code: "limit.cost", Message: err.Error(), Hint: "write a smaller module"}}
	}
	entry := c.contract.Entry.Name
	if b := bounds[entry]; b != nil && b.Cmp(big.NewInt(int64(c.contract.Budget))) > 0 {
		return []pipeline.Finding{{Code: "limit.cost", Where: entry,
			Message: fmt.Sprintf("a call may take %s instructions; the contract allows %d", b, c.contract.Budget), Hint: "use fewer or shorter loops"}}
	}
	return nil
}

func limit(code, where string, got, most int, unit string) []pipeline.Finding {
	return []pipeline.Finding{{Code: code, Where: where, Message: fmt.Sprintf("%d %s; at most %d are allowed", got, unit, most), Hint: "write a smaller module"}}
}

func refusals(err error) []pipeline.Finding {
	rs, ok := find[tilego.Refusals](err)
	if !ok {
		return []pipeline.Finding{{Code: "tilego", Message: err.Error(), Hint: "write one whole file of Tile Go, with the package and the import of the contract"}}
	}
	out := make([]pipeline.Finding, 0, len(rs))
	for _, r := range rs {
		out = append(out, pipeline.Finding{Code: r.Rule, Where: fmt.Sprintf("line %d, column %d", r.Line, r.Col), Message: r.Message, Hint: r.Hint})
	}
	return out
}

// refute searches for a witness against the contract.
func (c checks) refute(u *ir.Unit) ([]pipeline.Finding, error) {
	w, err := c.refuter.Search(u, c.seed, c.steps)
	if err != nil || w == nil {
		return nil, err
	}
	f := pipeline.Finding{Code: "refute." + string(w.Clause), Where: c.contract.Entry.Name, Message: broken[w.Clause], Hint: w.Clause.Advice(), Witness: w.String()}
	if !w.Reachable && w.Clause != refute.Init {
		f.Hint = "the state satisfies Inv, but may never be reached: bound it more tightly in Inv, or make the code safe there"
	}
	return []pipeline.Finding{f}, nil
}

var broken = map[refute.Clause]string{
	refute.Init:    "the initial state does not satisfy Inv, or Init panics",
	refute.Panic:   "a step panics",
	refute.Post:    "the results break Post of the contract",
	refute.Inv:     "the state after the step does not satisfy Inv",
	refute.RelPost: "two runs from one state break RelPost of the contract",
}

// find is errors.As as an expression.
func find[E any](err error) (E, bool) {
	var e E
	ok := errors.As(err, &e)
	return e, ok
}
