package diversity

import (
	"fmt"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/lineages/printed"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/telemetry"
)

// Measure compares modules of one slot. It is immutable and may be shared.
type Measure struct {
	slot   hal.Slot
	probes *Probes
	window Window // nil: no telemetry
	trials []Trial
}

// New prepares a slot's probe set and, where there is telemetry, its faults.
func New(slot hal.Slot, w *telemetry.Window) (*Measure, error) {
	p, err := Draw(slot.Contract, DefaultSeed, DefaultRuns, DefaultCalls)
	if err != nil {
		return nil, err
	}
	m := &Measure{slot: slot, probes: p}
	if w != nil {
		m.window = cuts{w}
		m.trials = Trials(slot, m.window, DefaultMoments)
	}
	return m, nil
}

// cuts lets telemetry be cut.
type cuts struct{ *telemetry.Window }

// Cut implements Window.
func (c cuts) Cut(from, ticks int) (sim.Window, error) { return c.Slice(from, ticks) }

// Sample is a module with what was measured of it alone.
type Sample struct {
	lines     []string
	decisions Decisions
	survived  []bool
}

// Survived is how many trials the module survives, of how many.
func (s Sample) Survived() (survived, trials int) {
	for _, ok := range s.survived {
		if ok {
			survived++
		}
	}
	return survived, len(s.survived)
}

// Sample measures a module.
func (m *Measure) Sample(module lineages.Module) (Sample, error) {
	var s Sample
	var err error
	if s.lines, err = printed.Lines(m.slot.Contract, module.IR); err != nil {
		return s, err
	}
	if s.decisions, err = m.probes.Ask(module.Unit); err != nil {
		return s, err
	}
	if m.window != nil {
		s.survived, err = Survives(m.slot, m.window, m.trials, module.Unit)
	}
	return s, err
}

// Pair is how different two modules are.
type Pair struct {
	Slot      string           `json:"slot"`
	Probes    pipeline.Digest  `json:"probes"` // names the probe set
	Calls     int              `json:"calls"`  // of it
	Differ    int              `json:"differ"` // calls that are decided differently
	Results   []ResultDiffer   `json:"results"`
	Lines     int              `json:"lines"` // of both printed IRs together
	Unlike    int              `json:"unlike"`
	Decisions pipeline.Decimal `json:"decisions"`        // Differ / Calls
	Structure pipeline.Decimal `json:"structure"`        // Unlike / Lines
	Faults    []Survival       `json:"faults,omitempty"` // none: no telemetry, or a simulator without faults
}

// ResultDiffer says in how many calls one result differs.
type ResultDiffer struct {
	Name   string `json:"name"`
	Differ int    `json:"differ"`
}

// Compare sets two samples beside each other.
func (m *Measure) Compare(a, b Sample) (Pair, error) {
	p := Pair{Slot: m.slot.Name, Probes: m.probes.Digest}
	var results []int
	p.Differ, p.Calls, results = a.decisions.Differ(b.decisions)
	for i, r := range m.slot.Contract.Entry.Results {
		p.Results = append(p.Results, ResultDiffer{r.Name, results[i]})
	}
	p.Unlike, p.Lines = printed.Distance(a.lines, b.lines)
	var err error
	if p.Decisions, err = pipeline.Fraction(int64(p.Differ), 1, int64(max(p.Calls, 1))); err != nil {
		return p, err
	}
	if p.Structure, err = pipeline.Fraction(int64(p.Unlike), 1, int64(max(p.Lines, 1))); err != nil {
		return p, err
	}
	if len(m.trials) == 0 {
		return p, nil
	}
	if p.Faults, err = Overlap(m.trials, a.survived, b.survived); err != nil {
		return p, fmt.Errorf("slot %s: %w", m.slot.Name, err)
	}
	return p, nil
}
