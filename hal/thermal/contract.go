// Package thermal is the contract of the slot thermal: what any governor of a
// tile's fan and of its processor's throttle must satisfy, for all inputs.
//
// It is written in Tile Go, so the same text is compiled by Go, proven in Coq,
// model-checked with the surroundings in env.go, fuzzed against, and watched at
// run time. It promises safety only: how much energy a governor uses is for the
// simulator to measure (see the folder plant).
package thermal

// Input is what the hardware layer tells the governor, once a tick of 10 s.
type Input struct {
	Temp  int16 // of the die, tenths of a degree Celsius, a tick old
	Load  uint8 // demanded of the processor in the last tick, percent
	Fault bool  // the sensor is silent, stuck or out of range: Temp means nothing
}

// Levels of the two actuators; 0 is off.
const (
	FanTop      = 10 // full speed
	ThrottleTop = 4  // slowest clock
)

// Temperatures of the die, in tenths of a degree Celsius.
const (
	TempMin   = -400 // below it the hardware layer reports a fault
	Cool      = 650  // below it nothing justifies a throttle
	Target    = 750  // above it time is counted against the governor
	Crit      = 900  // from here on everything that cools is on
	HardLimit = 1000 // the processor switches itself off
	TempMax   = 1500 // above it the hardware layer reports a fault
)

// Hold is the number of ticks for which a throttle may stand still below Cool.
const Hold = 6

// LoadTop is a fully loaded processor, in percent.
const LoadTop = 100

// Wf says which inputs can occur.
func Wf(in *Input) bool {
	return TempMin <= in.Temp && in.Temp <= TempMax && in.Load <= LoadTop
}

// Post is the promise: levels are in range, and at or above the critical
// temperature, or without a sensor to trust, both are at their top.
func Post(in *Input, fan, throttle uint8) bool {
	if in.Fault || in.Temp >= Crit {
		return fan == FanTop && throttle == ThrottleTop
	}
	return fan <= FanTop && throttle <= ThrottleTop
}

// Rel relates two inputs that differ in temperature only, the first no warmer.
func Rel(a, b *Input) bool {
	return a.Temp <= b.Temp && a.Load == b.Load && a.Fault == b.Fault
}

// RelPost is what holds of the results then, from one and the same state: a
// warmer die is never cooled less.
func RelPost(fanA, throttleA, fanB, throttleB uint8) bool {
	return fanA <= fanB && throttleA <= throttleB
}
