package activities

import (
	"context"
	"fmt"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/workflows"
)

// dossier is a change with everything that stations need to know of it. One
// module changes at a time.
type dossier struct {
	record    store.Change
	campaign  store.Campaign
	head      head
	incumbent lineages.Module
	candidate lineages.Module
}

func (w *Works) dossier(ctx context.Context, id string) (dossier, error) {
	var d dossier
	var err error
	if d.record, err = w.Store.Changes.Get(ctx, id); err != nil {
		return d, err
	}
	if n := len(d.record.Content.Modules); n != 1 {
		return d, workflows.Refused(fmt.Errorf("change %s has %d modules, want 1", id, n))
	}
	if d.campaign, err = w.Store.Campaigns.Get(ctx, d.record.Campaign); err != nil {
		return d, err
	}
	if d.head, err = w.head(ctx, d.record.Lineage); err != nil {
		return d, err
	}
	if d.incumbent, err = w.base(ctx, d.record); err != nil {
		return d, err
	}
	d.candidate, err = w.module(ctx, d.record.Content.Modules[0], d.record.Files[0])
	return d, err
}

// base is the module that a change replaces, also when the lineage runs
// another one by now.
func (w *Works) base(ctx context.Context, c store.Change) (lineages.Module, error) {
	slot, err := slotOf(c.Slot)
	if err != nil {
		return lineages.Module{}, err
	}
	f := c.Files[0]
	source, err := w.Store.Artefacts.Get(ctx, f.BaseSource)
	if err != nil {
		return lineages.Module{}, err
	}
	proof, err := w.Store.Artefacts.Get(ctx, f.BaseProof)
	if err != nil {
		return lineages.Module{}, err
	}
	return lineages.Compile(slot.Contract, source, proof)
}

// subject is what the verification stations are asked about.
func (d dossier) subject() verifiers.Subject {
	s := Subject(d.candidate, d.incumbent.Proof)
	s.Incumbent = d.incumbent.Unit
	return s
}

// Subject is what the verification stations are asked about a module.
func Subject(m lineages.Module, incumbentProof []byte) verifiers.Subject {
	return verifiers.Subject{
		Contract: m.Contract, Source: m.Source, IR: m.IR, Unit: m.Unit, Proof: m.Proof, Ref: m.Ref,
		IncumbentProof: incumbentProof,
	}
}

// inputs are what every statement about a change names.
func (w *Works) inputs(d dossier) map[string]pipeline.Digest {
	return map[string]pipeline.Digest{"contract": d.candidate.Ref.Code.Contract, "policy": w.policy}
}
