package interval_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/interval"
)

// example is 21 days of one metric before and after, with a rise at weekends.
func example() (before, after interval.Series) {
	for day := range 21 {
		load := int64(1000 + 10*(day%7))
		before.Counts = append(before.Counts, load)
		after.Counts = append(after.Counts, load*9/10+int64(day%3))
	}
	return before, after
}

// The same numbers on every machine and in every version: they stand in
// evidence.
func TestCompareIsFixed(t *testing.T) {
	before, after := example()
	got, err := interval.Compare(before, after, interval.Options{Metric: "energy_joules", Unit: "J", Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Estimate{
		Metric: "energy_joules", Unit: "J", Before: 21630 * pipeline.One, After: 19488 * pipeline.One, Change: -2142 * pipeline.One,
		Low: golden(t, "-2166.999464"), High: golden(t, "-2118.786212"), Confidence: 950, Method: interval.Method,
		Blocks: 21, Length: 5, Resamples: interval.DefaultResamples, Seed: 7,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if percent, ok := got.Percent(got.Change); !ok || percent.String() != "-9.902913" {
		t.Errorf("%s per cent", percent)
	}
	if !got.Improves(pipeline.Minimize) || got.Improves(pipeline.Maximize) {
		t.Error("a clear gain is one, in one direction")
	}
}

func golden(t *testing.T, s string) pipeline.Decimal {
	t.Helper()
	d, err := pipeline.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A metric per unit of work is folded after the blocks are drawn, not before.
func TestCompareFoldsRatios(t *testing.T) {
	before, after := example()
	for i := range before.Counts {
		before.Per = append(before.Per, int64(100+i))
		after.Per = append(after.Per, int64(100+i))
	}
	before.Scale, after.Scale = 1000, 1000
	e, err := interval.Compare(before, after, interval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Before.String() != "9363.636364" || e.After.String() != "8436.363636" {
		t.Errorf("%s, %s", e.Before, e.After)
	}
}

func TestCompareRefuses(t *testing.T) {
	long := func(n int, v int64) interval.Series {
		s := interval.Series{}
		for range n {
			s.Counts = append(s.Counts, v)
		}
		return s
	}
	per := func(s interval.Series, v int64) interval.Series {
		s.Per = long(len(s.Counts), v).Counts
		return s
	}
	rows := map[string]struct {
		before, after interval.Series
		options       interval.Options
	}{
		"too few blocks":    {long(19, 1), long(19, 1), interval.Options{}},
		"not paired":        {long(20, 1), long(21, 1), interval.Options{}},
		"long runs":         {long(20, 1), long(20, 1), interval.Options{Length: 11}},
		"few resamples":     {long(20, 1), long(20, 1), interval.Options{Resamples: 99}},
		"sum overflows":     {long(20, 1), long(20, math.MaxInt64/2), interval.Options{}},
		"value overflows":   {long(20, 1), long(20, 1<<50), interval.Options{}},
		"divides by zero":   {per(long(20, 1), 1), per(long(20, 1), 0), interval.Options{}},
		"divisors missing":  {interval.Series{Counts: long(20, 1).Counts, Per: []int64{1}}, long(20, 1), interval.Options{}},
		"negative divisors": {per(long(20, 1), -1), long(20, 1), interval.Options{}},
	}
	for name, row := range rows {
		if _, err := interval.Compare(row.before, row.after, row.options); !errors.Is(err, interval.ErrSeries) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The interval holds the measured difference; exchanging the sides turns it
// around; adding the same constant to both sides changes nothing; equal runs
// have no difference at all.
func TestCompareProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(20, 40).Draw(t, "blocks")
		series := rapid.SliceOfN(rapid.Int64Range(-1e6, 1e6), n, n)
		a, b := interval.Series{Counts: series.Draw(t, "a")}, interval.Series{Counts: series.Draw(t, "b")}
		o := interval.Options{Seed: rapid.Uint64().Draw(t, "seed"), Resamples: 200}
		e, err := interval.Compare(a, b, o)
		if err != nil {
			t.Fatal(err)
		}
		if e.Low > e.Change || e.Change > e.High || e.Change != e.After-e.Before {
			t.Fatalf("%+v", e)
		}
		turned, _ := interval.Compare(b, a, o)
		if turned.Low != -e.High || turned.High != -e.Low {
			t.Fatalf("%+v turned is %+v", e, turned)
		}
		same, _ := interval.Compare(a, a, o)
		if same.Low != 0 || same.High != 0 {
			t.Fatalf("no difference, but %s to %s", same.Low, same.High)
		}
		shifted, _ := interval.Compare(shift(a), shift(b), o)
		if shifted.Low != e.Low || shifted.High != e.High {
			t.Fatalf("%+v shifted is %+v", e, shifted)
		}
	})
}

func shift(s interval.Series) interval.Series {
	out := interval.Series{}
	for _, c := range s.Counts {
		out.Counts = append(out.Counts, c+1000)
	}
	return out
}

// The ends move little from seed to seed: their spread over 20 seeds is below a
// twentieth of the interval's width.
func TestSeedsAgree(t *testing.T) {
	t.Parallel()
	before, after := interval.Series{}, interval.Series{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		before.Counts = append(before.Counts, 1_000_000)
		after.Counts = append(after.Counts, 1_000_000+int64(1000*random.NormFloat64()))
	}
	var ends [20]float64
	var mean, width float64
	for seed := range ends {
		e, err := interval.Compare(before, after, interval.Options{Seed: uint64(seed)})
		if err != nil {
			t.Fatal(err)
		}
		ends[seed], width = float64(e.Low), float64(e.High-e.Low)
		mean += ends[seed] / float64(len(ends))
	}
	var square float64
	for _, end := range ends {
		square += (end - mean) * (end - mean) / float64(len(ends)-1)
	}
	if spread := math.Sqrt(square); spread > width/20 {
		t.Errorf("the lower end moves by %.0f, the interval is %.0f wide", spread, width)
	}
}

// coverage counts how often the interval holds the true difference, 0, when the
// differences of days follow each other with the given autocorrelation.
func coverage(t *testing.T, days int, correlation float64, runs int) (held, widths float64) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(days)))
	for run := range runs {
		before, after := interval.Series{}, interval.Series{}
		noise := random.NormFloat64() / math.Sqrt(1-correlation*correlation)
		for range days {
			noise = correlation*noise + random.NormFloat64()
			before.Counts = append(before.Counts, 1_000_000)
			after.Counts = append(after.Counts, 1_000_000+int64(1000*noise))
		}
		e, err := interval.Compare(before, after, interval.Options{Seed: uint64(run), Resamples: 400})
		if err != nil {
			t.Fatal(err)
		}
		if e.Low <= 0 && e.High >= 0 {
			held++
		}
		widths += float64(e.High-e.Low) / float64(pipeline.One) / 1000 / float64(days)
	}
	return held / float64(runs), widths / float64(runs)
}

// The coverage on data with known autocorrelation, as docs/statistics.md
// states it: at least 90 % up to 0.5.
func TestCoverage(t *testing.T) {
	text, err := os.ReadFile("../../docs/statistics.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| (0\.\d) \| (\d+) % \| (\d\.\d\d) \|$`).FindAllStringSubmatch(string(text), -1)
	if len(rows) != 12 {
		t.Fatalf("%d rows in docs/statistics.md, want 12", len(rows))
	}
	for _, row := range rows {
		t.Run(row[1]+" days, "+row[2], func(t *testing.T) {
			t.Parallel()
			days, correlation := int(number(t, row[1])), number(t, row[2])
			held, width := coverage(t, days, correlation, 1000)
			if correlation <= 0.5 && held < 0.9 {
				t.Errorf("holds the truth in %.3f of runs", held)
			}
			if math.Abs(100*held-number(t, row[3])) > 2 || math.Abs(width-number(t, row[4])) > 0.05 {
				t.Errorf("| %d | %.1f | %.0f %% | %.2f | was measured", days, correlation, 100*held, width)
			}
		})
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func BenchmarkCompare(b *testing.B) {
	before, after := example()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := interval.Compare(before, after, interval.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleCompare() {
	before, after := example()
	e, err := interval.Compare(before, after, interval.Options{Metric: "energy_joules", Unit: "J", Seed: 7})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %s to %s %s, change %s (%s to %s at %s)\n", e.Metric, e.Before, e.After, e.Unit, e.Change, e.Low, e.High, e.Confidence)
	// Output:
	// energy_joules: 21630 to 19488 J, change -2142 (-2166.999464 to -2118.786212 at 95%)
}
