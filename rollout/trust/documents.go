package trust

import (
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/pipeline"
)

// maxCount is the largest serial, epoch or version: what every JSON reader
// keeps exactly.
const maxCount = 1<<53 - 1

// Reason says which way a release leads.
type Reason string

// The reasons.
const (
	Forward Reason = "forward"
	Escape  Reason = "escape" // the way back from one forward release
)

// Slot is what a release puts into one slot.
type Slot struct {
	Module pipeline.ModuleRef `json:"module"`           // code (slot, contract, IR, compiler, schema) and proof
	Source pipeline.Digest    `json:"source,omitempty"` // SumBytes of the source text, for people; tiles never read it
}

// Name is the slot's name.
func (s Slot) Name() string { return s.Module.Code.Slot }

// Release says what tiles of one class and lineage shall run. Forward
// releases have serials 2 apart; the one between is their escape's.
type Release struct {
	Serial    uint64            `json:"serial"`           // always up
	Epoch     uint64            `json:"epoch"`            // security epoch of the content; never below the floor
	Issued    int64             `json:"issued"`           // Unix seconds
	Expires   int64             `json:"expires"`          // Unix seconds
	Class     string            `json:"class"`            // class of tiles
	Lineage   string            `json:"lineage"`          //
	Slots     []Slot            `json:"slots"`            // every slot of the class, by name
	Changed   []string          `json:"changed"`          // the slots that the change replaces, by name; escapes: those that go back
	Base      pipeline.Digest   `json:"base"`             // of the modules that it replaces
	Change    pipeline.Digest   `json:"change"`           // the change that it carries, or takes back
	Reason    Reason            `json:"reason"`           //
	Undoes    pipeline.Digest   `json:"undoes,omitempty"` // escapes: StatementDigest of the forward release
	Policy    pipeline.Digest   `json:"policy"`           // the policy that it was judged by
	Plan      pipeline.Digest   `json:"plan"`             // plan of the rollout
	Proposer  string            `json:"proposer"`         // who proposed the change
	Evidence  []pipeline.Digest `json:"evidence"`         // LeafHash of each statement
	Approvals []pipeline.Digest `json:"approvals"`        // LeafHash of each approval
	Consents  int64             `json:"consents"`         // approvals that the campaign asks for; policy may ask for more
	Assurance Assurance         `json:"assurance"`        // of the keys that sign it
}

// Type is the predicate type of releases.
func (Release) Type() string { return documentType("release") }

// Role is whose keys sign releases.
func (Release) Role() string { return RoleRelease }

// Subjects are the change and the code of every slot.
func (r Release) Subjects() []Subject {
	out := []Subject{about("change", r.Change)}
	for _, s := range r.Slots {
		out = append(out, about("code/"+s.Name(), s.Module.Code.Digest()))
	}
	return out
}

// Validate checks the release by itself.
func (r Release) Validate() error {
	for _, check := range []func() error{r.validCounts, r.validNames, r.validSlots, r.validReason, r.validLists} {
		if err := check(); err != nil {
			return fmt.Errorf("release: %w", err)
		}
	}
	return nil
}

func (r Release) validCounts() error {
	if r.Serial == 0 || r.Serial > maxCount || r.Epoch > maxCount || r.Consents < 0 || r.Consents > MaxStatements {
		return fmt.Errorf("serial %d, epoch %d, consents %d: out of range", r.Serial, r.Epoch, r.Consents)
	}
	if r.Issued >= r.Expires {
		return fmt.Errorf("issued %d, expires %d: want a later expiry", r.Issued, r.Expires)
	}
	return nil
}

func (r Release) validNames() error {
	if err := checkName("class", r.Class); err != nil {
		return err
	}
	if err := checkName("proposer", r.Proposer); err != nil {
		return err
	}
	if r.Assurance != Development && r.Assurance != Production {
		return fmt.Errorf("assurance %.40q is not known", r.Assurance)
	}
	return checkName("lineage", r.Lineage)
}

func (r Release) validSlots() error {
	if len(r.Slots) == 0 || len(r.Slots) > MaxSlots {
		return fmt.Errorf("%d slots, want 1 to %d", len(r.Slots), MaxSlots)
	}
	names := make([]string, 0, len(r.Slots))
	for _, s := range r.Slots {
		if err := s.valid(); err != nil {
			return err
		}
		names = append(names, s.Name())
	}
	if !ascending(names) || !ascending(r.Changed) {
		return fmt.Errorf("slots are not in strictly ascending order of their names")
	}
	for _, c := range r.Changed {
		if !slices.Contains(names, c) {
			return fmt.Errorf("changed slot %.80q is not among the slots", c)
		}
	}
	return nil
}

func (s Slot) valid() error {
	if err := checkName("slot", s.Name()); err != nil {
		return err
	}
	code := s.Module.Code
	if err := checkDigests(code.Contract, code.IR, code.Schema, s.Module.Proof); err != nil {
		return fmt.Errorf("slot %s: %w", s.Name(), err)
	}
	if s.Source == "" {
		return nil
	}
	return checkDigests(s.Source)
}

func (r Release) validReason() error {
	switch {
	case r.Reason == Forward && r.Undoes == "" && r.Serial < maxCount:
		return nil
	case r.Reason == Escape:
		return checkDigests(r.Undoes)
	}
	return fmt.Errorf("reason %.40q, undoes %.80q: want %q alone, or %q with the release that it undoes", r.Reason, r.Undoes, Forward, Escape)
}

