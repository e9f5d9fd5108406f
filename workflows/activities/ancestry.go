package activities

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/lineages/printed"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// Found writes the founders of all lineages down, and what else the records say
// was adopted and no generation tells of yet. A start of the service calls it.
func (w *Works) Found(ctx context.Context) error {
	for _, name := range lineages.Names() {
		if err := w.descend(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// descend brings the ancestry of a lineage up to what the records say: the
// adopted changes are the one truth, generations follow from them in order.
// Done again it finds what is there.
func (w *Works) descend(ctx context.Context, lineage string) error {
	w.ancestry.Lock()
	defer w.ancestry.Unlock()
	founder, err := genome(lineage)
	if err != nil {
		return err
	}
	adopted, err := w.adopted(ctx, lineage)
	if err != nil {
		return err
	}
	known, err := w.Store.Ancestry(ctx, lineage)
	if err != nil {
		return err
	}
	d := descent{Works: w, head: founder, told: map[pipeline.Digest]int64{}}
	for _, g := range known {
		d.last, d.count, d.told[g.Change] = g, d.count+1, g.Generation
	}
	if d.count == 0 {
		if err := d.found(ctx); err != nil {
			return err
		}
	}
	slices.SortStableFunc(adopted, func(a, b store.Change) int { return cmp.Compare(d.place(a), d.place(b)) })
	for _, c := range adopted {
		if err := d.pass(ctx, c); err != nil {
			return err
		}
	}
	return d.ship(ctx)
}

// descent walks a lineage from its founder to what it runs now.
type descent struct {
	*Works
	head  head // what the lineage ran at this point
	last  store.Generation
	count int64
	told  map[pipeline.Digest]int64 // generations by the change that they tell of
}

// place is the generation of a change; what no generation tells of comes last.
func (d *descent) place(c store.Change) int64 {
	if n, ok := d.told[c.Digest]; ok {
		return n
	}
	return math.MaxInt64
}

// found writes the founder down.
func (d *descent) found(ctx context.Context) error {
	why := "the record begins with what was written by people"
	if len(d.head.lineage.Ancestors) > 0 {
		why = "bred from another lineage"
	}
	shipped := d.head
	first, err := genomeBy(shipped.lineage.Name, lineages.Founder)
	if err != nil {
		return err
	}
	a := pipeline.Ancestor{Descent: pipeline.DescentFounded, BredFrom: shipped.lineage.Ancestors, Why: why}
	d.head = first
	if err := d.add(ctx, a, func(m lineages.Module) ([]pipeline.Authored, error) { return d.inherited(ctx, m, pipeline.People) }); err != nil {
		return err
	}
	return d.breed(ctx, shipped)
}

// breed writes down what searches found before the program was shipped, in the
// slots that its tiles run.
func (d *descent) breed(ctx context.Context, shipped head) error {
	for _, b := range shipped.lineage.Bred {
		i := slices.IndexFunc(shipped.modules, func(m lineages.Module) bool { return m.Ref.Code.Slot == b.Slot })
		if i < 0 {
			continue
		}
		d.head = d.head.with(shipped.modules[i])
		a := pipeline.Ancestor{Descent: pipeline.DescentBred, Proposer: b.Proposer, Why: b.Why()}
		if err := d.add(ctx, a, func(m lineages.Module) ([]pipeline.Authored, error) { return d.inherited(ctx, m, b.Proposer) }); err != nil {
			return err
		}
	}
	d.head = shipped
	return nil
}

// pass goes over one adopted change, and writes it down when no generation
// tells of it.
func (d *descent) pass(ctx context.Context, c store.Change) error {
	m, err := d.module(ctx, c.Content.Modules[0], c.Files[0])
	if err != nil {
		return err
	}
	if _, told := d.told[c.Digest]; told {
		d.head = d.head.with(m)
		return nil
	}
	if err := d.ship(ctx); err != nil {
		return err
	}
	d.head = d.head.with(m)
	a, err := d.reasons(ctx, c)
	if err != nil {
		return err
	}
	return d.add(ctx, a, func(m lineages.Module) ([]pipeline.Authored, error) {
		return d.inherited(ctx, m, string(c.Origin.Proposer))
	})
}

// ship writes down that a later program brought other modules.
func (d *descent) ship(ctx context.Context) error {
	if d.last.Base == pipeline.Base(d.head.lineage.Name, d.head.refs()) {
		return nil
	}
	a := pipeline.Ancestor{Descent: pipeline.DescentShipped, Why: "the program brought other modules"}
	return d.add(ctx, a, func(m lineages.Module) ([]pipeline.Authored, error) { return d.inherited(ctx, m, pipeline.People) })
}

// reasons is why a change was adopted.
func (d *descent) reasons(ctx context.Context, c store.Change) (pipeline.Ancestor, error) {
	evidence, err := d.about(ctx, c.Content)
	if err != nil {
		return pipeline.Ancestor{}, err
	}
	a := pipeline.Ancestor{
		Descent: pipeline.DescentAdopted, Change: c.Digest, Proposer: string(c.Origin.Proposer), Model: c.Origin.Model,
		Policy: d.policy, Why: why(c, evidence),
	}
	if c.Verdict != nil {
		a.Policy = c.Verdict.Policy
	}
	for _, e := range evidence {
		a.Evidence = append(a.Evidence, e.Digest)
	}
	slices.Sort(a.Evidence)
	a.Evidence = slices.Compact(a.Evidence)
	if c.Rollout == "" {
		return a, nil
	}
	r, err := d.Store.Rollouts.Get(ctx, c.Rollout)
	a.Release = r.Release
	return a, err
}

// why says in one line what a change brought and who let it through.
func why(c store.Change, evidence []store.Evidence) string {
	var parts []string
	if e := c.Objective; e != nil {
		gain := fmt.Sprintf("%s %s -> %s %s in simulation", e.Metric, e.Before, e.After, e.Unit)
		if p, ok := e.Percent(e.Change); ok {
			gain += fmt.Sprintf(" (%s %%)", tenth(p))
		}
		parts = append(parts, gain)
	}
	var passed, by []string
	for _, s := range pipeline.Stations() {
		for _, e := range evidence {
			if e.Statement.Station != s || e.Statement.Outcome != pipeline.Pass {
				continue
			}
			if s == pipeline.Approve {
				by = append(by, e.Signer)
			} else if !slices.Contains(passed, string(s)) {
				passed = append(passed, string(s))
			}
		}
	}
	parts = append(parts, "passed "+strings.Join(passed, ", "))
	if len(by) > 0 {
		parts = append(parts, "approved by "+strings.Join(by, ", "))
	}
	return strings.Join(parts, "; ")
}

// tenth keeps one decimal.
func tenth(d pipeline.Decimal) pipeline.Decimal {
	const step = pipeline.One / 10
	return d / step * step
}

// inherited compares a module with the one in its slot before.
func (d *descent) inherited(ctx context.Context, m lineages.Module, proposer string) ([]pipeline.Authored, error) {
	after, err := printed.Lines(m.Contract, m.IR)
	if err != nil {
		return nil, err
	}
	h, ok := d.last.Heir(m.Ref.Code.Slot)
	if !ok {
		return printed.All(after, proposer), nil
	}
	raw, err := d.Store.Artefacts.Get(ctx, h.Module.Code.IR)
	if err != nil {
		return nil, err
	}
	before, err := printed.Lines(m.Contract, raw)
	if err != nil {
		return nil, err
	}
	return printed.Inherit(before, h.Lines, after, proposer), nil
}

// add writes the next generation down: what the lineage runs at this point.
// Modules that did not change keep the lines that they had.
func (d *descent) add(ctx context.Context, a pipeline.Ancestor, lines func(lineages.Module) ([]pipeline.Authored, error)) error {
	a.Lineage, a.Generation, a.Parent, a.At = d.head.lineage.Name, d.count, d.last.Digest, d.Now().Unix()
	a.Base = pipeline.Base(a.Lineage, d.head.refs())
	for _, m := range d.head.modules {
		h, err := d.heir(ctx, m, lines)
		if err != nil {
			return err
		}
		a.Modules = append(a.Modules, h)
	}
	if err := d.Store.AddGeneration(ctx, a); err != nil {
		return err
	}
	digest, err := a.Digest()
	d.last, d.count = store.Generation{Ancestor: a, Digest: digest}, d.count+1
	return err
}

func (d *descent) heir(ctx context.Context, m lineages.Module, lines func(lineages.Module) ([]pipeline.Authored, error)) (pipeline.Heir, error) {
	h := pipeline.Heir{Module: m.Ref}
	files, err := d.keep(ctx, m)
	if err != nil {
		return h, err
	}
	h.Source = files.Source
	if before, ok := d.last.Heir(m.Ref.Code.Slot); ok && before.Module == m.Ref {
		h.Lines = before.Lines
		return h, nil
	}
	h.Lines, err = lines(m)
	return h, err
}
