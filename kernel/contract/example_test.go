package contract_test

import (
	"fmt"
	"os"

	"github.com/genesis-network/genesis/kernel/contract"
)

// A contract folder says what a module must define, and what it is measured by.
func ExampleLoad() {
	c, err := contract.Load(os.DirFS("../tilego/testdata/thermo"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s version %d: %s\n", c.Name, c.Version, c.Summary)
	fmt.Printf("a module defines %s and returns %d values\n", c.Entry.Name, len(c.Entry.Results))
	for _, m := range c.Metrics {
		fmt.Printf("%s %s (%s)\n", m.Direction, m.Name, m.Unit)
	}
	// Output:
	// thermo version 1: Keeps a box cool enough; for tests of the language.
	// a module defines Step and returns 2 values
	// min energy_joules (J)
	// min work_lost_permille (permille)
}
