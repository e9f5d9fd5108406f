package tla

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/tlagen"
)

// ErrMissing says that an engine is not installed.
var ErrMissing = errors.New("not installed")

// Specification is a TLA+ module with a configuration for a model checker.
// Module, Text and Invariants belong together: the text begins with
// ---- MODULE Module ----, and Config names the invariants in this order.
type Specification struct {
	Module     string
	Text       string
	Config     string
	Invariants []string
	Others     map[string]string // texts of modules that it extends, by name; for TLC only
}

// ReadConfig makes a specification of a module's text and of a configuration,
// from which it takes the invariants below INVARIANTS.
func ReadConfig(module, text, config string) Specification {
	s := Specification{Module: module, Text: text, Config: config}
	_, list, _ := strings.Cut(config, "\nINVARIANTS\n")
	for _, word := range strings.Fields(list) {
		if slices.Contains(statements, word) {
			break
		}
		s.Invariants = append(s.Invariants, word)
	}
	return s
}

// statements are the words that begin a statement of a configuration.
var statements = []string{"CHECK_DEADLOCK", "CONSTANT", "CONSTANTS", "CONSTRAINT", "INIT", "INVARIANT", "INVARIANTS", "NEXT",
	"PROPERTIES", "PROPERTY", "SPECIFICATION", "SYMMETRY", "VIEW"}

// printed is what package tlagen prints, as a specification.
func printed(p *tlagen.Spec) Specification { return ReadConfig(tlagen.Module, p.Text, p.Config) }

// Temporal is the index of what is violated when it is no invariant but a
// property over infinite behaviours.
const Temporal = -1

// Answer is what an engine of TLA+ said of a specification.
type Answer struct {
	Verdict   Verdict
	Broken    int    // the violated invariant: an index into Invariants, or Temporal
	Trace     int    // states of the counter-example, the initial one included
	Distinct  int    // states
	Generated int    // states, 0 if the engine does not say
	Depth     int    // 0 if the engine does not say
	Version   string // of the engine
	Reason    string // why there is no verdict
}

// Verdict is what an engine found.
type Verdict int

// The verdicts.
const (
	Unable   Verdict = iota // no verdict, see Reason
	Holds                   // every reachable state was visited
	Violated                // an invariant is broken
)

func (v Verdict) String() string { return [...]string{"unable", "holds", "violated"}[v] }

// engine checks a specification. maxStates bounds its work; the error is that
// of a context that ended.
type engine interface {
	name() string
	Check(ctx context.Context, spec Specification, maxStates int) (Answer, error)
}

func noVerdict(reason string) Answer { return Answer{Verdict: Unable, Reason: reason} }
