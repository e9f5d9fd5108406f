package trust

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
)

// Evidence is a station's statement as a document. Approvals are documents of
// their own: see [Approval].
type Evidence pipeline.Statement

// Type is the predicate type of the station's evidence.
func (e Evidence) Type() string { return EvidenceType(e.Station) }

// Role is the station's own.
func (e Evidence) Role() string { return StationRole(e.Station) }

// Subjects is what the station examined.
func (e Evidence) Subjects() []Subject {
	return []Subject{about(string(e.Subject.Kind), e.Subject.Digest)}
}

// Stations are those that sign evidence: all but approve, where people sign.
func Stations() []pipeline.Station {
	return slices.DeleteFunc(pipeline.Stations(), func(s pipeline.Station) bool { return s == pipeline.Approve })
}

// Validate checks the statement by itself.
func (e Evidence) Validate() error {
	if !slices.Contains(Stations(), e.Station) {
		return fmt.Errorf("evidence: station %.40q signs no evidence", e.Station)
	}
	switch e.Outcome {
	case pipeline.Pass, pipeline.Fail, pipeline.Inconclusive, pipeline.Error:
	default:
		return fmt.Errorf("evidence: outcome %.40q is not known", e.Outcome)
	}
	if want := e.Station.SubjectOf(); e.Subject.Kind != want {
		return fmt.Errorf("evidence: %s is about a %.40q, want %q", e.Station, e.Subject.Kind, want)
	}
	ds := []pipeline.Digest{e.Subject.Digest}
	for _, d := range e.Inputs {
		ds = append(ds, d)
	}
	for _, d := range e.Attachments {
		ds = append(ds, d)
	}
	return checkDigests(ds...)
}

// Approval is a person's signed decision, bound to change, evidence, plan and
// policy; it is void when one of them moves, and does not last for ever.
type Approval struct {
	Decision pipeline.Approval `json:"decision"`
	As       string            `json:"as"`      // the approver's role, such as "approver"
	Expires  int64             `json:"expires"` // Unix seconds
}

// Type is the predicate type of approvals.
func (Approval) Type() string { return documentType("approval") }

// Role is the approver's; the key must be the approver's own in that role.
func (a Approval) Role() string { return a.As }

// Subjects is the change.
func (a Approval) Subjects() []Subject { return []Subject{about("change", a.Decision.Change)} }

// Validate checks the approval by itself.
func (a Approval) Validate() error {
	if !isApproverRole(a.As) || a.Expires <= 0 || a.Expires > maxCount {
		return fmt.Errorf("approval: as %.40q, expires %d: out of range", a.As, a.Expires)
	}
	d := a.Decision
	if err := errors.Join(checkName("approver", d.Approver), checkDigests(d.Change, d.Evidence, d.Plan, d.Policy)); err != nil {
		return fmt.Errorf("approval: %w", err)
	}
	return nil
}

func isApproverRole(role string) bool {
	return role == RoleApprover || strings.HasPrefix(role, RoleApprover+"/")
}

// Policy is the pipeline's policy as the policy role signs it. A tile derives
// the same verdict from the same evidence as the control plane did.
type Policy struct {
	Policy     pipeline.Policy `json:"policy"`
	Expires    int64           `json:"expires"`    // Unix seconds
	Flaps      int             `json:"flaps"`      // ways back within the window; 0 is DefaultFlaps
	FlapWindow int64           `json:"flapWindow"` // seconds; 0 is DefaultFlapWindow
}

// Type is the predicate type of policies.
func (Policy) Type() string { return documentType("policy") }

// Role is whose keys sign policies.
func (Policy) Role() string { return RolePolicy }

// Subjects is the policy.
func (p Policy) Subjects() []Subject {
	d, err := p.Policy.Digest()
	if err != nil {
		return nil // Validate has refused it
	}
	return []Subject{about("policy", d)}
}

// Validate checks the policy by itself.
func (p Policy) Validate() error {
	if p.Flaps < 0 || p.Flaps > maxFlaps || p.FlapWindow < 0 || p.FlapWindow > 1<<32 || p.Policy.Version > maxCount {
		return fmt.Errorf("policy: version %d, %d flaps in %d s: out of range", p.Policy.Version, p.Flaps, p.FlapWindow)
	}
	if _, err := p.Policy.Digest(); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return p.Policy.Check()
}

// ListedContract is one contract that the contract role stands for.
type ListedContract struct {
	Slot    string          `json:"slot"`
	Name    string          `json:"name"`
	Version uint64          `json:"version"`
	Digest  pipeline.Digest `json:"digest"` // pipeline.ContractDigest
}

// Contracts is the signed list of contracts: a module is only as good as the
// contract that it keeps, and a trivial one would pass everything.
type Contracts struct {
	Version uint64           `json:"version"` // always up
	List    []ListedContract `json:"list"`
}

// Type is the predicate type of lists of contracts.
func (Contracts) Type() string { return documentType("contracts") }

// Role is whose keys sign lists of contracts.
func (Contracts) Role() string { return RoleContract }

// Subjects are the contracts.
func (c Contracts) Subjects() []Subject {
	out := make([]Subject, len(c.List))
	for i, k := range c.List {
		out[i] = about("contract/"+k.Slot, k.Digest)
	}
	return out
}

// Validate checks the list by itself.
func (c Contracts) Validate() error {
	if c.Version == 0 || c.Version > maxCount || len(c.List) == 0 || len(c.List) > MaxStatements {
		return fmt.Errorf("contracts: version %d, %d contracts: out of range", c.Version, len(c.List))
	}
	for _, k := range c.List {
		if err := errors.Join(checkName("slot", k.Slot), checkDigests(k.Digest)); err != nil {
			return fmt.Errorf("contracts: %w", err)
		}
	}
	return nil
}

// has is true when the contract is listed for the slot.
func (c Contracts) has(slot string, d pipeline.Digest) bool {
	return slices.ContainsFunc(c.List, func(k ListedContract) bool { return k.Slot == slot && k.Digest == d })
}
