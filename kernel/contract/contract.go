// Package contract loads a contract: the folder that says what any module in a
// slot must satisfy.
//
// The folder has contract.go (the input, constants and predicates, in Tile Go),
// contract.yaml (name, version, budgets, metrics), env.go if the slot is model
// checked (its surroundings, in Tile Go) and Spec.v if a refinement is stated by
// hand. A contract that loads is complete and consistent: its predicates are
// pure and fit each other, its surroundings produce its input and react to its
// results, its model constants exist and fit.
//
// The package does not sign contracts, and it does not judge whether one is
// strong enough.
//
// A Contract is not changed after Load and may be used by many goroutines.
package contract

import (
	"fmt"
	"io"
	"io/fs"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Contract is a contract folder, compiled and checked.
type Contract struct {
	Name    string
	Slot    string // name of the slot
	Version int    // from 1; rises with each change of meaning
	Import  string // import path by which modules import the contract
	Summary string // one line for people

	Unit  *ir.Unit     // predicates
	Env   *ir.Unit     // surroundings; nil when the slot is not model checked
	Entry tilego.Entry // the function that a module defines

	Budget  int // worst-case cost of a call, in Wasm instructions
	Limits  Limits
	Metrics []Metric
	Model   Model

	Files map[string][]byte // the files that the contract's digest covers

	surface *tilego.Surface
}

// Limits bound a module of the slot.
type Limits struct {
	Source int // bytes of source
	State  int // bytes of state
}

// Metric is a figure of merit that simulators and tiles measure. Its value is
// the counter, or counter*Scale/Per.
type Metric struct {
	Name      string
	Unit      string
	Direction Direction
	Counter   string // summed over the window
	Per       string // counter to divide by; "" for none
	Scale     int64  // 1 unless given
	About     string // one line for people
}

// Direction says which values of a metric are better.
type Direction string

// The directions.
const (
	Min Direction = "min"
	Max Direction = "max"
)

// Model says how the slot is model checked.
type Model struct {
	Consts    map[string]*big.Int // small values for constants of the contract
	MaxStates int                 // the search gives up beyond; 0 without surroundings
}

// Surface is what modules see of the contract; see [tilego.Compile].
func (c *Contract) Surface() *tilego.Surface { return c.surface }

// maxFile bounds each file of the folder, in bytes.
const maxFile = 256 << 10

// covered are the files of a contract that have a meaning.
var covered = []struct {
	name     string
	required bool
}{{"contract.go", true}, {"contract.yaml", true}, {"env.go", false}, {"Spec.v", false}}

// Load reads and checks a contract folder. An error says what to change: it
// wraps [tilego.Refusals] when a source is refused.
func Load(fsys fs.FS) (*Contract, error) {
	c := &Contract{Files: map[string][]byte{}}
	for _, f := range covered {
		if err := c.read(fsys, f.name, f.required); err != nil {
			return nil, fmt.Errorf("contract: %w", err)
		}
	}
	if err := c.parse(c.Files["contract.yaml"]); err != nil {
		return nil, fmt.Errorf("contract: contract.yaml: %w", err)
	}
	if err := c.compile(); err != nil {
		return nil, fmt.Errorf("contract %s: %w", c.Name, err)
	}
	return c, nil
}

func (c *Contract) read(fsys fs.FS, name string, required bool) error {
	f, err := fsys.Open(name)
	if err != nil {
		if required {
			return fmt.Errorf("read %s, which every contract has: %w", name, err)
		}
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > maxFile {
		return fmt.Errorf("%s is larger than %d bytes", name, maxFile)
	}
	c.Files[name] = b
	return nil
}

func (c *Contract) compile() error {
	p, err := tilego.CompileContract(c.Slot, c.Import, c.Files["contract.go"], c.Files["env.go"])
	if err != nil {
		return err
	}
	c.Unit, c.Env = p.Contract, p.Env
	if err := c.signatures(); err != nil {
		return err
	}
	if err := c.model(); err != nil {
		return err
	}
	c.surface = &tilego.Surface{Slot: c.Slot, Import: c.Import, Package: p.Types, Unit: c.Unit,
		Entries: []tilego.Entry{c.Entry}, Source: c.Limits.Source, State: c.Limits.State}
	return nil
}

// model checks that the small constants leave both units meaningful.
func (c *Contract) model() error {
	if (c.Env != nil) != (c.Model.MaxStates > 0) {
		return fmt.Errorf("contract.yaml: model.maxStates is set exactly when there is an env.go")
	}
	if _, err := ir.CheckWith(c.Unit, c.Model.Consts); err != nil {
		return fmt.Errorf("contract.yaml: model.consts: %w", err)
	}
	if c.Env == nil {
		return nil
	}
	known := map[string]*big.Int{}
	for _, k := range c.Env.Consts {
		if v, ok := c.Model.Consts[k.Name]; ok {
			known[k.Name] = v
		}
	}
	if _, err := ir.CheckWith(c.Env, known); err != nil {
		return fmt.Errorf("contract.yaml: model.consts in env.go: %w", err)
	}
	return nil
}
