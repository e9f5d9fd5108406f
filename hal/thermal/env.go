package thermal

// Env is the surroundings for model checking: a coarse plant that heats faster
// and cools slower than a real one, a sensor that is a tick late, faults that
// the hardware layer flags, and the counters of the bounded responses.
type Env struct {
	Temp     int16 // of the die now, tenths of a degree Celsius
	Seen     int16 // of the die a tick ago: what the sensor says
	Idle     uint8 // ticks at or above Target since the load went away
	Still    uint8 // ticks below Cool in which the throttle did not fall
	Throttle uint8 // level of the last tick
}

// What the environment may choose in a tick: bit 0 is full load, bit 1 a
// flagged fault of the sensor. It starts cool, at Target, or at Crit.
const (
	Choices     = 4
	InitChoices = 3
)

// The coarse plant, in tenths of a degree Celsius.
const (
	Grain   = 50  // temperatures are multiples of it; a tick moves at most two
	Ambient = 400 // coldest die
)

// CoolDown is the number of ticks in which the die must be below Target again
// when the load is gone.
const CoolDown = 24

// EnvInit sets the state in which the surroundings start.
func EnvInit(e *Env, choice uint8) {
	e.Temp = Ambient
	if choice == 1 {
		e.Temp = Target
	}
	if choice == 2 {
		e.Temp = Crit
	}
	e.Seen = e.Temp
}

// Sense is the input of the next tick. A faulty sensor reads the value that
// would mislead most: the coldest.
func Sense(e *Env, choice uint8) (temp int16, load uint8, fault bool) {
	seen := e.Seen
	lost := choice&2 != 0
	if lost {
		seen = TempMin
	}
	demand := uint8(0)
	if choice&1 != 0 {
		demand = LoadTop
	}
	return seen, demand, lost
}

// React moves the surroundings by a tick in which the governor chose the given
// levels.
func React(e *Env, choice uint8, fan, throttle uint8) {
	busy := choice&1 != 0
	seen := e.Seen
	e.Seen = e.Temp
	e.Temp = next(e.Temp, busy, fan, throttle)
	if busy || e.Temp < Target {
		e.Idle = 0
	} else {
		e.Idle = min(e.Idle+1, CoolDown+1)
	}
	if choice&2 != 0 || seen >= Cool || throttle == 0 || throttle < e.Throttle {
		e.Still = 0
	} else {
		e.Still = min(e.Still+1, Hold+1)
	}
	e.Throttle = throttle
}

// next is the temperature after a tick. Full load heats by two grains, by one
// under the full throttle; a fan that turns cools by one grain, at full speed
// by two. So an idle die keeps its heat until a fan turns, and a loaded one is
// only sure to cool with everything on.
func next(temp int16, busy bool, fan, throttle uint8) int16 {
	heat := int16(0)
	if busy {
		heat = 2 * Grain
		if throttle == ThrottleTop {
			heat = Grain
		}
	}
	loss := int16(0)
	if fan > 0 {
		loss = Grain
		if fan == FanTop {
			loss = 2 * Grain
		}
	}
	return max(temp+heat-loss, Ambient)
}

// SafeHardLimit: the die never gets so hot that the processor switches itself
// off.
func SafeHardLimit(e *Env) bool { return e.Temp <= HardLimit }

// SafeCoolsDown: once the load is gone the die is below Target again within
// CoolDown ticks.
func SafeCoolsDown(e *Env) bool { return e.Idle <= CoolDown }

// SafeThrottleFalls: below Cool the throttle falls by a level at least every
// Hold ticks, until it is off.
func SafeThrottleFalls(e *Env) bool { return e.Still <= Hold }
