package wakeups

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// head is the start of a line of perf script or of tracefs: a name that may hold
// anything, a processor in brackets, perhaps flags, a time and an event. The last
// such place in the line counts, as the name is the host's.
var head = regexp.MustCompile(`\[(\d{1,4})\](?:\s+[a-zA-Z0-9.#]{4,8})?\s+(\d{1,12})\.(\d{6}|\d{9}):\s+(?:sched:)?(sched_[a-z_]+):\s`)

var (
	lostPerf   = regexp.MustCompile(`PERF_RECORD_LOST(?:_SAMPLES)?:?\s+lost\s+(\d{1,18})`)
	lostTracer = regexp.MustCompile(`\[LOST (\d{1,18}) EVENTS\]`)
)

// ReadText reads what `perf script --show-lost-events` or the file trace of
// tracefs print of sched_switch, sched_wakeup, sched_wakeup_new and
// sched_migrate_task. Other lines are counted and left out; an event that is
// named right and makes no sense is [ErrEvent] with its line.
func ReadText(r io.Reader) (Log, error) {
	var log Log
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, maxLine), maxLine)
	n := 0
	for s.Scan() {
		n++
		if err := log.line(s.Text()); err != nil {
			return log, fmt.Errorf("wakeups: line %d: %w", n, err)
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return log, fmt.Errorf("wakeups: line %d: %w: longer than %d bytes", n+1, ErrEvent, maxLine)
	}
	if s.Err() != nil {
		return log, fmt.Errorf("wakeups: line %d: %w", n+1, s.Err())
	}
	return log, nil
}

func (l *Log) line(text string) error {
	for _, lost := range []*regexp.Regexp{lostPerf, lostTracer} {
		if m := lost.FindStringSubmatch(text); m != nil {
			k, _ := strconv.ParseInt(m[1], 10, 64) // 18 digits
			l.Lost += k
			return nil
		}
	}
	at := head.FindStringSubmatchIndex(text)
	if at == nil {
		l.Other++
		return nil
	}
	m := head.FindStringSubmatch(text)
	e := Event{At: nanos(m[2], m[3])}
	e.CPU, _ = strconv.Atoi(m[1])
	known, err := e.parse(m[4], text[at[1]:])
	if err != nil {
		return err
	}
	if !known {
		l.Other++
		return nil
	}
	return l.add(e)
}

func (l *Log) add(e Event) error {
	if len(l.Events) == MaxEvents {
		return fmt.Errorf("%w: at most %d: record for a shorter time", ErrLarge, MaxEvents)
	}
	l.Events = append(l.Events, e)
	return nil
}

// nanos is a time of 12 digits of seconds and 6 or 9 of their fraction.
func nanos(seconds, fraction string) int64 {
	s, _ := strconv.ParseInt(seconds, 10, 64)
	f, _ := strconv.ParseInt(fraction+strings.Repeat("0", 9-len(fraction)), 10, 64)
	return s%1e9*1e9 + f
}

// The fields of each event, from the end of the line: names of programs come
// before them, and may hold anything.
var (
	switched = regexp.MustCompile(`prev_pid=(\d{1,9}) prev_prio=(-?\d{1,4}) prev_state=(\S{1,16}) ==> next_comm=.* next_pid=(\d{1,9}) next_prio=(-?\d{1,4})\s*$`)
	woken    = regexp.MustCompile(`pid=(\d{1,9}) prio=(-?\d{1,4})(?: success=\d)? target_cpu=(\d{1,4})\s*$`)
	migrated = regexp.MustCompile(`pid=(\d{1,9}) prio=(-?\d{1,4}) orig_cpu=\d{1,4} dest_cpu=(\d{1,4})\s*$`)
)

// parse reads the fields of an event; known is false for events that say nothing
// of what is asked.
func (e *Event) parse(name, fields string) (known bool, err error) {
	var shape *regexp.Regexp
	switch name {
	case "sched_switch":
		shape, e.Kind = switched, Switch
	case "sched_wakeup", "sched_wakeup_new":
		shape, e.Kind = woken, Wakeup
	case "sched_migrate_task":
		shape, e.Kind = migrated, Migrate
	default:
		return false, nil
	}
	m := shape.FindStringSubmatch(fields)
	if m == nil {
		return false, fmt.Errorf("%w: %s without its fields: %.120q", ErrEvent, name, fields)
	}
	e.Thread, e.Prio = number(m[1]), number(m[2])
	if e.Kind != Switch {
		e.Target = number(m[3])
		return true, nil
	}
	e.Blocks = !strings.HasPrefix(m[3], "R")
	e.Next, e.NextPrio = number(m[4]), number(m[5])
	return true, nil
}

// number is an integer of at most nine digits, which the pattern has checked.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}
