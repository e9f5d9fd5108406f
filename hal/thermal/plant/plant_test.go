package plant_test

import (
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/hal/thermal"
	"github.com/genesis-network/genesis/hal/thermal/plant"
)

// levels is a stepper that always answers the same.
type levels [2]uint64

func (l levels) Step(_, out []uint64) error {
	copy(out, l[:])
	return nil
}

// window is a hand-made recording: thousandths of a percent and of a degree.
type window struct {
	load, air []int32
	block     int
}

func (w window) Tick() time.Duration { return plant.MaxTick }
func (w window) Len() int            { return len(w.load) }
func (w window) BlockTicks() int     { return w.block }
func (w window) Column(input, unit string) ([]int32, error) {
	switch input + " " + unit {
	case "load percent":
		return w.load, nil
	case "ambient celsius":
		return w.air, nil
	}
	return nil, errors.New("no such column")
}

func steady(load, air int32, ticks int) window {
	return window{load: slices.Repeat([]int32{load}, ticks), air: slices.Repeat([]int32{air}, ticks), block: 360}
}

var shared = sync.OnceValues(func() (*plant.Plant, error) { return plant.New(plant.DefaultParams(), plant.MaxTick) })

func newPlant(t testing.TB) *plant.Plant {
	t.Helper()
	p, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// counter is a counter of each block.
func counter(p *plant.Plant, blocks []sim.Block, name string) []int64 {
	i := slices.Index(p.Counters(), name)
	var out []int64
	for _, b := range blocks {
		out = append(out, b[i])
	}
	return out
}

func run(t testing.TB, p *plant.Plant, w sim.Window, s sim.Stepper) []sim.Block {
	t.Helper()
	blocks, err := p.Run(w, s)
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

func TestCountersOfASteadyRun(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	blocks := run(t, p, steady(60_000, 24_000, 3*360), levels{3, 0})
	last := blocks[2]
	got := map[string]int64{}
	for i, name := range p.Counters() {
		got[name] = last[i]
	}
	// 64 W and the leakage through 0.4737 K/W from 34 degrees: the die is at 66.27
	// degrees, leakage 4.127 W above its reference; the fans take 3.482 W.
	want := map[string]int64{
		"seconds": 3600, "fan_joules": 12535, "leak_joules": 14858, "energy_joules": 27394,
		"work_offered": 60 * 3600, "work_lost": 0, "fan_moves": 0,
		"above_target_seconds": 0, "above_crit_seconds": 0, "above_limit_seconds": 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestThrottleLosesWork(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	for throttle, want := range []int64{0, 5 * 3600, 20 * 3600, 35 * 3600, 50 * 3600} {
		blocks := run(t, p, steady(90_000, 20_000, 360), levels{10, uint64(throttle)})
		if got := counter(p, blocks, "work_lost")[0]; got != want {
			t.Errorf("throttle %d loses %d percent-seconds, want %d", throttle, got, want)
		}
	}
}

func TestTimeAboveATemperatureIsCounted(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	blocks := run(t, p, steady(100_000, 30_000, 720), levels{0, 0})
	for _, name := range []string{"above_target_seconds", "above_crit_seconds", "above_limit_seconds"} {
		got := counter(p, blocks, name)
		if got[0] == 0 || got[0] == 3600 || got[1] != 3600 {
			t.Errorf("%s: %v; it starts cold and ends far too hot", name, got)
		}
	}
}

func TestSensorIsLateCoarseAndOfTheLastTick(t *testing.T) {
	t.Parallel()
	w := window{load: []int32{50_400, 50_600, 0, 0}, air: []int32{25_000, 25_000, 25_000, 25_000}, block: 4}
	d, err := newPlant(t).Open(w)
	if err != nil {
		t.Fatal(err)
	}
	var temps, loads []uint64
	in := make([]uint64, 3)
	for d.Sense(in) {
		temps, loads = append(temps, in[0]), append(loads, in[1])
		if err := d.Act([]uint64{0, 0}); err != nil {
			t.Fatal(err)
		}
	}
	// Cold start at 25 degrees of the room and 10 of preheat; the first tick's
	// warmth shows in the third.
	if temps[0] != 350 || temps[1] != 350 || temps[2] <= 350 {
		t.Errorf("readings %v", temps)
	}
	for _, v := range temps {
		if v%10 != 0 {
			t.Errorf("reading %d is finer than a degree", v)
		}
	}
	if diff := cmp.Diff([]uint64{0, 50, 51, 0}, loads); diff != "" {
		t.Errorf("loads (-want +got):\n%s", diff)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	sense := func(fault plant.Fault) (first, last []uint64) {
		d, err := newPlant(t).Open(steady(30_000, 24_000, 200))
		if err != nil {
			t.Fatal(err)
		}
		in := make([]uint64, 3)
		for at := 0; d.Sense(in); at++ {
			if at == 100 {
				first = slices.Clone(in)
				if err := d.Inject(string(fault)); err != nil {
					t.Fatal(err)
				}
			}
			last = slices.Clone(in)
			if err := d.Act([]uint64{uint64(3 + at%2), 0}); err != nil {
				t.Fatal(err)
			}
		}
		return first, last
	}
	healthy, later := sense(plant.NoFault)
	if healthy[0] != later[0] {
		t.Errorf("a healthy device moves from %d to %d", healthy[0], later[0])
	}
	if _, last := sense(plant.FanStuck); last[0] < thermal.Crit || last[2] != 0 {
		t.Errorf("with the fans stuck the sensor reads %v, want it critical", last)
	}
	if _, last := sense(plant.SensorLost); last[2] != 1 {
		t.Errorf("a lost sensor is not flagged: %v", last)
	}
	if first, last := sense(plant.SensorStuck); last[0] != first[0] || last[2] != 0 {
		t.Errorf("a stuck sensor moved from %v to %v", first, last)
	}
	d, err := newPlant(t).Open(steady(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Inject("gremlins"); !errors.Is(err, sim.ErrFault) {
		t.Errorf("unknown fault: %v", err)
	}
}

func TestReadingsOutOfRangeAreFlagged(t *testing.T) {
	t.Parallel()
	d, err := newPlant(t).Open(steady(0, 200_000, 2))
	if err != nil {
		t.Fatal(err)
	}
	in := make([]uint64, 3)
	d.Sense(in)
	if in[2] != 1 || int64(in[0]) != thermal.TempMin {
		t.Errorf("200 degrees arrive as %v", in)
	}
}

func TestResultsThatNoActuatorHasAreRefused(t *testing.T) {
	t.Parallel()
	for _, l := range []levels{{11, 0}, {0, 5}, {math.MaxUint64, 0}} {
		if _, err := newPlant(t).Run(steady(0, 0, 3), l); !errors.Is(err, sim.ErrResult) {
			t.Errorf("%v: %v", l, err)
		}
	}
}

type failing struct{}

func (failing) Step(_, _ []uint64) error { return errors.ErrUnsupported }

func TestErrorsOfTheStepperArePassedOn(t *testing.T) {
	t.Parallel()
	if _, err := newPlant(t).Run(steady(0, 0, 3), failing{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestTicksAreChecked(t *testing.T) {
	t.Parallel()
	for _, tick := range []time.Duration{0, -time.Second, 11 * time.Second, time.Microsecond} {
		if _, err := plant.New(plant.DefaultParams(), tick); !errors.Is(err, sim.ErrTick) {
			t.Errorf("tick %s: %v", tick, err)
		}
	}
	p, err := plant.New(plant.DefaultParams(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(steady(0, 0, 3), levels{}); !errors.Is(err, sim.ErrTick) {
		t.Errorf("window of another tick: %v", err)
	}
}

// More fan never gives a warmer die, more throttle neither: what makes the
// contract's monotone clause worth having.
func TestCoolingCools(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	rapid.Check(t, func(t *rapid.T) {
		ticks := rapid.IntRange(1, 200).Draw(t, "ticks")
		w := steady(0, rapid.Int32Range(-10_000, 45_000).Draw(t, "air"), ticks)
		for i := range w.load {
			w.load[i] = rapid.Int32Range(0, 100_000).Draw(t, "load")
		}
		fan, throttle := rapid.Uint64Range(0, thermal.FanTop-1).Draw(t, "fan"), rapid.Uint64Range(0, thermal.ThrottleTop-1).Draw(t, "throttle")
		leak := func(l levels) int64 {
			blocks, err := p.Run(w, l)
			if err != nil {
				t.Fatal(err)
			}
			return counter(p, blocks, "leak_joules")[0]
		}
		base := leak(levels{fan, throttle})
		if more := leak(levels{fan + 1, throttle}); more > base {
			t.Fatalf("a faster fan: leakage from %d to %d J", base, more)
		}
		if more := leak(levels{fan, throttle + 1}); more > base {
			t.Fatalf("more throttle: leakage from %d to %d J", base, more)
		}
	})
}

func TestRunsAreRepeatableAndIndependent(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	w := steady(70_000, 26_000, 1000)
	want := run(t, p, w, levels{4, 1})
	for range 4 {
		t.Run("again", func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, run(t, p, w, levels{4, 1})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func BenchmarkRun(b *testing.B) {
	p, w := newPlant(b), steady(60_000, 24_000, 8640)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Run(w, levels{3, 0}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(w.Len())/b.Elapsed().Seconds(), "steps/s")
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := plant.New(plant.DefaultParams(), plant.MaxTick); err != nil {
			b.Fatal(err)
		}
	}
}
