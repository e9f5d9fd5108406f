package telemetry

import (
	"errors"
	"fmt"
)

// The kinds of failure, to be tested with errors.Is.
var (
	ErrHeader = errors.New("trace header refused")
	ErrData   = errors.New("trace data refused")
	ErrDigest = errors.New("trace file is not the one that its header names")
	ErrShort  = errors.New("trace too short")
)

// Error says what is wrong with a trace, where, and what to write instead.
type Error struct {
	File string
	Line int    // from 1; 0 when the whole file is meant
	What string // what is wrong
	Hint string // what to do
	Kind error  // one of the errors above
}

// Error is one line for people.
func (e *Error) Error() string {
	at := e.File
	if e.Line > 0 {
		at = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return fmt.Sprintf("telemetry: %s: %s (%s)", at, e.What, e.Hint)
}

// Unwrap is the kind of failure.
func (e *Error) Unwrap() error { return e.Kind }
