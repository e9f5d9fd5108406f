package tla

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// conclude turns what the engines said into outcome, summary and findings.
func (c *check) conclude() {
	confirmed, doubts := c.compare()
	v := c.result.Violation
	switch {
	case len(doubts) > 0:
		c.end(pipeline.Error, "the engines disagree: "+strings.Join(doubts, "; "))
		c.finding("tla.disagree", "", c.st.Summary, "report this: an engine or the printer is wrong, the module was not judged", c.table())
	case c.result.Lopsided:
		c.end(pipeline.Error, "the surroundings of the contract are wrong: Symmetric is declared, and exchanging two of the things changes what can follow")
		c.finding("tla.surroundings", "env.go", c.st.Summary, "treat all elements of the arrays alike in EnvInit, Sense, React and every Safe function, or remove Symmetric", "")
	case v != nil && v.Env:
		c.end(pipeline.Error, "the surroundings of the contract are wrong: "+c.broken())
		c.finding("tla.surroundings", "env.go", c.st.Summary, "correct env.go: no module can be judged with it", c.table())
	case v != nil:
		c.end(pipeline.Fail, fmt.Sprintf("%s in %d steps", c.broken(), len(v.Trace)-1))
		c.finding("tla.violation", c.subject.Place(v.Name), c.broken(), hint(v), c.table())
	case !c.result.Complete:
		limit, hint := c.limit()
		c.end(pipeline.Inconclusive, fmt.Sprintf("not all states were visited: stopped after %d at %s", c.result.Distinct, limit))
		c.finding("tla.limit", "contract.yaml", c.st.Summary, hint, "")
	case c.result.Distinct == 1:
		c.end(pipeline.Inconclusive, "nothing ever happens: there is one state")
		c.finding("tla.vacuous", "env.go", c.st.Summary, "let the surroundings change something that they or the module can see", "")
	case !confirmed && len(c.others) > 0:
		c.end(pipeline.Inconclusive, "no invariant is broken, but no second engine could confirm it")
		c.finding("tla.unconfirmed", "", c.st.Summary, "keep values below 2^30 and the state space to thousands of states, or give Genesis a TLC (TLC_JAR)", c.reasons())
	default:
		c.end(pipeline.Pass, fmt.Sprintf("%d states, no invariant broken, %s", c.result.States, c.agreement()))
	}
	if c.result.Complete && c.result.Distinct > 1 {
		if c.sys.Symmetric == 1 { // else the first of them stands for the others
			c.useless()
		}
		c.vacuous()
		c.shrunk()
	}
}

// limit names what ended the exploration, and says what to try.
func (c *check) limit() (name, hint string) {
	switch c.result.Limit {
	case joint.MemoryLimit:
		return "512 MiB of states", "make State and Env smaller: an array costs its whole length in every state"
	case joint.TimeLimit:
		return "the deadline", "give the station more time (--timeout), or make State and Env smaller"
	}
	return fmt.Sprintf("model.maxStates: %d", c.limits.MaxStates), "raise model.maxStates, replace large constants of the contract by small ones (model.consts), or make the module's state smaller"
}

func (c *check) end(o pipeline.Outcome, summary string) { c.st.Outcome, c.st.Summary = o, summary }

func (c *check) finding(code, where, message, hint, witness string) {
	c.st.Findings = append(c.st.Findings, pipeline.Finding{Code: code, Where: where, Message: message, Hint: hint, Witness: witness})
}

// compare sets the answers of the other engines against the explorer's: whether
// one confirms it, and where one contradicts it.
func (c *check) compare() (confirmed bool, doubts []string) {
	size := 0 // K0 of the specification: values beyond what an engine counts in
	for i := range c.others {
		o := &c.others[i]
		if o.Verdict == Violated && o.Broken == size {
			o.Answer = noVerdict("values leave the range that it counts in")
		}
		note := "agrees"
		switch d := c.differs(o.Answer); {
		case o.Verdict == Unable:
			note = "no verdict: " + o.Reason
		case d != "":
			note = "contradicts: " + d
			doubts = append(doubts, o.engine+": "+d)
		default:
			confirmed = true
		}
		c.st.Notes["engine."+o.engine] = note
	}
	return confirmed, doubts
}

