package wakeups

import (
	"cmp"
	"fmt"
	"slices"
)

// Places is how many threads a trace tells apart at a time.
const Places = 64

// Piece is the longest work of a row, in microseconds: what is longer goes on in
// another row, which begins when the host had done so much of it.
const Piece = 20_000

// Row is a thread that becomes ready, and the work that it then does before it
// blocks, moves away, or has done a [Piece]. Times are microseconds.
type Row struct {
	At     int64 // since the start of the recording
	Run    int64 // at least 1
	Place  int   // of the thread, below [Places]
	Prio   int   // 0 to 7; see [Level]
	Wakes  bool  // it slept before, and Wait is known
	Wait   int64 // from wake-up to processor on the host; -1 if it is no wake-up
	length int64 // nanoseconds of work
}

// Turn is a stretch of time in which the host let a thread run.
type Turn struct {
	Place int
	From  int64 // microseconds
	To    int64
}

// Recording is what became of the events of one processor.
type Recording struct {
	CPU     int
	Seconds int64 // of the recording, rounded down
	Rows    []Row
	Turns   []Turn // in order of time
	Threads int    // that ran
	Shared  int    // times that a place went from one thread to another
	Crowded int    // rows left out because [Places] threads were ready at once
	Moved   int    // rows of threads that came from another processor, or whose start was not seen
	Lost    int64  // events that the host dropped, of all processors
	Other   int    // lines that were no event
	Busy    int64  // microseconds in which a thread ran
}

// Level is the kernel's priority as one of the eight of a tile: real time is 7;
// nice -20 to -15 is 6, -14 to -8 is 5, -7 to -1 is 4, 0 is 3, 1 to 7 is 2, 8 to
// 14 is 1, 15 to 19 is 0.
func Level(prio int) int {
	for level, least := range []int{0: 135, 1: 128, 2: 121, 3: 120, 4: 113, 5: 106, 6: 100} {
		if prio >= least {
			return level
		}
	}
	return 7
}

// Busiest is the processor with most events.
func Busiest(events []Event) int {
	count := map[int]int{}
	best := 0
	for _, e := range events {
		count[e.CPU]++
	}
	for cpu, n := range count {
		if n > count[best] || n == count[best] && cpu < best {
			best = cpu
		}
	}
	return best
}

