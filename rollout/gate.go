package rollout

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Decision is what a gate says.
type Decision string

// The decisions.
const (
	Hold    Decision = "hold"    // not enough is known yet
	Promote Decision = "promote" // everything that the wave must show was shown
	Back    Decision = "back"    // the release is taken back everywhere
)

// Verdict is a decision with its reason, for people and for evidence.
type Verdict struct {
	Decision Decision `json:"decision"`
	Reason   string   `json:"reason"`
}

// Gate looks at one wave of a rollout.
type Gate struct {
	Release pipeline.Digest
	Wave    pipeline.WaveTargets
	Reached []string // tiles of this and of earlier waves
	Fleet   int      // tiles of the class and lineage
}

// Decide weighs the reports of the tiles. Rules are asked in order; the first
// that has something to say decides. The bake time is the workflow's to wait.
func (g Gate) Decide(reports map[string]Report, now time.Time) Verdict {
	for _, rule := range []func(map[string]Report, time.Time) *Verdict{g.hard, g.silent, g.taken, g.calls} {
		if v := rule(reports, now); v != nil {
			return *v
		}
	}
	return Verdict{Promote, fmt.Sprintf("%d tiles made at least %d calls without a fault", len(g.Reached), g.Wave.MinCalls)}
}

// hard sends everything back when more tiles failed than the wave allows. By
// default it allows none.
func (g Gate) hard(reports map[string]Report, _ time.Time) *Verdict {
	var failed []string
	for _, tile := range sorted(g.Reached) {
		if why := g.failure(reports[tile]); why != "" {
			failed = append(failed, tile+": "+why)
		}
	}
	if int64(len(failed))*int64(pipeline.Whole) <= int64(g.Wave.MaxFailures)*int64(len(g.Reached)) {
		return nil
	}
	return &Verdict{Back, strings.Join(failed, "; ")}
}

func (g Gate) failure(r Report) string {
	if r.Release != g.Release {
		return ""
	}
	switch {
	case r.Phase == WentBack:
		return "went back: " + r.Reason
	case r.Phase == Refused:
		return "refused: " + r.Reason
	case r.Phase == Trial && len(r.Faults) > 0:
		return fmt.Sprintf("%s fault: %s", r.Faults[0].Kind, r.Faults[0].Detail)
	}
	return ""
}

func (g Gate) silent(reports map[string]Report, now time.Time) *Verdict {
	for _, tile := range sorted(g.Reached) {
		r, known := reports[tile]
		if !known || !r.Fresh(now) {
			return &Verdict{Hold, tile + " is silent"}
		}
	}
	return nil
}

func (g Gate) taken(reports map[string]Report, _ time.Time) *Verdict {
	for _, tile := range sorted(g.Reached) {
		if r := reports[tile]; r.Release != g.Release || r.Phase != Trial {
			return &Verdict{Hold, tile + " has not taken the release yet"}
		}
	}
	return nil
}

func (g Gate) calls(reports map[string]Report, _ time.Time) *Verdict {
	for _, tile := range sorted(g.Wave.Targets) {
		if r := reports[tile]; r.Calls < g.Wave.MinCalls {
			return &Verdict{Hold, fmt.Sprintf("%s made %d of %d calls", tile, r.Calls, g.Wave.MinCalls)}
		}
	}
	return nil
}

// Restored says whether every tile that was reached runs the base again. Tiles
// that are silent are named: nobody waits for them for ever.
func Restored(tiles []string, base map[string]pipeline.Digest, reports map[string]Report, now time.Time) (back bool, waiting []string) {
	for _, tile := range sorted(tiles) {
		r, known := reports[tile]
		if !known || !r.Fresh(now) || !runs(r, base) || r.Phase == Trial {
			waiting = append(waiting, tile)
		}
	}
	return len(waiting) == 0, waiting
}

func runs(r Report, modules map[string]pipeline.Digest) bool {
	for slot, d := range modules {
		if r.Slots[slot] != d {
			return false
		}
	}
	return true
}

func sorted(list []string) []string {
	out := append([]string(nil), list...)
	sort.Strings(out)
	return out
}
