package dashboard

import (
	"html/template"

	"github.com/genesis-network/genesis/pipeline"
)

// Frame is what every page has around its view.
type Frame struct {
	Title     string
	Active    string // entry of the navigation
	Nonce     string // of the scripts
	Live      bool   // the page updates by itself
	Cursor    int64  // last event that the page shows
	SignedIn  bool
	Operator  string
	Assurance string // of the keys; "" is not shown
	Notice    string
	Problem   *ProblemView
	Waiting   int // changes that wait for a person
}

// ProblemView is why something was not done.
type ProblemView struct {
	Title, Detail, Hint, Request string
	Items                        []string
}

// Page is a frame with its view.
type Page[V any] struct {
	Frame
	View V
}

// Overview is the first page: what waits for a person first.
type Overview struct {
	Waiting   []ChangeCard
	Moving    []ChangeCard
	Campaigns []CampaignCard
	Recent    []ChangeCard
	Tiles     []TileGroup
}

// ChangeCard is a change in a list.
type ChangeCard struct {
	ID, Title, Lineage, Slot string
	State                    Mark
	Gain                     *Gain
	Risk                     *pipeline.Risk
	Reason                   string
	Since                    Moment
	Deadline                 Moment
}

// Gain is a measured difference, with what it is compared with.
type Gain struct {
	Metric, Unit          string
	Before, After, Change string
	Percent               string
	Low, High             string
	Confidence            string
	Method                string
	Mark                  Mark
	Chart                 template.HTML
	Rivals                []RivalRow
}

// RivalRow is another policy on the same days.
type RivalRow struct {
	Name, Value, Percent, Note string
}

// CampaignCard is a campaign with what came of it.
type CampaignCard struct {
	ID, Name, Goal string
	State          Mark
	Since          Moment
	Lineages       []LineageCard
	Reason         string
}

// LineageCard is what a campaign found in one lineage.
type LineageCard struct {
	Lineage                              string
	Outcome                              Mark
	Reason                               string
	Change                               string
	Tried, Proven, Refuted, Inconclusive string
	Gain                                 *Gain
	Predicted, Measured                  string
	Operators                            []OperatorRow
	Stations                             []StationRow
}

// OperatorRow is how many candidates of one edit the prover closed.
type OperatorRow struct {
	Name, Tried, Proven string
}

// StationRow is how long a station worked.
type StationRow struct {
	Name, Seconds string
}

// Campaign is a campaign's own page.
type Campaign struct {
	CampaignCard
	Author, Seed, Digest string
	Reproducible         bool
	Budget               []BudgetRow
	Verbs                []string // what a person may ask of it now
	Changes              []ChangeCard
	Document             string
}

// BudgetRow is one part of a budget.
type BudgetRow struct {
	Name, Spent, Limit string
	Meter              template.HTML
}

// TileGroup is the tiles of a lineage.
type TileGroup struct {
	Lineage string
	Base    string
	Tiles   []TileRow
}

// TileRow is one tile.
type TileRow struct {
	ID, Site, Class string
	State           Mark
	Serial          string
	Module          string // digest, short
	Slot            string
	Calls, Failures string
	Fault           string
	Offered         string // release that it was offered and does not have, short
	Seen            Moment
	Silent          bool
}

// Tiles is the page of the fleet.
type Tiles struct {
	Groups []TileGroup
	Faults []string // kinds that can be injected; none when that is off
}

// Rounds is the page of autonomous cycles.
type Rounds struct {
	Schedules []RoundRow
	Unknown   string // why they cannot be listed
}

// RoundRow is one schedule.
type RoundRow struct {
	ID, Name, Every string
	Paused          bool
	Next            Moment
	Fired           []Moment
	Plans           []RoundPlan
}

// RoundPlan is what one round chose, and why.
type RoundPlan struct {
	At        Moment
	State     Mark
	Why       string
	Choices   []RoundChoice
	Campaigns []string
}

// RoundChoice is what a round decided about one lineage in a slot.
type RoundChoice struct {
	Taken              bool
	Slot, Lineage, Why string
}

// Login is how a browser signs in.
type Login struct {
	Used bool // the link was used or is too old
}

// Change is the page on which a person decides.
type Change struct {
	ChangeCard
	Digest, Base   string
	Campaign       string
	Author         string
	Proposer       string
	Cost           string
	Contract       string
	RiskRows       []pipeline.RiskReason
	Answers        []Answer
	Diffs          []DiffFile
	Evidence       []EvidenceRow
	Verify         string // command
	Shadow         []FigureRow
	Benchmark      []FigureRow
	Blast          Blast
	Decide         Decide
	Rollout        *RolloutView
	Trail          []TrailRow
	ExportEvidence string // address
}

// Answer is one line of the verdict strip.
type Answer struct {
	Question string
	Text     string
	Mark     Mark
}

// EvidenceRow is what one station says, or that it says nothing.
type EvidenceRow struct {
	Station  string
	About    string
	Mark     Mark
	Summary  string
	Tools    []string
	Inputs   []NamedDigest
	Figures  []FigureRow
	Notes    []string
	Findings []FindingRow
	Files    []NamedDigest
	Seconds  string
	Signer   string
	Logged   string // index in the log
	Demanded bool
}

// NamedDigest is an artefact or an input.
type NamedDigest struct {
	Name, Digest, Short string
}

// FigureRow is one figure.
type FigureRow struct {
	Name, Value, Unit, Low, High string
}

// FindingRow is one problem that a station found.
type FindingRow struct {
	Code, Where, Message, Hint, Witness string
}

// Blast is which tiles a change reaches, and when.
type Blast struct {
	Frozen      bool // the list is fixed; otherwise it is what it would be now
	Plan        string
	Tiles       int
	Fleet       int
	Sites       int
	Classes     string
	Waves       []WaveRow
	DrilledBack string // measured time of the last way back; "" when never
}

// WaveRow is one wave.
type WaveRow struct {
	Name     string
	State    Mark
	Tiles    []string
	Bake     string
	MinCalls string
	MaxFail  string
	Left     string // redundancy left
	Reason   string
	Approval bool
}

// Decide is the form, or why there is none.
type Decide struct {
	Open     bool
	Why      string // it is not open
	Needed   string
	Roles    string
	Author   string
	Signs    string // whose key signs here; "" means decisions come signed
	ETag     string
	Key      string // makes sending twice the same as sending once
	Binding  []NamedDigest
	Comment  bool   // needed also to approve
	Kept     string // comment of a try that was refused
	Deadline Moment
}

// RolloutView is a rollout under way, or how it ended.
type RolloutView struct {
	ID       string
	State    Mark
	Reason   string
	Back     string // how the fleet went back
	CanAbort bool
}

// TrailRow is one thing that happened.
type TrailRow struct {
	At    Moment
	What  string
	Actor string
	Note  string
}

// Reference is the page about the API.
type Reference struct {
	Groups []ReferenceGroup
}

// ReferenceGroup is the operations on one kind of thing.
type ReferenceGroup struct {
	Name       string
	Operations []ReferenceOperation
}

// ReferenceOperation is one operation.
type ReferenceOperation struct {
	Method, Path, Summary string
	Parameters            []ReferenceParameter
	Body, Answer          string // types
}

// ReferenceParameter is one parameter of an operation.
type ReferenceParameter struct {
	Name, In, About string
}
