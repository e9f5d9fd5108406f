package command

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/cmd/genesis/slots"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/pipeline"
)

func (a *app) slotNoun() *cobra.Command {
	cmd := &cobra.Command{Use: "slot", Short: "slots of your own: start one, check it, make it known"}
	cmd.AddCommand(a.slotInit(), a.slotCheck(), a.slotAdd())
	return cmd
}

// slotStarted is what `genesis slot init` prints.
type slotStarted struct {
	Slot   string `json:"slot"`
	Folder string `json:"folder"`
	Import string `json:"import"`
}

func (a *app) slotInit() *cobra.Command {
	return &cobra.Command{
		Use: "init NAME [DIR]", Short: "start a slot: a folder that works as it is", Args: atLeastOne(2),
		Long: "Write a slot's folder (default DIR: NAME): contract, surroundings, simulator, a trace, textbook policies, a module that is\n" +
			"proven, and a campaign. It works as it is; replace what is in it by what your program needs.\n\n" +
			"Exit code: 0 written, 2 the name or the folder will not do.",
		RunE: func(_ *cobra.Command, args []string) error {
			dir := args[0]
			if len(args) == 2 {
				dir = args[1]
			}
			path, err := slots.Init(args[0], dir)
			if err != nil {
				return withCode(ExitUsage, err)
			}
			s := slotStarted{args[0], dir, path}
			return a.print(s, func(w io.Writer) {
				fmt.Fprintf(w, "slot %s in %s, imported as %s\nnext: genesis slot check %s\n", s.Slot, s.Folder, s.Import, s.Folder)
			})
		},
	}
}

// atLeastOne takes one argument to most.
func atLeastOne(most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < 1 || len(args) > most {
			return withCode(ExitUsage, fmt.Errorf("%s: %d arguments, want 1 to %d (usage: %s)", cmd.CommandPath(), len(args), most, cmd.UseLine()))
		}
		return nil
	}
}

// slotChecked is what `genesis slot check` prints.
type slotChecked struct {
	Folder  string           `json:"folder"`
	Outcome pipeline.Outcome `json:"outcome"`
	slots.Report
}

func (a *app) slotCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check DIR", Short: "is the slot sound: does it compile, run, and promise something?", Args: exactly(1),
		Long: "Check a slot's folder: contract, surroundings, simulator, modules and trace compile, fit each other and run; some input is\n" +
			"admitted; the promise can be kept and broken; and each clause is judged: is there an input for which it matters?\n" +
			"It proves nothing of the modules: that is what genesis module check does.\n\n" +
			"Exit code: 0 the slot can be used (there may be warnings), 3 something is wrong, with file, line and advice, 2 no such folder.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
				return withCode(ExitUsage, errors.Join(err, fmt.Errorf("%s is no folder of a slot: start one with genesis slot init", args[0])))
			}
			r, err := slots.Check(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			out := slotChecked{args[0], pipeline.Pass, r}
			if !r.OK() {
				out.Outcome = pipeline.Fail
			}
			if err := a.print(out, out.text); err != nil {
				return err
			}
			if out.Outcome != pipeline.Pass {
				return withCode(ExitRefused, errSilent)
			}
			return nil
		},
	}
}

func (c slotChecked) text(w io.Writer) {
	t := columns(w)
	for _, s := range c.Steps {
		fmt.Fprintf(t, "%s\t%s\t%s\n", map[bool]string{true: "ok", false: "wrong"}[s.OK], s.Name, s.Said)
	}
	t.Flush()
	for _, f := range c.Findings {
		kind := "error"
		if f.Warning {
			kind = "warning"
		}
		fmt.Fprintf(w, "\n%s:%d: %s: %s: %s\n", filepath.Join(c.Folder, f.File), f.Line, kind, f.Code, f.Message)
		if f.Hint != "" {
			fmt.Fprintf(w, "  advice: %s\n", f.Hint)
		}
	}
	fmt.Fprintf(w, "%s: %s\n", c.Folder, c.Outcome)
}

// slotAdded is what `genesis slot add` prints.
type slotAdded struct {
	Slot     string          `json:"slot"`
	Contract pipeline.Digest `json:"contract"`
	Folder   string          `json:"folder"` // where it is kept
}

func (a *app) slotAdd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "add DIR", Short: "make a slot known by its name, from anywhere", Args: exactly(1),
		Long: "Copy a slot to the data directory: module check then finds its contract by the import of a module, and search finds it by\n" +
			"the name in a campaign, wherever module and campaign are. Added again, it is replaced. (In the slot's own folder the\n" +
			"commands find it without being told.)\n\n" +
			"Exit code: 0 added, 3 the slot is wrong (see genesis slot check), 2 no such folder, or the name is taken.",
		RunE: func(_ *cobra.Command, args []string) error {
			s, to, err := slots.Add(args[0], a.dataDir())
			switch {
			case errors.Is(err, os.ErrNotExist), errors.Is(err, hal.ErrTaken):
				return withCode(ExitUsage, err)
			case err != nil:
				return withCode(ExitRefused, fmt.Errorf("%w; genesis slot check %s says more", err, args[0]))
			}
			out := slotAdded{s.Name, pipeline.ContractDigest(s.Contract.Files), to}
			return a.print(out, func(w io.Writer) {
				fmt.Fprintf(w, "slot %s, contract %s, in %s\n", out.Slot, out.Contract.Short(), out.Folder)
			})
		},
	}
	a.withData(cmd)
	return cmd
}

func (a *app) withData(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.data, "data", "", "data directory that slots are added to (or "+envData+"; else .genesis)")
}

// dataDir is the data directory that a command was told.
func (a *app) dataDir() string { return cmp.Or(a.data, os.Getenv(envData), ".genesis") }

// useSlots registers the kernel slots that can be searched, the slot that a path
// is in, and those that were added.
func (a *app) useSlots(path string) error {
	if err := slots.UseKernel(); err != nil {
		return err
	}
	if err := slots.UseAdded(a.dataDir()); err != nil {
		return withCode(ExitUsage, err)
	}
	dir, near := slots.Near(path)
	if !near {
		return nil
	}
	if _, err := slots.Use(dir); err != nil {
		return withCode(ExitUsage, fmt.Errorf("%w; genesis slot check %s says more", err, dir))
	}
	return nil
}

// contractNear is the contract of the slot that a path is in, when the module
// there imports it; nil otherwise.
func contractNear(path string, imports []*ast.ImportSpec) (*contract.Contract, error) {
	dir, near := slots.Near(path)
	if !near {
		return nil, nil
	}
	c, err := slots.Contract(dir)
	if err != nil || !slices.ContainsFunc(imports, func(i *ast.ImportSpec) bool { return i.Path.Value == strconv.Quote(c.Import) }) {
		return nil, err
	}
	return c, nil
}
