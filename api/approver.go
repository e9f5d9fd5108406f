package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
)

// ApprovalLife is how long a signed approval may wait for its release.
const ApprovalLife = 24 * time.Hour

// DevelopmentApprover signs decisions with the approver's key of a development
// root. It is for laboratories: whoever reaches the screen approves. A root that
// people keep is refused; its approvers sign with their own keys, elsewhere.
func DevelopmentApprover(a *sign.Authority, now func() time.Time) (Approver, error) {
	if a.Root().Assurance != trust.Development {
		return nil, errors.New("api: approvals under this root are signed by people's own keys, not here")
	}
	return developer{a, now}, nil
}

type developer struct {
	authority *sign.Authority
	now       func() time.Time
}

// Name is the approver's in the root.
func (developer) Name() string { return sign.DevelopmentApprover }

// Sign makes the envelope.
func (d developer) Sign(ctx context.Context, a pipeline.Approval) ([]byte, error) {
	doc := trust.Approval{Decision: a, As: trust.RoleApprover, Expires: d.now().Add(ApprovalLife).Unix()}
	envelope, err := d.authority.Sign(ctx, doc)
	if err != nil {
		return nil, fmt.Errorf("api: development approval: %w", err)
	}
	return envelope, nil
}