func (r Release) validLists() error {
	if len(r.Changed) == 0 || len(r.Evidence) > MaxStatements || len(r.Approvals) > MaxStatements {
		return fmt.Errorf("%d changed slots, %d statements, %d approvals: out of range", len(r.Changed), len(r.Evidence), len(r.Approvals))
	}
	if !ascending(r.Evidence) || !ascending(r.Approvals) {
		return fmt.Errorf("evidence and approvals must be in strictly ascending order")
	}
	if err := checkDigests(append(slices.Clone(r.Evidence), r.Approvals...)...); err != nil {
		return err
	}
	return checkDigests(r.Base, r.Change, r.Plan, r.Policy)
}

// ascending is true of lists in strictly ascending order.
func ascending[T ~string](list []T) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}

// changed are the modules of the changed slots, in the order of their names.
func (r Release) changed() []pipeline.ModuleRef {
	var out []pipeline.ModuleRef
	for _, s := range r.Slots {
		if slices.Contains(r.Changed, s.Name()) {
			out = append(out, s.Module)
		}
	}
	return out
}

// modules are the release's modules by slot.
func (r Release) modules() map[string]pipeline.Digest {
	out := make(map[string]pipeline.Digest, len(r.Slots))
	for _, s := range r.Slots {
		out[s.Name()] = s.Module.Digest()
	}
	return out
}

// Back is the escape of a forward release: the release back to what ran
// before, with the serial that is reserved for it. previous are the slots
// before the release, epoch is the security epoch of that content, forward
// the release's StatementDigest. It wants no evidence and no approval: that
// content was believed when it came.
func (r Release) Back(forward pipeline.Digest, previous []Slot, epoch uint64) Release {
	back := r
	back.Serial, back.Epoch, back.Slots = r.Serial+1, epoch, previous
	back.Reason, back.Undoes = Escape, forward
	back.Evidence, back.Approvals = []pipeline.Digest{}, []pipeline.Digest{}
	return back
}

// Order is a wave order: the permission for a set of tiles to take a release.
type Order struct {
	Release   pipeline.Digest `json:"release"` // StatementDigest of the release
	Plan      pipeline.Digest `json:"plan"`
	Wave      int             `json:"wave"`      // from 0
	Tiles     []string        `json:"tiles"`     // ascending
	NotBefore int64           `json:"notBefore"` // Unix seconds
	Expires   int64           `json:"expires"`   // Unix seconds
}

// Type is the predicate type of orders.
func (Order) Type() string { return documentType("order") }

// Role is whose keys sign orders.
func (Order) Role() string { return RoleRollout }

// Subjects is the release.
func (o Order) Subjects() []Subject { return []Subject{about("release", o.Release)} }

// Validate checks the order by itself.
func (o Order) Validate() error {
	if err := checkDigests(o.Release, o.Plan); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	if o.Wave < 0 || o.Wave > MaxStatements || o.NotBefore >= o.Expires {
		return fmt.Errorf("order: wave %d from %d until %d: out of range", o.Wave, o.NotBefore, o.Expires)
	}
	return validTiles(o.Tiles)
}

func validTiles(tiles []string) error {
	if len(tiles) == 0 || len(tiles) > MaxTiles || !ascending(tiles) {
		return fmt.Errorf("%d tiles, want 1 to %d in strictly ascending order", len(tiles), MaxTiles)
	}
	for _, t := range tiles {
		if err := checkName("tile", t); err != nil {
			return err
		}
	}
	return nil
}

// Halt sends tiles that have a release on trial back, by one rollout key.
type Halt struct {
	Release pipeline.Digest   `json:"release"` // StatementDigest of the release
	Reason  string            `json:"reason"`  // one line for people
	Causes  []pipeline.Digest `json:"causes"`  // digests of the telemetry or evidence that caused it
}

// Type is the predicate type of halts.
func (Halt) Type() string { return documentType("halt") }

// Role is whose keys sign halts: any one of them is enough.
func (Halt) Role() string { return RoleRollout }

// Subjects is the release.
func (h Halt) Subjects() []Subject { return []Subject{about("release", h.Release)} }

// Validate checks the halt by itself.
func (h Halt) Validate() error {
	if len(h.Reason) > 1024 || len(h.Causes) > MaxStatements {
		return fmt.Errorf("halt: reason of %d bytes, %d causes: out of range", len(h.Reason), len(h.Causes))
	}
	return checkDigests(append([]pipeline.Digest{h.Release}, h.Causes...)...)
}

// Commit ends the trial of a release: from then on only a new release leads
// back.
type Commit struct {
	Release pipeline.Digest `json:"release"` // StatementDigest of the release
	Tiles   []string        `json:"tiles"`   // ascending
}

// Type is the predicate type of commits.
func (Commit) Type() string { return documentType("commit") }

// Role is whose keys sign commits.
func (Commit) Role() string { return RoleRollout }

// Subjects is the release.
func (c Commit) Subjects() []Subject { return []Subject{about("release", c.Release)} }

// Validate checks the commit by itself.
func (c Commit) Validate() error {
	if err := validTiles(c.Tiles); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return checkDigests(c.Release)
}
