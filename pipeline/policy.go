package pipeline

import (
	"errors"
	"fmt"
	"slices"
)

// Level is how much a lineage may do by itself in a slot.
type Level int

// The levels of autonomy. Watching, pausing and stopping stay possible at all.
const (
	Observe    Level = 0 // report only, no rollout
	Ask        Level = 1 // every rollout needs approval
	Drivers    Level = 2 // device slots by themselves
	Kernel     Level = 3 // kernel slots too
	Autonomous Level = 4 // no station waits for a person
)

// Policy is a signed, versioned document: which evidence is demanded for which
// slot and lineage, and how much they may do by themselves.
type Policy struct {
	APIVersion string               `json:"apiVersion"`
	Kind       string               `json:"kind"`
	Name       string               `json:"name"`
	Version    int64                `json:"version"`           // rises with every signed decision
	Classes    map[string]SlotClass `json:"classes,omitempty"` // by slot; one that is not listed counts as kernel
	Rules      []Rule               `json:"rules"`
}

// Rule demands evidence of the changes that it matches. All rules that match
// hold together and the strictest wins in each respect, so a further rule never
// loosens a policy. A change that no rule matches cannot pass.
type Rule struct {
	Class     SlotClass `json:"class,omitempty"`   // "" matches both
	Slot      string    `json:"slot,omitempty"`    // "" matches every slot
	Lineage   string    `json:"lineage,omitempty"` // "" matches every lineage
	Demand    []Station `json:"demand"`
	Level     Level     `json:"level"`     // at most this much autonomy
	Assurance Assurance `json:"assurance"` // signatures count from this level on
	Approvals int64     `json:"approvals"` // persons, where approval is needed
	Roles     []string  `json:"roles"`     // one of which an approver must hold
	Retries   int64     `json:"retries"`   // further attempts at what stays inconclusive

	// Against monoculture, among the tiles of a class and in a slot that the
	// rule matches; see [Terms.Diverse]. Zero limits nothing.
	MaxShare  Share `json:"maxShare,omitempty"`  // of tiles that may run one kind of module
	MinAlive  int64 `json:"minAlive,omitempty"`  // kinds of module that tiles must run
	MinDiffer Share `json:"minDiffer,omitempty"` // of the probe set, that makes two modules two kinds; 0: another code is
}

// Digest names the policy. It fails when a text in it is not UTF-8.
func (p Policy) Digest() (Digest, error) { return Sum("policy", p) }

// ErrPolicy says what is wrong with a policy.
var ErrPolicy = errors.New("not a policy")

// demandable are the stations that a rule can name. Approval follows from the
// level; wave, rollback and halt come after the decision.
func demandable() []Station {
	return []Station{Propose, Agree, Coq, TLA, Fuzz, Benchmark, Shadow, Federate}
}

// Check refuses a policy that names what does not exist or demands nothing.
func (p Policy) Check() error {
	if p.APIVersion != APIVersion || p.Kind != "Policy" || p.Version < 1 {
		return fmt.Errorf("%w: want apiVersion %s, kind Policy and a version of at least 1", ErrPolicy, APIVersion)
	}
	for slot, class := range p.Classes {
		if class != KernelSlot && class != DeviceSlot {
			return fmt.Errorf("%w: slot %q: no class %q", ErrPolicy, clip(slot), clip(string(class)))
		}
	}
	if len(p.Rules) == 0 {
		return fmt.Errorf("%w: no rules", ErrPolicy)
	}
	for i, r := range p.Rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("%w: rule %d: %w", ErrPolicy, i+1, err)
		}
	}
	return nil
}

func (r Rule) check() error {
	for _, s := range r.Demand {
		if !slices.Contains(demandable(), s) {
			return fmt.Errorf("station %q cannot be demanded (%s)", clip(string(s)), join(demandable()))
		}
	}
	switch {
	case len(r.Demand) == 0:
		return errors.New("demands no station")
	case r.Class != "" && r.Class != KernelSlot && r.Class != DeviceSlot:
		return fmt.Errorf("no class %q", clip(string(r.Class)))
	case r.Level < Observe || r.Level > Autonomous:
		return fmt.Errorf("level %d, want 0 to 4", r.Level)
	case r.Assurance != Development && r.Assurance != Production:
		return fmt.Errorf("assurance %q, want %s or %s", clip(string(r.Assurance)), Development, Production)
	case r.Approvals < 1 || len(r.Roles) == 0 || r.Retries < 0:
		return errors.New("want at least one approval, one role and no negative retries")
	}
	return r.checkDiversity()
}

func (r Rule) checkDiversity() error {
	switch {
	case r.MaxShare < 0 || r.MaxShare > Whole || r.MinDiffer < 0 || r.MinDiffer > Whole || r.MinAlive < 0:
		return errors.New("maxShare and minDiffer are shares from 0% to 100%, minAlive is no negative number")
	case r.MinDiffer > 0 && r.MaxShare == 0 && r.MinAlive == 0:
		return errors.New("minDiffer says what counts as another kind: it needs maxShare or minAlive")
	}
	return nil
}

