package pipeline

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// Descent is how a generation of a lineage came about.
type Descent string

// The ways.
const (
	DescentFounded Descent = "founded" // what the program brought when the record began
	DescentAdopted Descent = "adopted" // a change that reached the whole lineage
	DescentShipped Descent = "shipped" // a later program brought other modules
	DescentBred    Descent = "bred"    // a search found it before the program was shipped
)

// People is who wrote the lines that no proposer made.
const People = "people"

// Ancestor is one generation of a lineage: what it ran from then on, and why.
// Generations are chained by digest, so that none can be changed, left out or
// put in without all later ones showing it. The record is only ever added to.
type Ancestor struct {
	Lineage    string   `json:"lineage"`
	Generation int64    `json:"generation"`         // 0 is the founder
	Parent     Digest   `json:"parent,omitempty"`   // [Ancestor.Digest] of the generation before
	BredFrom   []Digest `json:"bredFrom,omitempty"` // founder of a fork: bases of the lineage that it left, oldest first
	Descent    Descent  `json:"descent"`
	At         int64    `json:"at"`      // Unix seconds, when it was written down
	Base       Digest   `json:"base"`    // [Base] of the modules
	Modules    []Heir   `json:"modules"` // of every slot, by name
	Why        string   `json:"why"`     // one line for people

	// Of an adopted change; the proposer of what was bred as well.
	Change   Digest   `json:"change,omitempty"`
	Proposer string   `json:"proposer,omitempty"` // kind of proposer; [People] for none
	Model    string   `json:"model,omitempty"`    // language model that was asked
	Evidence []Digest `json:"evidence,omitempty"` // statements about the change, sorted
	Release  Digest   `json:"release,omitempty"`  // artefact: the signed release
	Policy   Digest   `json:"policy,omitempty"`   // that weighed the evidence
}

// Heir is the module of one slot in a generation.
type Heir struct {
	Module ModuleRef  `json:"module"`
	Source Digest     `json:"source"` // artefact
	Lines  []Authored `json:"lines"`  // of the printed IR, from the first to the last
}

// Authored is a run of lines by one proposer.
type Authored struct {
	Proposer string `json:"proposer"` // kind of proposer, or [People]
	Lines    int64  `json:"lines"`
}

// Slot is the heir's slot.
func (h Heir) Slot() string { return h.Module.Code.Slot }

// Digest names the generation. It fails when a text in it is not UTF-8.
func (a Ancestor) Digest() (Digest, error) { return Sum("ancestor", a) }

// Heir is the module of a slot.
func (a Ancestor) Heir(slot string) (Heir, bool) {
	i := slices.IndexFunc(a.Modules, func(h Heir) bool { return h.Slot() == slot })
	if i < 0 {
		return Heir{}, false
	}
	return a.Modules[i], true
}

// Refs are the modules, in order.
func (a Ancestor) Refs() []ModuleRef {
	out := make([]ModuleRef, len(a.Modules))
	for i, h := range a.Modules {
		out[i] = h.Module
	}
	return out
}

// Lines counts the lines of all modules by who proposed them.
func (a Ancestor) Lines() map[string]int64 {
	out := map[string]int64{}
	for _, h := range a.Modules {
		for _, run := range h.Lines {
			out[run.Proposer] += run.Lines
		}
	}
	return out
}

// Replaced are the slots in which a generation differs from its parent.
func (a Ancestor) Replaced(parent Ancestor) []string {
	var out []string
	for _, h := range a.Modules {
		if before, ok := parent.Heir(h.Slot()); !ok || before.Module != h.Module {
			out = append(out, h.Slot())
		}
	}
	return out
}

// ErrAncestry says that a generation does not hold together, or does not follow
// from the one before.
var ErrAncestry = errors.New("broken ancestry")

// MaxAncestor is the largest generation, in bytes of its canonical form.
const MaxAncestor = 1 << 20

// Check refuses a generation that contradicts itself.
func (a Ancestor) Check() error {
	switch {
	case !lineageForm.MatchString(a.Lineage):
		return fmt.Errorf("%w: %q is no lineage's name", ErrAncestry, clip(a.Lineage))
	case a.Generation < 0 || (a.Generation == 0) != (a.Parent == "") || (a.Generation == 0) != (a.Descent == DescentFounded):
		return fmt.Errorf("%w: generation %d, %s, parent %q: the founder, and only the founder, has no parent", ErrAncestry, a.Generation, clip(string(a.Descent)), a.Parent.Short())
	case a.Generation > 0 && len(a.BredFrom) > 0:
		return fmt.Errorf("%w: only a founder is bred from another lineage", ErrAncestry)
	case !ascending(a.Modules, Heir.Slot):
		return fmt.Errorf("%w: modules are not those of its slots, each once, by name", ErrAncestry)
	case a.Base != Base(a.Lineage, a.Refs()):
		return fmt.Errorf("%w: base %s is not that of the modules", ErrAncestry, a.Base.Short())
	}
	return errors.Join(a.checkLines(), a.checkChange())
}

