package telemetry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/telemetry"
)

const goodHeader = `apiVersion: genesis/v1
kind: Trace
metadata: {name: bench, labels: {site: lab}}
spec:
  about: a bench
  sources:
    - file: bench.csv
      sha256: 0000000000000000000000000000000000000000000000000000000000000000
      origin: here
      licence: none
      time: {column: t, format: seconds}
      interval: 10s
      gaps: {longest: 30s, then: refuse}
      columns:
        - {column: a, input: load, unit: percent, fill: hold}
        - {column: b, input: ambient, unit: celsius, fill: linear}
`

func TestHeaderIsReadStrictly(t *testing.T) {
	t.Parallel()
	if _, err := telemetry.ParseHeader("bench.trace.yaml", []byte(goodHeader)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		old, new string
		line     int
		what     string
		hint     string
	}{
		{"unknown field", "  about:", "  abuot:", 5, "abuot", ""},
		{"unknown nested field", "longest: 30s", "longst: 30s", 13, "longst", ""},
		{"kind", "kind: Trace", "kind: Tracer", 2, "Tracer", "Trace"},
		{"version", "genesis/v1", "genesis/v2", 1, "genesis/v2", "genesis/v1"},
		{"name", "name: bench", "name: Bench!", 3, "metadata.name", "lower-case"},
		{"about", "  about: a bench\n", "", 5, "about", "recorded"},
		{"no sources", goodHeader[strings.Index(goodHeader, "  sources:"):], "  sources: []\n", 6, "0 sources", "1 to"},
		{"path", "file: bench.csv", "file: ../secret.csv", 7, "file", "beside the header"},
		{"digest", "sha256: 0000", "sha256: 000", 8, "sha256", "sha256sum"},
		{"origin", "      origin: here\n", "", 7, "origin", "came from"},
		{"licence", "      licence: none\n", "", 7, "licence", "licence"},
		{"time column", "column: t,", "column: '',", 11, "time.column", "name"},
		{"time format", "format: seconds", "format: epoch", 11, "epoch", "rfc3339"},
		{"time from", "format: seconds", "format: rfc3339, from: noon", 11, "time.from", "format of the time column"},
		{"repeat", "format: seconds", "format: seconds, repeat: last", 11, "last", "first"},
		{"rows with a column", "format: seconds", "format: rows", 11, "rows", "remove it"},
		{"interval", "interval: 10s", "interval: ten", 12, "ten", "5m"},
		{"endless interval", "interval: 10s", "interval: 10000h", 12, "10000h", "168h"},
		{"gap rule", "then: refuse", "then: guess", 13, "guess", "drop-block"},
		{"no columns", goodHeader[strings.Index(goodHeader, "      columns:"):], "      columns: []\n", 14, "0 columns", "1 to"},
		{"input name", "input: load", "input: 'the load'", 15, "input", "lower-case"},
		{"input twice", "input: ambient", "input: load", 16, "twice", "one column"},
		{"unit", "unit: celsius", "unit: degrees", 16, "degrees", "fahrenheit"},
		{"fill", "fill: linear", "fill: spline", 16, "spline", "hold, linear"},
		{"two documents", "kind: Trace\n", "kind: Trace\n---\n", 0, "", ""},
		{"not YAML", "spec:", "spec: [", 0, "", ""},
		{"empty", goodHeader, "", 0, "", ""},
		{"too large", "a bench", strings.Repeat("a", telemetry.MaxHeader), 0, "bytes", "at most"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := strings.Replace(goodHeader, tt.old, tt.new, 1)
			_, err := telemetry.ParseHeader("bench.trace.yaml", []byte(src))
			var e *telemetry.Error
			if !errors.As(err, &e) || !errors.Is(err, telemetry.ErrHeader) {
				t.Fatalf("got %v, want a refused header", err)
			}
			if tt.line > 0 && e.Line != tt.line || !strings.Contains(e.What, tt.what) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("got line %d: %s (%s)", e.Line, e.What, e.Hint)
			}
			if e.Hint == "" || !strings.Contains(e.Error(), "bench.trace.yaml") {
				t.Errorf("says too little: %v", e)
			}
		})
	}
}

func TestSeveralSourcesMustSayWhetherTheyBelongTogether(t *testing.T) {
	t.Parallel()
	at := strings.Index(goodHeader, "    - file:")
	second := strings.NewReplacer("input: load", "input: load2", "input: ambient", "input: ambient2").Replace(goodHeader[at:])
	two := goodHeader + second
	var e *telemetry.Error
	if _, err := telemetry.ParseHeader("x", []byte(two)); !errors.As(err, &e) || !strings.Contains(e.What, "recordedTogether") {
		t.Errorf("got %v", err)
	}
	said := strings.Replace(two, "  about:", "  recordedTogether: false\n  about:", 1)
	if _, err := telemetry.ParseHeader("x", []byte(said)); err != nil {
		t.Error(err)
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte(goodHeader))
	f.Add([]byte("a: &a [*a, *a]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		h, err := telemetry.ParseHeader("fuzz", src)
		if (h == nil) == (err == nil) {
			t.Errorf("header %v, error %v", h, err)
		}
	})
}
