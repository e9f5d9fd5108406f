package store

import (
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Change is a proposed change and where it stands. Its state moves by
// [Change.Apply] only.
type Change struct {
	Meta
	State    pipeline.State  `json:"state"`
	Digest   pipeline.Digest `json:"digest"`
	Content  pipeline.Change `json:"change"`
	Lineage  string          `json:"lineage"`
	Slot     string          `json:"slot"`
	Campaign string          `json:"campaign,omitempty"` // id
	Author   string          `json:"author"`             // of the campaign; cannot approve
	Title    string          `json:"title"`
	Files    []ModuleFiles   `json:"files"` // in the order of Content.Modules
	Origin   Origin          `json:"origin"`

	Plan      pipeline.Plan      `json:"plan"`
	Approvals int64              `json:"approvals"` // that the campaign asks for
	Verdict   *pipeline.Verdict  `json:"verdict,omitempty"`
	Risk      *pipeline.Risk     `json:"risk,omitempty"`
	Objective *pipeline.Estimate `json:"objective,omitempty"`
	Rollout   string             `json:"rollout,omitempty"` // id
	Deadline  *time.Time         `json:"deadline,omitempty"`
	Reason    string             `json:"reason,omitempty"` // of the last move
}

// Changes keeps the changes. A list's Parent is the campaign.
type Changes = Collection[Change, *Change]

// NewChange is the record of a change that was just proposed.
func NewChange(content pipeline.Change) Change {
	c := Change{
		Meta:    Meta{ID: pipeline.ChangeID(content.Digest())},
		State:   pipeline.Proposed,
		Digest:  content.Digest(),
		Content: content,
		Lineage: content.Lineage,
	}
	if len(content.Modules) > 0 {
		c.Slot = content.Modules[0].Code.Slot
	}
	return c
}

// Apply moves the change by the table of its life, or returns a
// [pipeline.RefusedTransition] and leaves it as it is.
func (c *Change) Apply(event pipeline.Event, facts pipeline.Facts, reason string) error {
	to, err := pipeline.Next(c.State, event, facts)
	if err != nil {
		return err
	}
	c.State, c.Reason = to, reason
	return nil
}

func (c *Change) index() index {
	return index{state: string(c.State), lineage: c.Lineage, parent: c.Campaign}
}

func (c *Change) identity() string { return string(c.Digest) }

// ModuleFiles names the artefacts of one module and of the module that it
// replaces.
type ModuleFiles struct {
	Slot       string          `json:"slot"`
	Source     pipeline.Digest `json:"source"`
	IR         pipeline.Digest `json:"ir"`
	Proof      pipeline.Digest `json:"proof"`
	BaseSource pipeline.Digest `json:"baseSource,omitempty"`
	BaseIR     pipeline.Digest `json:"baseIR,omitempty"`
	BaseProof  pipeline.Digest `json:"baseProof,omitempty"`
}

// Artefacts lists the digests that are set.
func (m ModuleFiles) Artefacts() []pipeline.Digest {
	var out []pipeline.Digest
	for _, d := range []pipeline.Digest{m.Source, m.IR, m.Proof, m.BaseSource, m.BaseIR, m.BaseProof} {
		if d != "" {
			out = append(out, d)
		}
	}
	return out
}

// Origin says who made a change, and how.
type Origin struct {
	Proposer    pipeline.ProposerKind `json:"proposer"`
	Model       string                `json:"model,omitempty"`
	Prompt      pipeline.Digest       `json:"prompt,omitempty"`    // artefact
	Operators   []string              `json:"operators,omitempty"` // edits that led to it
	Ticket      int64                 `json:"ticket,omitempty"`    // of the candidate in its search
	Cost        pipeline.Amount       `json:"cost"`
	Edits       int64                 `json:"edits"`       // nodes of the IR that differ from the base
	ControlFlow bool                  `json:"controlFlow"` // more than constants differ
}

// Fall is a loss of autonomy on record.
type Fall struct {
	Meta
	pipeline.Fall
	Change string `json:"change,omitempty"` // id of the change that was rolled back
}

// Falls keeps the losses of autonomy. A list's Parent is the slot.
type Falls = Collection[Fall, *Fall]

func (f *Fall) index() index { return index{lineage: f.Lineage, parent: f.Slot} }

func (f *Fall) identity() string { return f.ID }
