package pipeline_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

func amounts(most int64) *rapid.Generator[pipeline.Amount] {
	return rapid.Custom(func(t *rapid.T) pipeline.Amount {
		n := func(name string) int64 { return rapid.Int64Range(0, most).Draw(t, name) }
		return pipeline.Amount{
			Evaluations: n("evaluations"), Steps: n("steps"), Tokens: n("tokens"),
			Money: pipeline.Decimal(n("money")), Proofs: n("proofs"), Attention: n("attention"),
		}
	})
}

func within(a, b pipeline.Amount) bool {
	return a.Evaluations <= b.Evaluations && a.Steps <= b.Steps && a.Tokens <= b.Tokens &&
		a.Money <= b.Money && a.Proofs <= b.Proofs && a.Attention <= b.Attention
}

// While work costs no more than it reserved, spent and reserved together never
// pass the limit, and what is settled is spent exactly once.
func TestLedgerKeepsTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := amounts(100).Draw(t, "limit")
		ledger := pipeline.NewLedger(limit)
		var open []pipeline.Amount
		var spent pipeline.Amount
		for range rapid.IntRange(1, 40).Draw(t, "operations") {
			if len(open) > 0 && rapid.Bool().Draw(t, "settle") {
				cost := amounts(100).Filter(func(a pipeline.Amount) bool { return within(a.Minus(open[0]), pipeline.Amount{}) }).Draw(t, "cost")
				ledger.Settle(open[0], cost)
				spent, open = spent.Plus(cost), open[1:]
			} else if cost := amounts(20).Draw(t, "reservation"); ledger.Reserve(cost) == nil {
				open = append(open, cost)
			}
			if !within(ledger.Spent.Plus(ledger.Reserved), limit) {
				t.Fatalf("over the limit: %+v", ledger)
			}
		}
		for _, r := range open {
			ledger.Settle(r, pipeline.Amount{})
		}
		if ledger.Spent != spent || ledger.Reserved != (pipeline.Amount{}) || ledger.Left() != limit.Minus(spent) {
			t.Fatalf("%+v after spending %+v", ledger, spent)
		}
	})
}

func TestLedgerNamesWhatIsMissing(t *testing.T) {
	ledger := pipeline.NewLedger(pipeline.Amount{Evaluations: 5, Money: pipeline.One})
	before := ledger
	err := ledger.Reserve(pipeline.Amount{Evaluations: 1, Money: 2 * pipeline.One})
	if !errors.Is(err, pipeline.ErrBudget) || !strings.Contains(err.Error(), "money: want 2, 1 left") {
		t.Error(err)
	}
	if ledger != before {
		t.Error("a refused reservation changed the ledger")
	}
	if err := ledger.Reserve(pipeline.Amount{Evaluations: -1}); !errors.Is(err, pipeline.ErrBudget) {
		t.Error("negative reservation accepted")
	}
	if ledger.Exhausted() != "" {
		t.Error(ledger.Exhausted())
	}
	ledger.Settle(pipeline.Amount{}, pipeline.Amount{Evaluations: 7})
	if ledger.Exhausted() != "evaluations" || ledger.Spent.Evaluations != 7 {
		t.Errorf("%q, %+v: cost above the reservation must count", ledger.Exhausted(), ledger.Spent)
	}
}

// Shares together never pass the budget, and no party gets less than it could.
func TestSharesAreEqualAndCovered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 7).Draw(t, "parties")
		whole := pipeline.Amount{Evaluations: rapid.Int64Range(0, 1<<40).Draw(t, "evaluations"), Proofs: rapid.Int64Range(0, 100).Draw(t, "proofs")}
		share, parties := whole.Share(n), int64(max(1, n))
		for _, p := range [][2]int64{{whole.Evaluations, share.Evaluations}, {whole.Proofs, share.Proofs}, {whole.Steps, share.Steps}} {
			if left := p[0] - parties*p[1]; left < 0 || left >= parties {
				t.Fatalf("%d of %d each for %d", p[1], p[0], parties)
			}
		}
	})
}
