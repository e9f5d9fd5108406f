package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/cmd/genesis/checks"
	"github.com/genesis-network/genesis/pipeline/store"
)

func (a *app) lineageFsck() *cobra.Command {
	return &cobra.Command{
		Use: "fsck", Short: "check every byte of every ancestry, from the files of the service", Args: exactly(0),
		Long: "Read the records in DATA/store, beside a service that runs or without one, and check the ancestry of every lineage: each generation against its digest,\n" +
			"the chain, that it holds exactly the changes that were adopted, the evidence and the bytes of all artefacts that it names, and who its lines come from.\n\n" +
			"Exit code: 0 all holds, 3 something does not; everything that was found is printed.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.fsckLineages(cmd.Context()) },
	}
}

func (a *app) fsckLineages(ctx context.Context) (err error) {
	dir := filepath.Join(cmp.Or(a.data, os.Getenv(envData), ".genesis"), "store")
	s, err := store.OpenReadOnly(ctx, dir)
	if errors.Is(err, store.ErrNotFound) {
		return withCode(ExitNotFound, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	report, err := checks.Ancestries(ctx, s)
	if err != nil {
		return err
	}
	if err := a.print(report, func(w io.Writer) { fsckText(w, report) }); err != nil {
		return err
	}
	if len(report.Problems) > 0 {
		return withCode(ExitRefused, errSilent)
	}
	return nil
}

func fsckText(w io.Writer, r checks.AncestryReport) {
	t := newTable(w, "LINEAGE", "GENERATIONS", "NEWEST", "BYTES", "ARTEFACTS", "CHECK")
	for _, l := range r.Lineages {
		t.add(l.Name, fmt.Sprint(l.Generations), l.Newest.Short(), fmt.Sprint(l.Bytes), fmt.Sprint(l.Artefacts), l.Outcome)
	}
	t.flush()
	for _, p := range r.Problems {
		fmt.Fprintf(w, "\n%s: %s\n  %s\n", printable(p.Where), printable(p.Message), printable(p.Hint))
	}
}
