package tilego

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// dumpBare shows a unit without what is not encoded: names of variables.
func dumpBare(u *ir.Unit) string {
	bare := u.Clone()
	for i := range bare.Funcs {
		for j := range bare.Funcs[i].Vars {
			bare.Funcs[i].Vars[j].Name = ""
		}
	}
	return ir.Text(bare)
}
