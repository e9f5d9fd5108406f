package interpret

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/genesis-network/genesis/hal/sim"
)

// settings is sim.yaml, read.
type settings struct {
	tick, block time.Duration
	needs       []sim.Need
}

// document is sim.yaml as written.
type document struct {
	APIVersion word `yaml:"apiVersion"`
	Kind       word `yaml:"kind"`
	Tick       word `yaml:"tick"`
	Block      word `yaml:"block"`
	Inputs     []struct {
		Input word `yaml:"input"`
		Unit  word `yaml:"unit"`
	} `yaml:"inputs"`
}

// word is a scalar with its line.
type word struct {
	text string
	line int
}

func (w *word) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: want one word", n.Line)
	}
	w.text, w.line = n.Value, n.Line
	return nil
}

func (w word) refuse(field, write string) error {
	if w.line == 0 {
		return fmt.Errorf("%s:1: %s is missing: write %s", settingsFile, field, write)
	}
	return fmt.Errorf("%s:%d: %s is %.40q: write %s", settingsFile, w.line, field, w.text, write)
}

const (
	settingsFile = "sim.yaml"
	maxInputs    = 16
	maxBlock     = 7 * 24 * time.Hour
)

var inputName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

func parseSettings(text []byte) (settings, error) {
	var d document
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return settings{}, fmt.Errorf("%s: %s: there are apiVersion, kind, tick, block and inputs", settingsFile, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := dec.Decode(new(document)); !errors.Is(err, io.EOF) {
		return settings{}, fmt.Errorf("%s: more than one document: remove what follows ---", settingsFile)
	}
	if d.APIVersion.text != "genesis/v1" {
		return settings{}, d.APIVersion.refuse("apiVersion", "genesis/v1")
	}
	if d.Kind.text != "Simulator" {
		return settings{}, d.Kind.refuse("kind", "Simulator")
	}
	return d.settings()
}

func (d *document) settings() (s settings, err error) {
	if s.tick, err = time.ParseDuration(d.Tick.text); err != nil || s.tick < time.Millisecond || s.tick%time.Millisecond != 0 {
		return s, d.Tick.refuse("tick", "the time between two rows of telemetry, in whole milliseconds: 100ms")
	}
	if s.block, err = time.ParseDuration(d.Block.text); err != nil || s.block < s.tick || s.block > maxBlock || s.block%s.tick != 0 {
		return s, d.Block.refuse("block", "a multiple of the tick, long enough that one says little about the next: 30s, 24h")
	}
	if len(d.Inputs) < 1 || len(d.Inputs) > maxInputs {
		return s, fmt.Errorf("%s:1: %d inputs: write the 1 to %d columns of telemetry that SimTick takes", settingsFile, len(d.Inputs), maxInputs)
	}
	for _, in := range d.Inputs {
		if !inputName.MatchString(in.Input.text) {
			return s, in.Input.refuse("input", "lower-case letters, digits and underscores, as the trace's header names it")
		}
		if !inputName.MatchString(in.Unit.text) {
			return s, in.Unit.refuse("unit", "count, percent, celsius or watt")
		}
		s.needs = append(s.needs, sim.Need{Input: in.Input.text, Unit: in.Unit.text})
	}
	return s, nil
}
