package ir

import (
	"fmt"
	"math/big"
	"slices"
)

// Conforms reports whether a module may fill the slot of a contract, as far as
// the two units tell: same slot, same input, and everything that the module
// says it imports is what the contract declares, under the same name and with
// the same type and value. Who proves something about a module, or runs it,
// relies on this: an imported constant is the contract's word, not the
// module's. Both units are checked; the error wraps [ErrInvalid].
func Conforms(module, contract *Unit) error {
	if module.Kind != Module || contract.Kind != Contract {
		return fmt.Errorf("ir: units of kind %d and %d, not a module and a contract: %w", module.Kind, contract.Kind, ErrInvalid)
	}
	if module.Slot != contract.Slot {
		return fmt.Errorf("ir: module for slot %s, contract of slot %s: %w", module.Slot, contract.Slot, ErrInvalid)
	}
	if !slices.Equal(module.Input, contract.Input) {
		return fmt.Errorf("ir: the module's input is not the contract's: %w", ErrInvalid)
	}
	if len(contract.State) > 0 && !slices.Equal(module.State, contract.State) {
		return fmt.Errorf("ir: the module's state is not the contract's: %w", ErrInvalid)
	}
	mine, err := module.ConstValues(nil)
	if err != nil {
		return err
	}
	theirs, err := contract.ConstValues(nil)
	if err != nil {
		return err
	}
	if err := importedConsts(module, contract, mine, theirs); err != nil {
		return err
	}
	return importedTables(module, contract, mine, theirs)
}

func importedConsts(module, contract *Unit, mine, theirs []*big.Int) error {
	known := make(map[string]int, len(contract.Consts))
	for i, c := range contract.Consts {
		if c.Name != "" {
			known[c.Name] = i
		}
	}
	for i, c := range module.Consts {
		if !c.Imported {
			continue
		}
		j, ok := known[c.Name]
		if !ok || contract.Consts[j].Type != c.Type || theirs[j].Cmp(mine[i]) != 0 {
			return fmt.Errorf("ir: imported constant %s is not the contract's: %w", c.Name, ErrInvalid)
		}
	}
	return nil
}

func importedTables(module, contract *Unit, mine, theirs []*big.Int) error {
	for _, t := range module.Tables {
		if !t.Imported {
			continue
		}
		k := slices.IndexFunc(contract.Tables, func(x Table) bool { return x.Name == t.Name })
		if k < 0 || contract.Tables[k].Type != t.Type || !slices.Equal(elements(t, mine), elements(contract.Tables[k], theirs)) {
			return fmt.Errorf("ir: imported table %s is not the contract's: %w", t.Name, ErrInvalid)
		}
	}
	return nil
}

// elements are the values of a table.
func elements(t Table, vals []*big.Int) []uint64 {
	out := make([]uint64, len(t.Elems))
	for i, a := range t.Elems {
		out[i] = a.Bits
		if a.Kind == AConst {
			out[i], _ = a.Type.Bits(vals[a.Index])
		}
	}
	return out
}
