// Package limiter is a counter for each class that is set back when a window
// is over: the simplest limiter that there is.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// Window is its length in microseconds; the others are requests in one.
const (
	Window      = 250_000
	SilverQuota = 21
	BulkQuota   = 19
)

// State counts what passed in this window.
type State struct {
	Since  uint32 // microseconds since the window began
	Silver uint32
	Bulk   uint32
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Since <= Window && s.Silver <= SilverQuota && s.Bulk <= BulkQuota }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	s.Since = min(s.Since+in.Elapsed, Window)
	if s.Since >= Window {
		s.Since = 0
		s.Silver = 0
		s.Bulk = 0
	}
	if in.Busy >= BusyTop {
		return false, 100
	}
	if in.Class == Gold {
		return true, 0
	}
	if in.Class == Silver {
		if s.Silver >= SilverQuota {
			return false, 100
		}
		s.Silver++
		return true, 0
	}
	if s.Bulk >= BulkQuota {
		return false, 100
	}
	s.Bulk++
	return true, 0
}
