package tilego

import (
	"go/token"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

const simFile = "sim.go"

// CompileSimulator compiles a slot's sim.go, which is one Go package with its
// contract.go and (unless env is nil) its env.go. The state of the unit is the
// type Sim. An error is [Refusals] when a source is refused.
func CompileSimulator(slot, importPath string, contract, env, sim []byte) (*ir.Unit, error) {
	rep := &reporter{fset: token.NewFileSet()}
	sources := []source{{contractFile, contract}, {simFile, sim}}
	if env != nil {
		sources = append(sources, source{envFile, env})
	}
	c := check(rep, importPath, nil, sources...)
	if c == nil {
		return nil, rep.err()
	}
	state := c.typeName("Sim")
	if state == nil {
		c.refuse(c.files[1].Name.Pos(), "entry", "type Sim struct { ... }", "the simulator declares no Sim")
		return nil, rep.err()
	}
	promise := &ir.Unit{Kind: ir.Contract, Slot: slot}
	build(c, c.files[0], promise, nil, c.typeName("State"), c.typeName("Input"))
	u := &ir.Unit{Kind: ir.Env, Slot: slot}
	build(c, c.files[1], u, promise, state, c.typeName("Input")).valid()
	if err := rep.err(); err != nil {
		return nil, err
	}
	return u, nil
}
