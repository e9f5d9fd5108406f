// Package verifiers has what the stations below it share: the subject that each
// of them is asked about.
//
// A station of this room is a function (context, Subject, options) ->
// (pipeline.Statement, error). The error means that the station could not work;
// a failed check is a statement. Stations sign nothing and store nothing.
package verifiers

import (
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
)

// Subject is a module under verification, with everything that stations need to
// know of it. Its parts belong together: Unit is Source compiled against
// Contract, IR is its canonical encoding, Ref names them.
type Subject struct {
	Contract *contract.Contract
	Source   []byte // as it was proposed; stations judge Unit
	IR       []byte
	Unit     *ir.Unit
	Proof    []byte // "" if none was proposed
	Ref      pipeline.ModuleRef

	Incumbent      *ir.Unit // the module that this one replaces; nil if none is known
	IncumbentProof []byte   // its proof, for replay
}
