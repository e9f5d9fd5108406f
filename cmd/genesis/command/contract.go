package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/cmd/genesis/checks"
	"github.com/genesis-network/genesis/cmd/genesis/slots"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/agree"
	"github.com/genesis-network/genesis/verifiers/decide"
	"github.com/genesis-network/genesis/verifiers/score"
)

func (a *app) contract() *cobra.Command {
	cmd := &cobra.Command{Use: "contract", Short: "work on a contract, without a service"}
	cmd.AddCommand(a.contractScore())
	return cmd
}

type scoreOptions struct {
	modules                    []string
	seeds, coq, campaign, root string
	workers, survivors         int
	proof, decide              time.Duration
}

func (a *app) contractScore() *cobra.Command {
	var o scoreOptions
	cmd := &cobra.Command{
		Use: "score SLOT", Short: "test a contract by wrong versions of accepted modules", Args: exactly(1),
		Long: "Make every small change to the accepted modules of a slot (an operator, a constant, a branch, an update), and judge\n" +
			"these mutants, and seeded ones, by each clause of the contract alone. SLOT is the name of a slot, or the folder of\n" +
			"one: its lineages are the accepted modules, SLOT/mutants/NAME/module.go its seeds, SLOT/campaign.yaml its campaign.\n\n" +
			"It says which clauses no mutant breaks alone, which mutants could not be decided, whether Coq proves a mutant that\n" +
			"a witness refutes, and which mutants survive, with their difference and, given a campaign, what they do to the\n" +
			"metrics of the simulator. Equal inputs give equal reports, but for answers that time cut short.\n\n" +
			"Exit code: 0 the contract is tested well enough, 3 it is not (an unsound acceptance, a clause without a killer of its\n" +
			"own, less than 90 % decided), 6 Coq is not installed, 1 something could not work, 4 no such slot.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.scoreContract(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.modules, "module", nil, "accepted modules, as folders or files, besides those of the slot's lineages")
	f.StringVar(&o.seeds, "seeds", "", "folder of seeded mutants (default: those that are shipped for the slot, or SLOT/mutants)")
	f.StringVar(&o.coq, "coq", "8", "mutants that Coq is asked about: a number; wrong, all that break the theorem; or all")
	f.StringVar(&o.campaign, "campaign", "", "campaign of the slot, by whose objective and trace survivors are measured (default: SLOT/campaign.yaml)")
	f.StringVar(&o.root, "root", "", "folder that the campaign's trace is named from (default: that of a slot of your own; else the current one)")
	f.IntVar(&o.workers, "workers", runtime.NumCPU(), "mutants judged at once")
	f.IntVar(&o.survivors, "survivors", 20, "survivors to print as text, those that do most harm first; -1 for all")
	f.DurationVar(&o.proof, "proof-time", 0, "wall time of each run of Coq (default 1m)")
	f.DurationVar(&o.decide, "decide-time", 0, "time of the SAT solver for each clause (default 10s)")
	return cmd
}

// scored is what `genesis contract score` prints.
type scored struct {
	score.Report
	Outcome pipeline.Outcome `json:"outcome"`
	Refused []string         `json:"refused,omitempty"` // seeds that the language refuses
	Missing string           `json:"missing,omitempty"` // why Coq was not asked

	survivors int
}

func (a *app) scoreContract(ctx context.Context, slot string, o scoreOptions) error {
	if err := slots.UseAdded(a.dataDir()); err != nil {
		return withCode(ExitUsage, err)
	}
	s, err := openScorer(ctx, slot, o)
	if err != nil {
		return err
	}
	r, err := score.Run(ctx, s.c, s.options)
	if errors.Is(err, score.ErrModule) {
		return withCode(ExitRefused, err)
	}
	if err != nil {
		return err
	}
	out := scored{Report: r, Outcome: pipeline.Pass, Refused: s.refused, Missing: s.missing, survivors: o.survivors}
	switch {
	case len(r.Problems) > 0:
		out.Outcome = pipeline.Fail
	case s.missing != "":
		out.Outcome = pipeline.Inconclusive
	}
	if err := a.print(out, out.text); err != nil {
		return err
	}
	if code := exitFor(out.Outcome); code != ExitOK {
		return withCode(code, errSilent)
	}
	return nil
}

// scorer gathers what a score is made of.
type scorer struct {
	scoreOptions
	c       *contract.Contract
	slot    hal.Slot // zero when the contract is a folder that has no campaign
	folder  fs.FS    // of the slot; nil when there is none
	proofs  map[string][]byte
	units   map[string]*ir.Unit // accepted modules
	options score.Options
	refused []string
	missing string
}

func openScorer(ctx context.Context, slot string, o scoreOptions) (*scorer, error) {
	s := &scorer{scoreOptions: o, proofs: map[string][]byte{}, units: map[string]*ir.Unit{}}
	s.options = score.Options{Workers: o.workers, Decide: decide.Options{Time: o.decide}}
	if err := s.find(slot); err != nil {
		return nil, err
	}
	for _, step := range []func() error{s.accepted, s.seeded, func() error { return s.prover(ctx) }, s.meter} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	s.options.Differ = s.differ
	return s, nil
}

// find loads the contract: of a registered slot, or a folder.
func (s *scorer) find(slot string) error {
	if found, ok := hal.Lookup(slot); ok {
		s.slot, s.c, s.folder = found, found.Contract, found.Folder
		return nil
	}
	if info, err := os.Stat(slot); err != nil || !info.IsDir() {
		return withCode(ExitNotFound, fmt.Errorf("no slot %q and no such folder of a contract: name one of %s, or a folder with contract.go and contract.yaml",
			slot, strings.Join(slotNames(), ", ")))
	}
	var err error
	if s.c, err = slots.Contract(slot); err != nil {
		return withCode(ExitUsage, err)
	}
	s.folder = os.DirFS(slot)
	if own := filepath.Join(slot, "campaign.yaml"); s.campaign == "" && isFile(own) {
		s.campaign = own
	}
	if found, ok := hal.Lookup(s.c.Slot); ok && found.Contract.Digest() == s.c.Digest() {
		s.slot = found
		return nil
	}
	if s.campaign == "" {
		return nil
	}
	if s.slot, err = slots.Use(slot); err != nil { // the simulator and the lineages too
		return withCode(ExitUsage, fmt.Errorf("to measure survivors: %w; genesis slot check %s says more", err, slot))
	}
	return nil
}

func slotNames() (out []string) {
	for _, s := range hal.Slots() {
		out = append(out, s.Name)
	}
	return out
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// accepted are the modules of the slot's lineages and those that are named.
func (s *scorer) accepted() error {
	genomes, err := s.genomes()
	if err != nil {
		return err
	}
	for _, g := range genomes {
		m, err := g.Compile(s.c)
		if err != nil {
			return withCode(ExitUsage, fmt.Errorf("lineage %s: %w", g.Lineage, err))
		}
		s.accept(g.Lineage, m)
	}
	for _, path := range s.modules {
		m, err := checkOptions{}.loadFor(s.c, path)
		if err != nil {
			return withCode(ExitUsage, fmt.Errorf("--module %s: %w", path, err))
		}
		s.accept(s.free(path), m)
	}
	if len(s.options.Accepted) == 0 {
		return withCode(ExitUsage, fmt.Errorf("slot %s has no accepted module: give one by --module DIR", s.c.Slot))
	}
	return nil
}

// genomes are those of the registered lineages, and of the folder's when it is
// not registered.
func (s *scorer) genomes() ([]lineages.Genome, error) {
	if s.slot.Name == "" {
		own, err := lineages.In(s.folder, s.c.Slot)
		if err != nil || len(own) > 0 {
			return own, withCode(ExitUsage, err)
		}
	}
	return lineages.All(s.c.Slot)
}

// free is a name for a module that no other has: that of its folder or file, or
// else the whole path.
func (s *scorer) free(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".go")
	if _, taken := s.units[name]; taken {
		return filepath.ToSlash(filepath.Clean(path))
	}
	return name
}

// accept adds a module, once.
func (s *scorer) accept(name string, m lineages.Module) {
	for _, known := range s.options.Accepted {
		if raw, err := ir.Encode(known.Unit); err == nil && bytes.Equal(raw, m.IR) {
			return
		}
	}
	s.options.Accepted = append(s.options.Accepted, score.Module{Name: name, Unit: m.Unit})
	s.proofs[name], s.units[name] = m.Proof, m.Unit
}

// seedFiles are the seeded mutants: of the folder that was named, of the slot's own,
// or those that are shipped.
func (s *scorer) seedFiles() ([]lineages.Seed, error) {
	if s.seeds != "" {
		return lineages.SeedsIn(os.DirFS(s.seeds), ".", s.c.Import)
	}
	if s.folder != nil {
		own, err := lineages.SeedsIn(s.folder, "mutants", s.c.Import)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return own, err
		}
	}
	return lineages.Seeds(s.c.Import)
}

