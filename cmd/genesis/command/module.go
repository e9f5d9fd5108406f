package command

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/cmd/genesis/checks"
	"github.com/genesis-network/genesis/cmd/genesis/slots"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

type checkOptions struct {
	contract, proof, model, keep, out string
	only                              []string
	fuzz, limit                       time.Duration
	config                            checks.Config
}

func (a *app) module() *cobra.Command {
	cmd := &cobra.Command{Use: "module", Short: "work on one module, without a service"}
	cmd.AddCommand(a.moduleCheck(), a.moduleBuild(), a.moduleCost(), a.moduleExplain())
	return cmd
}

func (a *app) moduleCheck() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use: "check DIR", Short: "run the verification stations on a module", Args: exactly(1),
		Long: "Compile a module (a folder with module.go and, where it has one, proof.v; or a file) against the contract that it imports,\n" +
			"and run the stations agree, coq, tla and fuzz on it.\n\n" +
			"Exit code: 0 all pass, 3 one fails or the source is refused, 6 nothing fails but something could not be decided, 1 a station could not work.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.check(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.contract, "contract", "", contractFlag)
	f.StringVar(&o.proof, "proof", "", "file of the proof (default: proof.v beside the module)")
	f.StringVar(&o.model, "model", "", "file that is said to be the module's Coq model: refused unless it is what is printed")
	f.StringVar(&o.keep, "keep", "", "folder for attachments: models, logs, witnesses")
	f.StringVar(&o.out, "out", "", "file for the verified module, for programs that host it: written only when every station that ran passes")
	f.StringSliceVar(&o.only, "only", nil, "stations to run: agree, coq, tla, fuzz")
	f.DurationVar(&o.fuzz, "fuzz", 10*time.Second, "time to fuzz")
	f.StringSliceVar(&o.config.Fuzzers, "fuzzer", nil, "fuzzers to use: go-fuzz, go-test (default both)")
	f.StringVar(&o.config.Corpus, "corpus", "", "folder of the cases that earlier modules left, tried first and added to (default none)")
	f.DurationVar(&o.config.Proof, "proof-time", 0, "wall time of each run of Coq (default 1m)")
	f.DurationVar(&o.limit, "timeout", 0, "wall time of each station (default none)")
	f.BoolVar(&o.config.Full, "full", false, "have coqchk check all that the proof rests on, as an adoption demands")
	f.BoolVar(&o.config.Again, "again", false, "ask the stations also what they have answered before")
	f.StringVar(&o.config.Root, "root", ".", "checkout whose deploy/fuzz and deploy/npm pin the tools; elsewhere, what is built in does")
	return cmd
}

// checked is what `genesis module check` prints.
type checked struct {
	Module   string           `json:"module"` // path
	Slot     string           `json:"slot,omitempty"`
	Code     pipeline.Digest  `json:"code,omitempty"`
	Ref      pipeline.Digest  `json:"ref,omitempty"` // of the module: code and proof
	Outcome  pipeline.Outcome `json:"outcome"`
	Refusals []tilego.Refusal `json:"refusals,omitempty"`
	Stations []checkedStation `json:"stations,omitempty"`
	Missing  []string         `json:"missing,omitempty"` // tools
}

type checkedStation struct {
	Seconds   string             `json:"seconds"`
	Error     string             `json:"error,omitempty"` // why the station could not work
	Statement pipeline.Statement `json:"statement"`
}

