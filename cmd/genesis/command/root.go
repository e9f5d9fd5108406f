// Package command is the command line of Genesis: it parses flags, calls the
// rooms, and prints what they answer, as text or as JSON. It decides nothing.
//
// Every command takes -o json; its exit code says how it ended (see [Exit]).
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/pipeline"
)

// Exit is an exit code.
type Exit int

// The exit codes. They are part of the interface: scripts rely on them.
const (
	ExitOK           Exit = 0 // done; a check passed; a campaign adopted
	ExitError        Exit = 1 // could not work: try again, or see the message
	ExitUsage        Exit = 2 // the command or its input is wrong
	ExitRefused      Exit = 3 // a check failed, or policy refused
	ExitNotFound     Exit = 4 // no such thing
	ExitTimeout      Exit = 5 // time was up
	ExitInconclusive Exit = 6 // could not be decided: a tool, time or memory was missing
	ExitKept         Exit = 7 // a campaign ended with the incumbent kept
)

// coded is an error that knows its exit code.
type coded struct {
	code Exit
	err  error
}

func (c coded) Error() string { return c.err.Error() }
func (c coded) Unwrap() error { return c.err }

func withCode(code Exit, err error) error {
	if err == nil {
		return nil
	}
	return coded{code, err}
}

// errSilent carries an exit code of which everything was already printed.
var errSilent = errors.New("")

// exitFor maps a station's outcome to an exit code.
func exitFor(o pipeline.Outcome) Exit {
	switch o {
	case pipeline.Pass:
		return ExitOK
	case pipeline.Fail:
		return ExitRefused
	case pipeline.Inconclusive:
		return ExitInconclusive
	}
	return ExitError
}

// app is what commands share.
type app struct {
	out, errOut io.Writer
	in          io.Reader
	format      string

	address, data string // of the service, for commands that talk to one
}

// Main runs a command line and returns its exit code.
func Main(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	a := &app{in: in, out: out, errOut: errOut}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return int(ExitOK)
	}
	if err.Error() != "" {
		fmt.Fprintf(errOut, "genesis: %v\n", err)
	}
	var c coded
	if errors.As(err, &c) {
		return int(c.code)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return int(ExitTimeout)
	}
	return int(ExitError)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "genesis",
		Short:         "carry each change of a kernel or driver module from an idea to the fleet, and back",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if a.format != "text" && a.format != "json" {
				return withCode(ExitUsage, fmt.Errorf("-o %s: want text or json", a.format))
			}
			return nil
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return withCode(ExitUsage, err) })
	root.PersistentFlags().StringVarP(&a.format, "output", "o", "text", "text or json")
	a.add(root)
	return root
}

// exactly is cobra.ExactArgs with the usage exit code.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return withCode(ExitUsage, fmt.Errorf("%s: %d arguments, want %d (usage: %s)", cmd.CommandPath(), len(args), n, cmd.UseLine()))
		}
		return nil
	}
}

// print writes a value as JSON, or as text by the given function.
func (a *app) print(v any, text func(w io.Writer)) error {
	if a.format != "json" {
		text(a.out)
		return nil
	}
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
