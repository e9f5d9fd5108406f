// Package limiter is what the search of campaign.yaml found (seed 1), as it was
// printed: the names are those of lineages/home.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

const (
	SilverRoom = 27
	BulkRoom   = 16
	RetryStep  = 5
)

type State struct {
	Level uint32
}

func Inv(s *State) bool {
	return s.Level <= MeterTop
}

func Step(s *State, in *Input) (admit bool, retry uint16) {
	level := s.Level - min(s.Level, in.Elapsed)
	if in.Busy >= BusyTop {
		s.Level = level
		return false, 1 + in.Busy*RetryStep
	}
	if in.Class == Gold {
		s.Level = level
		return true, 0
	}
	room := uint16(SilverRoom)
	if in.Class == Bulk {
		room = BulkRoom
	}
	if in.Busy >= room || level+MeterCost > MeterTop {
		s.Level = level
		return false, 1 + in.Busy*RetryStep
	}
	s.Level = level + MeterCost
	return true, 0
}
