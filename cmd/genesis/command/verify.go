package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
)

type verifyOptions struct {
	root, chain, data string
	offline           bool
}

func (a *app) verify() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use: "verify CHANGE", Short: "check the whole chain of a change from files, believing only the root", Args: exactly(1),
		Long: "Check every signature, log proof, digest and rule of a change's chain, and derive again what tiles derive: Wasm, cost and digests from the IR.\n" +
			"CHANGE is the id of a change whose chain lies in DATA/chains, or a chain's folder. Nothing is asked of a network.\n\n" +
			"Exit code: 0 all holds, 3 something does not match; every check is printed.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.verifyChange(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.offline, "offline", true, "check from files alone (the only way there is)")
	f.StringVar(&o.root, "root-file", "", "the root to believe (default DATA/root.json)")
	f.StringVar(&o.chain, "chain", "", "folder of the chain (default DATA/chains/CHANGE)")
	f.StringVar(&o.data, "data", ".genesis", "directory of the service")
	return cmd
}

// codeDerived names the check that is made here: what tiles derive from the IR
// is what the release says.
const codeDerived trust.Code = "release.derived"

func (a *app) verifyChange(ctx context.Context, change string, o verifyOptions) error {
	if !o.offline {
		return withCode(ExitUsage, errors.New("--offline=false: a chain is checked from files only"))
	}
	root, err := o.pinned()
	if err != nil {
		return err
	}
	dir, err := o.folder(change)
	if err != nil {
		return err
	}
	chain, err := trust.ReadChain(dir)
	if err != nil {
		return withCode(ExitRefused, fmt.Errorf("%s: %w", dir, err))
	}
	report := trust.VerifyOffline(chain, root, trust.Options{})
	for _, c := range derive(ctx, chain, root, report) {
		report.Checks = append(report.Checks, c)
		report.OK = report.OK && c.OK
	}
	if o.named(change) && pipeline.ChangeID(report.Change) != change {
		report.OK = false
		report.Checks = append(report.Checks, trust.Check{Code: trust.CodeReleaseChange, Part: "release", Why: fmt.Sprintf("the chain is of change %s, asked for was %s", report.Change, change)})
	}
	if err := a.print(report, func(w io.Writer) { reportText(w, report) }); err != nil {
		return err
	}
	if !report.OK {
		return withCode(ExitRefused, errSilent)
	}
	return nil
}

func (o verifyOptions) pinned() (*trust.Root, error) {
	path := o.root
	if path == "" {
		path = filepath.Join(o.data, "root.json")
	}
	raw, err := readLimited(path, trust.MaxRoot)
	if errors.Is(err, os.ErrNotExist) {
		return nil, withCode(ExitNotFound, fmt.Errorf("no root to believe: %w; give --root-file FILE", err))
	}
	if err != nil {
		return nil, err
	}
	root, err := trust.OpenRoot(raw)
	if err != nil {
		return nil, withCode(ExitRefused, fmt.Errorf("%s: %w", path, err))
	}
	return root, nil
}

// named reports whether the argument is a change's id and not a folder.
func (o verifyOptions) named(change string) bool {
	return strings.HasPrefix(change, "chg_") && !strings.ContainsRune(change, filepath.Separator)
}

func (o verifyOptions) folder(change string) (string, error) {
	dir := o.chain
	switch {
	case dir != "":
	case o.named(change):
		dir = filepath.Join(o.data, "chains", change)
	default:
		dir = change
	}
	if _, err := os.Stat(dir); err != nil {
		return "", withCode(ExitNotFound, fmt.Errorf("no chain of this change: %w", err))
	}
	return dir, nil
}

// derive makes again, from IR and contract alone, what a release says of each
// slot that it changes.
func derive(ctx context.Context, chain *trust.Chain, root *trust.Root, report trust.Report) []trust.Check {
	at, err := time.Parse(time.RFC3339, report.Time)
	if err != nil {
		return []trust.Check{{Code: codeDerived, Part: "release", Why: "not derived: the chain shows no time"}}
	}
	release, _, err := trust.OpenRelease(root, chain.Release.Envelope, at)
	if err != nil {
		return []trust.Check{{Code: codeDerived, Part: "release", Why: "not derived: " + err.Error()}}
	}
	var out []trust.Check
	for _, slot := range release.Slots {
		if !slices.Contains(release.Changed, slot.Name()) {
			continue // its chain came with the change that brought it
		}
		check := trust.Check{Code: codeDerived, Part: "slot " + slot.Name(), OK: true}
		if err := deriveSlot(ctx, chain, slot); err != nil {
			check.OK, check.Why = false, err.Error()
		}
		out = append(out, check)
	}
	return out
}

// deriveSlot does what a tile does with one slot.
func deriveSlot(ctx context.Context, chain *trust.Chain, slot trust.Slot) error {
	code := slot.Module.Code
	raw := chain.Artefacts[code.IR]
	files := fstest.MapFS{}
	for name, b := range chain.Contract[code.Contract] {
		files[name] = &fstest.MapFile{Data: b}
	}
	c, err := contract.Load(files)
	if err != nil {
		return err
	}
	u, err := ir.Decode(raw)
	if err != nil {
		return err
	}
	if again := lineages.Code(c, u, raw); again.Digest() != code.Digest() {
		return fmt.Errorf("derived code %s, the release says %s", again.Digest(), code.Digest())
	}
	m, err := host.Load(ctx, raw, host.Contract{Unit: c.Unit, Budget: uint64(c.Budget), Entry: c.Entry.Name})
	if err != nil {
		return err
	}
	if err := m.Close(ctx); err != nil {
		return err
	}
	return sourceMeans(chain, slot, c, raw)
}

// sourceMeans compiles the source, where the chain holds it, and compares it
// with the IR: it is what people read.
func sourceMeans(chain *trust.Chain, slot trust.Slot, c *contract.Contract, raw []byte) error {
	source, ok := chain.Artefacts[slot.Source]
	if slot.Source == "" || !ok {
		return nil
	}
	m, err := lineages.Compile(c, source, nil)
	if err != nil {
		return err
	}
	if !bytes.Equal(m.IR, raw) {
		return errors.New("the source compiles to another IR")
	}
	return nil
}

func reportText(w io.Writer, r trust.Report) {
	for _, c := range r.Checks {
		mark := "ok  "
		if !c.OK {
			mark = "FAIL"
		}
		fmt.Fprintf(w, "%s  %-24s %s", mark, c.Code, c.Part)
		if c.Why != "" {
			fmt.Fprintf(w, ": %s", c.Why)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "change %s of lineage %s, release serial %d, log of %d entries at %s, root %s (%s)\n",
		r.Change, r.Lineage, r.Serial, r.Size, r.Time, r.Root, r.Assurance)
	if r.OK {
		fmt.Fprintln(w, "everything matches")
	} else {
		fmt.Fprintf(w, "%d checks do not match\n", len(r.Failed()))
	}
}
