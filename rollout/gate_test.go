package rollout_test

import (
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"pgregory.net/rapid"
)

var (
	now     = time.UnixMilli(1_800_000_000_000)
	release = pipeline.SumBytes([]byte("release"))
	base    = map[string]pipeline.Digest{"thermal": pipeline.SumBytes([]byte("base"))}
)

func healthy(tile string) rollout.Report {
	return rollout.Report{Tile: tile, At: now.UnixMilli(), Phase: rollout.Trial, Release: release, Calls: 500}
}

func gate() rollout.Gate {
	wave := pipeline.WaveTargets{WaveSpec: pipeline.WaveSpec{Name: "w1", MinCalls: 200}, Targets: []string{"t2", "t3"}}
	return rollout.Gate{Release: release, Wave: wave, Reached: []string{"t1", "t2", "t3"}, Fleet: 6}
}

func TestGate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(map[string]rollout.Report)
		want   rollout.Decision
		reason string
	}{
		"all healthy":           {func(map[string]rollout.Report) {}, rollout.Promote, "3 tiles"},
		"a tile never reported": {func(m map[string]rollout.Report) { delete(m, "t3") }, rollout.Hold, "t3 is silent"},
		"a tile fell silent": {func(m map[string]rollout.Report) {
			r := m["t1"]
			r.At -= (rollout.StaleAfter + time.Millisecond).Milliseconds()
			m["t1"] = r
		}, rollout.Hold, "t1 is silent"},
		"not taken yet": {func(m map[string]rollout.Report) {
			m["t2"] = rollout.Report{Tile: "t2", At: now.UnixMilli(), Phase: rollout.Idle}
		}, rollout.Hold, "t2 has not taken"},
		"too few calls": {func(m map[string]rollout.Report) { r := m["t3"]; r.Calls = 199; m["t3"] = r }, rollout.Hold, "199 of 200"},
		"went back by itself": {func(m map[string]rollout.Report) {
			r := m["t2"]
			r.Phase, r.Reason = rollout.WentBack, "fan does not turn"
			m["t2"] = r
		}, rollout.Back, "t2: went back: fan does not turn"},
		"refused": {func(m map[string]rollout.Report) {
			r := m["t2"]
			r.Phase, r.Reason = rollout.Refused, "release.serial"
			m["t2"] = r
		}, rollout.Back, "t2: refused: release.serial"},
		"a fault outweighs silence": {func(m map[string]rollout.Report) {
			delete(m, "t1")
			r := m["t3"]
			r.Faults = []rollout.Fault{{Kind: rollout.FaultTrap, Detail: "index out of range", Count: 1}}
			m["t3"] = r
		}, rollout.Back, "t3: trap fault"},
		"an old failure of another release is not held against this one": {func(m map[string]rollout.Report) {
			m["t2"] = rollout.Report{Tile: "t2", At: now.UnixMilli(), Phase: rollout.WentBack, Release: pipeline.SumBytes([]byte("other"))}
		}, rollout.Hold, "t2 has not taken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reports := map[string]rollout.Report{"t1": healthy("t1"), "t2": healthy("t2"), "t3": healthy("t3")}
			c.change(reports)
			got := gate().Decide(reports, now)
			if got.Decision != c.want || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("got %+v, want %s because of %q", got, c.want, c.reason)
			}
		})
	}
}

// Whatever else is reported: a gate promotes only if every tile reached is
// fresh, on trial of this release, without a fault.
func TestGatePromotesOnlyOnFullEvidence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		reports := map[string]rollout.Report{}
		sound := true
		for _, tile := range []string{"t1", "t2", "t3"} {
			if rapid.Bool().Draw(rt, "missing") {
				sound = false
				continue
			}
			r := healthy(tile)
			r.Phase = rapid.SampledFrom([]rollout.Phase{rollout.Idle, rollout.Trial, rollout.WentBack, rollout.Refused}).Draw(rt, "phase")
			r.At -= rapid.Int64Range(0, 20_000).Draw(rt, "age")
			r.Calls = rapid.Int64Range(0, 400).Draw(rt, "calls")
			if rapid.Bool().Draw(rt, "faulty") {
				r.Faults = []rollout.Fault{{Kind: rollout.FaultDevice}}
			}
			enough := tile == "t1" || r.Calls >= 200
			sound = sound && r.Phase == rollout.Trial && r.Fresh(now) && len(r.Faults) == 0 && enough
			reports[tile] = r
		}
		if got := gate().Decide(reports, now).Decision; (got == rollout.Promote) != sound {
			rt.Fatalf("decided %s on %+v", got, reports)
		}
	})
}

func TestRestored(t *testing.T) {
	t.Parallel()
	on := func(phase rollout.Phase, d pipeline.Digest) rollout.Report {
		return rollout.Report{At: now.UnixMilli(), Phase: phase, Slots: map[string]pipeline.Digest{"thermal": d}}
	}
	reports := map[string]rollout.Report{"t1": on(rollout.WentBack, base["thermal"]), "t2": on(rollout.Idle, base["thermal"])}
	if back, waiting := rollout.Restored([]string{"t2", "t1"}, base, reports, now); !back {
		t.Errorf("waiting for %v, want none", waiting)
	}
	reports["t2"] = on(rollout.Trial, release)
	if back, waiting := rollout.Restored([]string{"t1", "t2", "t3"}, base, reports, now); back || len(waiting) != 2 {
		t.Errorf("got back %t, waiting for %v, want t2 and t3", back, waiting)
	}
}
