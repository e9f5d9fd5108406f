package plant

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/genesis-network/genesis/hal/thermal"
)

// closed is the closed-form solution of the two-node system for constant
// inputs, by the eigenvalues of its matrix, in floats: the reference.
type closed struct {
	a, b, c, d float64 // dT/dt = [a b; c d] T + [u; v]
	air        float64 // v per degree of the air
	power      float64 // u per watt
}

func closedForm(p *Params, fan int) closed {
	rds, rsa := float64(p.DieToSink)/Micro, float64(p.SinkToAir[fan])/Micro
	cd, cs := float64(p.DieCapacity), float64(p.SinkCapacity)
	return closed{
		a: (float64(p.LeakSlope)/Micro - 1/rds) / cd, b: 1 / (rds * cd),
		c: 1 / (rds * cs), d: -(1/rds + 1/rsa) / cs,
		power: 1 / cd, air: 1 / (rsa * cs),
	}
}

// after is the temperatures, and the mean of the die, t seconds later.
func (m closed) after(die, sink, watts, air, t float64) (dieAfter, sinkAfter, mean float64) {
	u, v := m.power*watts, m.air*air
	det := m.a*m.d - m.b*m.c
	dieEnd, sinkEnd := (m.b*v-m.d*u)/det, (m.c*u-m.a*v)/det // steady state
	half, root := (m.a+m.d)/2, math.Sqrt((m.a-m.d)*(m.a-m.d)/4+m.b*m.c)
	l1, l2 := half+root, half-root
	x, y := die-dieEnd, sink-sinkEnd
	// exp(Mt) = e1 (M - l2)/(l1-l2) - e2 (M - l1)/(l1-l2); its integral has (e-1)/l for e
	apply := func(f func(l float64) float64) (float64, float64) {
		e1, e2 := f(l1)/(l1-l2), f(l2)/(l1-l2)
		return e1*((m.a-l2)*x+m.b*y) - e2*((m.a-l1)*x+m.b*y), e1*(m.c*x+(m.d-l2)*y) - e2*(m.c*x+(m.d-l1)*y)
	}
	dx, dy := apply(func(l float64) float64 { return math.Exp(l * t) })
	ix, _ := apply(func(l float64) float64 { return math.Expm1(l*t) / l })
	return dieEnd + dx, sinkEnd + dy, dieEnd + ix/t
}

// trajectory is a random sequence of inputs, each held for ten seconds.
type trajectory struct {
	fan         []int
	watts, airs []int64 // uW, uC
}

func randomTrajectory(seed uint64, n int) trajectory {
	r := rand.New(rand.NewPCG(seed, 0))
	var tr trajectory
	for range n {
		tr.fan = append(tr.fan, r.IntN(thermal.FanTop+1))
		tr.watts = append(tr.watts, 20*Micro+r.Int64N(80*Micro))
		tr.airs = append(tr.airs, 10*Micro+r.Int64N(30*Micro))
	}
	return tr
}

func newPlant(t *testing.T, tick time.Duration) *Plant {
	t.Helper()
	p, err := New(DefaultParams(), tick)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run is the temperatures after each ten seconds, in uC, solved with the tick
// of the plant, and the sum of the means.
func (tr trajectory) run(p *Plant) (die []int64, meanSum float64) {
	d, s := int64(25*Micro), int64(25*Micro)
	steps := int(MaxTick / p.tick)
	for i, fan := range tr.fan {
		c := &p.coefs[fan]
		for range steps {
			meanSum += float64(c.mean.of(d, s, tr.watts[i], tr.airs[i])) / float64(steps)
			d, s = c.die.of(d, s, tr.watts[i], tr.airs[i]), c.sink.of(d, s, tr.watts[i], tr.airs[i])
		}
		die = append(die, d)
	}
	return die, meanSum
}

// The stated error: the model differs from the exact solution of its equations
// by less than this, in millionths of a degree.
const statedError = 10

func TestTicksSolveTheEquations(t *testing.T) {
	t.Parallel()
	p := newPlant(t, MaxTick)
	worst, worstMean := 0.0, 0.0
	for seed := range uint64(20) {
		tr := randomTrajectory(seed, 2000)
		got, meanSum := tr.run(p)
		die, sink, want := 25.0, 25.0, 0.0
		for i, fan := range tr.fan {
			watts, air := float64(tr.watts[i])/Micro, float64(tr.airs[i])/Micro
			var mean float64
			die, sink, mean = closedForm(&p.params, fan).after(die, sink, watts, air, MaxTick.Seconds())
			want += mean
			worst = max(worst, math.Abs(float64(got[i])-die*Micro))
		}
		worstMean = max(worstMean, math.Abs(meanSum-want*Micro)/float64(len(tr.fan)))
	}
	t.Logf("largest error %.2f uK, of the mean over a run %.3f uK", worst, worstMean)
	if worst > statedError || worstMean > statedError {
		t.Errorf("error of %.2f uK, of the mean %.2f uK; README states %d", worst, worstMean, statedError)
	}
}

func TestSmallerTicksGiveTheSameTemperatures(t *testing.T) {
	t.Parallel()
	tr := randomTrajectory(7, 5000)
	coarse, coarseMean := tr.run(newPlant(t, MaxTick))
	for _, tick := range []time.Duration{5 * time.Second, 2500 * time.Millisecond, time.Second} {
		fine, fineMean := tr.run(newPlant(t, tick))
		worst := int64(0)
		for i := range coarse {
			worst = max(worst, abs(coarse[i]-fine[i]))
		}
		mean := math.Abs(coarseMean-fineMean) / float64(len(coarse))
		t.Logf("tick %s: largest difference %d uK, of the mean %.3f uK", tick, worst, mean)
		if worst > 2*statedError || mean > 2*statedError {
			t.Errorf("tick %s: difference of %d uK, of the mean %.2f uK", tick, worst, mean)
		}
	}
}

func abs(v int64) int64 { return max(v, -v) }

func TestTheSteadyStateIsOhmsLaw(t *testing.T) {
	t.Parallel()
	params := DefaultParams()
	params.LeakSlope = 0
	p, err := New(params, MaxTick)
	if err != nil {
		t.Fatal(err)
	}
	for fan, r := range params.SinkToAir {
		die, sink := int64(0), int64(0)
		c := &p.coefs[fan]
		for range 5000 {
			die, sink = c.die.of(die, sink, 50*Micro, 20*Micro), c.sink.of(die, sink, 50*Micro, 20*Micro)
		}
		if want := 20*Micro + 50*(r+params.DieToSink); abs(die-want) > 100 {
			t.Errorf("fan %d: die settles at %d uC, want %d", fan, die, want)
		}
	}
}
