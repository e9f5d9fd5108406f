package pipeline

// Campaign is a goal with budgets, as a person submits it. Make it with
// [ParseCampaign]; it is valid then, and its defaults are written out.
type Campaign struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Metadata   Metadata     `json:"metadata"`
	Spec       CampaignSpec `json:"spec"`
}

// Digest names the campaign. It fails when a text in it is not UTF-8, which
// [ParseCampaign] never lets through.
func (c Campaign) Digest() (Digest, error) { return Sum("campaign", c) }

// Metadata is what people call a document.
type Metadata struct {
	Name   string            `json:"name"` // lower-case letters, digits and hyphens, at most 63
	Labels map[string]string `json:"labels,omitempty"`
}

// CampaignSpec says what to improve, on which telemetry, by whom, within which
// budgets, and what a change must pass.
type CampaignSpec struct {
	Slot      string         `json:"slot"`
	Lineages  []string       `json:"lineages"` // each is improved on its own
	Objective Objective      `json:"objective"`
	Telemetry Telemetry      `json:"telemetry"`
	Proposers []Proposer     `json:"proposers"` // arms of one bandit
	Budget    Budget         `json:"budget"`
	Verify    Verify         `json:"verify"`
	Shadow    ShadowSpec     `json:"shadow"`
	Federate  FederateSpec   `json:"federate"`
	Approve   ApproveSpec    `json:"approve"`
	Rollout   RolloutRequest `json:"rollout"`
}

// Share is what each lineage may spend. No lineage waits for another, so what
// one leaves is not given to the next.
func (s CampaignSpec) Share() Amount { return s.Budget.Share(len(s.Lineages)) }

// Telemetry is where a campaign's data comes from: exactly one of the three.
type Telemetry struct {
	Trace  string   `json:"trace,omitempty"`  // path of a *.trace.yaml header, relative to the data folder
	Query  string   `json:"query,omitempty"`  // PromQL over the fleet's metrics, with Window
	Window Duration `json:"window,omitzero"`  // how far back Query reads
	Record string   `json:"record,omitempty"` // host: record this machine
}

// Proposer is one source of candidates.
type Proposer struct {
	Kind        ProposerKind `json:"kind"`
	Model       string       `json:"model,omitempty"`       // provider/model, for kinds that ask a language model
	Temperature *Decimal     `json:"temperature,omitempty"` // 0 to 2; nil is the model's own
}

// ProposerKind is a way to make candidates.
type ProposerKind string

// The kinds of proposers.
const (
	Evolve   ProposerKind = "evolve"   // knobs and typed edits; needs no model
	LLM      ProposerKind = "llm"      // any provider of the language model library
	Ollama   ProposerKind = "ollama"   // a local Ollama server, by its own protocol
	Agent    ProposerKind = "agent"    // a repair loop around a model
	Transfer ProposerKind = "transfer" // what another lineage learned
)

func proposerKinds() []string {
	return []string{string(Evolve), string(LLM), string(Ollama), string(Agent), string(Transfer)}
}

// AsksModel reports whether the kind needs a language model, and so tokens.
func (k ProposerKind) AsksModel() bool { return k == LLM || k == Ollama || k == Agent }

// Need says whether a campaign insists on a check.
type Need string

// The needs. Policy may demand a check that a campaign calls optional.
const (
	Required Need = "required"
	Optional Need = "optional" // made and shown; its being inconclusive does not end a change
)

// Check is one verification station as a campaign asks for it.
type Check struct {
	Need Need     `json:"need"`
	For  Duration `json:"for,omitzero"` // effort allowed; 0 is the station's own default
}

// Verify is what a campaign asks of the verification stations.
type Verify struct {
	Agree Check `json:"agree"`
	Coq   Check `json:"coq"`
	TLA   Check `json:"tla"`
	Fuzz  Check `json:"fuzz"`
}

// ShadowSpec says how long incumbent and candidate run side by side.
type ShadowSpec struct {
	Tiles          int64    `json:"tiles"`
	MinInvocations int64    `json:"minInvocations"` // on each tile
	For            Duration `json:"for"`            // at most this long
}

// FederateSpec says how tiles report without telling their own figures.
type FederateSpec struct {
	MinTiles int64   `json:"minTiles"` // below it: mode exact-sum, and the evidence says dp: none
	Epsilon  Decimal `json:"epsilon"`  // of differential privacy
}

// ApproveSpec says who must agree before a rollout. Policy may demand more.
type ApproveSpec struct {
	Count int64    `json:"count"`
	Roles []string `json:"roles"`
}

// RolloutRequest names a documented plan, or carries waves written out (never
// both).
type RolloutRequest struct {
	Plan  string     `json:"plan,omitempty"` // lab, normal, accelerated, emergency
	Waves []WaveSpec `json:"waves,omitempty"`
}

// Resolve is the plan that the request means.
func (r RolloutRequest) Resolve() (Plan, error) {
	if len(r.Waves) > 0 {
		return Plan{Name: "custom", Waves: r.Waves}, Plan{Name: "custom", Waves: r.Waves}.Check()
	}
	return NamedPlan(r.Plan)
}

// Defaults of a campaign. Evidence follows the rule of three: 3000 calls without
// a difference bound its rate by one in a thousand, at 95 %.
const (
	DefaultShadowTiles       = 3
	DefaultShadowInvocations = 3000
	DefaultFederateTiles     = 20
	DefaultFederateEpsilon   = One
	DefaultApprovals         = 1
	DefaultApproverRole      = "approver"
	DefaultPlan              = "normal"
)

// DefaultShadowTime is how long a shadow run may take.
const DefaultShadowTime = Duration(2 * 60 * 1e9)

// FirstRung is the number of simulator steps of the shortest evaluation, the
// first rung of racing. A budget below it buys nothing.
const FirstRung = 256

// SlotClass says what a slot replaces: a part of the kernel, or a driver.
type SlotClass string

// The classes of slots.
const (
	KernelSlot SlotClass = "kernel"
	DeviceSlot SlotClass = "device"
)

// SlotInfo is what a campaign needs to know of a slot.
type SlotInfo struct {
	Class   SlotClass
	Metrics []MetricInfo // of the slot's contract
}

// MetricInfo is one metric of a contract.
type MetricInfo struct {
	Name      string
	Direction Direction
}

func (s SlotInfo) metric(name string) (MetricInfo, bool) {
	for _, m := range s.Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return MetricInfo{}, false
}

func (s SlotInfo) metricNames() []string {
	out := make([]string, len(s.Metrics))
	for i, m := range s.Metrics {
		out[i] = m.Name
	}
	return out
}

// Catalogue is what campaigns are checked against: the slots that are
// registered and the lineages that are alive.
type Catalogue interface {
	Slot(name string) (SlotInfo, bool)
	Slots() []string
	Lineages() []string
}
