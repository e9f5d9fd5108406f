package workflows

import (
	"context"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
)

// Activities is the work that workflows ask for. Each method is idempotent: the
// same input finds the answer that is there already.
type Activities interface {
	SearchActivities
	ChangeActivities
	RolloutActivities
	RoundActivities
}

// Names of the activities: those of the methods of [Activities].
const (
	actOpenSearch    = "OpenSearch"
	actSearchEpoch   = "SearchEpoch"
	actFinalists     = "Finalists"
	actCloseLineage  = "CloseLineage"
	actCloseCampaign = "CloseCampaign"
	actRunStation    = "RunStation"
	actAdvance       = "Advance"
	actTakeDecision  = "TakeDecision"
	actRelease       = "Release"
	actOrder         = "Order"
	actGate          = "Gate"
	actCommit        = "Commit"
	actHalt          = "Halt"
	actRestored      = "Restored"
	actChooseGoals   = "ChooseGoals"
)

// SearchActivities improve one lineage.
type SearchActivities interface {
	// OpenSearch measures the incumbent and fixes the windows of the telemetry.
	OpenSearch(context.Context, SearchGoal) (SearchState, error)
	// SearchEpoch goes on for some epochs.
	SearchEpoch(context.Context, SearchState) (SearchState, error)
	// Finalists chooses on the second part of the telemetry and makes a change
	// of each survivor, best first.
	Finalists(context.Context, SearchState) ([]ChangeInput, error)
	// CloseLineage writes what became of a lineage into the campaign's record.
	CloseLineage(context.Context, LineageResult) error
	// CloseCampaign writes how a campaign ended.
	CloseCampaign(context.Context, CampaignResult) error
}

// SearchGoal is one lineage of a campaign.
type SearchGoal struct {
	Campaign string `json:"campaign"`
	Lineage  string `json:"lineage"`
}

// SearchState names a search's state; the journal segments are artefacts.
type SearchState struct {
	Goal     SearchGoal        `json:"goal"`
	Strategy string            `json:"strategy"`
	Source   pipeline.Digest   `json:"source"` // artefacts: the module that it started from,
	Proof    pipeline.Digest   `json:"proof"`  // whatever the lineage runs by now
	Digest   pipeline.Digest   `json:"digest"`
	Segments []pipeline.Digest `json:"segments"`
	Tried    int               `json:"tried"`
	Done     bool              `json:"done"`
}

// ChangeActivities carry one change through the stations.
type ChangeActivities interface {
	// RunStation makes the evidence of one station, or finds it.
	RunStation(context.Context, StationRun) (pipeline.Outcome, error)
	// Advance weighs the evidence and moves the change on, as far as its state
	// allows.
	Advance(context.Context, Advance) (Advanced, error)
	// TakeDecision verifies a signed decision and keeps it.
	TakeDecision(context.Context, Decision) error
}

// StationRun asks for one station's evidence.
type StationRun struct {
	Change  string           `json:"change"`
	Station pipeline.Station `json:"station"`
	Attempt int              `json:"attempt"` // 0, or the number of the retry with more effort
}

// Advance asks for the next state of a change after an event.
type Advance struct {
	Change  string         `json:"change"`
	From    pipeline.State `json:"from"`
	Event   pipeline.Event `json:"event,omitempty"` // empty: what the evidence says
	Reason  string         `json:"reason,omitempty"`
	Attempt int            `json:"attempt"` // of the stations before it
}

// Advanced is where a change stands.
type Advanced struct {
	State    pipeline.State     `json:"state"`
	Retry    []pipeline.Station `json:"retry,omitempty"`    // inconclusive, with effort left
	Evidence pipeline.Digest    `json:"evidence,omitempty"` // root that an approval must name
	Plan     pipeline.Digest    `json:"plan,omitempty"`
	Policy   pipeline.Digest    `json:"policy,omitempty"`
}

// Decision is a person's word on a change, with what it is bound to.
type Decision struct {
	Change   string          `json:"change"`
	Approve  bool            `json:"approve"`
	Evidence pipeline.Digest `json:"evidence"`
	Plan     pipeline.Digest `json:"plan"`
	Policy   pipeline.Digest `json:"policy"`
	Envelope []byte          `json:"envelope"` // the signed decision (trust.Approval, DSSE)
	By       string          `json:"by"`
	Reason   string          `json:"reason,omitempty"`
}

// RolloutActivities bring a release to tiles, and back.
type RolloutActivities interface {
	// Release signs and logs the release and its escape, and freezes the waves.
	Release(context.Context, RolloutInput) (RolloutPlan, error)
	// Order signs and logs the order of a wave and sends it to its tiles.
	Order(context.Context, WaveRef) error
	// Gate looks at the tiles of a wave and decides.
	Gate(context.Context, WaveRef) (rollout.Verdict, error)
	// Commit ends the trial on all tiles, and the rollout.
	Commit(context.Context, RolloutInput) error
	// Halt signs a halt and sends it to every tile that was reached.
	Halt(context.Context, HaltInput) error
	// Restored says whether every tile is back, and keeps the evidence when so.
	Restored(context.Context, HaltInput) (bool, error)
}

// RoundActivities choose goals without a person.
type RoundActivities interface {
	// ChooseGoals reads the telemetry, explains its choice, and records the
	// campaigns to run.
	ChooseGoals(context.Context, RoundInput) ([]CampaignInput, error)
}
