package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/evolve"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
	"github.com/genesis-network/genesis/workflows/activities"
)

type searchOptions struct {
	root, lineage, journal, out string
	founder                     bool
	seed                        uint64
	workers, prove              int
}

func (a *app) search() *cobra.Command {
	var o searchOptions
	cmd := &cobra.Command{
		Use: "search CAMPAIGN", Short: "run the searches of a campaign, without a service", Args: exactly(1),
		Long: "Run what a campaign would search, and a random search of the same budget beside it, from the lineages as shipped,\n" +
			"or as they are in the folder of a slot of your own (see genesis slot).\n" +
			"Nothing is recorded, adopted or sent anywhere. Equal campaigns and seeds give equal output, for any number of\n" +
			"workers and after any crash: the digest says so.\n\n" +
			"With --journal FILE what was done is kept, and a second run goes on from there.\n" +
			"With --prove N the first N candidates of the random search that no run from the initial state refutes go to the proof\n" +
			"station, with other invariants if need be; how many of the true ones it proves is counted by the edits that made\n" +
			"them. A candidate that such a run refutes and the station proves is an error.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.searchAll(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.root, "root", "", "folder that the campaign's trace is named from (default: that of a slot of your own; else the current one)")
	f.Uint64Var(&o.seed, "seed", 1, "of the searches")
	f.IntVar(&o.workers, "workers", runtime.NumCPU(), "candidates evaluated at once")
	f.StringVar(&o.lineage, "lineage", "", "this one only")
	f.BoolVar(&o.founder, "founder", false, "from what people wrote, where a shipped module was found by a search")
	f.IntVar(&o.prove, "prove", 0, "candidates of each lineage to have proven")
	f.StringVar(&o.journal, "journal", "", "file to keep the search in, and to go on from")
	f.StringVar(&o.out, "out", "", "folder to write what was found to, as LINEAGE/module.go: not proven yet")
	a.withData(cmd)
	return cmd
}

// searchReport is what the command prints. It holds no times: equal searches
// print equal reports.
type searchReport struct {
	Campaign string          `json:"campaign"` // digest
	Name     string          `json:"name"`
	Seed     uint64          `json:"seed,string"`
	Lineages []lineageSearch `json:"lineages"`
}

// lineageSearch is what became of one lineage.
type lineageSearch struct {
	Lineage  string        `json:"lineage"`
	Search   searched      `json:"search"`
	Random   searched      `json:"random"`
	Textbook []rivalOn     `json:"textbook"`
	Proofs   *proofSummary `json:"proofs,omitempty"`
	module   lineages.Module
	watched  *firstCandidates
}

// searched is one search with its best module: first on the choice part among
// the elites of the selection part.
type searched struct {
	Digest      pipeline.Digest   `json:"digest"`
	Evaluations int               `json:"evaluations"`
	Steps       int64             `json:"steps"`
	Duplicates  int               `json:"duplicates"`
	Best        pipeline.Digest   `json:"best"` // of the IR; the incumbent's when nothing is better
	Improved    bool              `json:"improved"`
	Refuted     int               `json:"refuted"` // elites that looked better until they were attacked for longer
	Path        []evolve.Operator `json:"path"`
	Parts       []partEstimate    `json:"parts"`
	Operators   []operatorTally   `json:"operators"`

	unit *ir.Unit // of the best
}

type partEstimate struct {
	Part     telemetry.Part    `json:"part"`
	Feasible bool              `json:"feasible"`
	Estimate pipeline.Estimate `json:"estimate"`
}

type rivalOn struct {
	Part     telemetry.Part   `json:"part"`
	Name     string           `json:"name"`
	Value    pipeline.Decimal `json:"value"`
	Feasible bool             `json:"feasible"`
}

type operatorTally struct {
	Operator evolve.Operator `json:"operator"`
	Tried    int             `json:"tried"`
	Refuted  int             `json:"refuted"`
	Scored   int             `json:"scored"`
	Improved int             `json:"improved"`
}

// parts in the order in which telemetry is spent.
var searchParts = []telemetry.Part{telemetry.PartSelection, telemetry.PartChoice, telemetry.PartReport}

// searcher runs the searches of one command.
type searcher struct {
	searchOptions
	campaign pipeline.Campaign
	share    pipeline.Amount // of each lineage, whichever are searched
	slot     hal.Slot
	course   *benchmark.Course
	journal  *journal
	progress func(format string, args ...any)
}

func (a *app) searchAll(ctx context.Context, path string, o searchOptions) (err error) {
	if o.workers < 1 || o.prove < 0 {
		return withCode(ExitUsage, fmt.Errorf("--workers %d, --prove %d: want at least 1 and 0", o.workers, o.prove))
	}
	s, err := a.openSearcher(path, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.journal.close()) }()
	report, err := s.run(ctx)
	if err != nil {
		return err
	}
	if err := a.print(report, func(w io.Writer) { printSearch(w, report) }); err != nil {
		return err
	}
	return report.contradiction()
}

