package pipeline

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// ParseCampaign reads a campaign from YAML or JSON and checks it against what
// the catalogue knows. It is strict: unknown fields, slots, lineages and
// metrics, and budgets that cannot buy what is asked are refused. The error is
// then a [Problems] with a line and what to write for each.
func ParseCampaign(text []byte, known Catalogue) (Campaign, error) {
	root, err := parseYAML(text)
	if err != nil {
		return Campaign{}, err
	}
	r := &campaignReader{known: known}
	c := r.campaign(root)
	return c, r.finish()
}

type campaignReader struct {
	reader
	known Catalogue
}

func (r *campaignReader) campaign(root *yaml.Node) Campaign {
	o := r.object(root, "", "apiVersion", "kind", "metadata", "spec")
	c := Campaign{
		APIVersion: o.exactly("apiVersion", APIVersion),
		Kind:       o.exactly("kind", "Campaign"),
		Metadata:   readMetadata(o),
	}
	if !o.has("spec") {
		o.refuse("spec", "see docs/campaign.md", "missing")
		return c
	}
	c.Spec = r.spec(o.child("spec", campaignSpecFields...))
	return c
}

var campaignSpecFields = []string{"slot", "lineages", "objective", "telemetry", "proposers",
	"budget", "verify", "shadow", "federate", "approve", "rollout"}

// exactly demands one value and returns it.
func (o object) exactly(name, want string) string {
	if got := o.text(name); got != want {
		o.refuse(name, "write "+name+": "+want, "is %q", clip(got))
	}
	return want
}

