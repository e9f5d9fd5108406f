package plant

import (
	"fmt"

	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/hal/thermal"
)

// Sizes of the slot's Input and of the results of its entry function.
const (
	inputs  = 3 // Temp, Load, Fault
	results = 2 // fan, throttle
)

// Conversions between the units of windows (thousandths), of the contract
// (tenths) and of the model (millionths).
const (
	milli = Micro / 1000
	tenth = Micro / 10
)

// device is a running model.
type device struct {
	plant      *Plant
	load, air  []int32 // thousandths
	blockTicks int

	at        int   // ticks done
	die, sink int64 // uC
	seen      int64 // die a tick ago
	fan       int64 // level of the last tick
	fault     Fault
	stuckAt   int64 // what a stuck sensor reads
	still     int   // ticks in which the rotors stood still at a level above 0

	sums sums
	done []sim.Block
}

// sums are the counters of the running block, in units that lose nothing:
// ticks, and products of power or load with ticks.
type sums struct {
	ticks, fan, leak, offered, lost, target, crit, limit, moves int64
}

// Sense reads the sensors: the die a tick ago, rounded down to the grain of the
// sensor, and the load of the last tick, rounded to a percent.
func (d *device) Sense(in []uint64) bool {
	if d.at >= len(d.load) {
		return false
	}
	temp, faulty := d.reading()
	in[0], in[1], in[2] = uint64(temp), d.demand(), 0
	if faulty {
		in[2] = 1
	}
	return true
}

// reading is the temperature in tenths of a degree. The hardware layer flags
// what cannot be: a lost sensor, or one that reads out of range.
func (d *device) reading() (temp int64, faulty bool) {
	seen := d.seen
	if d.fault == SensorStuck {
		seen = d.stuckAt
	}
	grain := d.plant.params.SensorGrain
	temp = floorDiv(seen, grain) * grain / tenth
	if d.fault == SensorLost || temp < thermal.TempMin || temp > thermal.TempMax {
		return thermal.TempMin, true
	}
	return temp, false
}

func (d *device) demand() uint64 {
	if d.at == 0 {
		return 0
	}
	percent := (int64(d.load[d.at-1]) + 500) / 1000
	return uint64(min(max(percent, 0), thermal.LoadTop))
}

// Act applies a fan and a throttle level over the next tick.
func (d *device) Act(out []uint64) error {
	if out[0] > thermal.FanTop || out[1] > thermal.ThrottleTop {
		return fmt.Errorf("plant: tick %d: fan %d, throttle %d: %w: at most %d and %d", d.at, out[0], out[1], sim.ErrResult, thermal.FanTop, thermal.ThrottleTop)
	}
	p := &d.plant.params
	fan, throttle := int64(out[0]), out[1]
	d.still++
	if d.fault == FanStuck {
		fan = 0
	}
	if fan == int64(out[0]) {
		d.still = 0
	}
	offered := max(int64(d.load[d.at]), 0)
	served := min(offered, p.ServedAt[throttle])
	power := p.Idle + (p.Full-p.Idle)*served/100_000 - p.LeakSlope*(p.LeakFrom/Micro)
	air := int64(d.air[d.at])*milli + p.Preheat
	c := &d.plant.coefs[fan]
	mean := c.mean.of(d.die, d.sink, power, air)
	d.seen = d.die
	d.die, d.sink = c.die.of(d.die, d.sink, power, air), c.sink.of(d.die, d.sink, power, air)
	d.at++
	d.count(fan, offered, served, mean)
	return nil
}

func (d *device) count(fan, offered, served, mean int64) {
	p, s := &d.plant.params, &d.sums
	s.ticks++
	s.fan += p.FanPower[fan]
	s.leak += p.LeakSlope * (mean - p.LeakFrom) / Micro
	s.offered += offered
	s.lost += offered - served
	s.target += above(d.die, thermal.Target*tenth)
	s.crit += above(d.die, thermal.Crit*tenth-1)
	s.limit += above(d.die, thermal.HardLimit*tenth)
	if fan != d.fan {
		s.moves++
		d.fan = fan
	}
	if s.ticks == int64(d.blockTicks) {
		d.done = append(d.done, d.block())
		d.sums = sums{}
	}
}

func above(v, limit int64) int64 {
	if v > limit {
		return 1
	}
	return 0
}

// block is the running block in whole units, rounded to the nearest.
func (d *device) block() sim.Block {
	millis := d.plant.tick.Milliseconds()
	over := func(sum, unit int64) int64 { return floorDiv(sum*millis+unit*500, unit*1000) }
	s := &d.sums
	b := make(sim.Block, counters)
	b[cSeconds] = over(s.ticks, 1)
	b[cEnergy] = over(s.fan+s.leak, Micro)
	b[cFan] = over(s.fan, Micro)
	b[cLeak] = over(s.leak, Micro)
	b[cOffered] = over(s.offered, 1000)
	b[cLost] = over(s.lost, 1000)
	b[cAboveTarget] = over(s.target, 1)
	b[cAboveCrit] = over(s.crit, 1)
	b[cAboveLimit] = over(s.limit, 1)
	b[cMoves] = s.moves
	return b
}

// floorDiv is a/b rounded down; b is positive.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Blocks are the counters so far.
func (d *device) Blocks() []sim.Block {
	if d.sums.ticks == 0 {
		return d.done
	}
	return append(d.done[:len(d.done):len(d.done)], d.block())
}

// Fault is a part of the device that fails.
type Fault string

// The faults that a device can be given.
const (
	NoFault     Fault = ""
	FanStuck    Fault = "fan-stuck"    // the rotors stand still, whatever the level
	SensorLost  Fault = "sensor-lost"  // no reading; the hardware layer flags it
	SensorStuck Fault = "sensor-stuck" // the reading stays as it is, and nothing flags it
)

// Faults lists the faults.
func Faults() []string { return []string{string(FanStuck), string(SensorLost), string(SensorStuck)} }

// alarmAfter is the number of ticks that a fan has to spin up before its
// tachometer is believed.
const alarmAfter = 3

// Alarm is what the tachometer says.
func (d *device) Alarm() string {
	if d.still < alarmAfter {
		return ""
	}
	return fmt.Sprintf("%s: the rotors stand still for %d ticks", FanStuck, d.still)
}

// Inject makes a part fail from now on; the empty fault mends it.
func (d *device) Inject(fault string) error {
	switch f := Fault(fault); f {
	case NoFault, FanStuck, SensorLost, SensorStuck:
		d.fault, d.stuckAt = f, d.seen
		return nil
	}
	return fmt.Errorf("plant: %w %.40q: one of %s, %s, %s", sim.ErrFault, fault, FanStuck, SensorLost, SensorStuck)
}