func (a *app) check(ctx context.Context, path string, o checkOptions) error {
	stations, err := chosen(o.only)
	if err != nil {
		return withCode(ExitUsage, err)
	}
	if err := errors.Join(slots.UseKernel(), slots.UseAdded(a.dataDir())); err != nil {
		return withCode(ExitUsage, err)
	}
	m, err := o.load(path)
	result := checked{Module: path}
	if rs, ok := errors.AsType[tilego.Refusals](err); ok {
		result.Outcome, result.Refusals = pipeline.Fail, rs
		return a.finish(result)
	}
	if err != nil {
		return withCode(ExitUsage, err)
	}
	if o.keep != "" {
		o.config.Keep = keepIn(o.keep)
	}
	if o.model != "" {
		if o.config.Model, err = readLimited(o.model, maxText); err != nil {
			return withCode(ExitUsage, err)
		}
	}
	tools, err := checks.Find(ctx, o.config, stations...)
	if err != nil {
		return err
	}
	defer func() { _ = tools.Close(context.WithoutCancel(ctx)) }() // only memory is left to free
	result.Slot, result.Code, result.Ref, result.Missing = m.Contract.Slot, m.Ref.Code.Digest(), m.Ref.Digest(), tools.Missing()
	subject := verifiers.Subject{Contract: m.Contract, Source: m.Source, IR: m.IR, Unit: m.Unit, Proof: m.Proof, Ref: m.Ref}
	for _, station := range stations {
		result.Stations = append(result.Stations, a.runStation(ctx, tools, station, subject, o))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	result.Outcome = worst(result.Stations)
	if err := writeVerified(o.out, m, result); err != nil {
		return err
	}
	return a.finish(result)
}

// chosen reads --only; the order is the pipeline's.
func chosen(only []string) ([]pipeline.Station, error) {
	var out []pipeline.Station
	for _, s := range checks.Stations() {
		if len(only) == 0 || slices.Contains(only, string(s)) {
			out = append(out, s)
		}
	}
	for _, name := range only {
		if !slices.Contains(out, pipeline.Station(name)) {
			return nil, fmt.Errorf("--only %s: no such station; there are %v", name, checks.Stations())
		}
	}
	return out, nil
}

func (a *app) runStation(ctx context.Context, tools *checks.Tools, station pipeline.Station, s verifiers.Subject, o checkOptions) checkedStation {
	if a.format == "text" {
		fmt.Fprintf(a.errOut, "%s ...\n", station)
	}
	if o.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.limit)
		defer cancel()
	}
	begin := time.Now()
	st, _, err := tools.Run(ctx, station, s, checks.Effort{For: o.fuzz})
	out := checkedStation{Seconds: strconv.FormatFloat(time.Since(begin).Seconds(), 'f', 1, 64), Statement: st}
	if err != nil {
		out.Error = err.Error()
		out.Statement = pipeline.Statement{Station: station, Outcome: pipeline.Error, Summary: "the station could not work: try again"}
		if errors.Is(err, context.DeadlineExceeded) {
			out.Statement.Outcome, out.Statement.Summary = pipeline.Inconclusive, "time was up"
		}
	}
	return out
}

// worst is the outcome of all stations together: one that fails decides, then
// one that could not work, then one that could not decide.
func worst(stations []checkedStation) pipeline.Outcome {
	for _, o := range []pipeline.Outcome{pipeline.Fail, pipeline.Error, pipeline.Inconclusive} {
		if slices.ContainsFunc(stations, func(s checkedStation) bool { return s.Statement.Outcome == o }) {
			return o
		}
	}
	return pipeline.Pass
}

// finish prints what was found and chooses the exit code.
func (a *app) finish(c checked) error {
	if err := a.print(c, c.text); err != nil {
		return err
	}
	if code := exitFor(c.Outcome); code != ExitOK {
		return withCode(code, errSilent)
	}
	return nil
}