// Reduce makes rows of the events of one processor. Events may come a little out
// of order, as hosts print them; they are sorted by time first.
func Reduce(log Log, cpu int) (*Recording, error) {
	events := slices.Clone(log.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	if len(events) == 0 {
		return nil, fmt.Errorf("wakeups: %w: no events", ErrEmpty)
	}
	r := reducer{cpu: cpu, origin: events[0].At, open: map[int]*work{}, runnable: map[int]bool{}, ran: map[int]bool{}}
	r.out = Recording{CPU: cpu, Lost: log.Lost, Other: log.Other}
	r.places.init()
	for _, e := range events {
		r.event(e)
	}
	end := events[len(events)-1].At
	r.leave(end)
	r.out.Seconds = (end - r.origin) / 1e9
	r.finish()
	if len(r.out.Rows) == 0 {
		return nil, fmt.Errorf("wakeups: %w: no thread ran on processor %d: choose another", ErrEmpty, cpu)
	}
	return &r.out, nil
}

// work is a row that is not complete.
type work struct {
	Row
	thread int
	since  int64 // nanoseconds since the origin, when it became ready
	ran    bool
}

// reducer follows one processor. It knows of the others only who can run there.
type reducer struct {
	cpu    int
	origin int64
	out    Recording
	places places

	open     map[int]*work // by thread: ready here, or running
	runnable map[int]bool  // by thread: anywhere
	ran      map[int]bool
	current  *work
	from     int64 // since when it runs
}

func (r *reducer) event(e Event) {
	at := e.At - r.origin
	switch e.Kind {
	case Switch:
		r.runnable[e.Thread] = !e.Blocks
		r.runnable[e.Next] = true
		if e.CPU == r.cpu {
			r.leave(e.At)
			r.left(e)
			r.enter(e, at)
		} else {
			r.away(e.Next)
		}
	case Wakeup:
		asleep := !r.runnable[e.Thread]
		r.runnable[e.Thread] = true
		if e.Target != r.cpu {
			r.away(e.Thread)
		} else if r.open[e.Thread] == nil {
			r.begin(e.Thread, e.Prio, at, asleep)
		}
	case Migrate:
		if e.Target != r.cpu {
			r.away(e.Thread)
		} else if r.runnable[e.Thread] && r.open[e.Thread] == nil {
			r.begin(e.Thread, e.Prio, at, false)
		}
	}
}

// leave adds what the current thread did until now to its row.
func (r *reducer) leave(now int64) {
	w := r.current
	if w == nil {
		return
	}
	r.current = nil
	to := now - r.origin
	for from := r.from; from < to; {
		step := min(to-from, Piece*1000-w.length)
		turn := Turn{w.Place, from / 1000, (from + step) / 1000} // ends are rounded, so that no error adds up
		r.out.Turns = append(r.out.Turns, turn)
		w.length += step
		w.Run += turn.To - turn.From
		from += step
		if w.length == Piece*1000 {
			w = r.goOn(w, from)
		}
	}
}

// goOn closes a row and begins the next piece of the same work.
func (r *reducer) goOn(w *work, at int64) *work {
	r.end(w)
	next := &work{thread: w.thread, since: at, ran: true, Row: Row{At: at / 1000, Place: w.Place, Prio: w.Prio, Wait: -1}}
	r.open[w.thread] = next
	return next
}

// left closes the row of a thread that blocks.
func (r *reducer) left(e Event) {
	if w := r.open[e.Thread]; w != nil && e.Blocks {
		r.end(w)
		r.close(w)
	}
}

// enter has a thread run.
func (r *reducer) enter(e Event, at int64) {
	if e.Next == 0 {
		return
	}
	if r.open[e.Next] == nil && !r.begin(e.Next, e.NextPrio, at, false) {
		return
	}
	w := r.open[e.Next]
	if !w.ran && w.Wakes {
		w.Wait = at/1000 - w.At
	}
	w.ran = true
	r.ran[e.Next] = true
	r.current, r.from = w, at
}

// begin opens the row of a thread that is ready; it is false when there is no
// place for it.
func (r *reducer) begin(thread, prio int, at int64, wakes bool) bool {
	if thread == 0 {
		return false
	}
	place, shared, ok := r.places.take(thread, r.open)
	if !ok {
		r.out.Crowded++
		return false
	}
	if shared {
		r.out.Shared++
	}
	r.open[thread] = &work{thread: thread, since: at, Row: Row{At: at / 1000, Place: place, Prio: Level(prio), Wakes: wakes, Wait: -1}}
	return true
}

// away closes the row of a thread that waits here and goes elsewhere.
func (r *reducer) away(thread int) {
	if w := r.open[thread]; w != nil && w != r.current {
		r.end(w)
		r.close(w)
	}
}

func (r *reducer) close(w *work) {
	delete(r.open, w.thread)
	r.places.rest(w.Place)
}

// end keeps a row that had some work.
func (r *reducer) end(w *work) {
	if w.Run == 0 {
		return
	}
	w.Wakes = w.Wakes && w.Wait >= 0
	if !w.Wakes {
		r.out.Moved++
	}
	r.out.Rows = append(r.out.Rows, w.Row)
}

func (r *reducer) finish() {
	for _, w := range r.open {
		r.end(w)
	}
	slices.SortFunc(r.out.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Run, b.Run))
	})
	r.out.Threads = len(r.ran)
	for _, t := range r.out.Turns {
		r.out.Busy += t.To - t.From
	}
}
