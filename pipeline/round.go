package pipeline

import (
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Round is a schedule of autonomous cycles as a person writes it: when they
// begin, which goals they may choose from, and what they may spend. Make it with
// [ParseRound]; it is valid then, and its defaults are written out.
type Round struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Metadata   Metadata  `json:"metadata"`
	Spec       RoundSpec `json:"spec"`
}

// Digest names the document.
func (r Round) Digest() (Digest, error) { return Sum("round", r) }

// RoundSpec says when rounds begin and what they may do.
type RoundSpec struct {
	Every  Duration       `json:"every"`            // between two rounds, at least MinEvery
	Quiet  []Span         `json:"quiet,omitempty"`  // of each day, in UTC: no campaign begins then
	Most   int64          `json:"most"`             // lineages that one round takes up
	Rest   Duration       `json:"rest"`             // after an adopted change, for tiles to measure it
	Budget *Amount        `json:"budget,omitempty"` // of one round; nil is what its goals ask for
	PerDay *Amount        `json:"perDay,omitempty"` // of all rounds of the schedule in 24 h; nil is no limit
	Goals  []CampaignSpec `json:"goals"`            // what is searched for, by slot
}

// Defaults of a round.
const (
	// MinEvery is the shortest time between two rounds: a slip of a zero must not
	// spend a budget.
	MinEvery = Duration(time.Minute)
	// DefaultEvery is a night's work.
	DefaultEvery = Duration(24 * time.Hour)
	// DefaultRest is long enough for tiles to see each hour of a day.
	DefaultRest = Duration(24 * time.Hour)
	// DefaultMost takes up one lineage after the other, so that a regression is
	// the fault of one change.
	DefaultMost = 1
)

const maxGoals, maxQuiet = 32, 16

// ParseRound reads a round from YAML or JSON. Each goal is written as the spec of
// a campaign, and checked like one. Where no goals are written, those given are
// taken. The error is a [Problems].
func ParseRound(text []byte, known Catalogue, goals ...CampaignSpec) (Round, error) {
	root, err := parseYAML(text)
	if err != nil {
		return Round{}, err
	}
	r := &campaignReader{known: known}
	o := r.object(root, "", "apiVersion", "kind", "metadata", "spec")
	out := Round{APIVersion: o.exactly("apiVersion", APIVersion), Kind: o.exactly("kind", "Round"), Metadata: readMetadata(o)}
	out.Spec = r.round(o.child("spec", "every", "quiet", "most", "rest", "budget", "perDay", "goals"), goals)
	return out, r.finish()
}

func (r *campaignReader) round(o object, goals []CampaignSpec) RoundSpec {
	s := RoundSpec{
		Every: o.durationOr("every", DefaultEvery), Quiet: readQuiet(o), Most: o.positive("most", DefaultMost),
		Rest: o.durationOr("rest", DefaultRest), Budget: readAmount(o, "budget"), PerDay: readAmount(o, "perDay"), Goals: goals,
	}
	if s.Every < MinEvery {
		o.refuse("every", "such as 24h, at least "+MinEvery.String(), "%s is too short between two rounds", s.Every)
	}
	if o.has("goals") {
		s.Goals = r.goals(o)
	}
	if len(s.Goals) == 0 {
		o.refuse("goals", "write goals: with the spec of a campaign for each", "a round needs something to choose from")
	}
	return s
}

func (r *campaignReader) goals(o object) (out []CampaignSpec) {
	list := o.list("goals")
	if len(list) > maxGoals {
		o.refuse("goals", "", "%d goals, at most %d", len(list), maxGoals)
		return nil
	}
	slots := map[string]bool{}
	for i, n := range list {
		g := r.object(n, fmt.Sprintf("%s[%d]", o.at("goals"), i), campaignSpecFields...)
		spec := r.spec(g)
		if slots[spec.Slot] {
			g.refuse("slot", "name all its lineages in one goal", "slot %q has a goal already", clip(spec.Slot))
		}
		slots[spec.Slot] = true
		out = append(out, spec)
	}
	return out
}

func readAmount(o object, name string) *Amount {
	if !o.has(name) {
		return nil
	}
	f := o.child(name, "evaluations", "steps", "tokens", "money", "proofs", "attention")
	a := readCosts(f)
	return &a
}

// Span is a part of each day in UTC, in minutes since midnight: from From, to and
// without To. One whose end is not behind its beginning goes past midnight.
type Span struct{ From, To int }

// clock is how times of day are written.
const clock = "15:04"

// ParseSpan reads "08:00-18:00".
func ParseSpan(s string) (Span, error) {
	from, to, _ := strings.Cut(s, "-")
	f, err := time.Parse(clock, from)
	t, err2 := time.Parse(clock, to)
	if err != nil || err2 != nil || f.Equal(t) {
		return Span{}, fmt.Errorf("%.20q: want times of day such as 08:00-18:00", s)
	}
	return Span{minutes(f), minutes(t)}, nil
}

func minutes(t time.Time) int { return t.Hour()*60 + t.Minute() }

// Holds reports whether a moment lies in the span.
func (s Span) Holds(t time.Time) bool {
	m := minutes(t.UTC())
	if s.From < s.To {
		return s.From <= m && m < s.To
	}
	return m >= s.From || m < s.To
}

func (s Span) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
}

// MarshalText writes the span as [Span.String] does.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [ParseSpan] reads.
func (s *Span) UnmarshalText(text []byte) error {
	v, err := ParseSpan(string(text))
	*s = v
	return err
}

func readQuiet(o object) (out []Span) {
	list := o.list("quiet")
	if len(list) > maxQuiet {
		o.refuse("quiet", "", "%d spans, at most %d", len(list), maxQuiet)
		return nil
	}
	for i, n := range list {
		out = append(out, o.span(n, i))
	}
	return out
}

func (o object) span(n *yaml.Node, i int) Span {
	path := fmt.Sprintf("%s[%d]", o.at("quiet"), i)
	s, err := ParseSpan(o.r.scalar(n, path))
	if err != nil {
		o.r.refuse(n, path, "in UTC; past midnight is fine", "%s", err)
	}
	return s
}
