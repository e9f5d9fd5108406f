package contract

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// document is contract.yaml as written.
type document struct {
	APIVersion string           `yaml:"apiVersion"`
	Kind       string           `yaml:"kind"`
	Name       string           `yaml:"name"`
	Slot       string           `yaml:"slot"`
	Version    int              `yaml:"version"`
	Import     string           `yaml:"import"`
	Summary    string           `yaml:"summary"`
	Cost       documentCost     `yaml:"cost"`
	Limits     documentLimits   `yaml:"limits"`
	Metrics    []documentMetric `yaml:"metrics"`
	Model      documentModel    `yaml:"model"`
}

type documentCost struct {
	Budget int `yaml:"budget"`
}

type documentLimits struct {
	Source int `yaml:"source"`
	State  int `yaml:"state"`
}

type documentMetric struct {
	Name      string    `yaml:"name"`
	Unit      string    `yaml:"unit"`
	Direction Direction `yaml:"direction"`
	Counter   string    `yaml:"counter"`
	Per       string    `yaml:"per"`
	Scale     int64     `yaml:"scale"`
	About     string    `yaml:"about"`
}

type documentModel struct {
	Consts    map[string]string `yaml:"consts"` // integers of any size
	MaxStates int               `yaml:"maxStates"`
}

// Bounds of what a contract may ask for.
const (
	maxBudget    = 100_000_000
	maxBytes     = 65_536
	maxStates    = 100_000_000
	maxMetrics   = 32
	maxConstText = 40
)

var (
	slotName   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	metricName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)
	importPath = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._/-]{0,199}$`)
)

// parse reads contract.yaml into c.
func (c *Contract) parse(text []byte) error {
	var d document
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return explain(err)
	}
	if err := dec.Decode(new(document)); !errors.Is(err, io.EOF) {
		return errors.New("has more than one document; remove what follows ---")
	}
	if err := d.valid(); err != nil {
		return err
	}
	c.Name, c.Slot, c.Version, c.Import, c.Summary = d.Name, d.Slot, d.Version, d.Import, d.Summary
	c.Budget = d.Cost.Budget
	c.Limits = Limits(d.Limits)
	for _, m := range d.Metrics {
		if m.Scale == 0 {
			m.Scale = 1
		}
		c.Metrics = append(c.Metrics, Metric(m))
	}
	c.Model.MaxStates = d.Model.MaxStates
	return c.parseConsts(d.Model.Consts)
}

func (c *Contract) parseConsts(consts map[string]string) error {
	c.Model.Consts = map[string]*big.Int{}
	for name, text := range consts {
		v, ok := new(big.Int).SetString(text, 10)
		if !ok || len(text) > maxConstText {
			return fmt.Errorf("model.consts.%s: %q is not an integer", name, text)
		}
		c.Model.Consts[name] = v
	}
	return nil
}

// A demand is a rule of the document with what to write instead.
type demand struct {
	ok    bool
	field string
	write string
}

func (d *document) valid() error {
	demands := []demand{
		{d.APIVersion == "genesis/v1", "apiVersion", "genesis/v1"},
		{d.Kind == "Contract", "kind", "Contract"},
		{slotName.MatchString(d.Name), "name", "a name of lower-case letters, digits and _, at most 32"},
		{slotName.MatchString(d.Slot), "slot", "a name of lower-case letters, digits and _, at most 32"},
		{d.Version >= 1, "version", "an integer from 1"},
		{importPath.MatchString(d.Import), "import", "the Go import path of the contract package"},
		{d.Summary != "" && len(d.Summary) <= 200, "summary", "one line of at most 200 characters"},
		{d.Cost.Budget >= 1 && d.Cost.Budget <= maxBudget, "cost.budget", fmt.Sprintf("a number of instructions from 1 to %d", maxBudget)},
		{d.Limits.Source >= 1 && d.Limits.Source <= maxBytes, "limits.source", fmt.Sprintf("a number of bytes from 1 to %d", maxBytes)},
		{d.Limits.State >= 1 && d.Limits.State <= maxBytes, "limits.state", fmt.Sprintf("a number of bytes from 1 to %d", maxBytes)},
		{len(d.Metrics) >= 1 && len(d.Metrics) <= maxMetrics, "metrics", fmt.Sprintf("1 to %d metrics", maxMetrics)},
		{d.Model.MaxStates >= 0 && d.Model.MaxStates <= maxStates, "model.maxStates", fmt.Sprintf("a number of states up to %d", maxStates)},
	}
	seen := map[string]bool{}
	for i, m := range d.Metrics {
		demands = append(demands, m.demands(fmt.Sprintf("metrics[%d].", i), seen)...)
		seen[m.Name] = true
	}
	for _, name := range sortedKeys(d.Model.Consts) {
		demands = append(demands, demand{token.IsIdentifier(name), "model.consts." + name, "the name of a constant of contract.go"})
	}
	for _, r := range demands {
		if !r.ok {
			return fmt.Errorf("%s: write %s", r.field, r.write)
		}
	}
	return nil
}

func (m *documentMetric) demands(at string, seen map[string]bool) []demand {
	return []demand{
		{metricName.MatchString(m.Name), at + "name", "a name of lower-case letters, digits and _"},
		{!seen[m.Name], at + "name", "a name that no other metric has"},
		{m.Unit != "" && len(m.Unit) <= 32, at + "unit", "a unit, 1 for a plain number"},
		{m.Direction == Min || m.Direction == Max, at + "direction", "min or max"},
		{metricName.MatchString(m.Counter), at + "counter", "the name of a counter of the simulator"},
		{m.Per == "" || metricName.MatchString(m.Per), at + "per", "the name of a counter of the simulator"},
		{m.Scale >= 0, at + "scale", "an integer from 1"},
		{m.About != "" && len(m.About) <= 200, at + "about", "one line of at most 200 characters"},
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

var unknownField = regexp.MustCompile(`^line (\d+): field (\S+) not found in type contract\.(\w+)$`)

// explain turns the decoder's message on an unknown field into one that says
// which fields there are.
func explain(err error) error {
	var te *yaml.TypeError
	if !errors.As(err, &te) {
		return err
	}
	lines := make([]string, len(te.Errors))
	for i, e := range te.Errors {
		lines[i] = e
		if m := unknownField.FindStringSubmatch(e); m != nil {
			lines[i] = fmt.Sprintf("line %s: unknown field %s: write one of %s", m[1], m[2], strings.Join(fieldsOf(m[3]), ", "))
		}
	}
	return errors.New(strings.Join(lines, "; "))
}

func fieldsOf(name string) []string {
	for _, v := range []any{document{}, documentCost{}, documentLimits{}, documentMetric{}, documentModel{}} {
		t := reflect.TypeOf(v)
		if t.Name() != name {
			continue
		}
		var out []string
		for i := range t.NumField() {
			out = append(out, t.Field(i).Tag.Get("yaml"))
		}
		return out
	}
	return nil
}
