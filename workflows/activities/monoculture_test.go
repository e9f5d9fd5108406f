package activities

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.temporal.io/sdk/temporal"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/workflows"
)

// report has tiles of a lineage report now.
func (b *bench) report(lineage string, tiles int) {
	l, err := lineages.Describe(lineage)
	b.ok(err)
	for i := range tiles {
		b.tiles.see(fleet.Sighting{Report: rollout.Report{Tile: fmt.Sprint(lineage, i), Class: l.Class, Lineage: lineage, At: noon.UnixMilli()}})
	}
}

func (b *bench) genome(lineage string) lineages.Module {
	b.t.Helper()
	h, err := b.head(b.t.Context(), lineage)
	b.ok(err)
	m, err := h.module(b.slot.Name)
	b.ok(err)
	return m
}

// approve is a person's word on a change, bound to what it is now.
func (b *bench) approve(c store.Change) error {
	b.t.Helper()
	v, err := b.verdict(b.t.Context(), c)
	b.ok(err)
	plan, err := c.Plan.Digest()
	b.ok(err)
	s := pipeline.Approval{Change: c.Digest, Evidence: v.Root, Plan: plan, Policy: v.Policy, Approver: "ada", Approve: true}.Statement()
	_, _, err = b.Store.PutEvidence(b.t.Context(), store.Evidence{
		Evidence: pipeline.Evidence{Statement: s, Assurance: pipeline.Development, Signer: "ada", Roles: []string{"approver"}}, Log: &store.LogEntry{},
	})
	b.ok(err)
	_, err = b.Advance(b.t.Context(), workflows.Advance{Change: c.ID, From: pipeline.AwaitingApproval, Event: pipeline.Approved})
	return err
}

// refused fails the test unless an error is a refusal for good that says so.
func (b *bench) refused(err error, words ...string) {
	b.t.Helper()
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.NonRetryable() {
		b.t.Fatalf("%v is no refusal", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			b.t.Errorf("%v does not say %q", err, w)
		}
	}
}

func (b *bench) state(c store.Change, want pipeline.State) store.Change {
	b.t.Helper()
	got, err := b.Store.Changes.Get(b.t.Context(), c.ID)
	b.ok(err)
	if got.State != want {
		b.t.Fatalf("the change is %s (%s), want %s", got.State, got.Reason, want)
	}
	return got
}

func limited(p *pipeline.Policy) {
	p.Rules[0].MaxShare, p.Rules[0].MinAlive, p.Rules[0].MinDiffer = 750, 2, 10
}

func TestARolloutThatWouldMakeAMonocultureIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, limited)
	b.report("alder", 3)
	b.report("birch", 3)
	copied := b.propose("birch", b.genome("alder"), pipeline.AwaitingApproval, store.Origin{Proposer: pipeline.Transfer})
	b.refused(b.approve(copied), "policy refuses a monoculture", "6 of 6 tiles (100%)", "alder and birch", "at most 75% may")
	b.state(copied, pipeline.AwaitingApproval)

	// A copy with one constant moved is a copy all the same.
	edited := b.propose("birch", b.variant("Up9 = 760", "Up9 = 761"), pipeline.AwaitingApproval, store.Origin{Proposer: pipeline.Transfer})
	b.refused(b.approve(edited), "policy refuses a monoculture")

	own := b.propose("alder", b.variant("Up2 = 640", "Up2 = 655"), pipeline.AwaitingApproval, store.Origin{Proposer: pipeline.Evolve})
	b.ok(b.approve(own))
	b.state(own, pipeline.RollingOut)
}

// What is on its way counts as arrived: of two rollouts that together leave one
// kind, the second is refused.
func TestRolloutsUnderWayCount(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(p *pipeline.Policy) { p.Rules[0].MinAlive = 2 })
	b.report("alder", 3)
	b.report("birch", 3)
	next := b.variant("Up2 = 640", "Up2 = 655")
	first := b.propose("alder", next, pipeline.AwaitingApproval, store.Origin{Proposer: pipeline.Evolve})
	second := b.propose("birch", next, pipeline.AwaitingApproval, store.Origin{Proposer: pipeline.Transfer})
	b.ok(b.approve(first))
	b.refused(b.approve(second), "1 kinds of module would be alive in slot", "at least 2 must")
}

// A lineage that needs no approval waits for a person where its rollout would
// make a monoculture, and goes on when the fleet is another one.
func TestAnAutonomousRolloutWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(p *pipeline.Policy) { p.Rules[0].Level, p.Rules[0].MinAlive = pipeline.Drivers, 2 })
	b.report("alder", 3)
	b.report("birch", 3)
	c := b.propose("birch", b.genome("alder"), pipeline.Federating, store.Origin{Proposer: pipeline.Transfer})
	_, err := b.Advance(t.Context(), workflows.Advance{Change: c.ID, From: pipeline.Federating})
	b.ok(err)
	c = b.state(c, pipeline.AwaitingApproval)
	if !strings.HasPrefix(c.Reason, "policy refuses a monoculture") {
		t.Errorf("reason %q", c.Reason)
	}
	b.refused(b.approve(c), "monoculture")
	b.adopt(b.propose("alder", b.variant("Up2 = 640", "Up2 = 655"), pipeline.RollingOut, store.Origin{Proposer: pipeline.Evolve}))
	b.ok(b.approve(c))
	b.state(c, pipeline.RollingOut)

	free := newBench(t, func(p *pipeline.Policy) { p.Rules[0].Level = pipeline.Drivers })
	c = free.propose("birch", free.genome("alder"), pipeline.Federating, store.Origin{Proposer: pipeline.Transfer})
	_, err = free.Advance(t.Context(), workflows.Advance{Change: c.ID, From: pipeline.Federating})
	free.ok(err)
	free.state(c, pipeline.RollingOut)
}
