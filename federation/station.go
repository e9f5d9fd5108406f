package federation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
)

// Fleet asks tiles for their reports.
type Fleet interface {
	// Report sends the signed session to the tile with this public key and
	// waits for its report.
	Report(ctx context.Context, tile string, signed []byte) (client.Report, error)
}

// Options of the station.
type Options struct {
	Session   []byte      // signed by the control plane; its document is checked with Open
	Open      client.Open // checks that signature
	Collector *Key
	Leader    Intake
	Helper    Aggregator
	Fleet     Fleet
	Wait      time.Duration // for tiles; zero is DefaultWait
}

// DefaultWait is long enough for a tile to replay weeks of telemetry.
const DefaultWait = 2 * time.Minute

// parallel is how many tiles are asked at once: reports are verified one after
// another anyway, and each may be some 100 kB.
const parallel = 16

// Federate asks the session's tiles to replay the change's candidate, has
// leader and helper check and add up the reports, and judges the released sum.
//
// Outcomes: pass; fail when the sum shows panics, violations of the contract or
// a metric worse than its tolerance; inconclusive when too few tiles reported
// (the session is aborted), or when the sum cannot be trusted to mean what it
// says. An error means that an aggregator could not work: call it again with
// the same session, and what was counted is found, not counted again.
func Federate(ctx context.Context, change pipeline.Digest, o Options) (pipeline.Statement, error) {
	c, err := o.collector(change)
	if err != nil {
		return pipeline.Statement{}, fmt.Errorf("federate: %w", err)
	}
	for _, a := range []Aggregator{o.Helper, o.Leader} {
		if err := a.Open(ctx, o.Session); err != nil {
			return pipeline.Statement{}, fmt.Errorf("federate: open the session: %w", err)
		}
	}
	refused, err := o.gather(ctx, c.session)
	if err != nil {
		return pipeline.Statement{}, fmt.Errorf("federate: %w", err)
	}
	return o.conclude(ctx, c, refused)
}

func (o Options) collector(change pipeline.Digest) (collector, error) {
	document, err := o.Open(o.Session)
	if err != nil {
		return collector{}, because(ErrUnsigned, err)
	}
	s, err := client.ParseSession(document)
	if err != nil {
		return collector{}, err
	}
	if s.Change != change {
		return collector{}, fmt.Errorf("%w: it is about change %s, not %s", ErrSession, s.Change.Short(), change.Short())
	}
	if s.Collector != o.Collector.Party() {
		return collector{}, fmt.Errorf("%w: another collector", ErrParty)
	}
	id, err := s.Digest()
	return collector{key: o.Collector, session: s, id: id, leader: o.Leader, helper: o.Helper}, err
}

// gather asks every tile and submits what it answers. It returns why tiles are
// missing; an error when an aggregator did not work.
func (o Options) gather(ctx context.Context, s *client.Session) (map[string]error, error) {
	wait := o.Wait
	if wait == 0 {
		wait = DefaultWait
	}
	patience, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var (
		refused = map[string]error{}
		broken  []error
		mu      sync.Mutex
		tiles   sync.WaitGroup
		slots   = make(chan struct{}, parallel)
	)
	for _, tile := range s.Cohort {
		slots <- struct{}{}
		tiles.Go(func() {
			defer func() { <-slots }()
			err := o.fetch(ctx, patience, tile)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, errWork) {
				broken = append(broken, err)
			} else if err != nil {
				refused[tile] = err
			}
		})
	}
	tiles.Wait()
	return refused, errors.Join(append(broken, ctx.Err())...)
}

// errWork marks failures of an aggregator, not of a tile.
var errWork = errors.New("aggregator did not work")

// fetch gets and submits one tile's report. A report that counts already is
// fine.
func (o Options) fetch(ctx, patience context.Context, tile string) error {
	report, err := o.Fleet.Report(patience, tile, o.Session)
	if err != nil {
		return fmt.Errorf("no report: %w", err)
	}
	if report.Header.Tile != tile {
		return fmt.Errorf("report of tile %.16s instead: %w", report.Header.Tile, ErrTile)
	}
	err = o.Leader.Submit(ctx, report)
	switch {
	case err == nil, errors.Is(err, ErrDuplicate):
		return nil
	case Code(err) == "":
		return fmt.Errorf("%w: %w", errWork, err)
	}
	return err
}

func (o Options) conclude(ctx context.Context, c collector, refused map[string]error) (pipeline.Statement, error) {
	st := statement(c, refused)
	sum, set, err := c.collect(ctx)
	switch {
	case errors.Is(err, ErrTooFew):
		if err := c.abort(ctx); err != nil {
			return pipeline.Statement{}, fmt.Errorf("federate: abort: %w", err)
		}
		tooFew(&st, c.session, len(refused))
		return st, nil
	case errors.Is(err, ErrAborted):
		tooFew(&st, c.session, len(refused))
		return st, nil
	case err != nil:
		return pipeline.Statement{}, fmt.Errorf("federate: collect: %w", err)
	}
	judge(&st, c.session, sum, len(set))
	return st, nil
}

// statement is what holds whatever the outcome is.
func statement(c collector, refused map[string]error) pipeline.Statement {
	s := c.session
	return pipeline.Statement{
		Station:  pipeline.Federate,
		Subject:  pipeline.Subject{Kind: pipeline.SubjectChange, Digest: s.Change},
		Tools:    []pipeline.Tool{{Name: "circl prio3 sumvec", Version: circlVersion()}},
		Inputs:   map[string]pipeline.Digest{"contract": s.Contract, "session": c.id},
		Findings: missing(refused),
		Notes: map[string]string{
			"mode":    string(s.Mode),
			"dp":      "none",
			"privacy": fmt.Sprintf("each tile's vector is secret-shared between leader and helper; exact sums over at least %d tiles are released, without noise", s.MinTiles),
		},
	}
}

// missing names the tiles whose reports do not count, and why.
func missing(refused map[string]error) []pipeline.Finding {
	var list []pipeline.Finding
	for _, tile := range slices.Sorted(maps.Keys(refused)) {
		code, hint := "federate.silent", "see whether the tile runs and has telemetry of its own"
		if refusal := Code(refused[tile]); refusal != "" {
			code, hint = "federate.refused."+refusal, "the tile is faulty or lies; look at it before it takes part again"
		}
		list = append(list, pipeline.Finding{Code: code, Where: "tile " + tile, Message: refused[tile].Error(), Hint: hint})
	}
	return list
}

func tooFew(st *pipeline.Statement, s *client.Session, refused int) {
	st.Outcome = pipeline.Inconclusive
	st.Summary = fmt.Sprintf("%d of %d tiles reported, %d are needed; nothing was released", len(s.Cohort)-refused, len(s.Cohort), s.MinTiles)
	st.Findings = append(st.Findings, pipeline.Finding{
		Code: "federate.too-few", Message: st.Summary, Hint: "wait until more tiles are up and use a new session",
	})
}
