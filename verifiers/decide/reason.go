package decide

// Reason says which limit kept a question open.
type Reason string

// The reasons.
const (
	OutOfGates Reason = "gates" // the circuit would be larger than Options.Gates
	OutOfSteps Reason = "steps" // expanding calls and loops took more than Options.Steps
	OutOfTime  Reason = "time"  // the solver found nothing within Options.Time
)
