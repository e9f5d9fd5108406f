package slots

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/telemetry"
)

// checkTraces reads each trace and cuts it as a search does.
func (c *checker) checkTraces(context.Context) (string, bool) {
	files, _ := fs.Glob(c.fs, "*.trace.yaml") // the pattern is well-formed
	if len(files) == 0 {
		c.add(Finding{Code: "slot.trace", File: "NAME.trace.yaml", Line: 1, Message: "no trace", Hint: "record one, and describe it: see docs/telemetry.md"})
		return "none", false
	}
	var said []string
	for _, file := range files {
		w, err := c.trace(file)
		if err != nil {
			return c.fail("slot.trace", file, "", err)
		}
		said = append(said, fmt.Sprintf("%s: %d blocks", strings.TrimSuffix(file, ".trace.yaml"), w.Blocks()))
		c.window = w
	}
	return strings.Join(said, ", "), true
}

func (c *checker) trace(file string) (*telemetry.Window, error) {
	t, err := telemetry.Load(c.fs, file)
	if err != nil {
		return nil, err
	}
	w, err := t.Resample(c.program.Tick, c.program.Block)
	if err != nil {
		return nil, err
	}
	if _, err := w.Split(); err != nil {
		return nil, err
	}
	for _, n := range c.program.Needs() {
		if _, err := w.Column(n.Input, n.Unit); err != nil {
			return nil, &telemetry.Error{File: file, What: strings.TrimPrefix(err.Error(), "telemetry: "), Hint: "sim.yaml and the header name inputs and units alike", Kind: telemetry.ErrHeader}
		}
	}
	return w, nil
}

// checkRun runs the simulator with each textbook policy on a stretch of the
// trace, and folds the metrics.
func (c *checker) checkRun(context.Context) (string, bool) {
	w, err := c.window.Slice(0, min(c.window.Len(), 2*c.window.BlockTicks()))
	if err != nil {
		return c.fail("slot.run", "sim.go", "", err)
	}
	moved := make([]bool, len(c.program.Counters()))
	var said []string
	for _, name := range slices.Sorted(maps.Keys(c.policies)) {
		blocks, err := c.program.Run(w, c.policies[name])
		if err != nil {
			return c.fail("slot.run", "sim.go", "the simulator or textbook/"+name+" panics", err)
		}
		for _, b := range blocks {
			for i := range b {
				moved[i] = moved[i] || b[i] != 0
				if b[i] < 0 {
					return c.fail("slot.run", "sim.go", "counters only grow", errors.New("counter "+c.program.Counters()[i]+" falls"))
				}
			}
		}
		metrics, err := hal.Fold(c.contract.Metrics, c.program.Counters(), blocks)
		if err != nil {
			return c.fail("slot.run", "sim.go", "", err)
		}
		m := c.contract.Metrics[0]
		said = append(said, fmt.Sprintf("%s: %s %d %s", name, m.Name, metrics[m.Name], m.Unit))
	}
	for i, name := range c.program.Counters() {
		if !moved[i] {
			c.add(Finding{Code: "slot.run", File: "sim.go", Line: 1, Warning: true, Message: "counter " + name + " stays 0 with every textbook policy",
				Hint: "a metric that nothing moves measures nothing, unless this stretch of the trace is quiet"})
		}
	}
	return strings.Join(said, ", "), true
}
