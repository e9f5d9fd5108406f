package telemetry_test

import (
	"hash/fnv"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/telemetry"
)

func TestTheExamplesLoad(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file    string
		blocks  int
		samples map[string]int
	}{
		{"cooler.trace.yaml", 62, map[string]int{"load": 18050, "ambient": 7267}},
		{"asg-load.trace.yaml", 62, map[string]int{"load": 18050}},
		{"ec2-load.trace.yaml", 14, map[string]int{"load": 4032}},
		{"ambient.trace.yaml", 295, map[string]int{"ambient": 7267}},
		{"machine-temperature.trace.yaml", 78, map[string]int{"machine": 22683}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			tr, err := telemetry.Load(os.DirFS("../examples/telemetry"), tt.file)
			if err != nil {
				t.Fatal(err)
			}
			for input, want := range tt.samples {
				if got := tr.Samples(input); got != want {
					t.Errorf("%d samples of %s, want %d", got, input, want)
				}
			}
			w, err := tr.Resample(5*time.Minute, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if w.Blocks() != tt.blocks {
				t.Errorf("%d blocks, want %d", w.Blocks(), tt.blocks)
			}
		})
	}
}

// What a trace becomes is part of every figure, so it must not depend on the
// machine or on how the reader is written.
func TestExampleWindowIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	tr, err := telemetry.Load(os.DirFS("../examples/telemetry"), "cooler.trace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, err := tr.Resample(10*time.Second, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		input, unit string
		want        uint64
	}{{"load", "percent", 0x822761e6fe174f1}, {"ambient", "celsius", 0x67528a8cdd29134f}} {
		values, err := w.Column(tt.input, tt.unit)
		if err != nil {
			t.Fatal(err)
		}
		h := fnv.New64a()
		for _, v := range values {
			h.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
		}
		if h.Sum64() != tt.want {
			t.Errorf("%s: hash %#x, want %#x", tt.input, h.Sum64(), tt.want)
		}
	}
}

func TestTheExampleInTheDocumentIsRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```yaml example\n")
	block, _, ok := strings.Cut(after, "```")
	if !ok {
		t.Fatal("docs/telemetry.md has no example")
	}
	if _, err := telemetry.ParseHeader("docs/telemetry.md", []byte(block)); err != nil {
		t.Error(err)
	}
}
