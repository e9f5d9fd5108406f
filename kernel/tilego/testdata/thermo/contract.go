// Package thermo is a small contract for tests of the language.
package thermo

// Input is what a module is told once a second.
type Input struct {
	Temp  int16 // tenths of a degree
	Load  uint16
	Fault bool
}

const (
	Critical = 950 // tenths of a degree
	Cool     = 600
	Margin   = 20
	MaxFan   = 10
	Warn     = Critical - 2*Margin
)

const MaxThrottle uint8 = 4

// Curve is the fan level per step of ten degrees.
var Curve = [6]uint8{0, 2, 4, 6, MaxFan - 1, MaxFan}

func Wf(in *Input) bool {
	return in.Temp >= -400 && in.Temp <= 1500
}

func Hot(in *Input) bool { return in.Fault || in.Temp >= Critical }

func Post(in *Input, fan, throttle uint8) bool {
	if fan > MaxFan || throttle > MaxThrottle {
		return false
	}
	if Hot(in) {
		return fan == MaxFan && throttle == MaxThrottle
	}
	return true
}

func Rel(a, b *Input) bool {
	return a.Temp <= b.Temp && a.Load == b.Load && a.Fault == b.Fault
}

func RelPost(fanA, throttleA, fanB, throttleB uint8) bool {
	return fanA <= fanB && throttleA <= throttleB
}