func (a *app) openSearcher(path string, o searchOptions) (*searcher, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, withCode(ExitUsage, err)
	}
	if err := a.useSlots(filepath.Dir(path)); err != nil {
		return nil, err
	}
	c, err := pipeline.ParseCampaign(text, activities.Catalogue{})
	if err != nil {
		return nil, withCode(ExitUsage, fmt.Errorf("%s:\n%w", path, err))
	}
	if o.lineage != "" && !slices.Contains(c.Spec.Lineages, o.lineage) {
		return nil, withCode(ExitNotFound, fmt.Errorf("%s has lineages %v, not %q", path, c.Spec.Lineages, o.lineage))
	}
	share := c.Spec.Share()
	if o.lineage != "" {
		c.Spec.Lineages = []string{o.lineage}
	}
	s := &searcher{searchOptions: o, campaign: c, share: share, progress: progressOn(a.errOut)}
	var ok bool
	if s.slot, ok = hal.Lookup(c.Spec.Slot); !ok {
		return nil, withCode(ExitNotFound, fmt.Errorf("no slot %q", c.Spec.Slot))
	}
	if s.course, err = benchmark.Open(traceFolder(s.slot, c, s.root), s.slot, c.Spec); err != nil {
		return nil, withCode(ExitUsage, err)
	}
	s.journal, err = openJournal(o.journal)
	return s, err
}

// traceFolder is where a campaign's trace is: in the folder that was named, else
// in that of the slot, else in the current one.
func traceFolder(slot hal.Slot, c pipeline.Campaign, root string) fs.FS {
	if _, err := fs.Stat(slot.Folder, c.Spec.Telemetry.Trace); err == nil && root == "" {
		return slot.Folder
	}
	return os.DirFS(cmp.Or(root, "."))
}

// progressOn overwrites one line of a terminal, and is silent on anything else.
func progressOn(w io.Writer) func(string, ...any) {
	f, ok := w.(*os.File)
	if !ok {
		return func(string, ...any) {}
	}
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err != nil {
		return func(string, ...any) {}
	}
	return func(format string, args ...any) { fmt.Fprintf(f, "\r\x1b[K"+format, args...) }
}

func (s *searcher) run(ctx context.Context) (searchReport, error) {
	digest, err := s.campaign.Digest()
	r := searchReport{Campaign: string(digest), Name: s.campaign.Metadata.Name, Seed: s.seed}
	if err != nil {
		return r, err
	}
	for _, name := range s.campaign.Spec.Lineages {
		l, err := s.lineageOf(ctx, name)
		if err != nil {
			return r, fmt.Errorf("lineage %s: %w", name, err)
		}
		r.Lineages = append(r.Lineages, l)
	}
	if err := s.journal.finish(); err != nil {
		return r, err
	}
	for i := range r.Lineages {
		if err := s.proofs(ctx, &r.Lineages[i]); err != nil {
			return r, fmt.Errorf("lineage %s: %w", r.Lineages[i].Lineage, err)
		}
	}
	s.progress("")
	return r, nil
}

func (s *searcher) lineageOf(ctx context.Context, name string) (lineageSearch, error) {
	l := lineageSearch{Lineage: name}
	load := lineages.Load
	if s.founder {
		load = lineages.Founder
	}
	g, err := load(name, s.campaign.Spec.Slot)
	if err != nil {
		return l, err
	}
	if l.module, err = g.Compile(s.slot.Contract); err != nil {
		return l, err
	}
	l.watched = &firstCandidates{limit: s.prove, refutes: func(u *ir.Unit) (bool, error) { return reachably(ctx, l.module, u) }}
	if l.Search, err = s.one(ctx, l, evolve.Evolve, nil); err != nil {
		return l, err
	}
	if err := s.write(l); err != nil {
		return l, err
	}
	if l.Random, err = s.one(ctx, l, evolve.Random, l.watched.see); err != nil {
		return l, err
	}
	l.Textbook, err = s.textbook()
	return l, err
}

