package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Share is a part of a whole in thousandths, written as "2.5%".
type Share int64

// Whole is all of it.
const Whole Share = 1000

const shareStep = One / 10 // a tenth of a per cent

func parseShare(s string) (Share, error) {
	number, ok := strings.CutSuffix(s, "%")
	d, err := ParseDecimal(number)
	if !ok || err != nil || d < 0 || d > 100*One || d%shareStep != 0 {
		return 0, fmt.Errorf("%.20q: want a share such as 5%% or 2.5%%, from 0%% to 100%%", s)
	}
	return Share(d / shareStep), nil
}

// String writes the share in per cent.
func (s Share) String() string { return (Decimal(s) * shareStep).String() + "%" }

// MarshalText writes the share as [Share.String] does.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads "5%" or "2.5%".
func (s *Share) UnmarshalText(text []byte) error {
	v, err := parseShare(string(text))
	*s = v
	return err
}

// Reach is how far a wave goes, counted from the start of the rollout: a number
// of tiles ("2") or a share of them ("5%").
type Reach struct {
	Tiles int64 // when above 0
	Share Share // else
}

// Rest reaches every tile.
var Rest = Reach{Share: Whole}

// ParseReach reads "2", "5%" or "rest".
func ParseReach(s string) (Reach, error) {
	if s == "rest" {
		return Rest, nil
	}
	if strings.HasSuffix(s, "%") {
		share, err := parseShare(s)
		return Reach{Share: share}, err
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 1 {
		return Reach{}, fmt.Errorf("%.20q: want a number of tiles, a share such as 5%%, or rest", s)
	}
	return Reach{Tiles: n}, nil
}

// String writes what [ParseReach] reads.
func (r Reach) String() string {
	switch {
	case r.Tiles > 0:
		return strconv.FormatInt(r.Tiles, 10)
	case r == Rest:
		return "rest"
	default:
		return r.Share.String()
	}
}

// MarshalText writes the reach as [Reach.String] does.
func (r Reach) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what [ParseReach] reads.
func (r *Reach) UnmarshalText(text []byte) error {
	v, err := ParseReach(string(text))
	*r = v
	return err
}

// Of is the number of tiles reached in a fleet of n: shares are rounded down,
// so that a small fleet is not risked early, but to no less than one tile.
func (r Reach) Of(n int) int {
	if r.Tiles > 0 {
		return min(n, int(r.Tiles))
	}
	return min(n, max(1, n*int(r.Share)/int(Whole)))
}

// WaveSpec is a share of the fleet that takes a release together, and what must
// hold before the next: the bake time has passed, the calls were made, and
// failures are not above the limit.
type WaveSpec struct {
	Name        string   `json:"name"`
	UpTo        Reach    `json:"upTo"`               // of the whole fleet, earlier waves included
	Bake        Duration `json:"bake"`               // at least this long
	MinCalls    int64    `json:"minCalls"`           // on each tile of the wave, at least
	MaxFailures Share    `json:"maxFailures"`        // of tiles reached that failed or went back; above it the rollout stops
	Approval    bool     `json:"approval,omitempty"` // a person must agree before this wave
}

// Plan is the documented order of a rollout.
type Plan struct {
	Name  string     `json:"name"`
	Waves []WaveSpec `json:"waves"`
}

// Digest names the plan; an approval is bound to it. It fails when a name is
// not UTF-8.
func (p Plan) Digest() (Digest, error) { return Sum("plan", p) }

// ErrPlan says what is wrong with a plan.
var ErrPlan = errors.New("not a rollout plan")

const maxWaves = 16

// Check refuses plans that skip the careful start (the first wave is one tile),
// shrink, or do not end with the whole fleet.
func (p Plan) Check() error {
	if len(p.Waves) == 0 || len(p.Waves) > maxWaves {
		return fmt.Errorf("%w: %d waves, want 1 to %d", ErrPlan, len(p.Waves), maxWaves)
	}
	if p.Waves[0].UpTo != (Reach{Tiles: 1}) {
		return fmt.Errorf("%w: the first wave must be upTo: 1 (one tile)", ErrPlan)
	}
	if len(p.Waves) > 1 && p.Waves[len(p.Waves)-1].UpTo != Rest {
		return fmt.Errorf("%w: the last wave must be upTo: rest", ErrPlan)
	}
	return p.checkWaves()
}

func (p Plan) checkWaves() error {
	names := map[string]bool{}
	for i, w := range p.Waves {
		if !nameForm.MatchString(w.Name) || names[w.Name] {
			return fmt.Errorf("%w: wave %d: %q is not a new name", ErrPlan, i+1, clip(w.Name))
		}
		names[w.Name] = true
		if w.Bake <= 0 || w.MinCalls < 1 {
			return fmt.Errorf("%w: wave %s: bake time and minCalls must be above 0, they are its gate", ErrPlan, w.Name)
		}
		if i > 0 && shrinks(p.Waves[i-1].UpTo, w.UpTo) {
			return fmt.Errorf("%w: wave %s reaches less than the one before", ErrPlan, w.Name)
		}
	}
	return nil
}

// shrinks compares reaches of one kind; a count and a share depend on the fleet,
// and [Targets] keeps waves from shrinking there.
func shrinks(before, after Reach) bool {
	if before.Tiles > 0 && after.Tiles > 0 {
		return after.Tiles <= before.Tiles
	}
	return before.Tiles == 0 && after.Tiles == 0 && after.Share <= before.Share
}

func span(d time.Duration) Duration { return Duration(d) }

// plans are the documented plans. Shares and times of normal are those of
// docs/lifecycle.md; the first wave is one tile in each, also in a hurry.
var plans = []Plan{
	{Name: "lab", Waves: []WaveSpec{
		{Name: "w0", UpTo: Reach{Tiles: 1}, Bake: span(5 * time.Second), MinCalls: 200},
		{Name: "w1", UpTo: Reach{Tiles: 2}, Bake: span(5 * time.Second), MinCalls: 200},
		{Name: "w2", UpTo: Rest, Bake: span(5 * time.Second), MinCalls: 200},
	}},
	{Name: "normal", Waves: []WaveSpec{
		{Name: "w0", UpTo: Reach{Tiles: 1}, Bake: span(time.Hour), MinCalls: 3000, Approval: true},
		{Name: "w1", UpTo: Reach{Share: 50}, Bake: span(4 * time.Hour), MinCalls: 30000},
		{Name: "w2", UpTo: Reach{Share: 100}, Bake: span(24 * time.Hour), MinCalls: 30000, MaxFailures: 10},
		{Name: "w3", UpTo: Reach{Share: 250}, Bake: span(48 * time.Hour), MinCalls: 30000, MaxFailures: 20},
		{Name: "w4", UpTo: Rest, Bake: span(72 * time.Hour), MinCalls: 30000, MaxFailures: 20},
	}},
	{Name: "accelerated", Waves: []WaveSpec{
		{Name: "w0", UpTo: Reach{Tiles: 1}, Bake: span(15 * time.Minute), MinCalls: 3000},
		{Name: "w1", UpTo: Reach{Share: 30}, Bake: span(time.Hour), MinCalls: 3000},
		{Name: "w2", UpTo: Reach{Share: 120}, Bake: span(3 * time.Hour), MinCalls: 30000, MaxFailures: 10},
		{Name: "w3", UpTo: Reach{Share: 500}, Bake: span(4 * time.Hour), MinCalls: 30000, MaxFailures: 20},
		{Name: "w4", UpTo: Rest, Bake: span(16 * time.Hour), MinCalls: 30000, MaxFailures: 20},
	}},
	{Name: "emergency", Waves: []WaveSpec{
		{Name: "w0", UpTo: Reach{Tiles: 1}, Bake: span(15 * time.Minute), MinCalls: 3000},
		{Name: "w1", UpTo: Reach{Share: 50}, Bake: span(time.Hour), MinCalls: 3000},
		{Name: "w2", UpTo: Reach{Share: 250}, Bake: span(time.Hour), MinCalls: 3000, MaxFailures: 10},
		{Name: "w3", UpTo: Rest, Bake: span(time.Hour), MinCalls: 3000, MaxFailures: 20},
	}},
}

// PlanNames lists the documented plans.
func PlanNames() []string {
	out := make([]string, len(plans))
	for i, p := range plans {
		out[i] = p.Name
	}
	return out
}

// NamedPlan is a documented plan, or [ErrPlan].
func NamedPlan(name string) (Plan, error) {
	for _, p := range plans {
		if p.Name == name {
			return Plan{Name: p.Name, Waves: slices.Clone(p.Waves)}, nil
		}
	}
	return Plan{}, fmt.Errorf("%w: %q is not one of %s", ErrPlan, clip(name), strings.Join(PlanNames(), ", "))
}
