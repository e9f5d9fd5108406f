package interpret

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// ErrShape says that a simulator does not fit its contract.
var ErrShape = errors.New("the simulator does not fit the contract")

// maxCalls is how often a simulator may call the module in one tick.
const maxCalls = 1 << 16

// Program is a simulator that was compiled. It is immutable; runs may be
// concurrent.
type Program struct {
	Tick  time.Duration // between two rows of telemetry
	Block time.Duration // that figures are compared by

	needs    []sim.Need
	program  *vm.Program
	counters []string
	at       []int // of the counters in the state
	inputs   int
	results  int

	start, tick, due, sense, react *vm.Func // start and due may be nil
}

var _ sim.Simulator = (*Program)(nil)

// Open reads sim.yaml and compiles sim.go of a slot's folder against its
// contract. The error wraps [tilego.Refusals] when the source is refused,
// fs.ErrNotExist when a file is missing, and [ErrShape] when a function is
// missing or has another signature.
func Open(folder fs.FS, c *contract.Contract) (*Program, error) {
	text, err := fs.ReadFile(folder, settingsFile)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	s, err := parseSettings(text)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	source, err := fs.ReadFile(folder, "sim.go")
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	u, err := tilego.CompileSimulator(c.Slot, c.Import, c.Files["contract.go"], c.Files["env.go"], source)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	p := &Program{Tick: s.tick, Block: s.block, needs: s.needs, inputs: len(c.Unit.Input), results: len(c.Entry.Results)}
	if err := p.bind(u, c); err != nil {
		return nil, fmt.Errorf("simulator: sim.go: %w", err)
	}
	return p, p.count(u, c.Metrics)
}

// role is a function that a simulator defines.
type role struct {
	to       **vm.Func
	name     string
	must     bool
	params   []ir.Type
	results  []ir.Type
	instruct string // how to write it
}

func (p *Program) bind(u *ir.Unit, c *contract.Contract) error {
	var fields, results []ir.Type
	for _, f := range c.Unit.Input {
		if f.Len > 0 {
			return fmt.Errorf("not yet: SimSense cannot return the array %s of the input: %w", f.Name, ErrShape)
		}
		fields = append(fields, f.Type)
	}
	for _, r := range c.Entry.Results {
		results = append(results, r.Type)
	}
	rows := slices.Repeat([]ir.Type{ir.I32}, len(p.needs))
	var err error
	if p.program, err = vm.New(u); err != nil {
		return err
	}
	for _, r := range []role{
		{&p.start, "SimStart", false, nil, nil, "SimStart(s *Sim)"},
		{&p.tick, "SimTick", true, rows, nil, "SimTick(s *Sim, " + p.needed() + " int32)"},
		{&p.due, "SimDue", false, nil, []ir.Type{ir.Bool}, "SimDue(s *Sim) bool"},
		{&p.sense, "SimSense", true, nil, fields, "SimSense(s *Sim) (<the fields of Input>)"},
		{&p.react, "SimReact", true, results, nil, "SimReact(s *Sim, <the results of Step>)"},
	} {
		if err := p.role(u, r); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) needed() string {
	names := make([]string, len(p.needs))
	for i, n := range p.needs {
		names[i] = n.Input
	}
	return strings.Join(names, ", ")
}

func (p *Program) role(u *ir.Unit, r role) error {
	f, _ := u.Func(r.name)
	if f == nil && !r.must {
		return nil
	}
	if f == nil {
		return fmt.Errorf("no function %s: write func %s: %w", r.name, r.instruct, ErrShape)
	}
	if f.States != 1 || f.Inputs != 0 || !slices.Equal(types(f.Params), r.params) || !slices.Equal(types(f.Results), r.results) {
		return fmt.Errorf("%s has another signature: write func %s: %w", r.name, r.instruct, ErrShape)
	}
	var err error
	*r.to, err = p.program.Func(r.name)
	return err
}

func types(list []ir.Param) []ir.Type {
	out := make([]ir.Type, len(list))
	for i, p := range list {
		out[i] = p.Type
	}
	return out
}

// count finds the counters and checks that the metrics have theirs.
func (p *Program) count(u *ir.Unit, metrics []contract.Metric) error {
	at := 0
	for _, f := range u.State {
		if f.Type == ir.U64 && f.Len == 0 && token.IsExported(f.Name) && !strings.Contains(f.Name, ".") {
			p.counters, p.at = append(p.counters, snake(f.Name)), append(p.at, at)
		}
		at += f.Elems()
	}
	for _, m := range metrics {
		for _, name := range []string{m.Counter, m.Per} {
			if name != "" && !slices.Contains(p.counters, name) {
				return fmt.Errorf("simulator: metric %s counts %s: declare the field %s uint64 of Sim in sim.go: %w", m.Name, name, camel(name), ErrShape)
			}
		}
	}
	return nil
}

// snake is WorkLost as work_lost.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// camel is work_lost as WorkLost.
func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// Needs are the columns that SimTick takes.
func (p *Program) Needs() []sim.Need { return p.needs }

// Counters are the exported fields of Sim that count.
func (p *Program) Counters() []string { return p.counters }
