package dashboard

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// thin is the space between groups of three digits, minus the sign that is as
// wide as a digit.
const (
	thin  = "\u202f"
	minus = "\u2212"
)

// Amount writes a number for people: digits in groups, decimals only as far as
// they mean something at this size.
func Amount(d pipeline.Decimal) string {
	sign := ""
	if d < 0 {
		sign, d = minus, -d
	}
	places := 0
	switch {
	case d < 10*pipeline.One:
		places = 2
	case d < 1000*pipeline.One:
		places = 1
	}
	whole, fraction := rounded(d, places)
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + grouped(whole) + fraction
}

// rounded splits a number that is not negative, halves up, into its whole part
// and the given places without trailing zeros.
func rounded(d pipeline.Decimal, places int) (whole int64, fraction string) {
	unit := pipeline.One
	for range places {
		unit /= 10
	}
	n := int64((d + unit/2) / unit)
	scale := int64(pipeline.One / unit)
	fraction = fmt.Sprintf("%0*d", places, n%scale)
	return n / scale, strings.TrimRight(fraction, "0")
}

func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + thin + s[i:]
	}
	return s
}

// Count writes a whole number.
func Count(n int64) string {
	if n < 0 {
		return minus + grouped(-n)
	}
	return grouped(n)
}

// Signed is [Amount] with a plus where it is one.
func Signed(d pipeline.Decimal) string {
	if d > 0 {
		return "+" + Amount(d)
	}
	return Amount(d)
}

// Text writes a figure that arrives as text: a number as [Amount], anything else
// as it is.
func Text(s string) string {
	d, err := pipeline.ParseDecimal(s)
	if err != nil {
		return s
	}
	return Amount(d)
}

// Percent is a difference as per cent of a whole, or "" when that says nothing.
func Percent(difference, whole pipeline.Decimal) string {
	p, err := pipeline.Fraction(int64(difference), 100, int64(whole))
	if err != nil || whole == 0 {
		return ""
	}
	return Signed(p) + thin + "%"
}

// Seconds writes a duration in seconds.
func Seconds(d pipeline.Decimal) string { return Amount(d) + thin + "s" }

// Several writes a number of things: "1 figure", "2 figures".
func Several(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return Count(int64(n)) + " " + thing
}

// Age is how long ago something was, roughly.
func Age(from, now time.Time) string {
	d := now.Sub(from)
	switch {
	case d < 0:
		return "in " + span(-d)
	case d < 5*time.Second:
		return "just now"
	}
	return span(d) + " ago"
}

func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// Moment is a point in time with its age.
type Moment struct {
	ISO  string // RFC 3339, UTC
	Full string
	Age  string
}

// At is a moment as seen from now; the zero time is none.
func At(t, now time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	t = t.UTC()
	return Moment{ISO: t.Format(time.RFC3339), Full: t.Format("2006-01-02 15:04:05 UTC"), Age: Age(t, now)}
}

// Shape is the form of a mark: it says the same as its colour.
type Shape string

// The shapes.
const (
	Good    Shape = "good"    // a tick: passed, adopted
	Bad     Shape = "bad"     // a cross: failed, rolled back
	Half    Shape = "half"    // a half moon: inconclusive
	Hollow  Shape = "hollow"  // a dashed ring: missing, not yet
	Busy    Shape = "busy"    // three dots: at work
	Ask     Shape = "ask"     // a question: waits for a person
	Neutral Shape = "neutral" // a dot: says nothing
)

// Mark is a state as shape and text.
type Mark struct {
	Shape Shape
	Text  string
}

// OutcomeMark is that of a station's outcome; "" is no evidence at all.
func OutcomeMark(o pipeline.Outcome) Mark {
	switch o {
	case pipeline.Pass:
		return Mark{Good, "pass"}
	case pipeline.Fail:
		return Mark{Bad, "fail"}
	case pipeline.Inconclusive, pipeline.Error:
		return Mark{Half, string(o)}
	}
	return Mark{Hollow, "missing"}
}

// StateMark is that of a change's state.
func StateMark(s pipeline.State) Mark {
	text := strings.ReplaceAll(string(s), "-", " ")
	switch s {
	case pipeline.Adopted:
		return Mark{Good, text}
	case pipeline.AwaitingApproval:
		return Mark{Ask, "awaiting decision"}
	case pipeline.Rejected, pipeline.RolledBack, pipeline.Aborting:
		return Mark{Bad, text}
	case pipeline.Withdrawn, pipeline.Outdated, pipeline.Expired, pipeline.Superseded:
		return Mark{Neutral, text}
	}
	return Mark{Busy, text}
}

// icons are drawn, not written: fonts differ. 16 by 16, in the text's colour.
var icons = map[Shape]template.HTML{
	Good:    `<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M4.6 8.3l2.3 2.3 4.5-5" fill="none" stroke="var(--card)" stroke-width="1.7"/>`,
	Bad:     `<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor"/><path d="M5.3 5.3l5.4 5.4m0-5.4l-5.4 5.4" stroke="var(--card)" stroke-width="1.7"/>`,
	Half:    `<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" fill="currentColor"/>`,
	Hollow:  `<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.4 2.4"/>`,
	Busy:    `<circle cx="3" cy="8" r="1.8" fill="currentColor"/><circle cx="8" cy="8" r="1.8" fill="currentColor"/><circle cx="13" cy="8" r="1.8" fill="currentColor"/>`,
	Ask:     `<path d="M8 .8l7.2 7.2L8 15.2.8 8z" fill="currentColor"/><path d="M8 4.4v4.2m0 2v1.3" stroke="var(--card)" stroke-width="1.7"/>`,
	Neutral: `<circle cx="8" cy="8" r="3" fill="currentColor"/>`,
}

func icon(s Shape) template.HTML {
	return `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">` + icons[s] + `</svg>`
}
