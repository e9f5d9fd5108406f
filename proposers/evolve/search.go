package evolve

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
)

// Strategy says how parents are chosen.
type Strategy string

// The strategies.
const (
	Evolve  Strategy = "evolve"    // parents are elites
	Random  Strategy = "random"    // the parent is always the incumbent
	Hill    Strategy = "hill"      // the parent is the best so far
	BestOfN Strategy = "best-of-n" // as random, and each candidate is measured whole: no race
)

// learns says whether a strategy uses what it measured: which parents and which
// operators were good.
func (s Strategy) learns() bool { return s == Evolve || s == Hill }

// Defaults of a search.
const (
	DefaultEpoch   = 64 // candidates in an epoch: large enough to race, small enough to learn often
	DefaultArchive = 32 // elites kept as parents
)

// Search shape that no user needs to set.
const (
	knobShare  = 5 // the first 1/knobShare of the budget moves constants only: cheap gains first
	drawsEach  = 8 // draws for a ticket before it is given up as a duplicate
	tournament = 3 // elites compared when a parent is chosen
	maxEdits   = 4 // edits of one candidate
	seedKind   = "genesis/search-ticket/v1\n"
)

// Config is what a search depends on. Equal configs and results give equal
// states.
type Config struct {
	Seed        uint64
	Strategy    Strategy
	Incumbent   *ir.Unit // a module that meets its contract
	Evaluations int      // budget: candidates that may be evaluated
	Steps       int64    // budget: simulator steps; the epoch that passes it is the last. 0 is no limit
	Epoch       int      // candidates in an epoch; 0 is DefaultEpoch
	Edit        []string // functions that edits may change; knobs are free
}

// Score orders candidates; smaller is better.
type Score = pipeline.Score

// Candidate is a module under search.
type Candidate struct {
	Ticket    uint64
	Parent    pipeline.Digest // of the parent's IR
	Code      pipeline.Digest // of the IR
	Operators []Operator      // that made it from its parent
	Unit      *ir.Unit
	IR        []byte
}

// Fate is what became of a candidate.
type Fate string

// The fates.
const (
	Refuted Fate = "refuted" // a witness breaks the contract
	Raced   Fate = "raced"   // lost the race before the last rung
	Scored  Fate = "scored"  // evaluated on the last rung
)

// Result is the outcome of a candidate's evaluation.
type Result struct {
	Ticket uint64 `json:"t"`
	Fate   Fate   `json:"f"`
	Rung   int    `json:"g"`
	Score  Score  `json:"s"`
	Steps  int64  `json:"n"` // simulator steps spent
}

// Elite is an evaluated module of the archive.
type Elite struct {
	Candidate
	Score Score
	Path  []Operator // all operators since the incumbent
}

// Tally counts what an operator made.
type Tally struct {
	Tried, Refuted, Scored, Improved int
}

// Search is the state. It is not safe for concurrent use.
type Search struct {
	cfg         Config
	epoch       int
	ticket      uint64
	evaluations int
	steps       int64
	duplicates  int
	archive     []Elite
	incumbent   Elite
	seen        map[pipeline.Digest]bool
	tallies     map[Operator]*Tally
	sigma       int // permille: size of knob steps
	chain       pipeline.Digest
	see         func([]Candidate, []Result) // may be nil
}

// ErrConfig says that a search cannot start.
var ErrConfig = errors.New("evolve: bad configuration")