func (s *scorer) seeded() error {
	seeds, err := s.seedFiles()
	if err != nil {
		return withCode(ExitUsage, fmt.Errorf("seeds: %w", err))
	}
	for _, seed := range seeds {
		u, err := tilego.Compile(seed.Source, s.c.Surface())
		if _, refused := errors.AsType[tilego.Refusals](err); refused {
			s.refused = append(s.refused, seed.Name)
			continue
		}
		if err != nil {
			return fmt.Errorf("seed %s: %w", seed.Name, err)
		}
		s.options.Seeds = append(s.options.Seeds, score.Module{Name: seed.Name, Unit: u})
	}
	return nil
}

// prover asks Coq by the station, blindly.
func (s *scorer) prover(ctx context.Context) error {
	n, err := strconv.Atoi(s.coq)
	switch {
	case s.coq == "all":
		n = score.All
	case s.coq == "wrong":
		n = score.AllWrong
	case err != nil || n < 0:
		return withCode(ExitUsage, fmt.Errorf("--coq %s: want a number, wrong or all", s.coq))
	case n == 0:
		return nil
	}
	if _, err := agree.FindCoq(ctx); err != nil {
		s.missing = err.Error()
		return nil
	}
	tools, err := checks.Find(ctx, checks.Config{Root: s.root, Proof: s.proof, Blind: true}, pipeline.Coq)
	if err != nil {
		return err
	}
	s.options.Proofs = n
	s.options.Prover = func(ctx context.Context, of string, u *ir.Unit) (pipeline.Outcome, error) {
		raw, err := ir.Encode(u)
		if err != nil {
			return "", err
		}
		subject := verifiers.Subject{Contract: s.c, Unit: u, IR: raw, IncumbentProof: s.proofs[of], Ref: pipeline.ModuleRef{Code: lineages.Code(s.c, u, raw)}}
		st, _, err := tools.Run(ctx, pipeline.Coq, subject, checks.Effort{})
		if err == nil && st.Outcome == pipeline.Error {
			err = errors.New(st.Summary)
		}
		return st.Outcome, err
	}
	return nil
}

// differ shows the changed lines of two modules as printed.
func (s *scorer) differ(module, mutant *ir.Unit) []string {
	before, err := tilego.Format(module, s.c.Import, s.c.Slot)
	if err != nil {
		return nil
	}
	after, err := tilego.Format(mutant, s.c.Import, s.c.Slot)
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(diff.Diff("a", before, "b", after))) {
		changed := strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+")
		if changed && !strings.HasPrefix(line, "--- ") && !strings.HasPrefix(line, "+++ ") {
			out = append(out, strings.TrimRight(line[:1]+" "+strings.TrimLeft(line[1:], "\t"), "\n"))
		}
	}
	return out
}
