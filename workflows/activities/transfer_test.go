package activities

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// learned is a change that alder adopted in a campaign that has ended.
func (b *bench) learned() store.Change {
	b.t.Helper()
	b.ok(b.Found(b.t.Context()))
	b.campaign("cmp_1", store.CampaignDone, store.LineageResult{Lineage: "alder"})
	c := b.propose("alder", b.variant("Up2 = 640", "Up2 = 655"), pipeline.RollingOut, store.Origin{Proposer: pipeline.Evolve})
	b.belongs(c, "cmp_1")
	b.adopt(c)
	c, err := b.Store.Changes.Get(b.t.Context(), c.ID)
	b.ok(err)
	return c
}

func (b *bench) belongs(c store.Change, campaign string) {
	b.t.Helper()
	_, err := b.Store.Changes.Update(b.t.Context(), c.ID, store.AnyVersion, func(c *store.Change) error {
		c.Campaign = campaign
		return nil
	})
	b.ok(err)
}

// A transfer keeps the code, with all that is known of it, and nothing that was
// measured elsewhere: it is another change, on the other lineage's base.
func TestATransferIsAProposalOnTheOthersBase(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	from := b.learned()
	would, err := b.Transfer(t.Context(), from.ID, "birch", "ada", true)
	b.ok(err)
	if _, err := b.Store.Changes.Get(t.Context(), would.ID); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("a dry run recorded it: %v", err)
	}
	c, err := b.Transfer(t.Context(), from.ID, "birch", "ada", false)
	b.ok(err)
	h, err := b.head(t.Context(), "birch")
	b.ok(err)
	want := pipeline.Change{Lineage: "birch", Base: h.base(b.slot.Name), Modules: from.Content.Modules}
	if diff := cmp.Diff(want, c.Content); diff != "" || c.State != pipeline.Proposed || c.Author != "ada" || c.ID != would.ID {
		t.Errorf("%s is %s of %s\n%s", c.ID, c.State, c.Author, diff)
	}
	if c.Origin.Proposer != pipeline.Transfer || c.Origin.Operators[0] != from.ID || c.Origin.Edits == 0 {
		t.Errorf("%+v", c.Origin)
	}
	if c.Files[0].Source != from.Files[0].Source || c.Files[0].BaseSource == from.Files[0].BaseSource {
		t.Errorf("%+v", c.Files[0])
	}
	known, err := b.Store.EvidenceAbout(t.Context(), c.Content.Subjects()...)
	b.ok(err)
	for _, e := range known {
		if e.Statement.Subject.Kind == pipeline.SubjectChange {
			t.Errorf("%s of another lineage's change counts", e.Statement.Station)
		}
	}
	if len(known) == 0 {
		t.Error("nothing is known of the code any more")
	}
	if again, err := b.Transfer(t.Context(), from.ID, "birch", "ada", false); err != nil || again.Version != c.Version {
		t.Errorf("asked twice: %+v, %v", again.Meta, err)
	}
	if _, err := b.dossier(t.Context(), c.ID); err != nil {
		t.Errorf("no station can work on it: %v", err)
	}
}

func TestATransferIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	from := b.learned()
	waiting := b.propose("alder", b.variant("Up2 = 640", "Up2 = 665"), pipeline.AwaitingApproval, store.Origin{Proposer: pipeline.Evolve})
	b.campaign("cmp_2", store.CampaignRunning, store.LineageResult{Lineage: "alder"})
	busy := b.propose("alder", b.variant("Up2 = 640", "Up2 = 670"), pipeline.RollingOut, store.Origin{Proposer: pipeline.Evolve})
	b.belongs(busy, "cmp_2")
	b.adopt(busy)
	for name, c := range map[string]struct{ change, to, says string }{
		"to itself":                   {from.ID, "alder", "one of alder already"},
		"to nobody":                   {from.ID, "nobody", "no lineage"},
		"what nobody adopted":         {waiting.ID, "birch", "is no improvement"},
		"while its campaign is going": {busy.ID, "birch", "wait for its end"},
	} {
		var refused *workflows.Refusal
		if _, err := b.Transfer(t.Context(), c.change, c.to, "ada", false); !errors.As(err, &refused) || !strings.Contains(refused.Why, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Transfer(t.Context(), "chg_none", "birch", "ada", false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of no change: %v", err)
	}
}