// Class is the class of a slot: what the policy says, else kernel, the strictest.
func (p Policy) Class(slot string) SlotClass {
	if class, ok := p.Classes[slot]; ok {
		return class
	}
	return KernelSlot
}

// Fall is the loss of autonomy of a slot in a lineage after a rollback or a lost
// budget. It holds until people sign a newer policy.
type Fall struct {
	Slot    string `json:"slot"`
	Lineage string `json:"lineage"`
	Policy  int64  `json:"policy"` // version in force when it happened
	Reason  string `json:"reason"`
}

// Terms are what a policy asks of one change.
type Terms struct {
	Class     SlotClass `json:"class"`
	Level     Level     `json:"level"`
	Demand    []Station `json:"demand"` // in the order of the pipeline
	Assurance Assurance `json:"assurance"`
	Approvals int64     `json:"approvals"`
	Roles     []string  `json:"roles"`
	Retries   int64     `json:"retries"`
	Falls     []string  `json:"falls,omitempty"` // why the level is lower than the rules say
	MaxShare  Share     `json:"maxShare,omitempty"`
	MinAlive  int64     `json:"minAlive,omitempty"`
	MinDiffer Share     `json:"minDiffer,omitempty"`
}

// NeedsApproval reports whether a person must agree before a rollout.
func (t Terms) NeedsApproval() bool {
	return t.Level < Drivers || (t.Class == KernelSlot && t.Level < Kernel)
}

// ErrNoRule says that a policy has nothing to say about a change.
var ErrNoRule = errors.New("no rule of the policy covers it")

// Terms merges the rules that match a change: the strictest of each, over all
// its modules. Roles that no rule allows together leave nobody to approve.
func (p Policy) Terms(c Change, falls []Fall) (Terms, error) {
	if len(c.Modules) == 0 {
		return Terms{}, fmt.Errorf("change without modules: %w", ErrNoRule)
	}
	t := Terms{Class: DeviceSlot, Level: Autonomous, Assurance: Development}
	for _, m := range c.Modules {
		if err := p.merge(&t, m.Code.Slot, c.Lineage); err != nil {
			return Terms{}, err
		}
		t.fall(p, m.Code.Slot, c.Lineage, falls)
	}
	t.Demand = slices.DeleteFunc(demandable(), func(s Station) bool { return !slices.Contains(t.Demand, s) })
	return t, nil
}

func (p Policy) merge(t *Terms, slot, lineage string) error {
	class, matched := p.Class(slot), false
	if class == KernelSlot {
		t.Class = KernelSlot
	}
	for _, r := range p.Rules {
		if r.matches(class, slot, lineage) && len(r.Demand) > 0 {
			t.tighten(r)
			matched = true
		}
	}
	if !matched {
		return fmt.Errorf("slot %q, lineage %q: %w", clip(slot), clip(lineage), ErrNoRule)
	}
	return nil
}

func (r Rule) matches(class SlotClass, slot, lineage string) bool {
	return (r.Class == "" || r.Class == class) && (r.Slot == "" || r.Slot == slot) && (r.Lineage == "" || r.Lineage == lineage)
}

func (t *Terms) tighten(r Rule) {
	t.Demand = append(t.Demand, r.Demand...)
	t.Level = min(t.Level, r.Level)
	t.Approvals = max(t.Approvals, r.Approvals, 1)
	if r.Assurance == Production {
		t.Assurance = Production
	}
	if t.Roles == nil {
		t.Roles = slices.Clone(r.Roles)
	} else {
		t.Roles = slices.DeleteFunc(t.Roles, func(role string) bool { return !slices.Contains(r.Roles, role) })
	}
	t.Retries = max(t.Retries, r.Retries)
	if r.MaxShare > 0 && (t.MaxShare == 0 || r.MaxShare < t.MaxShare) {
		t.MaxShare = r.MaxShare
	}
	t.MinAlive, t.MinDiffer = max(t.MinAlive, r.MinAlive), max(t.MinDiffer, r.MinDiffer)
}

// fall lowers the level to Ask for each fall that the policy in force is not
// newer than.
func (t *Terms) fall(p Policy, slot, lineage string, falls []Fall) {
	for _, f := range falls {
		if f.Slot == slot && f.Lineage == lineage && f.Policy >= p.Version && t.Level >= Ask {
			t.Level = Ask
			t.Falls = append(t.Falls, f.Reason)
		}
	}
}

// DevelopmentPolicy is the policy of a laboratory: every station is demanded, a
// person approves each rollout, and signatures of keys that the control plane
// made itself count. Production roots refuse it.
func DevelopmentPolicy(classes map[string]SlotClass) Policy {
	return Policy{
		APIVersion: APIVersion, Kind: "Policy", Name: "development", Version: 1, Classes: classes,
		Rules: []Rule{{
			Demand:    []Station{Agree, Coq, TLA, Fuzz, Benchmark, Shadow, Federate},
			Level:     Ask,
			Assurance: Development,
			Approvals: DefaultApprovals,
			Roles:     []string{DefaultApproverRole},
			Retries:   1,
		}},
	}
}
