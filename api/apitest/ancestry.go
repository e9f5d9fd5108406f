package apitest

import (
	"bytes"
	"testing"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/workflows/activities"
)

// works does what workflows ask for, as far as records and artefacts reach.
func (w *World) works() (*activities.Works, error) {
	return activities.New(activities.Config{Store: w.Store, Policy: trust.Policy{Policy: Policy()}, Now: func() time.Time { return Start }})
}

// Descend gives the lineages an ancestry: alder has adopted a change, whose id
// it returns.
func (w *World) Descend(t testing.TB) string {
	t.Helper()
	n := narrator{World: w, t: t}
	c := n.adopted()
	works, err := w.works()
	n.ok(err)
	n.ok(works.Found(t.Context()))
	return c
}

func (n narrator) adopted() string {
	slot, ok := hal.Lookup("thermal") // whose source is edited below; tests register other slots
	if !ok {
		n.t.Fatal("the slot thermal is not registered")
	}
	g, err := lineages.Load("alder", slot.Name)
	n.ok(err)
	before, err := g.Compile(slot.Contract)
	n.ok(err)
	after, err := lineages.Compile(slot.Contract, bytes.Replace(g.Source, []byte("Up2 = 640"), []byte("Up2 = 655"), 1), g.Proof)
	n.ok(err)
	c := store.NewChange(pipeline.Change{Lineage: "alder", Base: pipeline.Base("alder", []pipeline.ModuleRef{before.Ref}), Modules: []pipeline.ModuleRef{after.Ref}})
	c.State, c.Title, c.Author, c.Campaign = pipeline.Adopted, "fans rise later", "operator", n.Campaign
	c.Files = []store.ModuleFiles{{
		Slot: slot.Name, Source: n.put(string(after.Source)), IR: n.put(string(after.IR)), Proof: n.put(string(after.Proof)),
		BaseSource: n.put(string(before.Source)), BaseIR: n.put(string(before.IR)), BaseProof: n.put(string(before.Proof)),
	}}
	c.Origin = store.Origin{Proposer: pipeline.Evolve, Operators: []string{"knob"}, Edits: 1}
	c.Objective = Estimate("119860.4", "111447.9", "-9350.1", "-7475.3")
	n.evidence(c, Standing...)
	c, _, err = n.Store.Changes.Create(n.t.Context(), c)
	n.ok(err)
	return c.ID
}
