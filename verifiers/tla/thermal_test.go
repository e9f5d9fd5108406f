package tla

import (
	"os"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/tlagen"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// thermal is the shipped contract of the slot thermal with the module of a
// lineage, edited.
func thermal(t testing.TB, lineage string, edits ...string) verifiers.Subject {
	t.Helper()
	c, err := contract.Load(os.DirFS("../../hal/thermal"))
	if err != nil {
		t.Fatal(err)
	}
	source := read(t, "../../lineages/"+lineage+"/thermal/module.go")
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(source, edits[i]) {
			t.Fatalf("%s has no %q", lineage, edits[i])
		}
		source = strings.ReplaceAll(source, edits[i], edits[i+1])
	}
	return subject(t, c, source)
}

func TestShippedModulesPass(t *testing.T) {
	t.Parallel()
	c := checker(t)
	for _, lineage := range []string{"alder", "birch", "cedar"} {
		st, err := Check(t.Context(), thermal(t, lineage), Options{Checker: c})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s; %v", lineage, st.Summary, st.Figures)
		if st.Outcome != pipeline.Pass || st.Notes["engine.tla-checker"] != "agrees" || len(st.Findings) > 0 {
			t.Errorf("%s: %s: %s %v %v", lineage, st.Outcome, st.Summary, st.Notes, st.Findings)
		}
	}
}

func TestGovernorThatIgnoresTheCriticalTemperatureIsRefused(t *testing.T) {
	t.Parallel()
	c := checker(t)
	ignore := []string{"if in.Fault || in.Temp >= Crit {", "if in.Fault {"}
	for lineage, edits := range map[string][]string{
		"alder": ignore,
		"birch": append(ignore, "min(max(slow, 0), ThrottleTop)", "min(max(slow, 0), ThrottleTop-1)"), // its controller is at its top below Crit anyway
	} {
		st, err := Check(t.Context(), thermal(t, lineage, edits...), Options{Checker: c})
		if err != nil {
			t.Fatal(err)
		}
		if st.Outcome != pipeline.Fail || st.Findings[0].Code != "tla.violation" || st.Notes["engine.tla-checker"] != "agrees" {
			t.Errorf("%s: %s: %s %v", lineage, st.Outcome, st.Summary, st.Notes)
			continue
		}
		t.Logf("%s: %s\n%s", lineage, st.Summary, st.Findings[0].Witness)
	}
}

func BenchmarkExplorer(b *testing.B) {
	for _, lineage := range []string{"alder", "birch"} {
		b.Run(lineage, func(b *testing.B) {
			s := thermal(b, lineage)
			sys, err := joint.New(s.Unit, s.Contract.Unit, s.Contract.Env, s.Contract.Model.Consts)
			if err != nil {
				b.Fatal(err)
			}
			states, steps := 0, 0
			for b.Loop() {
				r, err := sys.Explore(b.Context(), joint.Limits{})
				if err != nil {
					b.Fatal(err)
				}
				states += r.Distinct
				steps += r.Generated
			}
			b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}

func BenchmarkChecker(b *testing.B) {
	c := checker(b)
	for _, lineage := range []string{"alder", "birch"} {
		b.Run(lineage, func(b *testing.B) {
			s := thermal(b, lineage)
			sys, err := joint.New(s.Unit, s.Contract.Unit, s.Contract.Env, s.Contract.Model.Consts)
			if err != nil {
				b.Fatal(err)
			}
			spec, err := tlagen.Generate(sys)
			if err != nil {
				b.Fatal(err)
			}
			r, err := sys.Explore(b.Context(), joint.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := c.load(b.Context()); err != nil {
				b.Fatal(err)
			}
			runs := 0
			for b.Loop() {
				if a, err := c.Check(b.Context(), printed(spec), 1_000_000); err != nil || a.Distinct != r.Distinct {
					b.Fatal(a, err)
				}
				runs++
			}
			b.ReportMetric(float64(runs*r.Generated)/b.Elapsed().Seconds(), "steps/s")
			b.ReportMetric(float64(runs*r.Generated*spec.Weight)/b.Elapsed().Seconds(), "weight/s")
		})
	}
}

func BenchmarkCompileChecker(b *testing.B) {
	code := checker(b).code
	for b.Loop() {
		c := &Checker{code: code}
		if _, err := c.load(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := c.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
