package sign

import (
	"context"
	"fmt"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
)

// Keys finds the signers of a member of a role: all that the member has, one
// for a plain key, two for a hybrid. [ErrNoKey] when there are none here.
type Keys interface {
	Signers(ctx context.Context, role, member string) ([]*Signer, error)
}

// Authority signs documents under one root, with the keys that are at hand.
type Authority struct {
	root *trust.Root
	keys Keys
}

// NewAuthority makes an authority of a root and the keys at hand.
func NewAuthority(root *trust.Root, keys Keys) *Authority {
	return &Authority{root: root, keys: keys}
}

// Root is the root that the authority signs under.
func (a *Authority) Root() *trust.Root { return a.root }

// Sign signs a document with the keys of its role: of as many members as the
// role's threshold, in the order of the root. Approvals are signed by the
// approver that they name, and by nobody else.
func (a *Authority) Sign(ctx context.Context, doc trust.Document) ([]byte, error) {
	if ap, ok := doc.(trust.Approval); ok {
		return a.SignAs(ctx, doc, ap.Decision.Approver)
	}
	role, ok := a.root.Roles[doc.Role()]
	if !ok {
		return nil, fmt.Errorf("sign: role %q is not in root version %d", doc.Role(), a.root.Version)
	}
	var names []string
	for _, m := range role.Members[:role.Threshold] {
		names = append(names, m.Name)
	}
	return a.SignAs(ctx, doc, names...)
}

// SignAs signs a document with the keys of the given members of its role.
func (a *Authority) SignAs(ctx context.Context, doc trust.Document, members ...string) ([]byte, error) {
	if r, ok := doc.(trust.Release); ok && r.Assurance != a.root.Assurance {
		return nil, fmt.Errorf("sign: a release of assurance %q under a root of assurance %q", r.Assurance, a.root.Assurance)
	}
	var signers []*Signer
	for _, m := range members {
		s, err := a.keys.Signers(ctx, doc.Role(), m)
		if err != nil {
			return nil, fmt.Errorf("sign: %s of role %s: %w", m, doc.Role(), err)
		}
		signers = append(signers, s...)
	}
	return Envelope(ctx, doc, signers...)
}

// Evidence signs a station's statement with that station's key.
func (a *Authority) Evidence(ctx context.Context, s pipeline.Statement) ([]byte, error) {
	return a.Sign(ctx, trust.Evidence(s))
}
