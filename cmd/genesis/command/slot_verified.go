package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
)

// writeVerified writes a module that passed, for programs that host it. What did
// not pass is not written, and a file that is there stays.
func writeVerified(file string, m lineages.Module, c checked) error {
	if file == "" || c.Outcome != pipeline.Pass {
		return nil
	}
	v := host.Verified{APIVersion: "genesis/v1", Kind: "Verified", Slot: c.Slot, Contract: m.Contract.Digest(),
		Code: string(c.Code), Module: string(c.Ref), IR: m.IR}
	for _, s := range c.Stations {
		v.Stations = append(v.Stations, string(s.Statement.Station))
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := errors.Join(durable.Replace(file, append(text, '\n')), os.Chmod(file, 0o644)); err != nil {
		return fmt.Errorf("write the verified module: %w", err)
	}
	return nil
}