var (
	nameForm  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	labelForm = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_./]{0,61}[A-Za-z0-9])?$`)
)

const maxLabels = 32

func readMetadata(o object) Metadata {
	if !o.has("metadata") {
		o.refuse("metadata", "write metadata: {name: my-campaign}", "missing")
		return Metadata{}
	}
	m := o.child("metadata", "name", "labels")
	out := Metadata{Name: m.text("name")}
	if !nameForm.MatchString(out.Name) {
		m.refuse("name", "lower-case letters, digits and hyphens, at most 63", "%q is not a name", clip(out.Name))
	}
	out.Labels = readLabels(m)
	return out
}

func readLabels(m object) map[string]string {
	n := m.fields["labels"]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode || len(n.Content) > 2*maxLabels {
		m.refuse("labels", fmt.Sprintf("write {site: lab}, at most %d", maxLabels), "want a mapping of labels")
		return nil
	}
	out := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1].Value
		if !labelForm.MatchString(key) || !labelForm.MatchString(value) {
			m.r.refuse(n.Content[i], m.at("labels"), "letters, digits, - _ . / inside, at most 63", "%q: %q is not a label", clip(key), clip(value))
			continue
		}
		out[key] = value
	}
	return out
}

func (r *campaignReader) spec(o object) CampaignSpec {
	slot, found := r.slot(o)
	s := CampaignSpec{
		Slot:      o.text("slot"),
		Lineages:  r.lineages(o),
		Telemetry: readTelemetry(o),
		Proposers: readProposers(o),
		Verify:    readVerify(o),
		Shadow:    readShadow(o),
		Federate:  readFederate(o),
		Approve:   readApprove(o),
		Rollout:   readRollout(o),
	}
	if found {
		s.Objective = readObjective(o, slot)
	}
	s.Budget = readBudget(o, s)
	return s
}

func (r *campaignReader) slot(o object) (SlotInfo, bool) {
	name := o.text("slot")
	slot, ok := r.known.Slot(name)
	if !ok {
		o.refuse("slot", suggestion(name, r.known.Slots()), "no slot %q is registered", clip(name))
	}
	return slot, ok
}

func (r *campaignReader) lineages(o object) []string {
	known := r.known.Lineages()
	names := o.texts("lineages")
	if len(names) == 0 {
		o.refuse("lineages", "known: "+strings.Join(known, ", "), "name at least one lineage")
	}
	seen := map[string]bool{}
	for _, name := range names {
		if !contains(known, name) {
			o.refuse("lineages", suggestion(name, known), "no lineage %q is alive", clip(name))
		}
		if seen[name] {
			o.refuse("lineages", "keep one of them", "%q given twice", clip(name))
		}
		seen[name] = true
	}
	return names
}

func readObjective(o object, slot SlotInfo) Objective {
	if !o.has("objective") {
		o.refuse("objective", "write objective: {minimize: METRIC}", "missing")
		return Objective{}
	}
	f := o.child("objective", "minimize", "maximize", "subjectTo")
	out := Objective{Minimize: f.text("minimize"), Maximize: f.text("maximize"), SubjectTo: readConstraints(f, slot)}
	if f.has("minimize") == f.has("maximize") {
		f.refuse("minimize", "write minimize: METRIC or maximize: METRIC", "want exactly one metric to improve")
		return out
	}
	word := "minimize"
	if f.has("maximize") {
		word = "maximize"
	}
	checkMetric(f, word, out, slot)
	return out
}

func checkMetric(f object, word string, o Objective, slot SlotInfo) {
	metric, ok := slot.metric(o.Metric())
	if !ok {
		f.refuse(word, suggestion(o.Metric(), slot.metricNames()), "the contract has no metric %q", clip(o.Metric()))
		return
	}
	if metric.Direction != o.Direction() {
		f.refuse(word, "write "+string(metric.Direction)+"imize: "+metric.Name, "the contract says that %s is better the other way", metric.Name)
	}
}

const maxConstraints = 16

func readConstraints(f object, slot SlotInfo) []Constraint {
	texts := f.list("subjectTo")
	if len(texts) > maxConstraints {
		f.refuse("subjectTo", "", "%d constraints, at most %d", len(texts), maxConstraints)
		return nil
	}
	var out []Constraint
	for i, n := range texts {
		path := fmt.Sprintf("%s[%d]", f.at("subjectTo"), i)
		c, err := ParseConstraint(f.r.scalar(n, path))
		if err != nil {
			f.r.refuse(n, path, "", "%s", err)
			continue
		}
		if _, ok := slot.metric(c.Metric); !ok {
			f.r.refuse(n, path, suggestion(c.Metric, slot.metricNames()), "the contract has no metric %q", clip(c.Metric))
			continue
		}
		out = append(out, c)
	}
	return out
}

func readTelemetry(o object) Telemetry {
	f := o.child("telemetry", "trace", "query", "window", "record")
	t := Telemetry{Trace: f.text("trace"), Query: f.text("query"), Window: f.duration("window"), Record: f.text("record")}
	given := 0
	for _, name := range []string{"trace", "query", "record"} {
		if f.has(name) {
			given++
		}
	}
	switch {
	case given != 1:
		f.refuse("trace", "write telemetry: {trace: examples/telemetry/NAME.trace.yaml}", "want exactly one of trace, query and record")
	case t.Trace != "" && (!fs.ValidPath(t.Trace) || !strings.HasSuffix(t.Trace, ".trace.yaml")):
		f.refuse("trace", "a relative path without .. that ends in .trace.yaml", "%q is not the path of a trace", clip(t.Trace))
	case (t.Query != "") != (t.Window > 0):
		f.refuse("window", "write window: 24h", "a query goes with a window, and only a query")
	case f.has("record") && t.Record != "host":
		f.refuse("record", "write record: host", "nothing records %q", clip(t.Record))
	}
	return t
}

const maxProposers = 16

func readProposers(o object) []Proposer {
	if !o.has("proposers") {
		return []Proposer{{Kind: Evolve}}
	}
	list := o.list("proposers")
	if len(list) == 0 || len(list) > maxProposers {
		o.refuse("proposers", "write - {kind: evolve}", "want 1 to %d proposers", maxProposers)
		return nil
	}
	var out []Proposer
	for i, n := range list {
		out = append(out, readProposer(o.r.object(n, fmt.Sprintf("%s[%d]", o.at("proposers"), i), "kind", "model", "temperature")))
	}
	return out
}

// maxTemperature is the largest that providers of language models take.
const maxTemperature = 2 * One

func readProposer(f object) Proposer {
	p := Proposer{Kind: ProposerKind(f.text("kind")), Model: f.text("model")}
	if !contains(proposerKinds(), string(p.Kind)) {
		f.refuse("kind", suggestion(string(p.Kind), proposerKinds()), "no proposer of kind %q", clip(string(p.Kind)))
		return p
	}
	if p.Kind.AsksModel() != (p.Model != "") {
		f.refuse("model", "write {kind: llm, model: provider/model}, and no model for kinds that ask none", "%s %s", p.Kind, missingOr(p.Model))
	}
	if f.has("temperature") {
		t := f.decimal("temperature")
		if p.Temperature = &t; t < 0 || t > maxTemperature || !p.Kind.AsksModel() {
			f.refuse("temperature", "from 0 to 2, for kinds that ask a model", "%s is not a temperature of %s", t, p.Kind)
		}
	}
	return p
}

func missingOr(model string) string {
	if model == "" {
		return "without a model"
	}
	return "with a model"
}