// write writes the module that a search found, if it is better than the
// incumbent on telemetry that the search did not see.
func (s *searcher) write(l lineageSearch) error {
	if s.out == "" || !l.Search.Improved {
		return nil
	}
	m, err := lineages.Print(s.slot.Contract, l.Search.unit, nil)
	if err != nil {
		return err
	}
	dir := filepath.Join(s.out, l.Lineage)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "module.go"), m.Source, 0o644)
}

// one runs a search to the end of its budget, from where the journal is.
func (s *searcher) one(ctx context.Context, l lineageSearch, strategy evolve.Strategy, see func([]evolve.Candidate, []evolve.Result)) (searched, error) {
	search, err := evolve.Start(ctx, evolve.Config{
		Seed: s.seed, Strategy: strategy, Incumbent: l.module.Unit,
		Evaluations: int(s.share.Evaluations), Steps: s.share.Steps, Edit: evolve.Editable(l.module.Unit),
	}, s.course)
	if err != nil {
		return searched{}, err
	}
	search.Watch(see)
	if err := s.journal.replay(search); err != nil {
		return searched{}, err
	}
	began, from := time.Now(), search.Evaluations()
	for !search.Done() {
		if err := search.Step(ctx, s.course, s.workers, s.journal); err != nil {
			return searched{}, err
		}
		done := search.Evaluations()
		s.progress("%s %s: %d of %d, %.0f/s", l.Lineage, strategy, done, s.share.Evaluations, float64(done-from)/time.Since(began).Seconds())
	}
	return s.figures(search)
}

// attackSteps is how long the best of a search is attacked: a hundred times as
// long as any candidate was. What survives is not proven by that.
const attackSteps = 1 << 15

// attacked leaves out the elites ahead of the first one that no witness refutes.
func (s *searcher) attacked(ranked []evolve.Elite) (rest []evolve.Elite, refuted int, err error) {
	r, err := refute.New(s.slot.Contract)
	if err != nil {
		return nil, 0, err
	}
	for i, e := range ranked {
		w, err := r.Search(e.Unit, s.seed, attackSteps)
		if err != nil && !errors.Is(err, refute.ErrModule) {
			return nil, 0, err
		}
		if w == nil && err == nil {
			return ranked[i:], i, nil
		}
	}
	return nil, len(ranked), nil
}

// figures chooses a search's best on the choice part and measures it on all.
func (s *searcher) figures(search *evolve.Search) (searched, error) {
	ranked, err := search.Ranked(evolve.DefaultArchive, s.course.Objective, s.course.Metrics(telemetry.PartChoice))
	if err != nil {
		return searched{}, err
	}
	ranked, refuted, err := s.attacked(ranked)
	if err != nil {
		return searched{}, err
	}
	best := search.Incumbent()
	if len(ranked) > 0 {
		best = ranked[0]
	}
	out := searched{
		Refuted: refuted,
		Digest:  search.Digest(), Evaluations: search.Evaluations(), Steps: search.Steps(), Duplicates: search.Duplicates(),
		Best: best.Code, Improved: len(ranked) > 0, Path: append([]evolve.Operator{}, best.Path...), unit: best.Unit,
	}
	for _, part := range searchParts {
		e, err := s.course.EstimateOn(part, search.Incumbent().Unit, best.Unit)
		if err != nil {
			return out, err
		}
		m, err := s.course.Measure(part, best.Unit)
		if err != nil {
			return out, err
		}
		out.Parts = append(out.Parts, partEstimate{part, s.course.Objective.Feasible(m.Metrics), e})
	}
	search.Tallies(func(op evolve.Operator, t evolve.Tally) {
		out.Operators = append(out.Operators, operatorTally{op, t.Tried, t.Refuted, t.Scored, t.Improved})
	})
	return out, nil
}

func (s *searcher) textbook() ([]rivalOn, error) {
	var out []rivalOn
	for _, part := range searchParts {
		name, m, err := s.course.Textbook(part)
		if err != nil {
			return nil, err
		}
		out = append(out, rivalOn{part, name, m.Metrics[s.course.Objective.Metric()], s.course.Objective.Feasible(m.Metrics)})
	}
	return out, nil
}