func (c checked) text(w io.Writer) {
	file := c.Module
	if filepath.Ext(file) != ".go" {
		file = filepath.Join(file, "module.go")
	}
	for _, r := range c.Refusals {
		fmt.Fprintf(w, "%s:%d:%d: %s: %s\n", file, r.Line, r.Col, r.Rule, r.Message)
		if r.Hint != "" {
			fmt.Fprintf(w, "  advice: %s\n", r.Hint)
		}
	}
	if len(c.Refusals) > 0 {
		fmt.Fprintf(w, "examples: genesis module explain %s\n", c.Refusals[0].Rule)
	}
	if len(c.Stations) > 0 {
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, "STATION\tOUTCOME\tSECONDS\tSUMMARY")
		for _, s := range c.Stations {
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", s.Statement.Station, s.Statement.Outcome, s.Seconds, s.Statement.Summary)
		}
		_ = tw.Flush() // to w, whose errors the commands do not see either
	}
	for _, s := range c.Stations {
		s.text(w)
	}
	for _, m := range c.Missing {
		fmt.Fprintf(w, "missing: %s\n", m)
	}
	fmt.Fprintf(w, "%s: %s\n", c.Module, c.Outcome)
}

func (s checkedStation) text(w io.Writer) {
	if s.Error != "" {
		fmt.Fprintf(w, "\n%s: %s\n", s.Statement.Station, s.Error)
	}
	for _, f := range s.Statement.Findings {
		fmt.Fprintf(w, "\n%s%s: %s\n", f.Code, at(f.Where), f.Message)
		if f.Witness != "" {
			fmt.Fprintf(w, "  witness: %s\n", strings.ReplaceAll(f.Witness, "\n", "\n           "))
		}
		if f.Hint != "" {
			fmt.Fprintf(w, "  advice: %s\n", f.Hint)
		}
	}
}

// at is the place of a finding, if it has one.
func at(where string) string {
	if where == "" {
		return ""
	}
	return " at " + where
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// maxText bounds files that a proposer wrote, before anything reads them.
const maxText = 1 << 20

// load compiles the module that a path names.
func (o checkOptions) load(path string) (lineages.Module, error) { return o.loadFor(nil, path) }

// loadFor is load against a contract; nil is the one that the module imports.
func (o checkOptions) loadFor(c *contract.Contract, path string) (lineages.Module, error) {
	info, err := os.Stat(path)
	if err != nil {
		return lineages.Module{}, err
	}
	file, proofFile := path, o.proof
	if info.IsDir() {
		file = filepath.Join(path, "module.go")
		if proofFile == "" {
			proofFile = filepath.Join(path, "proof.v")
		}
	}
	source, err := readLimited(file, maxText)
	if err != nil {
		return lineages.Module{}, err
	}
	var proof []byte
	if proofFile != "" {
		if proof, err = readLimited(proofFile, maxText); err != nil && (o.proof != "" || !errors.Is(err, fs.ErrNotExist)) {
			return lineages.Module{}, err
		}
	}
	if c == nil {
		if c, err = o.contractOf(path, source); err != nil {
			return lineages.Module{}, err
		}
	}
	return lineages.Compile(c, source, proof)
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return b, nil
}

// contractOf is the contract given, or that of the slot whose contract the
// source imports.
func (o checkOptions) contractOf(path string, source []byte) (*contract.Contract, error) {
	if o.contract != "" {
		return contract.Load(os.DirFS(o.contract))
	}
	var known []string
	if f, err := parser.ParseFile(token.NewFileSet(), "module.go", source, parser.ImportsOnly); err == nil {
		if c, err := contractNear(path, f.Imports); c != nil || err != nil {
			return c, err
		}
		for _, s := range hal.Slots() {
			known = append(known, s.Contract.Import)
			for _, i := range f.Imports {
				if path, err := strconv.Unquote(i.Path.Value); err == nil && path == s.Contract.Import {
					return s.Contract, nil
				}
			}
		}
	}
	return nil, fmt.Errorf("the module imports no contract that is known here (%s): import one with a dot, or give --contract DIR", strings.Join(known, ", "))
}

// keepIn stores attachments in a folder, by their names, which are the
// stations' own.
func keepIn(dir string) func(string, []byte) error {
	return func(name string, content []byte) error {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, filepath.Base(name)), content, 0o644)
	}
}
