// Package spec is the specification of the rollout protocol, Rollout.tla, as
// text, and prints traces of rollouts that were run as specifications.
//
// What it keeps true: a trace is judged by the text of Rollout.tla alone. [Trace]
// adds a counter to it, and lets an action of the control plane happen only when
// it is the next event of the trace; actions of tiles, of which a workflow's
// history knows nothing, may happen in between, as many as [quiet] at a time. An
// engine that finds a state in which all events are consumed has found a
// behaviour of the specification that is the trace.
//
// Tiles that are ordered together stand for one tile of the specification.
//
// What it does not do: it runs no engine, and it reads no history: see
// verifiers/tla and the tests of workflows.
package spec

import (
	_ "embed" // the specification
	"fmt"
	"strings"
)

// Text is Rollout.tla.
//
//go:embed Rollout.tla
var Text string

// Module is the name of a printed trace's module.
const Module = "Trace"

// Kind is a kind of event: an action of the control plane in Rollout.tla.
type Kind string

// The kinds of events. Those that begin and end an activity are two.
const (
	Order     Kind = "Order" // of a wave
	Ordered   Kind = "Ordered"
	Promote   Kind = "Promote" // what a gate said
	Hold      Kind = "Hold"
	Back      Kind = "Back"
	Halt      Kind = "Halt"
	Halted    Kind = "Halted"
	Waiting   Kind = "Waiting" // not every tile is back yet
	Restored  Kind = "Restored"
	Commit    Kind = "Commit"
	Committed Kind = "Committed"
	Failed    Kind = "Failed" // the commit was refused
)

// Event is something that a rollout did.
type Event struct {
	Kind   Kind
	Wave   int    // from 0; of Order, Ordered and what a gate says
	Source string // where it was recorded, for people
}

func (e Event) String() string {
	switch e.Kind {
	case Order, Ordered, Promote, Hold, Back:
		return fmt.Sprintf("%s of wave %d (%s)", e.Kind, e.Wave, e.Source)
	}
	return fmt.Sprintf("%s (%s)", e.Kind, e.Source)
}

// silent are the actions of tiles that may come before an event of a kind. What
// is not there only makes the search for a behaviour narrower: a trace that
// needs more is refused.
var silent = map[Kind]string{
	Ordered:   `( ( t = wave ) /\ ( Take(t) \/ Enter(t) ) )`,
	Promote:   `( ( mode[t] = "trial" ) /\ ( rep[t] # "trial" ) /\ Report(t) )`,
	Back:      `( ( rep[t] # "back" ) /\ ( GoBack(t) \/ ( ( mode[t] = "back" ) /\ Report(t) ) ) )`,
	Halted:    `( GoBack(t) \/ Save(t) )`,
	Restored:  `( GoBack(t) \/ ( ( mode[t] \in { "old", "back" } ) /\ ( rep[t] # mode[t] ) /\ Report(t) ) )`,
	Committed: `( Write(t) \/ Settle(t) )`,
	Failed:    `GoBack(t)`,
}

// quiet is how many silent steps may come between two events, per tile.
const quiet = 2

// Trace prints a trace of a rollout of some waves. Its last invariant, Pending,
// is violated exactly when the first upTo events can be consumed in this order
// from the beginning; the others are the promises of the protocol.
func Trace(waves int, events []Event, upTo int) (text, config string) {
	body, _ := strings.CutPrefix(strings.TrimSuffix(strings.TrimSpace(Text), "===="), "---- MODULE Rollout ----")
	var b strings.Builder
	body = strings.Replace(body, "\nVARIABLES ", "\nVARIABLES at, still, ", 1) // tla-checker reads one declaration
	fmt.Fprintf(&b, "---- MODULE %s ----%s\n", Module, body)
	b.WriteString("May(t) ==\n  ( CASE " + strings.Join(cases(events), "\n  [] ") + "\n  [] OTHER -> FALSE )\n\n")
	b.WriteString("Must ==\n  ( CASE " + strings.Join(steps(events), "\n  [] ") + "\n  [] OTHER -> FALSE )\n")
	fmt.Fprintf(&b, `
Starts == ( Init /\ ( at = 1 ) /\ ( still = 0 ) )
Goes == ( ( Must /\ ( at' = at + 1 ) /\ ( still' = 0 ) )
  \/ ( ( still < %d ) /\ ( \E t \in Tiles : May(t) ) /\ ( at' = at ) /\ ( still' = still + 1 ) ) )
Pending == ( at <= %d )
====
`, quiet*waves, upTo)
	return b.String(), fmt.Sprintf(`CONSTANTS
N = %d
CRASHES = 0
D = 1
INIT Starts
NEXT Goes
INVARIANTS
%s
Pending
CHECK_DEADLOCK FALSE
`, waves, strings.Join(promises(), "\n"))
}

// cases print what may come silently before each event.
func cases(events []Event) []string {
	var out []string
	for i, e := range events {
		if s, ok := silent[e.Kind]; ok {
			out = append(out, fmt.Sprintf("( at = %d ) -> %s", i+1, s))
		}
	}
	return append(out, "( at = 0 ) -> FALSE")
}

// steps print the action that each event is.
func steps(events []Event) []string {
	out := make([]string, 0, len(events)+1)
	for i, e := range events {
		action := string(e.Kind)
		switch e.Kind {
		case Order:
			action = fmt.Sprintf("( ( wave = %d ) /\\ Order )", e.Wave)
		case Ordered, Promote, Hold, Back:
			action = fmt.Sprintf("( ( wave = %d ) /\\ %s )", e.Wave+1, e.Kind)
		case Waiting:
			action = `( ( ctl = "wait" ) /\ UNCHANGED vars )`
		}
		out = append(out, fmt.Sprintf("( at = %d ) -> %s", i+1, action))
	}
	return append(out, "( at = 0 ) -> FALSE")
}

// promises are the invariants of Rollout.tla: what it defines behind the line
// that says so.
func promises() []string {
	_, text, _ := strings.Cut(Text, `\* What is promised.`)
	var out []string
	for line := range strings.Lines(text) {
		if name, _, ok := strings.Cut(line, " == "); ok {
			out = append(out, name)
		}
	}
	return out
}
