// Package shadow compares what redundant tiles did with the same inputs, and
// judges a candidate against its incumbent on recorded telemetry.
//
// Modules are deterministic, so sound tiles agree bit for bit. Where one of
// three differs it is the tile that is broken, and it is named; the candidate
// is blamed only for what the majority saw. See runner for the tile's side and
// benchmark for the paired comparison on the simulator.
package shadow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow/runner"
)

// MinTiles is how many tiles a comparison needs to name a broken one.
const MinTiles = 3

// Demand is what a comparison must show to pass.
type Demand struct {
	Change pipeline.Change
	Tiles  int                        // at least MinTiles
	Calls  int64                      // on each tile
	Inputs map[string]pipeline.Digest // of the evidence: contract, policy, window
}

// Compare weighs the runs of redundant tiles and makes the evidence. It is a
// pure function; the order of the runs does not matter.
func Compare(d Demand, runs []runner.Run) pipeline.Statement {
	c := comparison{Demand: d, runs: slices.Clone(runs)}
	slices.SortFunc(c.runs, func(a, b runner.Run) int { return cmp.Compare(a.Tile, b.Tile) })
	c.sound, c.broken = c.majority()
	s := pipeline.Statement{
		Station: pipeline.Shadow,
		Subject: pipeline.Subject{Kind: pipeline.SubjectChange, Digest: d.Change.Digest()},
		Inputs:  d.Inputs, Figures: c.figures(), Findings: c.findings(),
	}
	s.Outcome, s.Summary = c.outcome()
	return s
}

type comparison struct {
	Demand
	runs   []runner.Run
	sound  []runner.Run // those that agree with most others
	broken []dissent
}

// dissent is a tile that differs from the majority, and from which call on.
type dissent struct {
	tile string
	call int64
	what string
}

// majority splits the runs by what more than half of them say. Without a
// majority nobody is sound.
func (c *comparison) majority() (sound []runner.Run, broken []dissent) {
	votes := map[string]int{}
	for _, r := range c.runs {
		votes[fingerprint(r)]++
	}
	for _, r := range c.runs {
		if 2*votes[fingerprint(r)] > len(c.runs) {
			sound = append(sound, r)
		}
	}
	for _, r := range c.runs {
		if len(sound) > 0 && fingerprint(r) != fingerprint(sound[0]) {
			broken = append(broken, differs(r, sound[0]))
		}
	}
	return sound, broken
}

func fingerprint(r runner.Run) string {
	return fmt.Sprint(r.Window, r.Calls, r.Incumbent, r.Candidate)
}

// differs finds the first chunk in which a run leaves the majority.
func differs(r, sound runner.Run) dissent {
	if r.Window != sound.Window || r.Calls != sound.Calls {
		return dissent{r.Tile, min(r.Calls, sound.Calls), "made other calls"}
	}
	for i := range sound.Incumbent {
		if r.Incumbent[i] != sound.Incumbent[i] {
			return dissent{r.Tile, int64(i) * runner.ChunkCalls, "computed other results for the incumbent"}
		}
		if r.Candidate[i] != sound.Candidate[i] {
			return dissent{r.Tile, int64(i) * runner.ChunkCalls, "computed other results for the candidate"}
		}
	}
	return dissent{tile: r.Tile, what: "differs"}
}

func (c *comparison) outcome() (pipeline.Outcome, string) {
	want := max(c.Tiles, MinTiles)
	switch {
	case len(c.runs) < want:
		return pipeline.Inconclusive, fmt.Sprintf("%d of %d tiles answered", len(c.runs), want)
	case len(c.sound) == 0:
		return pipeline.Inconclusive, "no two tiles agree: nobody can say which one is right"
	case c.sound[0].Breaches > 0:
		return pipeline.Fail, fmt.Sprintf("the candidate broke its contract in %d of %d calls", c.sound[0].Breaches, c.sound[0].Calls)
	case c.sound[0].Calls < c.Calls:
		return pipeline.Inconclusive, fmt.Sprintf("%d of %d calls", c.sound[0].Calls, c.Calls)
	}
	return pipeline.Pass, c.passed()
}

func (c *comparison) passed() string {
	text := fmt.Sprintf("%d tiles agree bit for bit over %d calls", len(c.sound), c.sound[0].Calls)
	if len(c.broken) > 0 {
		names := make([]string, len(c.broken))
		for i, b := range c.broken {
			names[i] = b.tile
		}
		text += "; broken and left out: " + strings.Join(names, ", ")
	}
	return text
}

func (c *comparison) figures() []pipeline.Figure {
	figures := []pipeline.Figure{count("tiles", int64(len(c.runs))), count("agreeing_tiles", int64(len(c.sound)))}
	if len(c.sound) == 0 {
		return figures
	}
	r := c.sound[0]
	return append(figures, count("calls", r.Calls), count("decided_differently", r.Differs), count("breaches", r.Breaches))
}

func count(name string, n int64) pipeline.Figure {
	return pipeline.Figure{Name: name, Value: fmt.Sprint(n)}
}

func (c *comparison) findings() []pipeline.Finding {
	var out []pipeline.Finding
	for _, b := range c.broken {
		out = append(out, pipeline.Finding{Code: "shadow.tile", Where: b.tile, Message: "the tile " + b.what,
			Hint: "take the tile out of service; the change is judged by the others", Witness: fmt.Sprintf("from call %d on", b.call)})
	}
	if len(c.sound) > 0 {
		for _, b := range c.sound[0].Broken {
			out = append(out, pipeline.Finding{Code: "shadow.contract", Where: fmt.Sprintf("call %d", b.Call), Message: b.What,
				Hint: "replay the input against the contract", Witness: fmt.Sprint(b.Input)})
		}
	}
	return out
}
