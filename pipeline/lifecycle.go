package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// State is where a change stands in its life.
type State string

// The states of a change.
const (
	Proposed         State = "proposed"
	Verifying        State = "verifying"
	Shadowing        State = "shadowing"
	Federating       State = "federating"
	AwaitingApproval State = "awaiting-approval"
	RollingOut       State = "rolling-out"
	Adopted          State = "adopted"
	Aborting         State = "aborting"
	RolledBack       State = "rolled-back"
	Rejected         State = "rejected"   // refuted, declined, or not decided with the effort allowed
	Withdrawn        State = "withdrawn"  // by its owner, before a rollout
	Outdated         State = "outdated"   // the base moved: a new change takes its place
	Expired          State = "expired"    // waited too long
	Superseded       State = "superseded" // a later change was adopted on top
)

// States lists the states, in the order of a change's life.
func States() []State {
	return []State{Proposed, Verifying, Shadowing, Federating, AwaitingApproval, RollingOut, Adopted,
		Aborting, RolledBack, Rejected, Withdrawn, Outdated, Expired, Superseded}
}

// Event is what may move a change from one state to another.
type Event string

// The events.
const (
	Started   Event = "started"    // a worker took it up
	Passed    Event = "passed"     // the stations of this state are done
	Refuted   Event = "refuted"    // a station found a witness against it
	GaveUp    Event = "gave-up"    // a station stayed inconclusive
	Approved  Event = "approved"   // a person agreed
	Declined  Event = "declined"   // a person refused
	Withdraw  Event = "withdraw"   // its owner takes it back
	BaseMoved Event = "base-moved" // another change was adopted on its base
	Expire    Event = "expire"     // its deadline came
	Completed Event = "completed"  // the last wave's gate was passed
	Faulted   Event = "faulted"    // a tile, a gate or a budget failed
	Halted    Event = "halted"     // a person stopped the rollout
	Restored  Event = "restored"   // every tile is back on the base
	Supersede Event = "supersede"  // a later change was adopted
)

// Events lists the events.
func Events() []Event {
	return []Event{Started, Passed, Refuted, GaveUp, Approved, Declined, Withdraw, BaseMoved, Expire,
		Completed, Faulted, Halted, Restored, Supersede}
}

// Facts are what guards look at. Whoever raises an event has found them out.
type Facts struct {
	Verdict       Outcome `json:"verdict"`       // of the stations so far, approval aside
	BaseHolds     bool    `json:"baseHolds"`     // the lineage still runs the change's base
	NeedsApproval bool    `json:"needsApproval"` // by policy
	Quorum        bool    `json:"quorum"`        // enough approvals hold for what is decided now
	EffortSpent   bool    `json:"effortSpent"`   // policy allows no further attempt
	Due           bool    `json:"due"`           // the deadline has passed
	WavesDone     bool    `json:"wavesDone"`     // the last wave's gate was passed
	Restored      bool    `json:"restored"`      // every tile reports the base again
}

// Guard is a condition of a transition, in words.
type Guard string

// The guards.
const (
	Always     Guard = ""
	OnBase     Guard = "its base is current"
	Sound      Guard = "evidence passes on a current base"
	SoundAsk   Guard = "evidence passes on a current base, policy wants approval"
	SoundFree  Guard = "evidence passes on a current base, autonomy level waives approval"
	Agreed     Guard = "evidence passes on a current base, approvals are bound to it"
	Refutation Guard = "evidence fails"
	Undecided  Guard = "evidence is inconclusive, effort is spent"
	OffBase    Guard = "its base is not current"
	Overdue    Guard = "its deadline has passed"
	AllWaves   Guard = "the last gate is passed"
	AllBack    Guard = "every tile reports the base"
)

func (f Facts) sound() bool { return f.Verdict == Pass && f.BaseHolds }

var guards = map[Guard]func(Facts) bool{
	Always:     func(Facts) bool { return true },
	OnBase:     func(f Facts) bool { return f.BaseHolds },
	Sound:      Facts.sound,
	SoundAsk:   func(f Facts) bool { return f.sound() && f.NeedsApproval },
	SoundFree:  func(f Facts) bool { return f.sound() && !f.NeedsApproval },
	Agreed:     func(f Facts) bool { return f.sound() && f.Quorum },
	Refutation: func(f Facts) bool { return f.Verdict == Fail },
	Undecided:  func(f Facts) bool { return f.Verdict == Inconclusive && f.EffortSpent },
	OffBase:    func(f Facts) bool { return !f.BaseHolds },
	Overdue:    func(f Facts) bool { return f.Due },
	AllWaves:   func(f Facts) bool { return f.WavesDone },
	AllBack:    func(f Facts) bool { return f.Restored },
}

// Holds reports whether the guard lets a transition happen. A guard that does not
// exist lets nothing happen.
func (g Guard) Holds(f Facts) bool {
	holds, ok := guards[g]
	return ok && holds(f)
}

