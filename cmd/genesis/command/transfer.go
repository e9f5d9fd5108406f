package command

import (
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/api"
)

func (a *app) changeTransfer() *cobra.Command {
	var to string
	var dryRun bool
	cmd := &cobra.Command{Use: "transfer CHANGE --to LINEAGE", Short: "propose to another lineage what this one adopted", Args: exactly(1),
		Long: "Propose the module that a change brought to its lineage to another one, in the place of its own. It is a change of its own: what is\n" +
			"known of the code and its proof holds on, everything else is measured again, you cannot approve it yourself, and a policy against\n" +
			"monoculture may refuse that both lineages run the same.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return withCode(ExitUsage, fmt.Errorf("to which lineage? --to LINEAGE; genesis lineage show NAME"))
			}
			return askAndTell(cmd.Context(), a, request{
				method: http.MethodPost, path: "/v1/changes/" + args[0] + "/transfer", query: query("to", to, "dryRun", truth(dryRun)),
			}, func(w io.Writer, c api.Transferred) {
				if !would(w, c.Would) {
					fmt.Fprintln(w, c.ID)
				}
			})
		}}
	cmd.Flags().StringVar(&to, "to", "", "the lineage that is proposed to")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}
