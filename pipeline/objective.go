package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Metrics are the figures of one evaluation, by the names of the contract.
type Metrics map[string]Decimal

// Relation is how a constraint compares a metric with its limit.
type Relation string

// The relations.
const (
	AtMost  Relation = "<="
	AtLeast Relation = ">="
)

// Constraint bounds a metric. In documents it is a text such as
// "work_lost_permille <= 5".
type Constraint struct {
	Metric   string
	Relation Relation
	Limit    Decimal
}

// ErrConstraint says that a text is not a constraint.
var ErrConstraint = errors.New(`want "metric <= number" or "metric >= number"`)

// ParseConstraint reads "metric <= number" or "metric >= number".
func ParseConstraint(s string) (Constraint, error) {
	parts := strings.Fields(s)
	if len(parts) != 3 || (parts[1] != string(AtMost) && parts[1] != string(AtLeast)) {
		return Constraint{}, fmt.Errorf("%.80q: %w", s, ErrConstraint)
	}
	limit, err := ParseDecimal(parts[2])
	if err != nil {
		return Constraint{}, fmt.Errorf("%.80q: %w", s, err)
	}
	return Constraint{Metric: parts[0], Relation: Relation(parts[1]), Limit: limit}, nil
}

func (c Constraint) String() string {
	return c.Metric + " " + string(c.Relation) + " " + c.Limit.String()
}

// MarshalText writes what [ParseConstraint] reads.
func (c Constraint) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what [ParseConstraint] reads.
func (c *Constraint) UnmarshalText(text []byte) error {
	v, err := ParseConstraint(string(text))
	*c = v
	return err
}

// Violation is by how much the metrics break the constraint: 0 when they keep
// it. A metric that is missing breaks it by more than any that is there.
func (c Constraint) Violation(m Metrics) uint64 {
	value, ok := m[c.Metric]
	if !ok {
		return 1<<64 - 1
	}
	high, low := value, c.Limit
	if c.Relation == AtLeast {
		high, low = c.Limit, value
	}
	if high <= low {
		return 0
	}
	return uint64(high) - uint64(low) // exact: the true difference is below 2^64
}

// Direction says which way a metric is better.
type Direction string

// The directions.
const (
	Minimize Direction = "min"
	Maximize Direction = "max"
)

// Objective is what a campaign improves: one metric, within constraints. Exactly
// one of Minimize and Maximize is set.
type Objective struct {
	Minimize  string       `json:"minimize,omitempty"`
	Maximize  string       `json:"maximize,omitempty"`
	SubjectTo []Constraint `json:"subjectTo,omitempty"`
}

// Metric is the name of the metric that is improved.
func (o Objective) Metric() string { return cmp.Or(o.Minimize, o.Maximize) }

// Direction says which way it is improved.
func (o Objective) Direction() Direction {
	if o.Minimize == "" {
		return Maximize
	}
	return Minimize
}

// Feasible reports whether all constraints are kept.
func (o Objective) Feasible(m Metrics) bool {
	for _, c := range o.SubjectTo {
		if c.Violation(m) > 0 {
			return false
		}
	}
	return true
}

// Compare orders two evaluations: negative when a is better, 0 when neither is.
// A feasible one is better than one that is not. Between two that are not, the
// smaller violation of the first constraint decides, then of the second, and so
// on. What is still equal is ordered by the metric itself; without it is worst.
// It is a total order of classes: transitive, and never better both ways.
func (o Objective) Compare(a, b Metrics) int {
	if x, y := o.Feasible(a), o.Feasible(b); x != y {
		return cmp.Compare(rank(y), rank(x))
	}
	return o.compareWithin(a, b)
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (o Objective) compareWithin(a, b Metrics) int {
	for _, c := range o.SubjectTo {
		if d := cmp.Compare(c.Violation(a), c.Violation(b)); d != 0 {
			return d
		}
	}
	return o.compareMetric(a, b)
}

func (o Objective) compareMetric(a, b Metrics) int {
	x, hasX := a[o.Metric()]
	y, hasY := b[o.Metric()]
	switch {
	case hasX != hasY:
		return cmp.Compare(rank(hasY), rank(hasX))
	case o.Direction() == Maximize:
		return cmp.Compare(y, x)
	default:
		return cmp.Compare(x, y)
	}
}

// Better reports whether a is strictly better than b.
func (o Objective) Better(a, b Metrics) bool { return o.Compare(a, b) < 0 }
