package tilego

import (
	"go/types"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// CompilerVersion names the meaning of this front end and of the printers from
// the IR. It is part of the digest of a module's code.
const CompilerVersion = "tilego/1"

// Surface is what a module sees of its contract.
type Surface struct {
	Slot    string         // name of the slot
	Import  string         // import path of the contract package
	Package *types.Package // the contract as the Go type checker sees it
	Unit    *ir.Unit       // the contract as compiled
	Entries []Entry        // functions that a module must define
	Source  int            // limit of a module's source, in bytes; 0 for MaxSource
	State   int            // limit of a module's state, in bytes; 0 for the limit of the IR
}

// Entry is a function that a module must define: it takes the module's state
// and the contract's input and returns scalars.
type Entry struct {
	Name    string
	Results []ir.Param
}

// Package is a contract compiled: its predicates and, if it has them, its
// surroundings.
type Package struct {
	Types    *types.Package
	Contract *ir.Unit
	Env      *ir.Unit // nil without env.go
}

// Compile compiles the source of a module against its contract. An error is
// [Refusals] when the source is refused.
func Compile(src []byte, s *Surface) (*ir.Unit, error) {
	return compileModule(src, s)
}

// CompileContract compiles a contract's contract.go and, unless env is nil, its
// env.go, which are one Go package. An error is [Refusals] when a source is
// refused.
func CompileContract(slot, importPath string, contract, env []byte) (*Package, error) {
	return compileContract(slot, importPath, contract, env)
}
