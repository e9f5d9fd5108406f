package thermo

// Env is a hot box with a fan.
type Env struct {
	temp  int16
	fault bool
	since uint8
}

const (
	Choices     = 4
	InitChoices = 2
	Patience    = 8
)

func EnvInit(e *Env, choice uint8) {
	e.temp = 500
	if choice == 1 {
		e.temp = 700
	}
}

func Sense(e *Env, choice uint8) (int16, uint16, bool) {
	return e.temp, uint16(choice & 1), choice >= 2
}

func React(e *Env, choice uint8, fan, throttle uint8) {
	heat := int16(choice&1) * 30
	e.temp += heat - int16(fan)*10
	e.temp = max(min(e.temp, 1200), 200)
	if e.temp > Cool {
		e.since = min(e.since+1, 200)
	} else {
		e.since = 0
	}
	e.fault = choice >= 2
}

func SafeTemp(e *Env) bool { return e.temp < Critical }

func SafeSoon(e *Env) bool { return e.since <= Patience }