// New starts a search. The incumbent's score on the last rung must be known:
// it is the first elite.
func New(cfg Config, incumbent Score) (*Search, error) {
	if cfg.Epoch == 0 {
		cfg.Epoch = DefaultEpoch
	}
	if cfg.Evaluations < 1 || cfg.Steps < 0 || cfg.Epoch < 1 || !slices.Contains([]Strategy{Evolve, Random, Hill, BestOfN}, cfg.Strategy) {
		return nil, fmt.Errorf("%w: evaluations %d, steps %d, epoch %d, strategy %q", ErrConfig, cfg.Evaluations, cfg.Steps, cfg.Epoch, cfg.Strategy)
	}
	raw, err := ir.Encode(cfg.Incumbent)
	if err != nil {
		return nil, fmt.Errorf("%w: incumbent: %w", ErrConfig, err)
	}
	code := pipeline.SumBytes(raw)
	first := Elite{Candidate: Candidate{Code: code, Parent: code, Unit: cfg.Incumbent, IR: raw}, Score: incumbent}
	s := &Search{
		cfg: cfg, incumbent: first, archive: []Elite{first},
		seen:    map[pipeline.Digest]bool{code: true},
		tallies: map[Operator]*Tally{},
		sigma:   120,
	}
	s.chain, err = pipeline.Sum("search", map[string]any{
		"seed": fmt.Sprint(cfg.Seed), "strategy": cfg.Strategy, "incumbent": code, "score": incumbent,
		"evaluations": cfg.Evaluations, "steps": cfg.Steps, "epoch": cfg.Epoch, "edit": cfg.Edit,
	})
	return s, err
}

// Done says whether the budget is used up.
func (s *Search) Done() bool {
	return s.evaluations >= s.cfg.Evaluations || s.cfg.Steps > 0 && s.steps >= s.cfg.Steps
}

// Evaluations is the number of candidates evaluated so far.
func (s *Search) Evaluations() int { return s.evaluations }

// Steps is the number of simulator steps spent so far.
func (s *Search) Steps() int64 { return s.steps }

// Duplicates is the number of draws that made code which was seen before.
func (s *Search) Duplicates() int { return s.duplicates }

// Epoch is the number of epochs applied.
func (s *Search) Epoch() int { return s.epoch }

// Incumbent is the module that the search started from.
func (s *Search) Incumbent() Elite { return s.incumbent }

// Elites are the n best modules found, best first; the incumbent is among them
// if it is that good.
func (s *Search) Elites(n int) []Elite {
	return append([]Elite(nil), s.archive[:min(n, len(s.archive))]...)
}

// Tallies counts the candidates by operator, in a fixed order of operators.
func (s *Search) Tallies(each func(Operator, Tally)) {
	for _, op := range allOperators {
		if t := s.tallies[op]; t != nil {
			each(op, *t)
		}
	}
}

// Digest is the digest of the state: of the configuration and all results, and
// so of everything that follows from them.
func (s *Search) Digest() pipeline.Digest { return s.chain }

// Next makes the candidates of the next epoch, in ticket order. It does not
// change the state.
func (s *Search) Next() []Candidate {
	n := min(s.cfg.Epoch, s.cfg.Evaluations-s.evaluations)
	out := make([]Candidate, 0, max(n, 0))
	fresh := map[pipeline.Digest]bool{}
	for i := range n {
		if c, ok := s.draw(s.ticket+uint64(i), fresh); ok {
			fresh[c.Code] = true
			out = append(out, c)
		}
	}
	return out
}

// draw makes the candidate of a ticket: the first of a few draws that is valid
// and new.
func (s *Search) draw(ticket uint64, fresh map[pipeline.Digest]bool) (Candidate, bool) {
	rng := ticketRand(s.cfg.Seed, ticket)
	for try := range drawsEach {
		parent := s.parent(rng)
		u, ops := s.vary(parent, s.grammar(try), rng)
		if len(ops) == 0 || ir.Check(u) != nil {
			continue
		}
		raw, err := ir.Encode(u)
		if err != nil {
			continue
		}
		if code := pipeline.SumBytes(raw); !s.seen[code] && !fresh[code] {
			return Candidate{Ticket: ticket, Parent: parent.Code, Code: code, Operators: ops, Unit: u, IR: raw}, true
		}
	}
	return Candidate{}, false
}

func ticketRand(seed, ticket uint64) *rand.Rand {
	buf := binary.BigEndian.AppendUint64([]byte(seedKind), seed)
	return rand.New(rand.NewChaCha8(sha256.Sum256(binary.BigEndian.AppendUint64(buf, ticket))))
}

