package pipeline

import (
	"errors"
	"fmt"
)

// Amount is what work costs. Every part is counted, none is a time: a search
// that counts gives the same result on every machine.
type Amount struct {
	Evaluations int64   `json:"evaluations"`      // candidates tried
	Steps       int64   `json:"steps"`            // of the simulator
	Tokens      int64   `json:"tokens,omitempty"` // of language models, in and out
	Money       Decimal `json:"money,omitempty"`  // in the account's currency
	Proofs      int64   `json:"proofs,omitempty"` // attempts of the prover
	Attention   int64   `json:"attention"`        // times that a person is asked
}

// Budget is the most that a campaign may spend. A part that is 0 buys nothing.
// Time acts between epochs only; a run that it ended is marked as not
// reproducible.
type Budget struct {
	Amount
	Time Duration `json:"time,omitzero"` // 0 is no limit
}

// Share is what each of n parties may spend: an equal part, rounded down.
func (a Amount) Share(n int) Amount {
	for _, p := range a.parts() {
		*p.value /= int64(max(1, n))
	}
	return a
}

// ErrBudget says that a budget does not cover a reservation. Nothing was
// reserved then.
var ErrBudget = errors.New("over budget")

// part is one named component of an amount.
type part struct {
	name  string
	value *int64
}

func (a *Amount) parts() []part {
	return []part{
		{"evaluations", &a.Evaluations}, {"steps", &a.Steps}, {"tokens", &a.Tokens},
		{"money", (*int64)(&a.Money)}, {"proofs", &a.Proofs}, {"attention", &a.Attention},
	}
}

// Plus is the sum of both, kept at the largest number instead of overflowing.
func (a Amount) Plus(b Amount) Amount {
	x, y := a.parts(), b.parts()
	for i := range x {
		*x[i].value = addSaturated(*x[i].value, *y[i].value)
	}
	return a
}

// Minus is what is left of a after b; parts never fall below 0.
func (a Amount) Minus(b Amount) Amount {
	x, y := a.parts(), b.parts()
	for i := range x {
		*x[i].value = max(0, *x[i].value-max(0, *y[i].value))
	}
	return a
}

func addSaturated(a, b int64) int64 {
	if b > 0 && a > maxExact-b {
		return maxExact
	}
	return a + b
}

// Ledger keeps a budget: work is reserved before it starts and settled when its
// cost is known. It is a value without locks; its owner is one workflow or one
// search. After a crash the reservations in it are those of work that was begun
// and is begun again.
type Ledger struct {
	Limit    Amount `json:"limit"`
	Spent    Amount `json:"spent"`
	Reserved Amount `json:"reserved"`
}

// NewLedger is an untouched budget.
func NewLedger(limit Amount) Ledger { return Ledger{Limit: limit} }

// Left is what can still be reserved.
func (l Ledger) Left() Amount { return l.Limit.Minus(l.Spent).Minus(l.Reserved) }

// Reserve sets the cost aside, or returns [ErrBudget] naming the part that does
// not suffice, and changes nothing.
func (l *Ledger) Reserve(cost Amount) error {
	left := l.Left()
	have, want := left.parts(), cost.parts()
	for i := range want {
		if *want[i].value < 0 {
			return fmt.Errorf("%w: negative %s", ErrBudget, want[i].name)
		}
		if *want[i].value > *have[i].value {
			return fmt.Errorf("%w: %s: want %s, %s left", ErrBudget, want[i].name, want[i].text(), have[i].text())
		}
	}
	l.Reserved = l.Reserved.Plus(cost)
	return nil
}

// Settle replaces a reservation by what the work did cost. Cost above the
// reservation is counted too: it was spent.
func (l *Ledger) Settle(reserved, cost Amount) {
	l.Reserved = l.Reserved.Minus(reserved)
	l.Spent = l.Spent.Plus(cost)
}

// Exhausted names a part whose limit is used up, or is "". Parts with no limit
// given are not counted.
func (l Ledger) Exhausted() string {
	limit, left := l.Limit.parts(), l.Left()
	for i, p := range left.parts() {
		if *limit[i].value > 0 && *p.value == 0 {
			return p.name
		}
	}
	return ""
}

func (p part) text() string {
	if p.name == "money" {
		return Decimal(*p.value).String()
	}
	return fmt.Sprint(*p.value)
}
