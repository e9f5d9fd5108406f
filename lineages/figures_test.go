package lineages_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/hal/thermal"
	"github.com/genesis-network/genesis/hal/thermal/baseline"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/lineages"
	alder "github.com/genesis-network/genesis/lineages/alder/thermal"
	birch "github.com/genesis-network/genesis/lineages/birch/thermal"
	cedar "github.com/genesis-network/genesis/lineages/cedar/thermal"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/telemetry"
)

var update = flag.Bool("update", false, "write golden files")

var parts = []telemetry.Part{telemetry.PartSelection, telemetry.PartChoice, telemetry.PartReport}

// recorded is the example trace in its three parts.
var recorded = sync.OnceValues(func() (telemetry.Parts, error) {
	tr, err := telemetry.Load(os.DirFS("../examples/telemetry"), "cooler.trace.yaml")
	if err != nil {
		return telemetry.Parts{}, err
	}
	w, err := tr.Resample(10*time.Second, 24*time.Hour)
	if err != nil {
		return telemetry.Parts{}, err
	}
	return w.Split()
})

// bench is the slot thermal with the example trace and campaign.
type bench struct {
	slot     hal.Slot
	parts    telemetry.Parts
	campaign pipeline.Campaign
}

func newBench(t testing.TB) bench {
	t.Helper()
	slot, ok := hal.Lookup("thermal")
	if !ok {
		t.Fatal("slot thermal is not registered")
	}
	p, err := recorded()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../examples/campaigns/cooler.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := pipeline.ParseCampaign(text, catalogue{slot})
	if err != nil {
		t.Fatal(err)
	}
	return bench{slot: slot, parts: p, campaign: c}
}

// catalogue knows what is registered and shipped.
type catalogue struct{ slot hal.Slot }

func (catalogue) Slots() []string    { return []string{"thermal"} }
func (catalogue) Lineages() []string { return lineages.Names() }
func (c catalogue) Slot(name string) (pipeline.SlotInfo, bool) {
	info := pipeline.SlotInfo{Class: pipeline.DeviceSlot}
	for _, m := range c.slot.Contract.Metrics {
		d := pipeline.Minimize
		if m.Direction == "max" {
			d = pipeline.Maximize
		}
		info.Metrics = append(info.Metrics, pipeline.MetricInfo{Name: m.Name, Direction: d})
	}
	return info, name == c.slot.Name
}

// measure is the metrics of a policy on a part.
func (b bench) measure(t testing.TB, part telemetry.Part, s hal.Stepper) (metrics map[string]int64, blocks []hal.Block) {
	t.Helper()
	w, _ := b.parts.Of(part)
	blocks, err := b.slot.Simulator.Run(w, s)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err = hal.Fold(b.slot.Contract.Metrics, b.slot.Simulator.Counters(), blocks)
	if err != nil {
		t.Fatal(err)
	}
	return metrics, blocks
}

// native is a governor as Go compiled it.
type native[S any] struct {
	state S
	step  func(*S, *thermal.Input) (uint8, uint8)
}

func (n *native[S]) Step(in, out []uint64) error {
	fan, throttle := n.step(&n.state, &thermal.Input{Temp: int16(in[0]), Load: uint8(in[1]), Fault: in[2] != 0})
	out[0], out[1] = uint64(fan), uint64(throttle)
	return nil
}

func natives() map[string]func() hal.Stepper {
	return map[string]func() hal.Stepper{
		"alder": func() hal.Stepper { return &native[alder.State]{step: alder.Step} },
		"birch": func() hal.Stepper { return &native[birch.State]{step: birch.Step} },
		"cedar": func() hal.Stepper { return &native[cedar.State]{step: cedar.Step} },
	}
}

