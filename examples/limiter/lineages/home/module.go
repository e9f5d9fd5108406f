// Package limiter is the policy that the service starts with: trunk
// reservation. Each class may use the backend up to a length of its queue, the
// cheaper ones less of it, and a leaky bucket keeps the rate that the contract
// allows.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// The lengths of the backend's queue from which a class is refused, in requests.
const (
	SilverRoom = 24
	BulkRoom   = 12
)

// RetryStep is how much longer a client waits for each request at the backend,
// in milliseconds.
const RetryStep = 5

// State is the leaky bucket.
type State struct {
	Level uint32 // microseconds
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Level <= MeterTop }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	level := s.Level - min(s.Level, in.Elapsed)
	s.Level = level
	if in.Busy >= BusyTop {
		return false, 1 + in.Busy*RetryStep
	}
	if in.Class == Gold {
		return true, 0
	}
	room := uint16(SilverRoom)
	if in.Class == Bulk {
		room = BulkRoom
	}
	if in.Busy >= room || level+MeterCost > MeterTop {
		return false, 1 + in.Busy*RetryStep
	}
	s.Level = level + MeterCost
	return true, 0
}
