package pipeline

import "math/big"

// Estimate is a metric before and after a change, with the interval in which
// the true difference lies (see pipeline/interval).
type Estimate struct {
	Metric     string  `json:"metric"`
	Unit       string  `json:"unit,omitempty"`
	Before     Decimal `json:"before"`
	After      Decimal `json:"after"`
	Change     Decimal `json:"change"` // After - Before
	Low        Decimal `json:"low"`    // of Change
	High       Decimal `json:"high"`
	Confidence Share   `json:"confidence"`
	Method     string  `json:"method"`
	Blocks     int     `json:"blocks"` // such as days
	Length     int     `json:"length"` // of the runs of blocks that were drawn together
	Resamples  int     `json:"resamples"`
	Seed       uint64  `json:"seed,string"`
}

// Improves reports whether the whole interval lies on the better side of zero.
// A gain that does not is not shown as one.
func (e Estimate) Improves(d Direction) bool {
	if d == Maximize {
		return e.Low > 0
	}
	return e.High < 0
}

// Percent is a difference as per cent of the metric before; ok is false when
// that was 0 or the result does not fit.
func (e Estimate) Percent(difference Decimal) (percent Decimal, ok bool) {
	if e.Before == 0 {
		return 0, false
	}
	n := new(big.Int).Mul(big.NewInt(int64(difference)), big.NewInt(100*int64(One)))
	q := divideRounded(n, new(big.Int).Abs(big.NewInt(int64(e.Before))))
	return Decimal(q.Int64()), q.IsInt64()
}

// Figure is the estimate as a figure of a statement: the change with its bounds.
func (e Estimate) Figure(name string) Figure {
	return Figure{Name: name, Value: e.Change.String(), Unit: e.Unit, Low: e.Low.String(), High: e.High.String()}
}
