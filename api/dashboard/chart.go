package dashboard

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
)

// Size of an interval plot, in its own units.
const (
	plotWidth  = 340
	plotHeight = 84
	plotMargin = 14
	plotAxis   = 40 // of the line, from the top
)

// Tick is another value on the axis of an interval plot.
type Tick struct {
	Name  string
	Value pipeline.Decimal // difference from before
}

// Interval draws a difference with its bounds around zero, and others beside
// it. The axis is in per cent of before. It is decoration: the same numbers
// stand in text next to it.
func Interval(e pipeline.Estimate, ticks ...Tick) template.HTML {
	if e.Before == 0 {
		return ""
	}
	axis := newAxis(e, ticks)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %d %d" role="img" aria-label="%s">`, plotWidth, plotHeight, template.HTMLEscapeString(plotLabel(e)))
	fmt.Fprintf(&b, `<path class="axis" d="M%d %dH%d"/>`, plotMargin, plotAxis, plotWidth-plotMargin)
	zero := axis.x(0)
	fmt.Fprintf(&b, `<path class="zero" d="M%d 28V%d"/><text class="tick" x="%d" y="%d">0</text>`, zero, plotAxis+6, zero, plotAxis+18)
	low, high, at := axis.x(e.Low), axis.x(e.High), axis.x(e.Change)
	fmt.Fprintf(&b, `<path class="bar" d="M%d %dH%d"/><path class="end" d="M%d %dv10M%d %dv10"/>`, low, plotAxis, high, low, plotAxis-5, high, plotAxis-5)
	fmt.Fprintf(&b, `<circle class="dot" cx="%d" cy="%d" r="4.5"/><text class="value" x="%d" y="22">%s</text>`, at, plotAxis, clamp(at, 40), template.HTMLEscapeString(Percent(e.Change, e.Before)))
	for i, t := range ticks {
		x := axis.x(t.Value)
		fmt.Fprintf(&b, `<path class="rival" d="M%d %dV%d"/><text class="tick" x="%d" y="%d">%s</text>`, x, plotAxis, plotAxis+20+12*(i%2), clamp(x, 30), plotAxis+30+12*(i%2), template.HTMLEscapeString(t.Name))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // built above from numbers and escaped names
}

func plotLabel(e pipeline.Estimate) string {
	return fmt.Sprintf("%s changes by %s %s, between %s and %s", e.Metric, Signed(e.Change), e.Unit, Signed(e.Low), Signed(e.High))
}

// axis maps differences to the plot's width, in integers, so that every machine
// draws the same.
type axis struct{ low, span int64 }

func newAxis(e pipeline.Estimate, ticks []Tick) axis {
	low, high := min(0, e.Low, e.High, e.Change), max(0, e.Low, e.High, e.Change)
	for _, t := range ticks {
		low, high = min(low, t.Value), max(high, t.Value)
	}
	pad := max((high-low)/12, 1)
	return axis{int64(low - pad), int64(high - low + 2*pad)}
}

func (a axis) x(d pipeline.Decimal) int {
	at, err := pipeline.Fraction(int64(d)-a.low, plotWidth-2*plotMargin, a.span)
	if err != nil {
		return plotMargin
	}
	return plotMargin + int((at+pipeline.One/2)/pipeline.One)
}

// clamp keeps the middle of a text inside the plot.
func clamp(x, half int) int { return min(max(x, half), plotWidth-half) }

// Meter draws how much of a whole is used, in thousandths.
func Meter(used, reserved, limit int64) template.HTML {
	if limit <= 0 {
		return ""
	}
	share := func(n int64) int64 { return min(1000, max(0, n)*1000/limit) }
	u := share(used)
	return template.HTML(fmt.Sprintf(`<svg class="meter" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><path class="all" d="M0 5H1000"/><path class="held" d="M0 5H%d"/><path class="used" d="M0 5H%d"/></svg>`, share(used+reserved), u)) //nolint:gosec // numbers only
}
