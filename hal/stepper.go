package hal

import (
	"fmt"

	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// interpreted is a module on the reference engine.
type interpreted struct {
	machine *vm.Machine
	step    *vm.Func
	in      []uint64
}

// Interpret makes a stepper of a compiled module, on the reference engine, from
// the module's initial state. It is not safe for concurrent use.
func Interpret(p *vm.Program) (Stepper, error) {
	step, err := p.Func("Step")
	if err != nil {
		return nil, fmt.Errorf("hal: module: %w", err)
	}
	s := &interpreted{machine: p.Machine(), step: step}
	if start, err := p.Func("Init"); err == nil {
		if err := s.machine.Call(start, nil, nil); err != nil {
			return nil, fmt.Errorf("hal: module: Init: %w", err)
		}
	}
	s.in = s.machine.Input(0)
	return s, nil
}

func (s *interpreted) Step(in, out []uint64) error {
	copy(s.in, in)
	return s.machine.Call(s.step, nil, out)
}
