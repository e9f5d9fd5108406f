package wire

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Kind says how a call failed.
type Kind string

// The kinds.
const (
	Unreachable Kind = "unreachable" // no connection: nothing was asked
	Busy        Kind = "busy"        // status 429 or 5xx
	Refused     Kind = "refused"     // another status: asking again does not help
	Silent      Kind = "silent"      // no byte for too long, or never an end
	Cut         Kind = "cut"         // the reply ended before it was whole
	Garbage     Kind = "garbage"     // not what the protocol says, or an error inside the reply
)

// ErrCut is returned by the readers of replies whose end mark is missing.
var ErrCut = errors.New("the reply has no end")

// Error is a call that failed.
type Error struct {
	Provider string
	Kind     Kind
	Status   int // of HTTP; 0 without a response
	// Detail is what the provider or the library said, at most 4 KiB. It may
	// echo a prompt: it is for the person who asked, never for a log.
	Detail string

	after time.Duration // that the provider asks to wait
}

// Error says what failed and what to do, without the provider's own words.
func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s: %s: status %d: %s", e.Provider, e.Kind, e.Status, e.advice())
	}
	return fmt.Sprintf("%s: %s: %s", e.Provider, e.Kind, e.advice())
}

func (e *Error) advice() string {
	switch {
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return "the key was not accepted; check it"
	case e.Status == http.StatusNotFound:
		return "no such model or address; pull the model, or check the URL"
	}
	return advice[e.Kind]
}

var advice = map[Kind]string{
	Unreachable: "no connection; check that the provider runs and its URL",
	Busy:        "the provider cannot answer now; try again later",
	Refused:     "the provider does not take the request",
	Silent:      "no answer in time; allow more time or use a smaller model",
	Cut:         "the reply ended too early",
	Garbage:     "the reply is not what the protocol says",
}

// LogValue leaves out what the provider said.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("provider", e.Provider), slog.String("kind", string(e.Kind)), slog.Int("status", e.Status))
}

// Permanent says that the same request fails again.
func (e *Error) Permanent() bool { return e.Kind == Refused }

// MayHaveCost says that the model may have worked, and been paid, before the
// call failed.
func (e *Error) MayHaveCost() bool { return e.Kind == Silent || e.Kind == Cut || e.Kind == Garbage }

// again says whether the same call may be made at once: when nothing was paid
// and time may heal it.
func (e *Error) again() bool { return e.Kind == Unreachable || e.Kind == Busy }
