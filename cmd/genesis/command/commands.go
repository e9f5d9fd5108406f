package command

import "github.com/spf13/cobra"

// add hangs every command below the root.
func (a *app) add(root *cobra.Command) {
	root.AddCommand(a.run(), a.federate(), a.module(), a.contract(), a.verify(), a.search(), a.doctor(), a.record(),
		a.slotNoun(), a.campaignNoun(), a.changeNoun(), a.rolloutNoun(), a.tileNoun(), a.roundNoun(), a.lineageNoun())
}
