package store

import (
	"strconv"

	"github.com/genesis-network/genesis/pipeline"
)

// CampaignState is where a campaign stands.
type CampaignState string

// The states of a campaign.
const (
	CampaignPending CampaignState = "pending"
	CampaignRunning CampaignState = "running"
	CampaignPaused  CampaignState = "paused"
	CampaignStopped CampaignState = "stopped" // by a person; what was found so far stays
	CampaignDone    CampaignState = "done"    // every lineage has an outcome
	CampaignFailed  CampaignState = "failed"  // Reason says why
)

// Campaign is a submitted campaign and what came of it.
type Campaign struct {
	Meta
	State        CampaignState     `json:"state"`
	Spec         pipeline.Campaign `json:"campaign"`
	Digest       pipeline.Digest   `json:"digest"` // of Spec
	Seed         uint64            `json:"seed,string"`
	Author       string            `json:"author"`
	Round        string            `json:"round,omitempty"` // that started it
	Ledger       pipeline.Ledger   `json:"ledger"`
	Results      []LineageResult   `json:"results"`
	Reproducible bool              `json:"reproducible"` // no time limit ended a search
	Reason       string            `json:"reason,omitempty"`
}

// Campaigns keeps the campaigns. A list's Parent is the round.
type Campaigns = Collection[Campaign, *Campaign]

func (c *Campaign) index() index {
	return index{state: string(c.State), parent: c.Round}
}

func (c *Campaign) identity() string {
	return string(c.Digest) + " " + strconv.FormatUint(c.Seed, 10) + " " + c.Author
}

// NewCampaign is the record of a campaign that nothing was done for yet.
func NewCampaign(spec pipeline.Campaign, seed uint64, author string) (Campaign, error) {
	digest, err := spec.Digest()
	c := Campaign{
		State: CampaignPending, Spec: spec, Digest: digest, Seed: seed, Author: author,
		Ledger: pipeline.NewLedger(spec.Spec.Budget.Amount), Results: []LineageResult{}, Reproducible: true,
	}
	for _, lineage := range spec.Spec.Lineages {
		c.Result(lineage)
	}
	return c, err
}

// Result is the entry of a lineage, made when it is not there.
func (c *Campaign) Result(lineage string) *LineageResult {
	for i := range c.Results {
		if c.Results[i].Lineage == lineage {
			return &c.Results[i]
		}
	}
	c.Results = append(c.Results, LineageResult{Lineage: lineage})
	return &c.Results[len(c.Results)-1]
}

// Settle books what the lineages spent.
func (c *Campaign) Settle() {
	c.Ledger.Spent = pipeline.Amount{}
	for _, r := range c.Results {
		c.Ledger.Spent = c.Ledger.Spent.Plus(r.Spent)
	}
}

// LineageOutcome is what a campaign came to in one lineage.
type LineageOutcome string

// The outcomes; "" is none yet.
const (
	OutcomeAdopted LineageOutcome = "adopted"
	OutcomeKept    LineageOutcome = "kept"   // the incumbent stays: nothing better survived
	OutcomeFailed  LineageOutcome = "failed" // Reason says why
)

// LineageResult is what a campaign found in one lineage.
type LineageResult struct {
	Lineage string         `json:"lineage"`
	Outcome LineageOutcome `json:"outcome,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Change  string         `json:"change,omitempty"` // id

	Tried        int64           `json:"tried"`        // candidates
	Proven       int64           `json:"proven"`       // of those that reached the prover
	Refuted      int64           `json:"refuted"`      // by a witness
	Inconclusive int64           `json:"inconclusive"` // neither, with the effort allowed
	Operators    []OperatorCount `json:"operators,omitempty"`
	Search       pipeline.Digest `json:"search,omitempty"` // state of the search at its end
	Spent        pipeline.Amount `json:"spent"`            // of the campaign's budget; the random search beside it is not counted

	// On the third part of the telemetry, which no proposer saw. Nil when there
	// was no candidate to measure.
	Objective *pipeline.Estimate `json:"objective,omitempty"`
	Baseline  *Rival             `json:"baseline,omitempty"`  // the textbook policy
	Random    *Rival             `json:"random,omitempty"`    // random search at the same budget
	BestOfN   *Rival             `json:"bestOfN,omitempty"`   // best of n at the same budget
	Predicted *pipeline.Decimal  `json:"predicted,omitempty"` // change of the metric, in simulation
	Measured  *pipeline.Decimal  `json:"measured,omitempty"`  // the same on tiles

	Stations []StationTime `json:"stations,omitempty"`
}

// OperatorCount says how many candidates of an operator the automatic prover
// closed.
type OperatorCount struct {
	Operator string `json:"operator"`
	Tried    int64  `json:"tried"`
	Proven   int64  `json:"proven"`
}

// Rival is what a search is compared with.
type Rival struct {
	Name     string           `json:"name"`
	Value    pipeline.Decimal `json:"value"` // of the objective's metric, on the third part
	Feasible bool             `json:"feasible"`
}

// StationTime is how long a station worked for a lineage, in seconds.
type StationTime struct {
	Station string           `json:"station"` // or search, rollout
	Seconds pipeline.Decimal `json:"seconds"`
}

// RoundState is where a round stands.
type RoundState string

// The states of a round.
const (
	RoundRunning RoundState = "running"
	RoundDone    RoundState = "done"
	RoundFailed  RoundState = "failed"
)

// Round is one autonomous cycle that chose goals by itself.
type Round struct {
	Meta
	State     RoundState        `json:"state"`
	Schedule  string            `json:"schedule,omitempty"` // that fired
	Choices   []pipeline.Choice `json:"choices"`            // of each lineage that it could take up, and why
	Campaigns []string          `json:"campaigns"`          // ids
	Reason    string            `json:"reason,omitempty"`
}

// Rounds keeps the rounds. A list's Parent is the schedule.
type Rounds = Collection[Round, *Round]

func (r *Round) index() index { return index{state: string(r.State), parent: r.Schedule} }

func (r *Round) identity() string { return r.ID }

// Schedule is when rounds begin and what they may choose, as a person wrote it.
// That it fires, and whether it is paused, is the workflow engine's to know.
type Schedule struct {
	Meta
	Round  pipeline.Round  `json:"round"`
	Digest pipeline.Digest `json:"digest"` // of Round
	Author string          `json:"author"`
}

// Schedules keeps the schedules.
type Schedules = Collection[Schedule, *Schedule]

func (s *Schedule) index() index { return index{} }

func (s *Schedule) identity() string { return s.ID }
