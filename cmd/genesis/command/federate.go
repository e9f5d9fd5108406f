package command

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/cmd/genesis/service"
	"github.com/genesis-network/genesis/federation"
	"github.com/genesis-network/genesis/federation/warrant"
	"github.com/genesis-network/genesis/rollout/trust"
)

// federate runs one of the two aggregators. `genesis run` starts both; on a
// larger fleet two operators do.
func (a *app) federate() *cobra.Command {
	cfg := federation.Config{}
	var root string
	cmd := &cobra.Command{
		Use: "federate leader|helper", Short: "run one of the two aggregators of federated validation", Hidden: true, Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := os.ReadFile(root)
			if err != nil {
				return withCode(ExitUsage, err)
			}
			pinned, err := trust.OpenRoot(raw)
			if err != nil {
				return withCode(ExitRefused, fmt.Errorf("%s: %w", root, err))
			}
			cfg.Role = args[0]
			cfg.Verify = warrant.Verifier{Root: func() *trust.Root { return pinned }, Now: time.Now}
			return service.Aggregate(cmd.Context(), cfg)
		},
	}
	cmd.Flags().StringVar(&cfg.Dir, "dir", "", "its directory: key, address, journals")
	cmd.Flags().StringVar(&cfg.Listen, "listen", "", "host:port; a free port of the loopback interface by default")
	cmd.Flags().StringVar(&cfg.Peer, "peer", "", "leader only: the helper's URL, or @FILE")
	cmd.Flags().StringVar(&root, "root", "", "file of the pinned root")
	return cmd
}
