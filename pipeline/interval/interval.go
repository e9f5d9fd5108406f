// Package interval says how sure a measured difference is: a paired circular
// moving-block bootstrap over blocks of a recorded window, such as days.
//
// Incumbent and candidate were run over the same window; each block gives one
// pair of counters. Blocks that follow each other are alike, so runs of them are
// drawn together, the same runs for both sides. The method, its source and its
// measured coverage are in docs/statistics.md.
//
// It keeps true: equal input and seed give equal results on every machine
// (integers only), and the interval holds the difference that was measured.
// It does not judge: what a gain is worth is for policy and people to say.
package interval

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"slices"

	"github.com/genesis-network/genesis/pipeline"
)

// MinBlocks is the fewest blocks from which an interval is computed.
const MinBlocks = 20

// DefaultResamples is enough for the ends of a 95 % interval to move by less
// than a twentieth of its width from seed to seed.
const DefaultResamples = 2000

// Method names the way of computing in evidence; it changes with the results.
const Method = "paired circular moving-block bootstrap/1"

// Confidence of every interval.
const Confidence pipeline.Share = 950

// Series is one metric over the blocks of a window: sum(Counts)*Scale/sum(Per).
type Series struct {
	Counts []int64
	Per    []int64 // nil divides by 1
	Scale  int64   // 0 counts as 1
}

// Options of a comparison; the zero value is fit for use.
type Options struct {
	Metric    string
	Unit      string
	Seed      uint64
	Resamples int // 0 is DefaultResamples
	Length    int // blocks drawn together; 0 is the square root of their number, rounded up
}

// ErrSeries says that two series cannot be compared.
var ErrSeries = errors.New("series cannot be compared")

const (
	maxBlocks    = 1 << 16
	maxResamples = 1 << 20
)

// Compare estimates how the metric differs between two runs over the same
// blocks. Series of unequal or too short length, counters that overflow, and
// denominators that are not above zero in every block are refused with
// [ErrSeries].
func Compare(before, after Series, o Options) (pipeline.Estimate, error) {
	n := len(before.Counts)
	length := cmp.Or(o.Length, squareRootUp(n))
	resamples := cmp.Or(o.Resamples, DefaultResamples)
	if err := check(before, after, length, resamples); err != nil {
		return pipeline.Estimate{}, fmt.Errorf("interval: %s: %w", o.Metric, err)
	}
	a, b := accumulate(before), accumulate(after)
	e := pipeline.Estimate{
		Metric: o.Metric, Unit: o.Unit, Confidence: Confidence, Method: Method,
		Blocks: n, Length: length, Resamples: resamples, Seed: o.Seed,
	}
	var err error
	if e.Before, err = a.value(a.whole()); err != nil {
		return pipeline.Estimate{}, fmt.Errorf("interval: %s before: %w", o.Metric, err)
	}
	if e.After, err = b.value(b.whole()); err != nil {
		return pipeline.Estimate{}, fmt.Errorf("interval: %s after: %w", o.Metric, err)
	}
	e.Change = e.After - e.Before
	differences, err := resample(a, b, n, length, resamples, o.Seed)
	if err != nil {
		return pipeline.Estimate{}, fmt.Errorf("interval: %s: %w", o.Metric, err)
	}
	e.Low, e.High = bounds(e.Change, differences, n, length)
	return e, nil
}

func check(before, after Series, length, resamples int) error {
	n := len(before.Counts)
	switch {
	case n < MinBlocks || n > maxBlocks:
		return fmt.Errorf("%w: %d blocks, want %d to %d", ErrSeries, n, MinBlocks, maxBlocks)
	case len(after.Counts) != n:
		return fmt.Errorf("%w: %d blocks before, %d after", ErrSeries, n, len(after.Counts))
	case length < 1 || length > n/2:
		return fmt.Errorf("%w: runs of %d blocks, want 1 to half of %d", ErrSeries, length, n)
	case resamples < 100 || resamples > maxResamples:
		return fmt.Errorf("%w: %d resamples, want 100 to %d", ErrSeries, resamples, maxResamples)
	}
	return cmp.Or(before.check(), after.check())
}

// check keeps every sum of n blocks within 62 bits.
func (s Series) check() error {
	n := len(s.Counts)
	if s.Per != nil && len(s.Per) != n {
		return fmt.Errorf("%w: %d blocks, %d denominators", ErrSeries, n, len(s.Per))
	}
	limit := int64(1) << 62 / int64(n)
	for i, c := range s.Counts {
		if c > limit || c < -limit {
			return fmt.Errorf("%w: block %d counts %d, more than can be summed", ErrSeries, i, c)
		}
	}
	for i, p := range s.Per {
		if p <= 0 || p > limit {
			return fmt.Errorf("%w: block %d divides by %d", ErrSeries, i, p)
		}
	}
	return nil
}

// sums are running sums over the blocks written twice, so that a run that wraps
// around the end is one subtraction.
type sums struct {
	counts, per []int64
	scale       int64
	blocks      int
}

