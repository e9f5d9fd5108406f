package pipeline

import "cmp"

// Score condenses an evaluation for a search that compares many: first by how
// much the constraints are broken, then by the metric. Smaller is better. It
// agrees with [Objective.Compare] on what keeps all constraints. Numbers stay
// within what canonical JSON keeps exactly.
type Score struct {
	Violation int64 `json:"violation"` // sum over the constraints, in millionths; 0 keeps all
	Objective int64 `json:"objective"` // the metric in millionths, negated when more is better
}

// Compare is negative when s is better than o.
func (s Score) Compare(o Score) int {
	return cmp.Or(cmp.Compare(s.Violation, o.Violation), cmp.Compare(s.Objective, o.Objective))
}

// Less says whether s is better than o.
func (s Score) Less(o Score) bool { return s.Compare(o) < 0 }

// Score condenses metrics; one without the objective's metric is worst.
func (o Objective) Score(m Metrics) Score {
	var broken uint64
	for _, c := range o.SubjectTo {
		broken += min(c.Violation(m), maxExact)
	}
	s := Score{Violation: int64(min(broken, maxExact)), Objective: maxExact}
	if v, ok := m[o.Metric()]; ok {
		if o.Direction() == Maximize {
			v = -v
		}
		s.Objective = min(max(int64(v), -maxExact), maxExact)
	}
	return s
}
