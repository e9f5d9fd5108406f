package activities

import (
	"context"
	"sync"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/lineages/diversity"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/telemetry"
)

// Apart measures how different two generations are, in each slot that both fill.
func (w *Works) Apart(ctx context.Context, a, b pipeline.Ancestor) ([]diversity.Pair, error) {
	out := []diversity.Pair{}
	for _, h := range a.Modules {
		other, ok := b.Heir(h.Slot())
		if !ok {
			continue
		}
		p, err := w.apart(ctx, h, other)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (w *Works) apart(ctx context.Context, a, b pipeline.Heir) (diversity.Pair, error) {
	first, err := w.heirModule(ctx, a)
	if err != nil {
		return diversity.Pair{}, err
	}
	second, err := w.heirModule(ctx, b)
	if err != nil {
		return diversity.Pair{}, err
	}
	return w.compare(first, second)
}

func (w *Works) heirModule(ctx context.Context, h pipeline.Heir) (lineages.Module, error) {
	return w.module(ctx, h.Module, store.ModuleFiles{Source: h.Source, IR: h.Module.Code.IR, Proof: h.Module.Proof})
}

// compare measures two modules of one slot.
func (w *Works) compare(a, b lineages.Module) (diversity.Pair, error) {
	m, err := w.measures.of(w.Config, a.Ref.Code.Slot)
	if err != nil {
		return diversity.Pair{}, err
	}
	x, err := w.measures.sample(m, a)
	if err != nil {
		return diversity.Pair{}, err
	}
	y, err := w.measures.sample(m, b)
	if err != nil {
		return diversity.Pair{}, err
	}
	return m.Compare(x, y)
}

// maxSamples bounds what measures remember: some hundred kilobytes each.
const maxSamples = 32

// measures remembers what was measured: it follows from the slot and the IR.
type measures struct {
	mu      sync.Mutex
	slots   map[string]*diversity.Measure
	samples map[pipeline.Digest]diversity.Sample // by code
}

func newMeasures() measures {
	return measures{slots: map[string]*diversity.Measure{}, samples: map[pipeline.Digest]diversity.Sample{}}
}

func (m *measures) of(c Config, slot string) (*diversity.Measure, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.slots[slot]; ok {
		return known, nil
	}
	s, err := slotOf(slot)
	if err != nil {
		return nil, err
	}
	made, err := diversity.New(s, c.weather(s))
	if err == nil {
		m.slots[slot] = made
	}
	return made, err
}

func (m *measures) sample(of *diversity.Measure, module lineages.Module) (diversity.Sample, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	code := module.Ref.Code.Digest()
	if s, ok := m.samples[code]; ok {
		return s, nil
	}
	s, err := of.Sample(module)
	if err != nil {
		return s, err
	}
	if len(m.samples) >= maxSamples {
		clear(m.samples)
	}
	m.samples[code] = s
	return s, nil
}

// weather is the telemetry in which faults are tried; nil when there is none
// that the slot's simulator can use.
func (c Config) weather(slot hal.Slot) *telemetry.Window {
	if c.Data == nil || c.HomeTrace == "" {
		return nil
	}
	trace, err := telemetry.Load(c.Data, c.HomeTrace)
	if err != nil {
		return nil
	}
	w, err := trace.Resample(slot.Tick, slot.Block)
	if err != nil {
		return nil
	}
	for _, n := range slot.Simulator.Needs() {
		if _, err := w.Column(n.Input, n.Unit); err != nil {
			return nil
		}
	}
	return w
}
