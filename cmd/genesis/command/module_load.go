package command

import (
	"errors"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
)

// contractFlag is the help of --contract, which all commands on modules take.
const contractFlag = "folder of the contract (default: that of the slot whose contract the module imports)"

// compiled compiles the module that a path names. What is refused is printed,
// and the error then carries only the exit code.
func (a *app) compiled(path, contract string) (lineages.Module, error) {
	m, err := checkOptions{contract: contract}.load(path)
	if rs, ok := errors.AsType[tilego.Refusals](err); ok {
		return m, a.finish(checked{Module: path, Outcome: pipeline.Fail, Refusals: rs})
	}
	return m, withCode(ExitUsage, err)
}