// interpreted is a shipped governor on the reference engine.
func (b bench) interpreted(t testing.TB, lineage string) hal.Stepper {
	t.Helper()
	g, err := lineages.Load(lineage, b.slot.Name)
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(g.Source, b.slot.Contract.Surface())
	if err != nil {
		t.Fatal(err)
	}
	p, err := vm.New(u)
	if err != nil {
		t.Fatal(err)
	}
	s, err := hal.Interpret(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run is what a policy did on a part.
type run struct {
	metrics map[string]int64
	blocks  []hal.Block
}

// contestants are the baselines and the shipped governors, in print order.
var contestants = []string{baseline.AlwaysFull, baseline.StepWise, baseline.PI, "alder", "birch", "cedar"}

var (
	ran  = map[telemetry.Part]map[string]run{}
	once sync.Once
)

// runs are the contestants on every part, each run once for all tests.
func (b bench) runs(t testing.TB) map[telemetry.Part]map[string]run {
	t.Helper()
	once.Do(func() {
		make := natives()
		for name, f := range b.slot.Baselines {
			make[name] = f
		}
		for _, part := range parts {
			ran[part] = map[string]run{}
			for _, name := range contestants {
				m, blocks := b.measure(t, part, make[name]())
				ran[part][name] = run{m, blocks}
			}
		}
	})
	return ran
}

// The golden table is the figures of baselines and lineages on all parts. The
// simulator counts in integers, so it is the same on every machine.
func TestFigures(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var out bytes.Buffer
	tab := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "part\tpolicy\tenergy_joules\twork_lost_permille\tseconds_above_target\tfan_joules/day\tfan_moves/day")
	for _, part := range parts {
		for _, name := range contestants {
			r := b.runs(t)[part][name]
			days := int64(len(r.blocks))
			fmt.Fprintf(tab, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", part, name, r.metrics["energy_joules"], r.metrics["work_lost_permille"], r.metrics["seconds_above_target"],
				b.total(r.blocks, "fan_joules")/days, b.total(r.blocks, "fan_moves")/days)
		}
	}
	tab.Flush()
	golden(t, "thermal_figures.golden", out.Bytes())
}

func (b bench) total(blocks []hal.Block, counter string) int64 {
	sum := int64(0)
	for i, name := range b.slot.Simulator.Counters() {
		for _, block := range blocks {
			if name == counter {
				sum += block[i]
			}
		}
	}
	return sum
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update:\n%s", path, diff)
	}
}

// What is shipped is no straw man, and was set on the selection part: there,
// each governor keeps the constraints of the example campaign and is within
// five percent of the best textbook policy that does.
func TestShippedGovernorsAreNoStrawMen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	runs := b.runs(t)[telemetry.PartSelection]
	best := int64(0)
	for name := range b.slot.Baselines {
		m := runs[name].metrics
		if b.feasible(m) && (best == 0 || m["energy_joules"] < best) {
			best = m["energy_joules"]
		}
	}
	if best == 0 {
		t.Fatal("no textbook policy keeps the constraints")
	}
	for _, name := range lineages.Names() {
		m := runs[name].metrics
		if !b.feasible(m) {
			t.Errorf("%s breaks a constraint: %v", name, m)
		}
		if 100*m["energy_joules"] > 105*best {
			t.Errorf("%s takes %d J a day, the best textbook policy %d", name, m["energy_joules"], best)
		}
	}
}

func (b bench) feasible(m map[string]int64) bool {
	values := pipeline.Metrics{}
	for name, v := range m {
		values[name] = pipeline.Decimal(v) * pipeline.One
	}
	return b.campaign.Spec.Objective.Feasible(values)
}

// The constraints hold on the parts that were not looked at, too.
func TestShippedGovernorsKeepTheConstraintsEverywhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range lineages.Names() {
		for _, part := range parts {
			if m := b.runs(t)[part][name].metrics; !b.feasible(m) {
				t.Errorf("%s breaks a constraint on %s: %v", name, part, m)
			}
		}
	}
}

func TestGoAndTheReferenceEngineAgreeOnRecordedTelemetry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	days, err := b.parts.Report.Slice(0, 2*b.parts.Report.BlockTicks())
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range natives() {
		want, err := b.slot.Simulator.Run(days, f())
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.slot.Simulator.Run(days, b.interpreted(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: counters by day, Go against vm:\n%s", name, diff)
		}
	}
}

func BenchmarkSimulate(b *testing.B) {
	env := newBench(b)
	w, err := env.parts.Selection.Slice(0, 8640)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range lineages.Names() {
		b.Run(name, func(b *testing.B) {
			s := env.interpreted(b, name)
			for b.Loop() {
				if _, err := env.slot.Simulator.Run(w, s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(w.Len())/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
