// Package limiter is a token bucket for each class (GCRA): a rate, and how much
// may come at once. It does not look at the backend.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// The price of a request and the size of the bucket, in microseconds.
const (
	SilverCost  = 8_000
	SilverDepth = 40_000
	BulkCost    = 16_000
	BulkDepth   = 260_000
)

// State is what is missing in each bucket, in microseconds.
type State struct {
	Silver uint32
	Bulk   uint32
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Silver <= SilverDepth && s.Bulk <= BulkDepth }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	s.Silver -= min(s.Silver, in.Elapsed)
	s.Bulk -= min(s.Bulk, in.Elapsed)
	if in.Busy >= BusyTop {
		return false, 100
	}
	if in.Class == Gold {
		return true, 0
	}
	if in.Class == Silver {
		if s.Silver+SilverCost > SilverDepth {
			return false, 100
		}
		s.Silver += SilverCost
		return true, 0
	}
	if s.Bulk+BulkCost > BulkDepth {
		return false, 100
	}
	s.Bulk += BulkCost
	return true, 0
}
