package pipeline

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// ParsePolicy reads a policy from YAML or JSON, strictly. The error is a
// [Problems] with a line for each, as for [ParseCampaign].
func ParsePolicy(text []byte) (Policy, error) {
	root, err := parseYAML(text)
	if err != nil {
		return Policy{}, err
	}
	r := &reader{}
	o := r.object(root, "", "apiVersion", "kind", "name", "version", "classes", "rules")
	p := Policy{
		APIVersion: o.exactly("apiVersion", APIVersion), Kind: o.exactly("kind", "Policy"),
		Name: o.text("name"), Version: o.positive("version", 0), Classes: readClasses(o),
	}
	if !nameForm.MatchString(p.Name) {
		o.refuse("name", "lower-case letters, digits and hyphens, at most 63", "%q is not a name", clip(p.Name))
	}
	for i, n := range o.list("rules") {
		p.Rules = append(p.Rules, readRule(r, n, fmt.Sprintf("rules[%d]", i)))
	}
	if err := r.finish(); err != nil {
		return p, err
	}
	if err := p.Check(); err != nil {
		o.refuse("rules", "see docs/policy.md", "%s", err)
	}
	return p, r.finish()
}

// readClasses reads {slot: kernel or device}.
func readClasses(o object) map[string]SlotClass {
	n := o.fields["classes"]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		o.refuse("classes", "write {SLOT: device}", "want a mapping, not %s", kindName(n))
		return nil
	}
	out := map[string]SlotClass{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		slot, class := n.Content[i].Value, SlotClass(n.Content[i+1].Value)
		if _, seen := out[slot]; seen || !nameForm.MatchString(slot) || (class != KernelSlot && class != DeviceSlot) {
			o.r.refuse(n.Content[i], o.at("classes"), "each slot once, kernel or device", "%q: %q", clip(slot), clip(string(class)))
			continue
		}
		out[slot] = class
	}
	return out
}

func readRule(r *reader, n *yaml.Node, path string) Rule {
	f := r.object(n, path, "class", "slot", "lineage", "demand", "level", "assurance", "approvals", "roles", "retries", "maxShare", "minAlive", "minDiffer")
	rule := Rule{
		Class: SlotClass(f.text("class")), Slot: f.text("slot"), Lineage: f.text("lineage"),
		Level: Level(f.integer("level")), Assurance: Assurance(f.text("assurance")),
		Approvals: f.positive("approvals", DefaultApprovals), Roles: f.texts("roles"), Retries: f.integer("retries"),
		MaxShare: field(f, "maxShare", parseShare), MinAlive: f.integer("minAlive"), MinDiffer: field(f, "minDiffer", parseShare),
	}
	for _, s := range f.texts("demand") {
		rule.Demand = append(rule.Demand, Station(s))
	}
	if !f.has("level") {
		f.refuse("level", "write level: 0 to 4, the most that this rule allows", "missing")
	}
	if err := rule.check(); err != nil {
		f.refuse("demand", "see docs/policy.md", "%s", err)
	}
	return rule
}
