package pipeline_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

func TestCompare(t *testing.T) {
	o := pipeline.Objective{Minimize: "cost", SubjectTo: []pipeline.Constraint{
		{Metric: "heat", Relation: pipeline.AtMost, Limit: 10 * pipeline.One},
		{Metric: "speed", Relation: pipeline.AtLeast, Limit: 5 * pipeline.One},
	}}
	m := func(cost, heat, speed pipeline.Decimal) pipeline.Metrics {
		return pipeline.Metrics{"cost": cost * pipeline.One, "heat": heat * pipeline.One, "speed": speed * pipeline.One}
	}
	for name, row := range map[string]struct {
		better, worse pipeline.Metrics
	}{
		"cheaper":                     {m(1, 10, 5), m(2, 0, 9)},
		"feasible before cheap":       {m(9, 10, 5), m(1, 11, 5)},
		"first constraint first":      {m(9, 11, 0), m(1, 12, 5)},
		"then the second":             {m(9, 11, 4), m(1, 11, 3)},
		"then the cost":               {m(1, 11, 4), m(2, 11, 4)},
		"kept first beats broken":     {m(1, 3, 0), m(1, 11, 9)},
		"something before nothing":    {m(9, 11, 0), pipeline.Metrics{"cost": 0}},
		"cost known before not known": {m(9, 10, 5), pipeline.Metrics{"heat": 0, "speed": 9 * pipeline.One}},
	} {
		if !o.Better(row.better, row.worse) || o.Better(row.worse, row.better) {
			t.Errorf("%s: %v should be better than %v", name, row.better, row.worse)
		}
	}
	if o.Better(m(1, 2, 6), m(1, 3, 7)) || o.Better(m(1, 3, 7), m(1, 2, 6)) {
		t.Error("how well constraints are kept must not count")
	}
	if o.Minimize = ""; o.Better(m(1, 1, 9), m(1, 1, 9)) {
		t.Error("better than itself")
	}
}

// Compare is antisymmetric and transitive, and feasible is never worse than not.
func TestCompareIsAnOrder(t *testing.T) {
	metrics := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.Custom(func(t *rapid.T) pipeline.Decimal {
		return pipeline.Decimal(rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64()).Draw(t, "value"))
	}))
	constraint := rapid.Custom(func(t *rapid.T) pipeline.Constraint {
		return pipeline.Constraint{
			Metric:   rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "metric"),
			Relation: rapid.SampledFrom([]pipeline.Relation{pipeline.AtMost, pipeline.AtLeast}).Draw(t, "relation"),
			Limit:    pipeline.Decimal(rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64()).Draw(t, "limit")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		o := pipeline.Objective{Minimize: "a", SubjectTo: rapid.SliceOfN(constraint, 0, 3).Draw(t, "constraints")}
		if rapid.Bool().Draw(t, "maximize") {
			o.Minimize, o.Maximize = "", "a"
		}
		x, y, z := metrics.Draw(t, "x"), metrics.Draw(t, "y"), metrics.Draw(t, "z")
		if o.Compare(x, y) != -o.Compare(y, x) {
			t.Fatal("not antisymmetric")
		}
		if o.Compare(x, y) <= 0 && o.Compare(y, z) <= 0 && o.Compare(x, z) > 0 {
			t.Fatal("not transitive")
		}
		if o.Feasible(x) && !o.Feasible(y) && !o.Better(x, y) {
			t.Fatal("infeasible preferred")
		}
	})
}

func TestConstraintText(t *testing.T) {
	for _, text := range []string{"a <= 5", "b_c >= -0.25"} {
		c, err := pipeline.ParseConstraint(text)
		if err != nil || c.String() != text {
			t.Errorf("%q became %q, %v", text, c, err)
		}
	}
	for _, bad := range []string{"", "a", "a <=", "a == 5", "a <= b", "a<=5", "a <= 5 6"} {
		if c, err := pipeline.ParseConstraint(bad); err == nil {
			t.Errorf("%q read as %s", bad, c)
		}
	}
}