func (s *Search) parent(rng *rand.Rand) Elite {
	switch s.cfg.Strategy {
	case Random, BestOfN:
		return s.incumbent
	case Hill:
		return s.archive[0]
	}
	best := len(s.archive)
	for range tournament {
		best = min(best, rng.IntN(len(s.archive)))
	}
	return s.archive[best]
}

// ErrResults says that results do not belong to the epoch.
var ErrResults = errors.New("evolve: results do not match the epoch's candidates")

// Apply takes the results of the candidates of Next, in ticket order.
func (s *Search) Apply(cands []Candidate, results []Result) error {
	if len(cands) != len(results) {
		return fmt.Errorf("%w: %d candidates, %d results", ErrResults, len(cands), len(results))
	}
	improved, scored := 0, 0
	for i, c := range cands {
		if c.Ticket != results[i].Ticket {
			return fmt.Errorf("%w: ticket %d has the result of %d", ErrResults, c.Ticket, results[i].Ticket)
		}
		if s.book(c, results[i]) {
			improved++
		}
		if results[i].Fate == Scored {
			scored++
		}
	}
	planned := min(s.cfg.Epoch, s.cfg.Evaluations-s.evaluations)
	s.adaptSigma(improved, scored, 2*len(cands) < planned)
	s.evaluations += max(planned, len(cands))
	s.duplicates += planned - len(cands)
	s.ticket += uint64(s.cfg.Epoch)
	s.epoch++
	if err := s.link(cands, results); err != nil {
		return err
	}
	if s.see != nil {
		s.see(cands, results)
	}
	return nil
}

// book enters one result and says whether it improved on its parent.
func (s *Search) book(c Candidate, r Result) bool {
	s.seen[c.Code] = true
	s.steps += r.Steps
	parent := s.find(c.Parent)
	better := r.Fate == Scored && r.Score.Less(parent.Score)
	for _, op := range c.Operators {
		s.tally(op, r, better)
	}
	if r.Fate == Scored {
		path := append(append([]Operator(nil), parent.Path...), c.Operators...)
		s.insert(Elite{Candidate: c, Score: r.Score, Path: path})
	}
	return better
}

func (s *Search) tally(op Operator, r Result, better bool) {
	t := s.tallies[op]
	if t == nil {
		t = &Tally{}
		s.tallies[op] = t
	}
	t.Tried++
	switch {
	case r.Fate == Refuted:
		t.Refuted++
	case r.Fate == Scored:
		t.Scored++
	}
	if better {
		t.Improved++
	}
}

func (s *Search) find(code pipeline.Digest) Elite {
	for _, e := range s.archive {
		if e.Code == code {
			return e
		}
	}
	return s.incumbent
}

// insert keeps the archive sorted. Of elites with equal scores, which mostly
// behave alike, only the first in that order stays.
func (s *Search) insert(e Elite) {
	if i := slices.IndexFunc(s.archive, func(o Elite) bool { return o.Score == e.Score }); i >= 0 {
		if !e.before(s.archive[i]) {
			return
		}
		s.archive = slices.Delete(s.archive, i, i+1)
	}
	at := sort.Search(len(s.archive), func(i int) bool { return e.before(s.archive[i]) })
	s.archive = slices.Insert(s.archive, at, e)
	if len(s.archive) > DefaultArchive {
		s.archive = s.archive[:DefaultArchive]
	}
}

// before orders elites: better first, then smaller, then by digest.
func (e Elite) before(o Elite) bool {
	if e.Score != o.Score {
		return e.Score.Less(o.Score)
	}
	if len(e.IR) != len(o.IR) {
		return len(e.IR) < len(o.IR)
	}
	return e.Code < o.Code
}

// link extends the chain over the epoch's results.
func (s *Search) link(cands []Candidate, results []Result) error {
	codes := make([]pipeline.Digest, len(cands))
	for i, c := range cands {
		codes[i] = c.Code
	}
	d, err := pipeline.Sum("search-epoch", map[string]any{"before": s.chain, "codes": codes, "results": results})
	s.chain = d
	return err
}