func accumulate(s Series) sums {
	return sums{counts: running(s.Counts), per: running(s.Per), scale: cmp.Or(s.Scale, 1), blocks: len(s.Counts)}
}

// running sums a series, then as much of it again as the longest run (half of
// it) needs. Its largest sum is below 2^63.
func running(s []int64) []int64 {
	n := len(s)
	out := make([]int64, n+n/2+1)
	for i := range len(out) - 1 {
		out[i+1] = out[i] + s[i%max(n, 1)]
	}
	return out
}

// pair is a sum of counts and one of denominators.
type pair struct{ count, per int64 }

func (s sums) run(start, length int) pair {
	p := pair{count: s.counts[start+length] - s.counts[start]}
	if len(s.per) > 1 {
		p.per = s.per[start+length] - s.per[start]
	}
	return p
}

func (s sums) whole() pair { return s.run(0, s.blocks) }

func (s sums) value(p pair) (pipeline.Decimal, error) {
	if len(s.per) <= 1 {
		p.per = 1
	}
	d, err := pipeline.Fraction(p.count, s.scale, p.per)
	if err != nil || d > maxValue || d < -maxValue {
		return 0, fmt.Errorf("%w: %d*%d/%d is too large", ErrSeries, p.count, s.scale, p.per)
	}
	return d, nil
}

// maxValue keeps a value, and maxReach the distance of a bound, so small that
// their sums and differences are Decimals.
const (
	maxValue = pipeline.Decimal(1 << 58)
	maxReach = pipeline.Decimal(1 << 61)
)

// resample draws runs of blocks, the same for both sides, until n blocks are
// drawn, and gives the difference of the metric for each resample, sorted.
func resample(a, b sums, n, length, resamples int, seed uint64) ([]pipeline.Decimal, error) {
	random := splitMix(seed)
	out := make([]pipeline.Decimal, resamples)
	for i := range out {
		var x, y pair
		for left := n; left > 0; left -= length {
			start, size := random.below(n), min(length, left)
			x, y = x.plus(a.run(start, size)), y.plus(b.run(start, size))
		}
		before, err := a.value(x)
		after, also := b.value(y)
		if err := cmp.Or(err, also); err != nil {
			return nil, err
		}
		out[i] = after - before
	}
	slices.Sort(out)
	return out, nil
}

func (p pair) plus(q pair) pair { return pair{p.count + q.count, p.per + q.per} }

// bounds are the percentiles of the resampled differences, moved away from the
// measured one to make up for what a bootstrap of few runs underestimates.
func bounds(measured pipeline.Decimal, sorted []pipeline.Decimal, n, length int) (low, high pipeline.Decimal) {
	tail := len(sorted) * int(pipeline.Whole-Confidence) / 2 / int(pipeline.Whole)
	factor := widening(n, length)
	low = measured - widen(max(0, measured-sorted[tail]), factor)
	high = measured + widen(max(0, sorted[len(sorted)-1-tail]-measured), factor)
	return low, high
}

// ppm is the unit of [widening].
const ppm = 1_000_000

// widening is t/z * sqrt(m/(m-1)) in millionths, for m = n/length independent
// runs: the quantile of Student's t with m-1 degrees of freedom over that of the
// normal distribution, and the square root of the bias of a variance over m
// draws. t/z is the expansion of Abramowitz and Stegun 26.7.5 at 97.5 %.
func widening(n, length int) int64 {
	df := big.NewRat(int64(n-length), int64(length))
	t := big.NewRat(1, 1)
	power := big.NewRat(1, 1)
	for _, c := range []int64{1_210_365, 1_440_075, 1_304_000} {
		power.Quo(power, df)
		t.Add(t, new(big.Rat).Mul(big.NewRat(c, ppm), power))
	}
	square := new(big.Rat).Mul(t, t)
	square.Mul(square, big.NewRat(int64(n), int64(n-length)))
	square.Mul(square, big.NewRat(ppm*ppm, 1))
	whole := new(big.Int).Quo(square.Num(), square.Denom())
	return whole.Sqrt(whole).Int64()
}

// widen is d*factor/ppm, at most maxReach.
func widen(d pipeline.Decimal, factor int64) pipeline.Decimal {
	high, low := bits.Mul64(uint64(d), uint64(factor))
	if high >= ppm {
		return maxReach
	}
	q, _ := bits.Div64(high, low, ppm)
	return pipeline.Decimal(min(q, uint64(maxReach)))
}

func squareRootUp(n int) int {
	r := 0
	for r*r < n {
		r++
	}
	return r
}

// splitMix is the generator SplitMix64 (Steele, Lea and Flood, OOPSLA 2014):
// fixed here so that intervals never depend on a library's version.
type splitMix uint64

func (s *splitMix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1, uniform to within n/2^64.
func (s *splitMix) below(n int) int {
	high, _ := bits.Mul64(s.next(), uint64(n))
	return int(high)
}
