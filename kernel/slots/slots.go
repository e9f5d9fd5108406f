// Package slots holds the contracts of the kernel slots sched, ipc, cap and mem,
// one folder each, and opens them. The folders are ordinary Go packages as well,
// so that the nucleus uses the same constants that modules are proven against.
//
// A slot whose folder has a simulator and textbook policies beside the contract
// ([Measured]) is searched like one of somebody's own.
//
// What it does not do: it registers none with the slots of the hardware layer,
// so no tile runs one yet.
package slots

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"github.com/genesis-network/genesis/kernel/contract"
)

//go:embed sched/contract.go sched/contract.yaml sched/env.go sched/README.md sched/sim.go sched/sim.yaml sched/textbook
//go:embed ipc/contract.go ipc/contract.yaml ipc/env.go ipc/README.md
//go:embed cap/contract.go cap/contract.yaml cap/env.go cap/README.md
//go:embed mem/contract.go mem/contract.yaml mem/env.go mem/README.md
var folders embed.FS

var names = []string{"cap", "ipc", "mem", "sched"}

// Names are the kernel slots, sorted.
func Names() []string { return slices.Clone(names) }

// Measured are the kernel slots that have a simulator.
func Measured() []string {
	var out []string
	for _, name := range names {
		if _, err := fs.Stat(folders, name+"/sim.go"); err == nil {
			out = append(out, name)
		}
	}
	return out
}

// Folder is the folder of a kernel slot.
func Folder(name string) (fs.FS, error) {
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("slots: %.40q is no kernel slot: there are %v", name, names)
	}
	folder, err := fs.Sub(folders, name)
	if err != nil {
		return nil, fmt.Errorf("slots: %w", err)
	}
	return folder, nil
}

// Open loads the contract of a kernel slot.
func Open(name string) (*contract.Contract, error) {
	folder, err := Folder(name)
	if err != nil {
		return nil, err
	}
	c, err := contract.Load(folder)
	if err != nil {
		return nil, fmt.Errorf("slots: %s: %w", name, err)
	}
	return c, nil
}