// differs says what an answer contradicts. Counts are compared where all states
// were visited, and the lengths of shortest traces where an invariant is broken.
func (c *check) differs(a Answer) string {
	v := c.result.Violation
	switch {
	case a.Verdict == Unable:
		return ""
	case (a.Verdict == Violated) != (v != nil):
		return fmt.Sprintf("violated %t, the explorer says %t", a.Verdict == Violated, v != nil)
	case v != nil && a.Trace != len(v.Trace):
		return fmt.Sprintf("shortest trace of %d states, the explorer has %d", a.Trace, len(v.Trace))
	case v == nil && a.Distinct != c.result.States:
		return fmt.Sprintf("%d distinct states, the explorer has %d", a.Distinct, c.result.States)
	case v == nil && a.Generated > 0 && a.Generated != c.result.Steps:
		return fmt.Sprintf("%d states generated, the explorer has %d", a.Generated, c.result.Steps)
	}
	return ""
}

func (c *check) agreement() string {
	var names []string
	for _, o := range c.others {
		if o.Verdict != Unable {
			names = append(names, o.engine)
		}
	}
	if len(names) == 0 {
		return "by the explorer alone"
	}
	return "explorer, " + strings.Join(names, ", ") + " agree"
}

func (c *check) reasons() string {
	var b strings.Builder
	for _, o := range c.others {
		fmt.Fprintf(&b, "%s: %s\n", o.engine, o.Reason)
	}
	return b.String()
}

func (c *check) broken() string {
	v := c.result.Violation
	text := v.Name + " is broken"
	if v.Detail != "" {
		text += " (" + v.Detail + ")"
	}
	return text
}

func hint(v *joint.Violation) string {
	switch {
	case v.Name == "Inv" && len(v.Trace) == 1:
		return verifiers.Advice("Init")
	case v.Name == "NoPanic":
		return verifiers.Advice("Panic") + "; the last line of the trace shows the input"
	case v.Name == "Post", v.Name == "Frame":
		return verifiers.Advice(v.Name) + "; the last line of the trace shows the input and the results"
	}
	return verifiers.Advice(v.Name)
}

// maxWitness bounds the trace in a statement, in lines at each end.
const maxWitness = 100

// table is the counter-example, shortened in the middle when it is long.
func (c *check) table() string {
	if c.result.Violation == nil {
		return ""
	}
	text := c.sys.Table(c.result.Violation)
	lines := strings.SplitAfter(text, "\n")
	if len(lines) <= 2*maxWitness {
		return text
	}
	left := fmt.Sprintf("... %d steps ...\n", len(lines)-2*maxWitness)
	return strings.Join(lines[:maxWitness], "") + left + strings.Join(lines[len(lines)-maxWitness:], "")
}

// useless raises the alarm over choices that never make a difference.
func (c *check) useless() {
	c.st.Notes["choices"] = perChoice(c.result.Useful)
	for choice, n := range c.result.Useful {
		if n == 0 {
			c.finding("tla.choice", "env.go", fmt.Sprintf("choice %d never leads where no smaller choice leads", choice),
				"the surroundings are weaker than they look: use the choice, or lower Choices", "")
		}
	}
}

// vacuous raises the alarm over parts of promises that said nothing.
func (c *check) vacuous() {
	for _, v := range c.result.Vacuous {
		c.finding("tla.clause", c.subject.Place(v.Promise), fmt.Sprintf("%q makes no difference in any state that is reached", v.Text),
			"let a choice of env.go lead to where it matters, or remove it from the promise", "")
	}
}

// shrunk raises the alarm when the module makes less than half of what happened
// with its predecessor happen: it may keep its promises by doing nothing.
func (c *check) shrunk() {
	before := c.before
	if before == nil || !before.Complete {
		return
	}
	c.st.Notes["incumbent.states"] = strconv.Itoa(before.States)
	if 2*c.result.States < before.States {
		c.finding("tla.shrunk", "module.go", fmt.Sprintf("%d states are reached, with the incumbent %d", c.result.States, before.States),
			"see whether the module still reacts to its inputs: promises are easy to keep by doing nothing", "")
	}
}
