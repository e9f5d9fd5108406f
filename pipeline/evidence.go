package pipeline

// Station is one of the checks that a change passes.
type Station string

// The stations, in the order of the pipeline.
const (
	Propose   Station = "propose"
	Agree     Station = "agree"
	Coq       Station = "coq"
	TLA       Station = "tla"
	Fuzz      Station = "fuzz"
	Benchmark Station = "benchmark"
	Shadow    Station = "shadow"
	Federate  Station = "federate"
	Approve   Station = "approve"
	Wave      Station = "wave"
	Rollback  Station = "rollback"
	Halt      Station = "halt"
)

// Outcome is how a station answered. The four are never mixed.
type Outcome string

// The outcomes.
const (
	Pass         Outcome = "pass"
	Fail         Outcome = "fail"         // refuted by a witness
	Inconclusive Outcome = "inconclusive" // time, memory or a tool was missing
	Error        Outcome = "error"        // the station could not work; never held against the subject
)

// SubjectKind says which digest a statement is about (docs/architecture.md: "Everything is
// named by digest").
type SubjectKind string

// The kinds of subjects.
const (
	SubjectCode   SubjectKind = "code"   // agree, fuzz, tla, cost
	SubjectModule SubjectKind = "module" // coq
	SubjectChange SubjectKind = "change" // benchmark, shadow, federate, approve, wave, rollback
)

// Subject is what a statement is about.
type Subject struct {
	Kind   SubjectKind `json:"kind"`
	Digest Digest      `json:"digest"`
}

// Tool is a program that a station used.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Figure is one measured number: an integer or decimal string, its unit, and
// where it has one, the bounds of its uncertainty.
type Figure struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Unit  string `json:"unit,omitempty"`
	Low   string `json:"low,omitempty"`
	High  string `json:"high,omitempty"`
}

// Finding is what a station tells the next proposal: one problem, its place
// and its witness.
type Finding struct {
	Code    string `json:"code"`              // stable rule id, such as "coq.goal" or "tilego.float"
	Where   string `json:"where,omitempty"`   // file:line:column, clause, theorem
	Message string `json:"message"`           // what is wrong
	Hint    string `json:"hint,omitempty"`    // what to do next
	Witness string `json:"witness,omitempty"` // diverging input, counter-example, open goal
}

// Statement is the evidence of one station about one subject. It becomes the
// predicate of an in-toto statement when it is signed (see rollout/trust).
// It holds no time: equal work gives equal bytes.
type Statement struct {
	Station     Station           `json:"station"`
	Subject     Subject           `json:"subject"`
	Outcome     Outcome           `json:"outcome"`
	Summary     string            `json:"summary"` // one line for people
	Tools       []Tool            `json:"tools,omitempty"`
	Inputs      map[string]Digest `json:"inputs,omitempty"` // contract, policy, corpus, trace, window ...
	Figures     []Figure          `json:"figures,omitempty"`
	Findings    []Finding         `json:"findings,omitempty"`
	Attachments map[string]Digest `json:"attachments,omitempty"` // logs and reports, by name
	Notes       map[string]string `json:"notes,omitempty"`       // such as dp: none
}

// SubjectOf is the kind of subject that a station speaks about. Stations that
// this version does not know speak about changes.
func (s Station) SubjectOf() SubjectKind {
	switch s {
	case Agree, TLA, Fuzz:
		return SubjectCode
	case Coq:
		return SubjectModule
	default:
		return SubjectChange
	}
}

// Stations lists the stations in the order of the pipeline.
func Stations() []Station {
	return []Station{Propose, Agree, Coq, TLA, Fuzz, Benchmark, Shadow, Federate, Approve, Wave, Rollback, Halt}
}

// EvidenceKey is what evidence is unique by: the same station asked the same
// question about the same subject answers once.
type EvidenceKey struct {
	Subject Subject `json:"subject"`
	Station Station `json:"station"`
	Inputs  Digest  `json:"inputs"` // see [InputsDigest]
}

// InputsDigest names the inputs of a station. Whatever may change the answer
// belongs among them: contract, trace and windows, and also the effort allowed
// and the versions of the tools.
func InputsDigest(inputs map[string]Digest) Digest {
	if inputs == nil {
		inputs = map[string]Digest{}
	}
	return mustSum("inputs", inputs)
}

// Key is what this statement is unique by.
func (s Statement) Key() EvidenceKey {
	return EvidenceKey{Subject: s.Subject, Station: s.Station, Inputs: InputsDigest(s.Inputs)}
}

// Digest names the statement. It fails when a text in it is not UTF-8.
func (s Statement) Digest() (Digest, error) { return Sum("statement", s) }

// Assurance says what stands behind a signature. It is found by whoever checked
// the signature, never claimed by the statement itself.
type Assurance string

// The levels of assurance, from the lowest.
const (
	Unsigned    Assurance = ""            // no valid signature
	Development Assurance = "development" // keys made by the control plane itself
	Production  Assurance = "production"  // keys of a root that people keep
)

// AtLeast reports whether a reaches the level b. Unknown levels reach nothing,
// and nothing reaches them.
func (a Assurance) AtLeast(b Assurance) bool {
	rank := map[Assurance]int{Unsigned: 0, Development: 1, Production: 2}
	have, ok := rank[a]
	want, known := rank[b]
	return ok && known && have >= want
}

// Evidence is a statement with what the check of its signature found out. What
// stands beside the statement is never taken from the statement.
type Evidence struct {
	Statement Statement `json:"statement"`
	Assurance Assurance `json:"assurance,omitempty"`
	Signer    string    `json:"signer,omitempty"` // name of the key or person
	Roles     []string  `json:"roles,omitempty"`  // that the signer holds
}
