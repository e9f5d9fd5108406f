package pipeline

import "fmt"

// Exposure is what a change would do to the fleet if it were wrong.
type Exposure struct {
	Class SlotClass
	Tiles int // that would take it
	Fleet int // all tiles
	Edits int // nodes of the IR that differ from the base
}

// Risk is a score from 0 to 100, with every point explained.
type Risk struct {
	Score   int          `json:"score"`
	Band    string       `json:"band"` // low, medium, high
	Reasons []RiskReason `json:"reasons"`
}

// RiskReason is a part of the score.
type RiskReason struct {
	Points int    `json:"points"`
	Why    string `json:"why"`
}

// Bounds of the bands, and the weights of the score. They order changes for a
// person's attention; no station relies on them.
const (
	riskMedium = 30
	riskHigh   = 60

	riskKernel   = 25
	riskDevice   = 10
	riskReach    = 20 // for the whole fleet
	riskSize     = 25 // at riskSizeFull edits and above
	riskSizeFull = 100
	riskMissing  = 8 // for each station without a pass
	riskRefuted  = 100
	riskFall     = 10 // for each loss of autonomy on record
)

// Assess scores a change: the class of its slot, its reach, its size and the
// evidence at hand.
func Assess(e Exposure, v Verdict) Risk {
	var r Risk
	if e.Class == DeviceSlot {
		r.add(riskDevice, "replaces a driver")
	} else {
		r.add(riskKernel, "replaces a part of the kernel")
	}
	if e.Fleet > 0 && e.Tiles > 0 {
		r.add(max(1, riskReach*min(e.Tiles, e.Fleet)/e.Fleet), fmt.Sprintf("reaches %d of %d tiles", e.Tiles, e.Fleet))
	}
	if e.Edits > 0 {
		r.add(max(1, riskSize*min(e.Edits, riskSizeFull)/riskSizeFull), fmt.Sprintf("differs from its base in %d places", e.Edits))
	}
	r.weigh(v)
	r.Band = "low"
	if r.Score >= riskMedium {
		r.Band = "medium"
	}
	if r.Score >= riskHigh {
		r.Band = "high"
	}
	return r
}

func (r *Risk) weigh(v Verdict) {
	for _, s := range v.Stations {
		switch {
		case s.Station == Approve || s.Outcome == Pass:
		case s.Outcome == Fail:
			r.add(riskRefuted, string(s.Station)+" failed")
		default:
			r.add(riskMissing, string(s.Station)+" has not passed")
		}
	}
	for _, why := range v.Terms.Falls {
		r.add(riskFall, "autonomy was lost: "+why)
	}
}

func (r *Risk) add(points int, why string) {
	r.Reasons = append(r.Reasons, RiskReason{points, why})
	r.Score = min(100, r.Score+points)
}
