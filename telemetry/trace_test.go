package telemetry_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/telemetry"
)

// folder is a header and its CSV file, with the right digest in it.
func folder(header, csv string) fstest.MapFS {
	digest := string(pipeline.SumBytes([]byte(csv)))
	header = strings.Replace(header, strings.Repeat("0", 64), digest, 1)
	return fstest.MapFS{"d/x.trace.yaml": {Data: []byte(header)}, "d/bench.csv": {Data: []byte(csv)}}
}

const goodCSV = "t,a,c,b\n100,10,x,20\n110,20,x,21\n120,30,x,22\n130,40,x,23\n140,50,x,24\n"

func load(t *testing.T, header, csv string) *telemetry.Trace {
	t.Helper()
	tr, err := telemetry.Load(folder(header, csv), "d/x.trace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestDataIsReadStrictly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		old, new string
		line     int
		what     string
	}{
		{"no column", "t,a,c,b", "t,a,c,d", 1, `no column "b"`},
		{"short row", "120,30,x,22", "120,30", 4, "2 fields"},
		{"no time", "120,30", "noon,30", 4, "not a time"},
		{"no number", "120,30", "120,3O", 4, "not a decimal"},
		{"out of range", "120,30", "120,3000000000", 4, "out of range"},
		{"time stands still", "120,30", "110,30", 4, "does not grow"},
		{"quoted", "120,30", `"120",30`, 4, "quoted"},
		{"long line", "120,30,x", "120,30," + strings.Repeat("x", telemetry.MaxLine), 4, "too much data"},
		{"blank line", "120,30,x,22\n", "\n", 4, "1 fields"},
		{"no rows", goodCSV, "t,a,c,b\n", 1, "no rows"},
		{"empty", goodCSV, "", 0, "no rows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := telemetry.Load(folder(goodHeader, strings.Replace(goodCSV, tt.old, tt.new, 1)), "d/x.trace.yaml")
			var e *telemetry.Error
			if !errors.As(err, &e) || !errors.Is(err, telemetry.ErrData) {
				t.Fatalf("got %v, want refused data", err)
			}
			if e.Line != tt.line || !strings.Contains(e.What, tt.what) || e.Hint == "" || e.File != "d/bench.csv" {
				t.Errorf("got %v", e)
			}
		})
	}
}

// rowsHeader is the good header for a file whose rows are events.
var rowsHeader = strings.Replace(goodHeader, "{column: t, format: seconds}", "{format: rows}", 1)

