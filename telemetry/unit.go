package telemetry

import (
	"maps"
	"math"
	"slices"
)

// Unit is a unit of measurement as a header names it.
type Unit string

// The units in which windows hold values, in thousandths. What a header records
// in another unit of the same quantity is converted to these.
const (
	Celsius Unit = "celsius"
	Percent Unit = "percent"
	Watt    Unit = "watt"
	Count   Unit = "count"
)

// conversion turns thousand-millionths n of a unit into thousandths of the unit
// to: (n+offset)*num/den, rounded half away from zero.
type conversion struct {
	to       Unit
	offset   int64
	num, den int64
}

var conversions = map[Unit]conversion{
	Celsius:      {to: Celsius, num: 1, den: 1e6},
	"fahrenheit": {to: Celsius, offset: -32 * nano, num: 5, den: 9e6},
	"kelvin":     {to: Celsius, offset: -27315 * (nano / 100), num: 1, den: 1e6},
	Percent:      {to: Percent, num: 1, den: 1e6},
	"ratio":      {to: Percent, num: 1, den: 1e4},
	Watt:         {to: Watt, num: 1, den: 1e6},
	"milliwatt":  {to: Watt, num: 1, den: 1e9},
	Count:        {to: Count, num: 1, den: 1e6},
}

// Units are the units that a header may name.
func Units() []Unit { return slices.Sorted(maps.Keys(conversions)) }

// thousandths converts n; it refuses what 32 bits do not hold.
func (c conversion) thousandths(n int64) (int32, error) {
	if n > math.MaxInt64/16 || n < math.MinInt64/16 {
		return 0, errRange
	}
	v := divRound((n+c.offset)*c.num, c.den)
	if v > math.MaxInt32 || v < math.MinInt32 {
		return 0, errRange
	}
	return int32(v), nil
}

// divRound is a/b, rounded half away from zero; b is positive.
func divRound(a, b int64) int64 {
	if a < 0 {
		return -((-a + b/2) / b)
	}
	return (a + b/2) / b
}
