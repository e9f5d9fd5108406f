package federation

import (
	"fmt"
	"math/big"
	"runtime/debug"
	"strconv"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
)

// totals is a released vector by the names of its entries.
type totals map[string]uint64

func nameTotals(s *client.Session, sum []uint64) totals {
	t := totals{}
	for i, name := range s.Entries() {
		t[name] = sum[i]
	}
	return t
}

// judge turns the released sum over some tiles into figures, findings and the
// outcome.
func judge(st *pipeline.Statement, s *client.Session, sum []uint64, tiles int) {
	t := nameTotals(s, sum)
	st.Figures = figures(s, t, tiles)
	doubts, faults := t.doubts(s, tiles), append(t.faults(), t.regressions(s)...)
	st.Findings = append(append(st.Findings, doubts...), faults...)
	blocks := fmt.Sprintf("%d blocks on %d of %d tiles", t[client.EntryReplays], tiles, len(s.Cohort))
	switch {
	case len(doubts) > 0:
		st.Outcome, st.Summary = pipeline.Inconclusive, blocks+": "+doubts[0].Message
	case len(faults) > 0:
		st.Outcome, st.Summary = pipeline.Fail, blocks+": "+faults[0].Message
	default:
		st.Outcome, st.Summary = pipeline.Pass, blocks+": no fault, no metric worse than its tolerance"
	}
}

// doubts are reasons not to take the sum at its word. A proof of range does not
// make a tile tell the truth, but what honest tiles keep equal in themselves is
// equal in the sum.
func (t totals) doubts(s *client.Session, tiles int) []pipeline.Finding {
	var list []pipeline.Finding
	add := func(code, message, hint string) {
		list = append(list, pipeline.Finding{Code: code, Message: message, Hint: hint})
	}
	if !t.consistent(s, tiles) {
		add("federate.inconsistent", "the sum contradicts itself: at least one tile did not report what it measured", "repeat with halves of the cohort to find the tile")
	}
	if t[client.EntryClipped] > 0 {
		add("federate.clipped", fmt.Sprintf("%d totals were cut to their public maximum", t[client.EntryClipped]), "use a session with larger clips or steps")
	}
	if t[client.EntryMismatch] > 0 {
		add("federate.mismatch", fmt.Sprintf("%d blocks gave different outputs when run twice", t[client.EntryMismatch]), "shadow names the tile; check its hardware before the candidate is blamed")
	}
	if t[client.EntryPass] == 0 && len(t.faults()) == 0 {
		add("federate.no-telemetry", "no tile replayed a block to its end", "see whether the tiles have recorded telemetry for this slot")
	}
	return list
}

func (t totals) consistent(s *client.Session, tiles int) bool {
	n := uint64(tiles)
	counted := t[client.EntryPass] + t[client.EntryMismatch] + t[client.EntryPanic] + t[client.EntryViolation]
	if counted != t[client.EntryReplays] || counted > n*s.Replays {
		return false
	}
	for _, m := range s.Metrics {
		if t.blocks(s, m) != t[client.EntryPass] || max(t[m.Name+".candidate"], t[m.Name+".incumbent"]) > n*m.Clip {
			return false
		}
	}
	return true
}

func (t totals) blocks(s *client.Session, m client.Metric) (sum uint64) {
	for i := range s.Buckets() {
		sum += t[bucketEntry(m, i)]
	}
	return sum
}

func bucketEntry(m client.Metric, i int) string { return fmt.Sprintf("%s.bucket.%d", m.Name, i) }

// faults refute the candidate whatever its metrics are.
func (t totals) faults() []pipeline.Finding {
	var list []pipeline.Finding
	if n := t[client.EntryPanic]; n > 0 {
		list = append(list, pipeline.Finding{Code: "federate.panic", Message: fmt.Sprintf("the candidate panicked in %d blocks", n),
			Hint: "guard the index or the divisor, and prove the module again: a proven one does not panic"})
	}
	if n := t[client.EntryViolation]; n > 0 {
		list = append(list, pipeline.Finding{Code: "federate.violation", Message: fmt.Sprintf("the candidate violated the contract in %d blocks", n),
			Hint: "replay the blocks at the sites that saw it: a module that is proven keeps its contract, so suspect the engine too"})
	}
	return list
}

// regressions names the metrics whose sum is worse than the session tolerates.
func (t totals) regressions(s *client.Session) []pipeline.Finding {
	var list []pipeline.Finding
	for _, m := range s.Metrics {
		candidate, incumbent := t[m.Name+".candidate"], t[m.Name+".incumbent"]
		if worse(m, candidate, incumbent) {
			list = append(list, pipeline.Finding{
				Code: "federate.regression", Where: m.Name,
				Message: fmt.Sprintf("%s: candidate %s, incumbent %s %s", m.Name, raw(m, candidate, 0), raw(m, incumbent, 0), m.Unit),
				Hint:    fmt.Sprintf("the session tolerates %d permille: improve %s, or open a session that tolerates more", m.Tolerance, m.Name),
			})
		}
	}
	return list
}

