// Package replay says how far the simulator of the kernel's scheduler is from a
// recording: it runs the simulator on the rows of the recording with a policy
// that chooses the threads that the host chose, for as long as the host let them
// run, and compares the latencies with those that the host measured.
//
// Deciding and switching cost nothing in such a run, because what they cost the
// host is in the recorded work already. So it judges the reduction of events to
// rows and the model of the processor, not the assumed costs.
package replay

import (
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/hal/interpret"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/slots/sched"
	"github.com/genesis-network/genesis/telemetry/wakeups"
)

// Report compares a recording with its replay: percentiles of the time from
// wake-up to processor in microseconds, means over blocks.
type Report struct {
	Blocks     int   `json:"blocks"` // 0: too short to say anything
	HostHalf   int64 `json:"hostP50"`
	HostTail   int64 `json:"hostP99"`
	ReplayHalf int64 `json:"replayP50"`
	ReplayTail int64 `json:"replayP99"`
	Turns      int   `json:"turns"`
	Slips      int   `json:"slips"` // turns of the host that could not be followed
}

// Run replays the complete blocks of a recording.
func Run(rec *wakeups.Recording) (Report, error) {
	rows := rec.Filled()
	r := Report{Blocks: len(rows) / sched.BlockRows}
	if r.Blocks == 0 {
		return r, nil
	}
	rows = rows[:r.Blocks*sched.BlockRows]
	r.HostHalf, r.HostTail = host(rows)
	program, c, err := free()
	if err != nil {
		return r, err
	}
	o := &order{turns: rec.Turns}
	blocks, err := program.Run(newWindow(program, rows), o)
	if err != nil {
		return r, fmt.Errorf("replay: %w", err)
	}
	values, err := hal.Fold(c.Metrics, program.Counters(), blocks)
	if err != nil {
		return r, fmt.Errorf("replay: %w", err)
	}
	r.ReplayHalf, r.ReplayTail, r.Turns, r.Slips = values["wake_p50_us"], values["wake_p99_us"], o.next, o.slips
	return r, nil
}

// free is the simulator, with decisions and switches that cost nothing.
func free() (*interpret.Program, *contract.Contract, error) {
	folder, err := withConstants(map[string]int{"DecideCost": 0, "SwitchCost": 0})
	if err != nil {
		return nil, nil, fmt.Errorf("replay: %w", err)
	}
	c, err := contract.Load(folder)
	if err != nil {
		return nil, nil, fmt.Errorf("replay: %w", err)
	}
	p, err := interpret.Open(folder, c)
	if err != nil {
		return nil, nil, fmt.Errorf("replay: %w", err)
	}
	return p, c, nil
}

// host is the median and the 99th percentile of what the host measured, means
// over blocks, by the simulator's rule of ranks.
func host(rows []wakeups.Row) (half, tail int64) {
	n := int64(0)
	for block := range slices.Chunk(rows, sched.BlockRows) {
		var waits []int64
		for _, row := range block {
			if row.Wakes {
				waits = append(waits, row.Wait)
			}
		}
		n++
		if len(waits) > 0 {
			slices.Sort(waits)
			half += waits[len(waits)-len(waits)/2-1]
			tail += waits[len(waits)-len(waits)/100-1]
		}
	}
	return half / n, tail / n
}

// order is a policy that does what the host did.
type order struct {
	turns []wakeups.Turn
	next  int
	slips int
	tries int // at the turn that is next
}

// patience is for how many microseconds a turn's thread is waited for that is not
// ready yet: times are rounded.
const patience = 200

// Step chooses the thread of the host's next turn. Until it is ready, or a turn
// later is given up, whoever can run gets a microsecond.
func (o *order) Step(in, out []uint64) error {
	ready := in[0]
	for o.next < len(o.turns) {
		t := o.turns[o.next]
		length := t.To - t.From
		if ready>>t.Place&1 == 1 && length > 0 {
			o.next++
			o.tries = 0
			out[0], out[1] = uint64(t.Place), uint64(length) // at most a piece
			return nil
		}
		if length > 0 && o.tries < patience {
			o.tries++
			break
		}
		if length > 0 {
			o.slips++
		}
		o.next++
		o.tries = 0
	}
	out[0], out[1] = lowest(ready), 1
	return nil
}
