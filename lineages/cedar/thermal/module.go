// Package thermal is cedar's governor: two tables and what is coming. The heat
// of the last load is still on its way to the sensor, so the mean load of the
// last ticks is added to the temperature before the fan is looked up; the
// throttle is looked up by the temperature alone. A search found two of its
// constants; what it began with is in the folder founder.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

// The mean load forgets a Memory-th of itself each tick, and Ahead percent of it
// count as a tenth of a degree Celsius.
const (
	Memory = 4
	Ahead  = 2
)

// A table begins at a temperature and has an entry for each band, both in
// tenths of a degree Celsius.
const (
	FanFrom  = 535
	FanBand  = 30
	SlowFrom = 705
	SlowBand = 10
)

// Last is the last entry that is looked up.
const Last = 14

var curve = [16]uint8{0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10, 10}

var slow = [16]uint8{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4}

// State is the mean load of the last ticks, percent.
type State struct {
	Mean uint16
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Mean <= LoadTop }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	s.Mean = ((Memory-1)*s.Mean + uint16(in.Load)) / Memory
	if in.Fault || in.Temp >= Crit {
		return FanTop, ThrottleTop
	}
	coming := in.Temp + int16(s.Mean/Ahead)
	warm := band(coming, FanFrom, FanBand)
	hot := band(in.Temp, SlowFrom, SlowBand)
	return curve[warm], slow[hot]
}

// band is the entry of a temperature in a table.
func band(temp, from, width int16) uint8 {
	return uint8(min(max((temp-from)/width, 0), Last))
}
