package activities

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/genesis-network/genesis/federation"
	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/federation/warrant"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/trust"
)

// Aggregators are the two processes that add up what tiles report.
type Aggregators struct {
	Leader    federation.Intake
	Helper    federation.Aggregator
	Parties   func() (leader, helper client.Party, err error)
	Collector *federation.Key
}

// Public maxima of a session. They bound what a tile can say, not what it
// measures: a tile replays at most this many days of a few megajoules each.
const (
	maxReplays   = 64
	clipCounts   = 1 << 30
	tolerance    = 10 // permille that the sum may be worse
	sessionValid = time.Hour
)

// improvement are the edges between the buckets of improvement, in permille.
func improvement() []int64 { return []int64{-100, -50, -20, -10, 0, 10, 20, 50, 100} }

// federate has the tiles of the lineage replay the candidate on their own
// telemetry, and sees nothing but the sum of their figures.
func (w *Works) federate(ctx context.Context, d dossier) (pipeline.Statement, error) {
	names := map[string]string{} // by public key
	for _, t := range w.of(d.record.Lineage) {
		if public, ok := w.Keys.Root().Tiles()[t.ID]; ok {
			names[public] = t.ID
		}
	}
	session, err := w.sessionOf(d, names)
	if err != nil {
		return pipeline.Statement{}, err
	}
	signed, err := warrant.Sign(ctx, w.Keys.Authority(), session, w.Now().Add(sessionValid))
	if err != nil {
		return pipeline.Statement{}, err
	}
	open := warrant.Verifier{Root: func() *trust.Root { return w.Keys.Root() }, Now: w.Now}
	s, err := federation.Federate(ctx, d.record.Digest, federation.Options{
		Session: signed, Open: open.Session, Collector: w.Federation.Collector,
		Leader: w.Federation.Leader, Helper: w.Federation.Helper,
		Fleet: courier{w.Fleet, names, d},
	})
	if err != nil {
		return s, fmt.Errorf("federation: %w", err)
	}
	for k, v := range w.inputs(d) {
		s.Inputs[k] = v
	}
	return s, nil
}

// sessionOf is the session of a change. It is the same for every attempt.
func (w *Works) sessionOf(d dossier, names map[string]string) (*client.Session, error) {
	leader, helper, err := w.Federation.Parties()
	if err != nil {
		return nil, fmt.Errorf("federation: %w", err)
	}
	var cohort []string
	for public := range names {
		cohort = append(cohort, public)
	}
	slices.Sort(cohort)
	objective := d.campaign.Spec.Spec.Objective
	s := &client.Session{
		Format: client.Format, Change: d.record.Digest, Contract: d.candidate.Ref.Code.Contract, Slot: d.record.Slot, Lineage: d.record.Lineage,
		Epoch: uint64(d.record.CreatedAt.UnixMilli()), Mode: client.ExactSum, Replays: maxReplays,
		MinTiles: max(2, min(len(cohort), int(d.campaign.Spec.Spec.Federate.MinTiles))), Edges: improvement(),
		Cohort: cohort, Leader: leader, Helper: helper, Collector: w.Federation.Collector.Party(),
	}
	for _, m := range d.candidate.Contract.Metrics {
		if m.Name == objective.Metric() {
			s.Metrics = append(s.Metrics, client.Metric{Name: m.Counter, Direction: string(m.Direction), Step: 1, Clip: clipCounts, Tolerance: tolerance})
		}
	}
	s.Fit()
	return s, s.Check()
}

// courier carries a session to a tile and its report back.
type courier struct {
	to    *fleet.Control
	names map[string]string
	d     dossier
}

// Report implements federation.Fleet.
func (c courier) Report(ctx context.Context, tile string, signed []byte) (client.Report, error) {
	command, err := fleet.NewCommand("federate", fleet.Federate{Change: c.d.record.Digest, Candidate: c.d.candidate.Ref, IR: c.d.ir(), Session: signed})
	if err != nil {
		return client.Report{}, err
	}
	answer, err := c.to.Command(ctx, c.names[tile], command)
	if err != nil {
		return client.Report{}, err
	}
	return fleet.Result[client.Report](answer)
}

// measuredOnTiles is the change of the objective's metric over the days that
// the tiles replayed, from the sums that federation released. It is nil when
// nothing was released, or the metric is not a rate over blocks.
func (w *Works) measuredOnTiles(ctx context.Context, d dossier) (*pipeline.Decimal, error) {
	var metric contract.Metric
	for _, m := range d.candidate.Contract.Metrics {
		if m.Name == d.campaign.Spec.Spec.Objective.Metric() {
			metric = m
		}
	}
	slot, err := slotOf(d.candidate.Contract.Slot)
	if err != nil || time.Duration(metric.Scale)*time.Second != slot.Block {
		return nil, err
	}
	list, err := w.Store.EvidenceAbout(ctx, d.subjectOf(pipeline.Federate))
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		f := figuresOf(e.Statement)
		if e.Statement.Station != pipeline.Federate || f[client.EntryReplays] <= 0 {
			continue
		}
		change, err := pipeline.Fraction(f[metric.Counter+".candidate"]-f[metric.Counter+".incumbent"], 1, f[client.EntryReplays])
		return &change, err
	}
	return nil, nil
}

// figuresOf are the whole numbers among a statement's figures.
func figuresOf(s pipeline.Statement) map[string]int64 {
	out := map[string]int64{}
	for _, f := range s.Figures {
		if n, err := strconv.ParseInt(f.Value, 10, 64); err == nil {
			out[f.Name] = n
		}
	}
	return out
}
