package main

import (
	"bufio"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/genesis-network/genesis/examples/limiter"
)

// tick is the time between two rows of a recording, and that of the simulator.
const tick = 100 * time.Millisecond

// longest is the length of a recording, in ticks: a day.
const longest = int(24 * time.Hour / tick)

// demand is a recording: the requests of each class that came to the door in
// each tick, whatever became of them.
type demand struct {
	start time.Time

	mu   sync.Mutex
	rows [][limiter.Bulk + 1]int
}

// count notes a request of a class.
func (d *demand) count(class uint8) {
	row := int(time.Since(d.start) / tick)
	if row >= longest {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.rows) <= row {
		d.rows = append(d.rows, [limiter.Bulk + 1]int{})
	}
	d.rows[row][class]++
}

// write writes the recording as the trace header describes it.
func (d *demand) write(to io.Writer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := bufio.NewWriter(to)
	fmt.Fprintln(w, "seconds,gold,silver,bulk")
	for i, r := range d.rows {
		fmt.Fprintf(w, "%d.%d,%d,%d,%d\n", i/10, i%10, r[0], r[1], r[2])
	}
	return w.Flush()
}