// lineageForm is what package lineages takes as a name.
var lineageForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// ascending reports whether a list has something, and nothing twice or out of
// order.
func ascending[T any](list []T, key func(T) string) bool {
	for i := 1; i < len(list); i++ {
		if key(list[i-1]) >= key(list[i]) {
			return false
		}
	}
	return len(list) > 0
}

func (a Ancestor) checkLines() error {
	for _, h := range a.Modules {
		for i, run := range h.Lines {
			if run.Lines < 1 || run.Proposer == "" || i > 0 && h.Lines[i-1].Proposer == run.Proposer {
				return fmt.Errorf("%w: slot %s: runs of lines are counted, named and joined", ErrAncestry, clip(h.Slot()))
			}
		}
	}
	return nil
}

func (a Ancestor) checkChange() error {
	adopted, bred := a.Descent == DescentAdopted, a.Descent == DescentBred
	if (adopted || bred) != (a.Proposer != "") {
		return fmt.Errorf("%w: what was adopted or bred, and only that, has a proposer", ErrAncestry)
	}
	if adopted != (a.Change != "") || adopted != (len(a.Evidence) > 0) || adopted != (a.Policy != "") {
		return fmt.Errorf("%w: an adopted change, and only that, has a digest, evidence and a policy", ErrAncestry)
	}
	if !adopted && !bred && a.Descent != DescentFounded && a.Descent != DescentShipped {
		return fmt.Errorf("%w: descent %q", ErrAncestry, clip(string(a.Descent)))
	}
	if adopted && !ascending(a.Evidence, func(d Digest) string { return string(d) }) {
		return fmt.Errorf("%w: evidence is not sorted", ErrAncestry)
	}
	return nil
}

// Follows refuses a generation that its parent does not lead to: of another
// lineage, out of order, or with a change that is not one from the parent's
// modules to its own.
func (a Ancestor) Follows(parent Ancestor) error {
	digest, err := parent.Digest()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAncestry, err)
	}
	switch {
	case a.Lineage != parent.Lineage || a.Generation != parent.Generation+1:
		return fmt.Errorf("%w: %s/%d does not come after %s/%d", ErrAncestry, clip(a.Lineage), a.Generation, clip(parent.Lineage), parent.Generation)
	case a.Parent != digest:
		return fmt.Errorf("%w: its parent is %s, the generation before is %s", ErrAncestry, a.Parent.Short(), digest.Short())
	case a.Descent == DescentAdopted && a.Change != a.step(parent):
		return fmt.Errorf("%w: change %s does not lead from the modules before to these", ErrAncestry, a.Change.Short())
	}
	return nil
}

// step is the change from the parent's modules to these.
func (a Ancestor) step(parent Ancestor) Digest {
	var before, after []ModuleRef
	for _, slot := range a.Replaced(parent) {
		if h, ok := parent.Heir(slot); ok {
			before = append(before, h.Module)
		}
		h, _ := a.Heir(slot)
		after = append(after, h.Module)
	}
	return Change{Lineage: a.Lineage, Base: Base(a.Lineage, before), Modules: after}.Digest()
}

// Kept is a generation as it is kept: its canonical form, and its digest beside
// it.
type Kept struct {
	Digest Digest
	Text   []byte
}

// Keep is the form in which a generation is kept.
func (a Ancestor) Keep() (Kept, error) {
	if err := a.Check(); err != nil {
		return Kept{}, err
	}
	text, err := Canonical(a)
	if err != nil {
		return Kept{}, err
	}
	if len(text) > MaxAncestor {
		return Kept{}, fmt.Errorf("%w: %d bytes, at most %d", ErrAncestry, len(text), MaxAncestor)
	}
	d, err := a.Digest()
	return Kept{d, text}, err
}

// Read is the generation that is kept; the bytes must be what the digest says.
func (k Kept) Read() (Ancestor, error) {
	var a Ancestor
	if err := Decode(k.Text, &a); err != nil {
		return a, fmt.Errorf("%w: %w", ErrAncestry, err)
	}
	if d, err := a.Digest(); err != nil || d != k.Digest {
		return a, fmt.Errorf("%w: it has digest %s, kept as %s", ErrAncestry, d.Short(), k.Digest.Short())
	}
	return a, a.Check()
}

// ReadAncestry reads the whole ancestry of a lineage, founder first, and says
// what is wrong with it, generation by generation; no problems means that every
// byte is as it was written. A record that was cut off at its end is whole in
// itself: compare it with what else names its end.
func ReadAncestry(lineage string, kept []Kept) (list []Ancestor, problems []error) {
	for i, k := range kept {
		a, err := k.Read()
		switch {
		case err != nil:
		case i == 0 && (a.Lineage != lineage || a.Generation != 0):
			err = fmt.Errorf("%w: it begins with %s/%d", ErrAncestry, clip(a.Lineage), a.Generation)
		case i > 0:
			err = a.Follows(list[i-1])
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s/%d: %w", lineage, i, err))
		}
		list = append(list, a)
	}
	return list, problems
}
