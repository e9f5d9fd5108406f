package wakeups

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// tableColumns are those that a table of events begins with.
var tableColumns = []string{"t_us", "cpu", "event", "tid", "prio", "state", "next_tid", "next_prio"}

// ReadTable reads events as comma-separated values with the columns t_us, cpu,
// event (switch, wakeup, new), tid, prio, state (of who leaves: R and what begins
// with it can run on), next_tid, next_prio. Such a table does not say for which
// processor a thread woke: it counts for the one that tells it.
func ReadTable(r io.Reader) (Log, error) {
	var log Log
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, maxLine), maxLine)
	n := 0
	for s.Scan() {
		n++
		cells := strings.Split(strings.TrimRight(s.Text(), "\r"), ",")
		if n == 1 {
			if !slices.Equal(cells, tableColumns) {
				return log, fmt.Errorf("wakeups: line 1: %w: want the columns %s", ErrEvent, strings.Join(tableColumns, ","))
			}
			continue
		}
		e, err := row(cells)
		if err == nil {
			err = log.add(e)
		}
		if err != nil {
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

func row(cells []string) (Event, error) {
	var e Event
	if len(cells) != len(tableColumns) {
		return e, fmt.Errorf("%w: %d cells, want %d", ErrEvent, len(cells), len(tableColumns))
	}
	at := func(i int, most int64) int64 {
		n, err := strconv.ParseUint(cells[i], 10, 63)
		if err != nil || int64(n) > most {
			e.At = -1
			return 0
		}
		return int64(n)
	}
	micros, cpu, thread, prio := at(0, 1e12), at(1, 9999), at(3, 1e9), at(4, 9999)
	next, nextPrio := int64(0), int64(0)
	switch cells[2] {
	case "switch":
		next, nextPrio = at(6, 1e9), at(7, 9999)
	case "wakeup", "new":
		e.Kind = Wakeup
	default:
		return e, fmt.Errorf("%w: event %.20q: want switch, wakeup or new", ErrEvent, cells[2])
	}
	if e.At < 0 {
		return e, fmt.Errorf("%w: %.80q: want whole numbers", ErrEvent, strings.Join(cells, ","))
	}
	e.At, e.CPU, e.Thread, e.Prio, e.Target = micros*1000, int(cpu), int(thread), int(prio), int(cpu)
	e.Next, e.NextPrio, e.Blocks = int(next), int(nextPrio), !strings.HasPrefix(cells[5], "R")
	return e, nil
}
