package decide

import (
	"cmp"
	"time"
)

// Version names what answers depend on besides units and limits. It changes when
// circuits or obligations do, and is part of the inputs of statements.
const Version = "decide/v1 gini/v1.0.4"

// The limits that the zero value of [Options] stands for: some 100 MB, and far
// more than small controllers need.
const (
	DefaultGates = 1 << 20
	DefaultSteps = 1 << 22
	DefaultTime  = 10 * time.Second
	DefaultDepth = 12
)

// Options are limits. Time is the only one that a busy machine can meet earlier.
type Options struct {
	Gates int           // of a circuit
	Steps int           // bindings expanded and array elements touched; loops that make no gates take them too
	Time  time.Duration // of the solver, for each question
	Depth int           // calls from the initial state within which a broken promise is looked for; negative for none
}

func (o Options) gates() int { return cmp.Or(max(o.Gates, 0), DefaultGates) }
func (o Options) steps() int { return cmp.Or(max(o.Steps, 0), DefaultSteps) }
func (o Options) depth() int { return max(cmp.Or(o.Depth, DefaultDepth), 0) }
func (o Options) time() time.Duration {
	return cmp.Or(max(o.Time, 0), DefaultTime)
}
