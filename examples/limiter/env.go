package limiter

// Env is the surroundings for model checking: clients that may do anything, a
// meter that counts what was let through, and the counter of a bounded response.
type Env struct {
	Class   uint8  // of the next request
	Busy    uint16 // requests at the backend when it comes
	Pause   uint32 // microseconds before it
	Level   uint32 // of the meter: microseconds that what passed is worth
	Refused uint8  // metered requests in a row that an idle backend saw refused
}

// What the environment may choose at a request is the next one: of three
// classes, after three pauses, to a backend in three states.
const (
	Choices     = 27
	InitChoices = 27
)

// Pauses between requests, in microseconds.
const (
	Short = 10_000
	Long  = ElapsedTop
)

// Half is a backend at work, in requests.
const Half = BusyTop / 2

// Patience is how many metered requests in a row may be refused while the
// backend is idle and they come no faster than one a Short.
const Patience = 3

// EnvInit sets the state in which the surroundings start: nothing has passed.
func EnvInit(e *Env, choice uint8) {
	next(e, choice)
}

// next chooses a request.
func next(e *Env, choice uint8) {
	e.Class = choice % 3
	p := (choice / 3) % 3
	e.Pause = 0
	if p == 1 {
		e.Pause = Short
	} else if p == 2 {
		e.Pause = Long
	}
	e.Busy = 0
	if choice >= 18 {
		e.Busy = BusyTop
	} else if choice >= 9 {
		e.Busy = Half
	}
}

// Sense is the next request.
func Sense(e *Env, choice uint8) (class uint8, busy uint16, elapsed uint32) {
	return e.Class, e.Busy, e.Pause
}

// React notes what became of the request and chooses another.
func React(e *Env, choice uint8, admit bool, retry uint16) {
	e.Level -= min(e.Level, e.Pause)
	if e.Class != Gold {
		if admit {
			e.Level = min(e.Level+MeterCost, MeterTop+MeterCost)
		}
		if admit || e.Busy > 0 {
			e.Refused = 0
		} else if e.Pause > 0 {
			e.Refused = min(e.Refused+1, Patience+1)
		}
	}
	next(e, choice)
}

// SafeRate: silver and bulk together never get more than the meter allows, over
// any stretch of time.
func SafeRate(e *Env) bool { return e.Level <= MeterTop }

// SafeServed: an idle backend does not refuse more than Patience metered
// requests in a row.
func SafeServed(e *Env) bool { return e.Refused <= Patience }
