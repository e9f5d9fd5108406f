// Package baseline holds the textbook policies of the slot thermal: what a
// governor must be compared with before its gain means anything.
//
// They are written in plain Go, keep the contract's promise for the critical
// temperature, and are tuned: their constants are the best that a seeded search
// found on the selection part of the example trace within the constraints of
// the example campaign, and nothing else was looked at.
// They are not modules: nothing is proven of them and no tile runs them.
package baseline

import (
	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/hal/thermal"
)

// The names of the baselines.
const (
	StepWise   = "step-wise"
	PI         = "pi"
	AlwaysFull = "always-full"
)

// All makes each baseline, fresh for a run.
func All() map[string]func() sim.Stepper {
	return map[string]func() sim.Stepper{
		StepWise:   func() sim.Stepper { return critical{&stepWise{tunedStepWise, 0, 0, 0}} },
		PI:         func() sim.Stepper { return critical{&pi{tunedPI, 0}} },
		AlwaysFull: func() sim.Stepper { return critical{full{}} },
	}
}

// policy chooses levels below the critical temperature (tenths of a degree).
type policy interface {
	levels(temp int) (fan, throttle int)
}

// critical adds what the contract promises to a policy.
type critical struct{ policy }

func (c critical) Step(in, out []uint64) error {
	temp, faulty := int(int64(in[0])), in[2] != 0
	if faulty || temp >= thermal.Crit {
		out[0], out[1] = thermal.FanTop, thermal.ThrottleTop
		return nil
	}
	fan, throttle := c.levels(temp)
	out[0] = uint64(clamp(fan, thermal.FanTop))
	out[1] = uint64(clamp(throttle, thermal.ThrottleTop))
	return nil
}

func clamp(v, top int) int { return min(max(v, 0), top) }

// full is the fan at its top.
type full struct{}

func (full) levels(int) (fan, throttle int) { return thermal.FanTop, 0 }

// stepWiseParams describes equally spaced thresholds for the fan and one for
// the throttle, in tenths of a degree.
type stepWiseParams struct {
	Base, Band   int // the fan leaves level n upwards at Base + n*Band
	Hyst         int // and downwards that much below the threshold that led there
	Hold         int // ticks for which a level stands before it falls
	ThrottleUp   int // the throttle rises by a level from here on
	ThrottleDown int // and falls by one below here
}

// stepWise is the step-wise governor of thermal frameworks: one level up when a
// threshold is passed, one down when it is left.
type stepWise struct {
	stepWiseParams
	fan, throttle, rest int
}

func (s *stepWise) levels(temp int) (fan, throttle int) {
	s.rest = max(s.rest-1, 0)
	switch {
	case s.fan < thermal.FanTop && temp >= s.Base+s.Band*s.fan:
		s.fan, s.rest = s.fan+1, s.Hold
	case s.fan > 0 && s.rest == 0 && temp < s.Base+s.Band*(s.fan-1)-s.Hyst:
		s.fan, s.rest = s.fan-1, s.Hold
	}
	switch {
	case temp >= s.ThrottleUp:
		s.throttle = min(s.throttle+1, thermal.ThrottleTop)
	case temp < s.ThrottleDown:
		s.throttle = max(s.throttle-1, 0)
	}
	return s.fan, s.throttle
}

// piParams describes a PI controller of the fan with a proportional throttle.
// Gains are 256ths of a level per tenth of a degree (and tick).
type piParams struct {
	SetPoint     int // tenths of a degree
	Kp, Ki       int
	ThrottleFrom int // tenths of a degree
	ThrottleBand int // tenths of a degree for a level
}

// pi is a PI controller whose integral is clamped to the range of the fan.
type pi struct {
	piParams
	acc int
}

const gain = 256

func (p *pi) levels(temp int) (fan, throttle int) {
	off := temp - p.SetPoint
	acc := clamp(p.acc+p.Ki*off, gain*thermal.FanTop)
	out := (p.Kp*off + acc) / gain
	if out > thermal.FanTop {
		acc = min(acc, p.acc)
	}
	p.acc = acc
	return out, (temp - p.ThrottleFrom) / p.ThrottleBand
}

// tunedStepWise and tunedPI were found by the search in tune_test.go. It set the
// integral gain to zero: on this objective, holding one temperature costs more
// than it saves.
var (
	tunedStepWise = stepWiseParams{Base: 585, Band: 33, Hyst: 19, Hold: 3, ThrottleUp: 739, ThrottleDown: 718}
	tunedPI       = piParams{SetPoint: 535, Kp: 7, Ki: 0, ThrottleFrom: 703, ThrottleBand: 19}
)
