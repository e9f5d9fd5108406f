package trust

import (
	"fmt"
	"slices"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// opened is a document that was read from an envelope after enough of its
// role's keys were seen to have signed it.
type opened[T Document] struct {
	doc     T
	digest  pipeline.Digest // of the statement
	leaf    pipeline.Digest // of the envelope
	members []string        // who signed
}

// open reads a document of a chain: size, signatures by keys of the root,
// form, then the threshold of the document's own role. Codes are kind+".format"
// and kind+".signature".
func open[T Document](r *Root, kind string, raw []byte, at time.Time) (*opened[T], error) {
	return openWith[T](r, kind, raw, at, false)
}

// openWith is open; with anyOne set a single member of the role is enough.
func openWith[T Document](r *Root, kind string, raw []byte, at time.Time, anyOne bool) (*opened[T], error) {
	format, signature := Code(kind+".format"), Code(kind+".signature")
	if len(raw) > MaxEnvelope {
		return nil, refuse(CodeChainSize, "%s of %d bytes, limit %d", kind, len(raw), MaxEnvelope)
	}
	env, err := ParseEnvelope(raw)
	if err != nil {
		return nil, refuseErr(format, err, "%s cannot be read", kind)
	}
	keys, err := r.accepted(env, at)
	if err != nil {
		return nil, refuseErr(signature, err, "%s is not believed", kind)
	}
	doc, err := parse[T](env.Payload)
	if err != nil {
		return nil, refuseErr(format, err, "%s cannot be read", kind)
	}
	o := &opened[T]{doc: doc, digest: env.Digest(), leaf: LeafHash(raw), members: r.members(doc.Role(), keys)}
	want := r.Roles[doc.Role()].Threshold
	if anyOne {
		want = min(want, 1)
	}
	if want < 1 || len(o.members) < want {
		return nil, refuse(signature, "%d of %d needed members of role %.80q signed", len(o.members), want, doc.Role())
	}
	return o, nil
}

// OpenEvidence reads a station's statement from its envelope: signed by that
// station's key in the root, with the key valid at that time. What the check
// found out stands beside the statement, as the policy weighs it.
func OpenEvidence(r *Root, envelope []byte, at time.Time) (pipeline.Evidence, error) {
	o, err := open[Evidence](r, "evidence", envelope, at)
	if err != nil {
		return pipeline.Evidence{}, err
	}
	return r.evidence(o), nil
}

// OpenApproval reads an approval from its envelope: signed by the approver's
// own key in the role that it names, and not expired at the given time. Whether
// it fits a change, the policy's verdict says.
func OpenApproval(r *Root, envelope []byte, at time.Time) (Approval, pipeline.Evidence, error) {
	o, err := open[Approval](r, "approval", envelope, at)
	if err == nil {
		err = ownKey(o)
	}
	if err != nil {
		return Approval{}, pipeline.Evidence{}, err
	}
	if at.Unix() >= o.doc.Expires {
		return Approval{}, pipeline.Evidence{}, refuse(CodeApprovalExpired, "approval by %s expired at %s", o.doc.Decision.Approver, clock(o.doc.Expires))
	}
	return o.doc, r.decision(o.doc), nil
}

// ownKey demands that an approval is signed by the approver that it names.
func ownKey(o *opened[Approval]) error {
	if slices.Contains(o.members, o.doc.Decision.Approver) {
		return nil
	}
	return refuse(CodeApprovalSignature, "approval of %q is signed by %q", o.doc.Decision.Approver, o.members)
}

// OpenRelease reads a release or an escape from its envelope and returns its
// StatementDigest.
func OpenRelease(r *Root, envelope []byte, at time.Time) (Release, pipeline.Digest, error) {
	o, err := open[Release](r, "release", envelope, at)
	if err != nil {
		return Release{}, "", err
	}
	return o.doc, o.digest, nil
}

// OpenPolicy reads a policy from its envelope.
func OpenPolicy(r *Root, envelope []byte, at time.Time) (Policy, error) {
	o, err := open[Policy](r, "policy", envelope, at)
	if err != nil {
		return Policy{}, err
	}
	return o.doc, nil
}

// OpenContracts reads a list of contracts from its envelope.
func OpenContracts(r *Root, envelope []byte, at time.Time) (Contracts, error) {
	o, err := open[Contracts](r, "contract", envelope, at)
	if err != nil {
		return Contracts{}, err
	}
	return o.doc, nil
}

// OpenOrder reads a wave order from its envelope.
func OpenOrder(r *Root, envelope []byte, at time.Time) (Order, error) {
	o, err := open[Order](r, "order", envelope, at)
	if err != nil {
		return Order{}, err
	}
	return o.doc, nil
}

// clock writes Unix seconds for people.
func clock(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// Identity names what is logged once: for evidence the work behind it
// (pipeline.EvidenceKey), for every other document what it says; both together
// with the names of the keys that signed.
func Identity(envelope []byte) (pipeline.Digest, error) {
	env, err := ParseEnvelope(envelope)
	if err != nil {
		return "", fmt.Errorf("trust: identity: %w", err)
	}
	what := any(env.Digest())
	if e, err := parse[Evidence](env.Payload); err == nil {
		what = pipeline.Statement(e).Key()
	}
	keys := make([]string, len(env.Signatures))
	for i, s := range env.Signatures {
		keys[i] = s.KeyID
	}
	return pipeline.Sum("log-identity", map[string]any{"what": what, "keys": keys})
}
