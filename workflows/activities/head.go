package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/trust"
)

// head is what a lineage runs: the module of every slot.
type head struct {
	lineage lineages.Lineage
	modules []lineages.Module // by the names of their slots
	change  string            // id of the change that was adopted last; "" at first
}

// refs are the references of the modules, in order.
func (h head) refs() []pipeline.ModuleRef {
	out := make([]pipeline.ModuleRef, len(h.modules))
	for i, m := range h.modules {
		out[i] = m.Ref
	}
	return out
}

// slots are the modules as releases name them.
func (h head) slots() []trust.Slot {
	out := make([]trust.Slot, len(h.modules))
	for i, m := range h.modules {
		out[i] = trust.Slot{Module: m.Ref, Source: pipeline.SumBytes(m.Source)}
	}
	return out
}

// module is the module of a slot.
func (h head) module(slot string) (lineages.Module, error) {
	for _, m := range h.modules {
		if m.Ref.Code.Slot == slot {
			return m, nil
		}
	}
	return lineages.Module{}, fmt.Errorf("lineage %s has no slot %q", h.lineage.Name, slot)
}

// with replaces the module of one slot.
func (h head) with(m lineages.Module) head {
	h.modules = slices.Clone(h.modules)
	for i := range h.modules {
		if h.modules[i].Ref.Code.Slot == m.Ref.Code.Slot {
			h.modules[i] = m
		}
	}
	return h
}

// base is the digest of what a change of these slots replaces.
func (h head) base(slots ...string) pipeline.Digest {
	var refs []pipeline.ModuleRef
	for _, m := range h.modules {
		if slices.Contains(slots, m.Ref.Code.Slot) {
			refs = append(refs, m.Ref)
		}
	}
	return pipeline.Base(h.lineage.Name, refs)
}

// head reads what a lineage runs: its shipped genome, with the changes that
// were adopted since, oldest first.
func (w *Works) head(ctx context.Context, lineage string) (head, error) {
	h, err := genome(lineage)
	if err != nil {
		return h, err
	}
	adopted, err := w.adopted(ctx, lineage)
	if err != nil {
		return h, err
	}
	for _, c := range adopted {
		for i, f := range c.Files {
			m, err := w.module(ctx, c.Content.Modules[i], f)
			if err != nil {
				return h, err
			}
			h, h.change = h.with(m), c.ID
		}
	}
	return h, nil
}

// adopted lists the changes that make up what a lineage runs, oldest first.
func (w *Works) adopted(ctx context.Context, lineage string) ([]store.Change, error) {
	var out []store.Change
	for _, state := range []pipeline.State{pipeline.Superseded, pipeline.Adopted} {
		f := store.Filter{State: string(state), Lineage: lineage, Oldest: true, Limit: store.MaxLimit}
		for {
			page, err := w.Store.Changes.List(ctx, f)
			if err != nil {
				return nil, err
			}
			out = append(out, page.Items...)
			if f.Cursor = page.NextCursor; f.Cursor == "" {
				break
			}
		}
	}
	slices.SortStableFunc(out, func(a, b store.Change) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return out, nil
}

func genome(lineage string) (head, error) { return genomeBy(lineage, lineages.Load) }

// genomeBy takes the genome of each slot from a function.
func genomeBy(lineage string, load func(lineage, slot string) (lineages.Genome, error)) (head, error) {
	l, err := lineages.Describe(lineage)
	if err != nil {
		return head{}, err
	}
	h := head{lineage: l}
	for _, name := range slices.Sorted(slices.Values(l.Slots)) {
		slot, err := slotOf(name)
		if err != nil {
			return h, err
		}
		g, err := load(lineage, name)
		if err != nil {
			return h, err
		}
		m, err := g.Compile(slot.Contract)
		if err != nil {
			return h, err
		}
		h.modules = append(h.modules, m)
	}
	return h, nil
}

// module reads a module from the artefacts.
func (w *Works) module(ctx context.Context, ref pipeline.ModuleRef, f store.ModuleFiles) (lineages.Module, error) {
	slot, err := slotOf(ref.Code.Slot)
	if err != nil {
		return lineages.Module{}, err
	}
	m := lineages.Module{Ref: ref, Contract: slot.Contract}
	var errs [3]error
	m.Source, errs[0] = w.Store.Artefacts.Get(ctx, f.Source)
	m.Proof, errs[1] = w.Store.Artefacts.Get(ctx, f.Proof)
	m.IR, errs[2] = w.Store.Artefacts.Get(ctx, f.IR)
	if err := errors.Join(errs[:]...); err != nil {
		return m, err
	}
	m.Unit, err = ir.Decode(m.IR)
	return m, err
}

// keep writes a module's parts to the artefacts.
func (w *Works) keep(ctx context.Context, m lineages.Module) (store.ModuleFiles, error) {
	f := store.ModuleFiles{Slot: m.Ref.Code.Slot}
	for _, part := range []struct {
		to      *pipeline.Digest
		content []byte
	}{{&f.Source, m.Source}, {&f.IR, m.IR}, {&f.Proof, m.Proof}} {
		d, err := w.Store.Artefacts.Put(ctx, part.content)
		if err != nil {
			return f, err
		}
		*part.to = d
	}
	return f, nil
}

// Running is what a lineage runs, for people.
type Running struct {
	lineages.Lineage
	Base    pipeline.Digest
	Modules []lineages.Module
	Change  string // that was adopted last; "" at first
}

// Lineage says what a lineage runs.
func (w *Works) Lineage(ctx context.Context, name string) (Running, error) {
	h, err := w.head(ctx, name)
	return Running{Lineage: h.lineage, Base: pipeline.Base(name, h.refs()), Modules: h.modules, Change: h.change}, err
}
