package hal

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"

	"github.com/genesis-network/genesis/hal/interpret"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// ErrTextbook says that a slot's folder has no textbook policy.
var ErrTextbook = errors.New("no textbook policy to measure gains against: write textbook/NAME/module.go")

// Open reads a slot from a folder: contract.go, contract.yaml and env.go (see
// package contract), sim.go and sim.yaml (see package interpret), and the
// textbook policies textbook/NAME/module.go, which are modules of which nothing
// is proven. It registers nothing.
func Open(folder fs.FS) (Slot, error) {
	c, err := contract.Load(folder)
	if err != nil {
		return Slot{}, err
	}
	p, err := interpret.Open(folder, c)
	if err != nil {
		return Slot{}, fmt.Errorf("slot %s: %w", c.Slot, err)
	}
	s := Slot{Name: c.Slot, Contract: c, Simulator: p, Tick: p.Tick, Block: p.Block, Folder: folder}
	if s.Baselines, err = textbook(folder, c); err != nil {
		return Slot{}, fmt.Errorf("slot %s: %w", c.Slot, err)
	}
	return s, nil
}

var textbookName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

func textbook(folder fs.FS, c *contract.Contract) (map[string]func() Stepper, error) {
	files, err := fs.Glob(folder, "textbook/*/module.go")
	if err != nil {
		return nil, err
	}
	out := map[string]func() Stepper{}
	for _, file := range files {
		name := path.Base(path.Dir(file))
		if !textbookName.MatchString(name) {
			return nil, fmt.Errorf("textbook/%.40s: name it with lower-case letters, digits and dashes", name)
		}
		if out[name], err = policy(folder, file, c); err != nil {
			return nil, fmt.Errorf("textbook/%s: %w", name, err)
		}
	}
	if len(out) == 0 {
		return nil, ErrTextbook
	}
	return out, nil
}

// policy compiles a module and makes steppers of it.
func policy(folder fs.FS, file string, c *contract.Contract) (func() Stepper, error) {
	source, err := fs.ReadFile(folder, file)
	if err != nil {
		return nil, err
	}
	u, err := tilego.Compile(source, c.Surface())
	if err != nil {
		return nil, err
	}
	p, err := vm.New(u)
	if err != nil {
		return nil, err
	}
	if _, err := Interpret(p); err != nil {
		return nil, err
	}
	return func() Stepper {
		s, err := Interpret(p)
		if err != nil {
			panic("hal: " + err.Error()) // it could be made once
		}
		return s
	}, nil
}
