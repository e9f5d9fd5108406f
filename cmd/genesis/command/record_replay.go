package command

import (
	"fmt"

	"github.com/genesis-network/genesis/cmd/genesis/replay"
	"github.com/genesis-network/genesis/telemetry/wakeups"
)

// replayed is the simulator's error against a recording.
type replayed struct {
	Replay replay.Report `json:"replay"`
}

func replayOf(rec *wakeups.Recording) (*replayed, error) {
	r, err := replay.Run(rec)
	return &replayed{r}, err
}

// sentence is the error for people and for the trace's header.
func (r *replayed) sentence() string {
	e := r.Replay
	if e.Blocks == 0 {
		return "Too short for a block: the simulator's error was not measured."
	}
	return fmt.Sprintf("Time from wake-up to processor, mean over %d blocks: the host's own median %d us and 99th percentile %d us; the simulator in the host's order of threads %d us and %d us (%s and %s). It could not follow %d of %d turns.",
		e.Blocks, e.HostHalf, e.HostTail, e.ReplayHalf, e.ReplayTail, off(e.ReplayHalf, e.HostHalf), off(e.ReplayTail, e.HostTail), e.Slips, e.Turns)
}

// off is by how much a figure differs from another.
func off(got, want int64) string {
	if want == 0 {
		return fmt.Sprintf("%+d us", got-want)
	}
	return fmt.Sprintf("%+d us, %+.1f %%", got-want, 100*float64(got-want)/float64(want))
}