// worse compares exactly: sums stay below 2^60 and products need more.
func worse(m client.Metric, candidate, incumbent uint64) bool {
	limit := 1000 + int64(m.Tolerance)
	if m.Direction == "max" {
		limit = 1000 - int64(m.Tolerance)
	}
	got := new(big.Int).Mul(whole(candidate), big.NewInt(1000))
	order := got.Cmp(new(big.Int).Mul(whole(incumbent), big.NewInt(limit)))
	return order > 0 && m.Direction == "min" || order < 0 && m.Direction == "max"
}

func whole(v uint64) *big.Int { return new(big.Int).SetUint64(v) }

func figures(s *client.Session, t totals, tiles int) []pipeline.Figure {
	list := []pipeline.Figure{
		count("tiles", uint64(tiles), "tiles"),
		count("cohort", uint64(len(s.Cohort)), "tiles"),
	}
	for _, name := range s.Entries()[:len(s.Entries())-len(s.Metrics)*(2+s.Buckets())] {
		list = append(list, count(name, t[name], entryUnit(name)))
	}
	for _, m := range s.Metrics {
		list = append(list, metricFigures(s, m, t, tiles)...)
	}
	return list
}

func entryUnit(name string) string {
	if name == client.EntryClipped {
		return "totals"
	}
	return "blocks"
}

func count(name string, v uint64, unit string) pipeline.Figure {
	return pipeline.Figure{Name: name, Value: strconv.FormatUint(v, 10), Unit: unit}
}

// metricFigures are both sums with the bounds that rounding to steps leaves,
// the improvement, and how many blocks improved by how much.
func metricFigures(s *client.Session, m client.Metric, t totals, tiles int) []pipeline.Figure {
	candidate, incumbent := t[m.Name+".candidate"], t[m.Name+".incumbent"]
	list := []pipeline.Figure{
		sumFigure(m, m.Name+".candidate", candidate, tiles),
		sumFigure(m, m.Name+".incumbent", incumbent, tiles),
	}
	if incumbent > 0 {
		list = append(list, pipeline.Figure{Name: m.Name + ".improvement", Value: improvement(m, candidate, incumbent), Unit: "permille"})
	}
	for i := range s.Buckets() {
		list = append(list, count(m.Name+".blocks"+bucketLabel(s, i), t[bucketEntry(m, i)], "blocks"))
	}
	return list
}

func sumFigure(m client.Metric, name string, counts uint64, tiles int) pipeline.Figure {
	f := pipeline.Figure{Name: name, Value: raw(m, counts, 0), Unit: m.Unit}
	if m.Step > 1 {
		f.Low, f.High = f.Value, raw(m, counts, tiles)
	}
	return f
}

// raw is a sum of counts in raw units, plus what rounding down can have taken
// from so many tiles.
func raw(m client.Metric, counts uint64, tiles int) string {
	v := new(big.Int).Mul(whole(counts), whole(m.Step))
	lost := new(big.Int).Mul(big.NewInt(int64(tiles)), whole(m.Step-1))
	return v.Add(v, lost).String()
}

// improvement is how much better the candidate's sum is, in permille with one
// digit after the point, rounded towards zero.
func improvement(m client.Metric, candidate, incumbent uint64) string {
	gain := new(big.Int).Sub(whole(incumbent), whole(candidate))
	if m.Direction == "max" {
		gain.Neg(gain)
	}
	tenths := gain.Quo(gain.Mul(gain, big.NewInt(10000)), whole(incumbent))
	sign := ""
	if tenths.Sign() < 0 {
		sign = "-"
	}
	q, r := tenths.Abs(tenths).QuoRem(tenths, big.NewInt(10), new(big.Int))
	return fmt.Sprintf("%s%s.%s", sign, q, r)
}

// bucketLabel is the range of improvements of a bucket, permille.
func bucketLabel(s *client.Session, i int) string {
	low, high := "", ""
	if i > 0 {
		low = strconv.FormatInt(s.Edges[i-1], 10)
	}
	if i < len(s.Edges) {
		high = strconv.FormatInt(s.Edges[i], 10)
	}
	return "[" + low + "," + high + ")"
}

// circlVersion is the version that this program was built with.
func circlVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, d := range info.Deps {
		if d.Path == "github.com/cloudflare/circl" {
			return d.Version
		}
	}
	return "unknown"
}
