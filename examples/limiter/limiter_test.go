package limiter_test

import (
	"os"
	"testing"

	"github.com/genesis-network/genesis/examples/limiter"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
)

// catalogue is the example's slot and its lineage.
type catalogue struct{ slot hal.Slot }

func (c catalogue) Slot(name string) (pipeline.SlotInfo, bool) {
	info := pipeline.SlotInfo{Class: pipeline.DeviceSlot}
	for _, m := range c.slot.Contract.Metrics {
		info.Metrics = append(info.Metrics, pipeline.MetricInfo{Name: m.Name, Direction: pipeline.Direction(m.Direction)})
	}
	return info, name == c.slot.Name
}

func (c catalogue) Slots() []string { return []string{c.slot.Name} }

func (catalogue) Lineages() []string { return []string{"home"} }

func course(t testing.TB) *benchmark.Course {
	t.Helper()
	slot, err := hal.Open(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := pipeline.ParseCampaign(text, catalogue{slot})
	if err != nil {
		t.Fatal(err)
	}
	c, err := benchmark.Open(slot.Folder, slot, spec.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The module that is shipped is within 5 % of the best textbook policy, on the
// part of the trace that they were tuned on, and keeps the campaign's constraint.
func TestTheIncumbentIsNoStrawMan(t *testing.T) {
	t.Parallel()
	c := course(t)
	genomes, err := lineages.In(c.Slot.Folder, c.Slot.Name)
	if err != nil || len(genomes) != 1 {
		t.Fatalf("%d lineages: %v", len(genomes), err)
	}
	home, err := genomes[0].Compile(c.Slot.Contract)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := c.Measure(telemetry.PartSelection, home.Unit)
	if err != nil {
		t.Fatal(err)
	}
	name, book, err := c.Textbook(telemetry.PartSelection)
	if err != nil {
		t.Fatal(err)
	}
	lost, least := ours.Metrics["worth_lost_ppm"], book.Metrics["worth_lost_ppm"]
	if float64(lost) > 1.05*float64(least) {
		t.Errorf("home loses %s ppm, %s %s ppm", lost, name, least)
	}
	if !c.Objective.Feasible(ours.Metrics) || !c.Objective.Feasible(book.Metrics) {
		t.Errorf("slow: home %s ppm, %s %s ppm", ours.Metrics["slow_ppm"], name, book.Metrics["slow_ppm"])
	}
}

// What the service starts with, and what it is shown swapping to, are modules
// of this contract, and the first is the lineage's.
func TestTheVerifiedModulesAreOfThisContract(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(limiter.Folder)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("lineages/home/module.go")
	if err != nil {
		t.Fatal(err)
	}
	home, err := lineages.Compile(c, source, nil)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"home": string(home.Ref.Code.Digest()), "better": ""} {
		text, err := os.ReadFile("service/" + file + ".verified.json")
		if err != nil {
			t.Fatal(err)
		}
		v, err := host.ParseVerified(text)
		if err != nil {
			t.Fatal(err)
		}
		m, err := host.LoadVerified(t.Context(), v, c)
		if err != nil {
			t.Fatalf("%s: %v; run examples/limiter/ci/check", file, err)
		}
		if want != "" && m.Code != want {
			t.Errorf("%s is not the lineage's module: run examples/limiter/ci/check", file)
		}
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkSimulator counts requests that are decided and simulated, calls of
// the module included.
func BenchmarkSimulator(b *testing.B) {
	c := course(b)
	requests := 0.0
	for b.Loop() {
		s := c.Slot.Baselines["reservation"]()
		m, err := c.MeasureStepper(telemetry.PartChoice, counting{s, &requests})
		if err != nil || len(m.Blocks) == 0 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(requests/b.Elapsed().Seconds(), "requests/s")
}

type counting struct {
	hal.Stepper
	n *float64
}

func (c counting) Step(in, out []uint64) error {
	*c.n++
	return c.Stepper.Step(in, out)
}
