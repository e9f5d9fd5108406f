package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Standing is what the records say of one lineage in the slot of a goal.
type Standing struct {
	Goal      int    // index in the round's goals
	Slot      string // of the goal
	Lineage   string
	Level     Level     // of autonomy that policy allows
	Busy      string    // what is under way there; "" is nothing
	Adopted   time.Time // when the last change was adopted; zero is never
	Searched  time.Time // when the last campaign began; zero is never
	Regressed string    // how tiles measured less than was promised; "" did not
	Room      Share     // how far its metric is behind the best that is known; see Known
	Known     string    // where the best is known from; "" when nothing was measured yet
}

// Choice is what a round decided about one lineage in a slot, and why.
type Choice struct {
	Goal    int    `json:"goal"`
	Slot    string `json:"slot"`
	Lineage string `json:"lineage"`
	Taken   bool   `json:"taken"`
	Why     string `json:"why"` // a phrase for people
	Cost    Amount `json:"cost"`
}

func (c Choice) String() string {
	verb := "left"
	if c.Taken {
		verb = "taken"
	}
	return fmt.Sprintf("%s/%s %s: %s", c.Lineage, c.Slot, verb, c.Why)
}

// Choose decides what a round takes up. First comes what got worse, then what was
// never searched, then what is furthest behind the best known, then what waited
// longest. Each that is taken up is paid for in full, out of the round's budget
// and what is left of the day's: so is the next only if that covers it too. All
// standings are answered, in the order in which they were weighed.
func (s RoundSpec) Choose(standings []Standing, spentToday Amount, now time.Time) []Choice {
	order := slices.Clone(standings)
	slices.SortStableFunc(order, Standing.before)
	purse := s.purse(spentToday)
	out := make([]Choice, len(order))
	var taken int64
	for i, x := range order {
		c := Choice{Goal: x.Goal, Slot: x.Slot, Lineage: x.Lineage, Cost: s.Goals[x.Goal].Share()}
		c.Why = s.against(x, now)
		switch {
		case c.Why != "":
		case taken == s.Most:
			c.Why = fmt.Sprintf("this round takes up %d, and others come first", s.Most)
		default:
			if c.Why = purse.pay(c.Cost); c.Why == "" {
				c.Taken, c.Why = true, x.reason(now)
				taken++
			}
		}
		out[i] = c
	}
	return out
}

// before orders what a round weighs, by need.
func (x Standing) before(y Standing) int {
	return cmp.Or(
		cmp.Compare(truth(y.Regressed != ""), truth(x.Regressed != "")),
		cmp.Compare(truth(x.Known != ""), truth(y.Known != "")),
		cmp.Compare(y.Room, x.Room),
		x.Searched.Compare(y.Searched),
		cmp.Compare(x.Slot, y.Slot), cmp.Compare(x.Lineage, y.Lineage))
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// against is what speaks against taking a lineage up at all; "" is nothing.
func (s RoundSpec) against(x Standing, now time.Time) string {
	if i := slices.IndexFunc(s.Quiet, func(q Span) bool { return q.Holds(now) }); i >= 0 {
		return "quiet hours, " + s.Quiet[i].String() + " UTC"
	}
	switch {
	case x.Level <= Observe:
		return "policy lets it observe only"
	case x.Busy != "":
		return x.Busy
	case !x.Adopted.IsZero() && now.Sub(x.Adopted) < time.Duration(s.Rest) && x.Regressed == "":
		return fmt.Sprintf("a change was adopted %s ago: it rests for %s", ago(now.Sub(x.Adopted)), ago(time.Duration(s.Rest)))
	}
	return ""
}

// reason is why a lineage comes as early as it does.
func (x Standing) reason(now time.Time) string {
	var out []string
	if x.Regressed != "" {
		out = append(out, x.Regressed)
	}
	switch {
	case x.Known == "":
		out = append(out, "nothing was measured there yet")
	case x.Room > 0:
		out = append(out, fmt.Sprintf("%s behind %s", x.Room, x.Known))
	default:
		out = append(out, "nothing better is known")
	}
	if x.Searched.IsZero() {
		return strings.Join(append(out, "never searched"), ", ")
	}
	return strings.Join(append(out, "last searched "+ago(now.Sub(x.Searched))+" ago"), ", ")
}

// ago writes a span for people: in its largest two units.
func ago(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= time.Hour:
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	}
	return d.Truncate(time.Second).String()
}

// purse is what one round may still spend: of its own, and of the day. A nil
// ledger has no limit.
type purse struct{ round, day *Ledger }

func (s RoundSpec) purse(spentToday Amount) purse {
	var p purse
	if s.Budget != nil {
		l := NewLedger(*s.Budget)
		p.round = &l
	}
	if s.PerDay != nil {
		l := NewLedger(*s.PerDay)
		l.Spent = spentToday
		p.day = &l
	}
	return p
}

// pay reserves a cost in both ledgers, or says which does not cover it and
// reserves nothing.
func (p purse) pay(cost Amount) string {
	if p.round != nil {
		if err := p.round.Reserve(cost); err != nil {
			return "not within the round: " + err.Error()
		}
	}
	if p.day == nil {
		return ""
	}
	if err := p.day.Reserve(cost); err != nil {
		if p.round != nil {
			p.round.Settle(cost, Amount{})
		}
		return "not within the day: " + err.Error()
	}
	return ""
}
