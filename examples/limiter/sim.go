package limiter

// Sim is a model of the service with its backend: Workers pieces of work at
// once, each for ServiceTime, in the order in which they came. The requests of a
// tick come at even distances, the classes mixed. Work is a fluid: what the
// backend still has to do shrinks at the speed of as many workers as have any.
type Sim struct {
	gold, silver, bulk uint32 // requests that are still to come in this tick
	gap                uint32 // microseconds between two of them
	rest               uint32 // microseconds from the last one to the end of the tick
	class              uint8  // of the request that is being decided
	elapsed            uint32 // microseconds since the last request
	work               uint32 // microseconds of work that the backend has to do

	WorthOffered uint64
	WorthLost    uint64
	Admitted     uint64
	Slow         uint64
}

// The backend, and when an answer is slow; times in microseconds.
const (
	Workers     = 4
	ServiceTime = 20_000
	Running     = (Workers - 1) * ServiceTime // with less work than that a worker is free
	Target      = 100_000
	TickTime    = 100_000
)

// worth of a request of each class.
var worth = [3]uint64{10, 3, 1}

// SimTick begins a tick in which so many requests come, in thousandths.
func SimTick(s *Sim, gold, silver, bulk int32) {
	pass(s, s.rest)
	s.gold = requests(gold)
	s.silver = requests(silver)
	s.bulk = requests(bulk)
	s.gap = TickTime / (s.gold + s.silver + s.bulk + 1)
	s.rest = TickTime - s.gap*(s.gold+s.silver+s.bulk)
}

// requests is a count from thousandths. More than 10,000 a tick is no recording.
func requests(thousandths int32) uint32 {
	return uint32(min(max(thousandths, 0)/1000, 10_000))
}

// SimDue reports whether a request is still to come in this tick.
func SimDue(s *Sim) bool { return s.gold+s.silver+s.bulk > 0 }

// SimSense is the next request: of the class of which most are still to come.
func SimSense(s *Sim) (class uint8, busy uint16, elapsed uint32) {
	pass(s, s.gap)
	if s.gold >= s.silver && s.gold >= s.bulk {
		s.class = Gold
		s.gold--
	} else if s.silver >= s.bulk {
		s.class = Silver
		s.silver--
	} else {
		s.class = Bulk
		s.bulk--
	}
	paused := s.elapsed
	s.elapsed = 0
	return s.class, uint16(min((s.work+ServiceTime-1)/ServiceTime, BusyTop)), paused
}

// SimReact counts what became of the request.
func SimReact(s *Sim, admit bool, retry uint16) {
	w := worth[s.class]
	s.WorthOffered += w
	if !admit {
		s.WorthLost += w
		return
	}
	s.Admitted++
	if wait(s.work) > Target-ServiceTime {
		s.Slow++
	}
	s.work += ServiceTime
}

// wait is how long a request waits for a worker behind so much work.
func wait(work uint32) uint32 {
	return (work - min(work, Running)) / Workers
}

// pass lets time go by.
func pass(s *Sim, micros uint32) {
	s.elapsed = min(s.elapsed+micros, ElapsedTop)
	left := micros
	for i := range Workers {
		busy := uint32(Workers - i)
		below := (busy - 1) * ServiceTime // fewer workers have work below it
		if s.work > below {
			done := min(left, (s.work-below+busy-1)/busy)
			s.work -= min(s.work, done*busy)
			left -= done
		}
	}
}