// A row stands for one interval, whatever any column says of time.
func TestRowsAreEvents(t *testing.T) {
	t.Parallel()
	w, err := load(t, rowsHeader, strings.NewReplacer("110,", "999,", "140,", "0,").Replace(goodCSV)).Resample(10*time.Second, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{10000, 20000, 30000, 40000}, column(t, w, "load", "percent")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = telemetry.Load(folder(rowsHeader, strings.Replace(goodCSV, "120,30", "120,", 1)), "d/x.trace.yaml")
	var e *telemetry.Error
	if !errors.As(err, &e) || e.Line != 4 || !strings.Contains(e.What, `"a"`) {
		t.Errorf("an event without a value: %v", err)
	}
}

func TestAFileThatChangedIsRefused(t *testing.T) {
	t.Parallel()
	fsys := folder(goodHeader, goodCSV)
	fsys["d/bench.csv"].Data[10] ^= 1
	if _, err := telemetry.Load(fsys, "d/x.trace.yaml"); !errors.Is(err, telemetry.ErrDigest) {
		t.Errorf("one flipped bit: %v", err)
	}
	delete(fsys, "d/bench.csv")
	if _, err := telemetry.Load(fsys, "d/x.trace.yaml"); !errors.Is(err, telemetry.ErrData) {
		t.Errorf("no file: %v", err)
	}
	if _, err := telemetry.Load(fsys, "d/y.trace.yaml"); !errors.Is(err, telemetry.ErrHeader) {
		t.Errorf("no header: %v", err)
	}
}

func column(t *testing.T, w *telemetry.Window, input, unit string) []int32 {
	t.Helper()
	c, err := w.Column(input, unit)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResampleFillsAsDeclared(t *testing.T) {
	t.Parallel()
	w, err := load(t, goodHeader, goodCSV).Resample(5*time.Second, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{10000, 10000, 20000, 20000, 30000, 30000, 40000, 40000}, column(t, w, "load", "percent")); diff != "" {
		t.Errorf("hold (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int32{20000, 20500, 21000, 21500, 22000, 22500, 23000, 23500}, column(t, w, "ambient", "celsius")); diff != "" {
		t.Errorf("linear (-want +got):\n%s", diff)
	}
	if w.Blocks() != 2 || w.BlockTicks() != 4 || w.Tick() != 5*time.Second || w.Len() != 8 {
		t.Errorf("%d blocks of %d ticks of %s", w.Blocks(), w.BlockTicks(), w.Tick())
	}
}

func TestColumnsAreAskedForByQuantity(t *testing.T) {
	t.Parallel()
	w, err := load(t, goodHeader, goodCSV).Resample(10*time.Second, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range [][2]string{{"load", "celsius"}, {"speed", "percent"}} {
		if _, err := w.Column(ask[0], ask[1]); err == nil {
			t.Errorf("Column(%q, %q) found something", ask[0], ask[1])
		}
	}
}

func TestGapsAreTreatedAsDeclared(t *testing.T) {
	t.Parallel()
	drop := strings.Replace(goodHeader, "then: refuse", "then: drop-block", 1)
	rows := func(times ...int) string {
		var b strings.Builder
		b.WriteString("t,a,b\n")
		for _, at := range times {
			fmt.Fprintf(&b, "%d,%d,%d\n", at, at%100, at%100)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name   string
		header string
		csv    string
		days   []int // nil: refused
		line   int
	}{
		{"none", goodHeader, rows(0, 10, 20, 30, 40, 50, 60), []int{0, 1, 2}, 0},
		{"short ones are filled", goodHeader, rows(0, 30, 60), []int{0, 1, 2}, 0},
		{"long one is refused", goodHeader, rows(0, 10, 20, 60), nil, 5},
		{"long one drops its blocks", drop, rows(0, 10, 20, 60, 70, 80), []int{0, 3}, 0},
		{"missing cells are gaps", drop, "t,a,b\n0,1,1\n10,1,1\n20,,\n30,,\n40,,\n50,1,1\n60,1,1\n70,1,1\n80,1,1\n", []int{0, 3}, 0},
		{"one that starts late", drop, "t,a,b\n0,,1\n10,,1\n20,1,1\n30,1,1\n40,1,1\n", []int{1}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, err := load(t, tt.header, tt.csv).Resample(10*time.Second, 20*time.Second)
			if tt.days == nil {
				var e *telemetry.Error
				if !errors.As(err, &e) || e.Line != tt.line {
					t.Fatalf("got %v, want an error at line %d", err, tt.line)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.days, w.Days()); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
			if got := len(column(t, w, "load", "percent")); got != 2*len(tt.days) {
				t.Errorf("%d values", got)
			}
		})
	}
}

func TestAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	first := strings.Replace(goodHeader, "format: seconds", "format: seconds, repeat: first", 1)
	w, err := load(t, first, "t,a,b\n0,1,1\n10,2,2\n0,9,9\n10,9,9\n20,3,3\n30,4,4\n40,5,5\n").Resample(10*time.Second, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{1000, 2000, 3000, 4000}, column(t, w, "load", "percent")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFromMovesTheStart(t *testing.T) {
	t.Parallel()
	from := strings.Replace(goodHeader, "format: seconds", `format: seconds, from: "115"`, 1)
	w, err := load(t, from, goodCSV).Resample(5*time.Second, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got := column(t, w, "ambient", "celsius")[:3]; !cmp.Equal(got, []int32{21500, 22000, 22500}) {
		t.Errorf("got %v", got)
	}
}

func TestTooShort(t *testing.T) {
	t.Parallel()
	tr := load(t, goodHeader, goodCSV)
	if _, err := tr.Resample(10*time.Second, time.Hour); !errors.Is(err, telemetry.ErrShort) {
		t.Errorf("no block: %v", err)
	}
	if _, err := tr.Resample(7*time.Second, 20*time.Second); err == nil {
		t.Error("a tick that does not divide the block was taken")
	}
	w, err := tr.Resample(10*time.Second, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Split(); !errors.Is(err, telemetry.ErrShort) {
		t.Errorf("too few blocks for three parts: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(goodCSV)
	f.Add("t,a,b\n1e3,1,1\n1e4,,2\n")
	f.Fuzz(func(t *testing.T, csv string) {
		tr, err := telemetry.Load(folder(strings.Replace(goodHeader, "then: refuse", "then: drop-block", 1), csv), "d/x.trace.yaml")
		if err != nil {
			return
		}
		w, err := tr.Resample(time.Second, 10*time.Second)
		if err == nil && w.Len()%10 != 0 {
			t.Errorf("%d ticks are not whole blocks", w.Len())
		}
	})
}