// Transition is one row of the table of a change's life.
type Transition struct {
	From  State `json:"from"`
	Event Event `json:"event"`
	Guard Guard `json:"guard,omitempty"`
	To    State `json:"to"`
}

// transitions is the whole life of a change. What is not here is refused.
var transitions = []Transition{
	{Proposed, Started, OnBase, Verifying},
	{Proposed, Refuted, Refutation, Rejected},
	{Proposed, Withdraw, Always, Withdrawn},
	{Proposed, BaseMoved, OffBase, Outdated},
	{Proposed, Expire, Overdue, Expired},

	{Verifying, Passed, Sound, Shadowing},
	{Verifying, Refuted, Refutation, Rejected},
	{Verifying, GaveUp, Undecided, Rejected},
	{Verifying, Withdraw, Always, Withdrawn},
	{Verifying, BaseMoved, OffBase, Outdated},

	{Shadowing, Passed, Sound, Federating},
	{Shadowing, Refuted, Refutation, Rejected},
	{Shadowing, GaveUp, Undecided, Rejected},
	{Shadowing, Withdraw, Always, Withdrawn},
	{Shadowing, BaseMoved, OffBase, Outdated},

	{Federating, Passed, SoundAsk, AwaitingApproval},
	{Federating, Passed, SoundFree, RollingOut},
	{Federating, Refuted, Refutation, Rejected},
	{Federating, GaveUp, Undecided, Rejected},
	{Federating, Withdraw, Always, Withdrawn},
	{Federating, BaseMoved, OffBase, Outdated},

	// Measuring goes on while a person decides, so it can be refuted here too.
	{AwaitingApproval, Approved, Agreed, RollingOut},
	{AwaitingApproval, Declined, Always, Rejected},
	{AwaitingApproval, Refuted, Refutation, Rejected},
	{AwaitingApproval, Withdraw, Always, Withdrawn},
	{AwaitingApproval, BaseMoved, OffBase, Outdated},
	{AwaitingApproval, Expire, Overdue, Expired},

	{RollingOut, Completed, AllWaves, Adopted},
	{RollingOut, Faulted, Always, Aborting},
	{RollingOut, Halted, Always, Aborting},
	{RollingOut, Withdraw, Always, Aborting},

	{Aborting, Restored, AllBack, RolledBack},
	{Adopted, Restored, AllBack, RolledBack},
	{Adopted, Supersede, Always, Superseded},
}

// Transitions is a copy of the table.
func Transitions() []Transition { return slices.Clone(transitions) }

// Final reports whether a change stays in s for ever.
func (s State) Final() bool {
	return !slices.ContainsFunc(transitions, func(t Transition) bool { return t.From == s })
}

// ErrTransition is the root of every refused transition.
var ErrTransition = errors.New("not a step in the life of a change")

// RefusedTransition says why an event does not move a change.
type RefusedTransition struct {
	From  State
	Event Event
	Unmet []Guard // of the rows for this event; none when there is no row
}

func (e *RefusedTransition) Error() string {
	if len(e.Unmet) == 0 {
		return fmt.Sprintf("pipeline: %s in state %s: %v (possible: %s)", e.Event, e.From, ErrTransition, join(e.From.Events()))
	}
	return fmt.Sprintf("pipeline: %s in state %s: not so: %s", e.Event, e.From, join(e.Unmet))
}

// Unwrap makes every refusal an [ErrTransition].
func (e *RefusedTransition) Unwrap() error { return ErrTransition }

func join[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = string(e)
	}
	return strings.Join(out, ", ")
}

// Events lists what can move a change from s, in the order of the table.
func (s State) Events() []Event {
	var out []Event
	for _, t := range transitions {
		if t.From == s && !slices.Contains(out, t.Event) {
			out = append(out, t.Event)
		}
	}
	return out
}

// Next is the state after an event, or a [RefusedTransition]. At most one row of
// the table applies, whatever the facts.
func Next(from State, event Event, facts Facts) (State, error) {
	refused := &RefusedTransition{From: from, Event: event}
	for _, t := range transitions {
		if t.From != from || t.Event != event {
			continue
		}
		if t.Guard.Holds(facts) {
			return t.To, nil
		}
		refused.Unmet = append(refused.Unmet, t.Guard)
	}
	return from, refused
}

// Diagram renders the table as a Mermaid state diagram.
func Diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> " + mermaid(Proposed) + "\n")
	for _, t := range transitions {
		label := string(t.Event)
		if t.Guard != Always {
			label += " [" + string(t.Guard) + "]"
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", mermaid(t.From), mermaid(t.To), label)
	}
	for _, s := range States() {
		if s.Final() {
			fmt.Fprintf(&b, "    %s --> [*]\n", mermaid(s))
		}
	}
	return b.String()
}

// mermaid is a state's name without the hyphens that the notation reads as
// arrows.
func mermaid(s State) string { return strings.ReplaceAll(string(s), "-", "_") }
