package lineages

import (
	"fmt"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/pipeline"
)

// Module is a module with its name: what was written, what it means, and the
// reference that evidence and releases use for it.
type Module struct {
	Ref      pipeline.ModuleRef
	Contract *contract.Contract
	Source   []byte
	Proof    []byte
	Unit     *ir.Unit
	IR       []byte
}

// Compile makes a module of its source and proof. A refused source is a
// tilego.Refusals.
func Compile(c *contract.Contract, source, proof []byte) (Module, error) {
	u, err := tilego.Compile(source, c.Surface())
	if err != nil {
		return Module{}, fmt.Errorf("lineages: module of slot %s: %w", c.Slot, err)
	}
	return named(Module{Contract: c, Source: source, Proof: proof, Unit: u})
}

// Print makes a module of its meaning: the source is printed.
func Print(c *contract.Contract, u *ir.Unit, proof []byte) (Module, error) {
	source, err := tilego.Format(u, c.Import, c.Slot)
	if err != nil {
		return Module{}, fmt.Errorf("lineages: print module of slot %s: %w", c.Slot, err)
	}
	return named(Module{Contract: c, Source: source, Proof: proof, Unit: u})
}

func named(m Module) (Module, error) {
	raw, err := ir.Encode(m.Unit)
	if err != nil {
		return Module{}, fmt.Errorf("lineages: module of slot %s: %w", m.Contract.Slot, err)
	}
	m.IR = raw
	m.Ref = pipeline.ModuleRef{Code: Code(m.Contract, m.Unit, raw), Proof: pipeline.SumBytes(m.Proof)}
	return m, nil
}

// Code names what a tile runs.
func Code(c *contract.Contract, u *ir.Unit, raw []byte) pipeline.Code {
	return pipeline.Code{
		Slot: c.Slot, Contract: pipeline.ContractDigest(c.Files), IR: pipeline.SumBytes(raw),
		Compiler: tilego.CompilerVersion, Schema: pipeline.Digest(layout.Digest(u.State)),
	}
}

// Compile compiles the genome's module.
func (g Genome) Compile(c *contract.Contract) (Module, error) { return Compile(c, g.Source, g.Proof) }
