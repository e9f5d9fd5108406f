// Package limiter is trunk reservation, as telephone exchanges have it: each
// class may use the backend up to a length of its queue.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// The lengths of the queue from which a class is refused, in requests.
const (
	SilverRoom = 33
	BulkRoom   = 14
)

// State is empty: the backend's queue says all.
type State struct{}

// Inv holds of nothing.
func Inv(s *State) bool { return true }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	if in.Busy >= BusyTop {
		return false, 100
	}
	room := uint16(BusyTop)
	if in.Class == Silver {
		room = SilverRoom
	}
	if in.Class == Bulk {
		room = BulkRoom
	}
	if in.Busy >= room {
		return false, 100
	}
	return true, 0
}
