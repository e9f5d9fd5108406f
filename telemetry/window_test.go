package telemetry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/telemetry"
)

// days is a window of n days of two ticks, whose load counts the ticks.
func days(t rapid.TB, n int) *telemetry.Window {
	t.Helper()
	var b strings.Builder
	b.WriteString("t,a,b\n")
	for i := range 2*n + 1 {
		fmt.Fprintf(&b, "%d,%d,0\n", i*10, i)
	}
	tr, err := telemetry.Load(folder(goodHeader, b.String()), "d/x.trace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, err := tr.Resample(10*time.Second, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestPartsNeitherOverlapNorLeave(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := days(t, rapid.IntRange(telemetry.MinReport+2, 200).Draw(t, "days"))
		p, err := w.Split()
		if err != nil {
			t.Fatal(err)
		}
		var all []int
		for _, part := range []telemetry.Part{telemetry.PartSelection, telemetry.PartChoice, telemetry.PartReport} {
			s, ok := p.Of(part)
			if !ok || s.Part() != part || s.Blocks() == 0 || s.Len() != s.Blocks()*s.BlockTicks() {
				t.Fatalf("%s: %d blocks, %d ticks", part, s.Blocks(), s.Len())
			}
			load, err := s.Column("load", "percent")
			if err != nil {
				t.Fatal(err)
			}
			if int(load[0]) != s.Days()[0]*2000 {
				t.Fatalf("%s starts with %d on day %d", part, load[0], s.Days()[0])
			}
			all = append(all, s.Days()...)
		}
		if !slices.Equal(all, w.Days()) {
			t.Fatalf("parts are days %v of %v", all, w.Days())
		}
		if p.Report.Blocks() < telemetry.MinReport {
			t.Fatalf("report has %d blocks", p.Report.Blocks())
		}
	})
}

func TestOnlyTheWholeIsSplit(t *testing.T) {
	t.Parallel()
	p, err := days(t, 90).Split()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Report.Split(); err == nil {
		t.Error("a part was split again")
	}
}

func TestSlicesAreWhatTheySay(t *testing.T) {
	t.Parallel()
	w := days(t, 30)
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, w.Len()-1).Draw(t, "from")
		n := rapid.IntRange(1, w.Len()-from).Draw(t, "n")
		s, err := w.Slice(from, n)
		if err != nil {
			t.Fatal(err)
		}
		load, err := s.Column("load", "percent")
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != n || int(load[0]) != from*1000 || int(load[n-1]) != (from+n-1)*1000 || s.Days()[0] != from/2 {
			t.Fatalf("%d ticks from %d are %v, days %v", n, from, load, s.Days())
		}
	})
	for _, bad := range [][2]int{{-1, 2}, {0, 0}, {0, 61}, {60, 1}} {
		if _, err := w.Slice(bad[0], bad[1]); err == nil {
			t.Errorf("Slice(%d, %d) was cut", bad[0], bad[1])
		}
	}
}

func TestWindowsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	name := func(what string, w *telemetry.Window) {
		d, err := w.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[string(d)]; ok {
			t.Errorf("%s and %s have one digest", what, other)
		}
		seen[string(d)] = what
	}
	w := days(t, 40)
	p, err := w.Split()
	if err != nil {
		t.Fatal(err)
	}
	name("all", w)
	name("selection", p.Selection)
	name("choice", p.Choice)
	name("report", p.Report)
	for _, at := range []int{0, 1, 2} {
		s, err := w.Slice(at, 4)
		if err != nil {
			t.Fatal(err)
		}
		name(fmt.Sprint("slice at ", at), s)
	}
	again, err := days(t, 40).Digest()
	if err != nil {
		t.Fatal(err)
	}
	if seen[string(again)] != "all" {
		t.Error("the same window again has another digest")
	}
}
