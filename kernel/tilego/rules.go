package tilego

import (
	"slices"
	"strings"
)

// Rule is one reason to refuse a source. Ids are stable: repair loops, journals
// and documents key on them.
type Rule struct {
	ID       string `json:"id"`       // such as "tilego.float"
	About    string `json:"about"`    // what the language wants, and why
	Hint     string `json:"hint"`     // what to write instead, where a refusal says nothing more precise
	Refused  string `json:"refused"`  // an example that breaks the rule
	Accepted string `json:"accepted"` // the same intent within the language
}

// Rules are all reasons to refuse a source, ordered by id. Examples are whole
// files where they start with a package clause or with something that stands
// before one, and otherwise declarations of a module.
func Rules() []Rule {
	out := make([]Rule, len(ruleTable))
	for i, r := range ruleTable {
		out[i] = Rule{ID: "tilego." + r.ID, About: r.About, Hint: r.Hint, Refused: strings.Trim(r.Refused, "\n"), Accepted: strings.Trim(r.Accepted, "\n")}
	}
	slices.SortFunc(out, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// RuleFor finds a rule by its id, with or without "tilego." before it.
func RuleFor(id string) (Rule, bool) {
	id = "tilego." + strings.TrimPrefix(id, "tilego.")
	for _, r := range Rules() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// hints are the general hints, by id without "tilego.".
var hints = func() map[string]string {
	m := make(map[string]string, len(ruleTable))
	for _, r := range ruleTable {
		m[r.ID] = r.Hint
	}
	return m
}()
