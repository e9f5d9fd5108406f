package trust

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

func (c *checker) checkPolicy() {
	o, err := open[Policy](c.root, "policy", c.chain.Policy.Envelope, c.at())
	if !c.note(CodePolicySignature, "policy", err) {
		return
	}
	c.policy = o
	p := o.doc
	c.want(c.at().Unix() < p.Expires, CodePolicyExpired, "policy", "policy version %d expired at %s", p.Policy.Version, clock(p.Expires))
	if c.release != nil {
		used := c.release.doc.Policy
		c.want(p.Subjects()[0].Digest.SHA256 == used, CodePolicyVersion, "policy", "policy version %d is not %s, which the release was judged by", p.Policy.Version, used.Short())
		_, err := p.Policy.Terms(c.release.doc.change(), nil)
		c.note(CodePolicyRule, "policy", err)
	}
	if c.state != nil {
		c.want(p.Policy.Version >= c.state.Policy, CodePolicyVersion, "policy", "policy version %d, %d was already seen", p.Policy.Version, c.state.Policy)
		c.checkFlaps(p)
	}
}

// checkFlaps keeps a tile that went back too often where it is: going back is
// always possible, going forward again is what is limited.
func (c *checker) checkFlaps(p Policy) {
	if c.release != nil && c.resumed() {
		return
	}
	limit, window := p.flapLimit()
	since := c.at().Add(-window).Unix()
	recent := 0
	for _, t := range c.state.Flaps {
		if t > since {
			recent++
		}
	}
	c.want(recent < limit, CodeEscapeFlapping, "policy", "%d ways back within %s, limit %d", recent, window, limit)
}

func (p Policy) flapLimit() (int, time.Duration) {
	limit, window := p.Flaps, time.Duration(p.FlapWindow)*time.Second
	if limit == 0 {
		limit = DefaultFlaps
	}
	if window == 0 {
		window = DefaultFlapWindow
	}
	return limit, window
}

func (c *checker) checkContracts() {
	o, err := open[Contracts](c.root, "contract", c.chain.Contracts.Envelope, c.at())
	if !c.note(CodeContractSignature, "contracts", err) {
		return
	}
	c.contracts = o
	if c.state != nil {
		c.want(o.doc.Version >= c.state.Contracts, CodeContractVersion, "contracts", "list version %d, %d was already seen", o.doc.Version, c.state.Contracts)
	}
	if c.release == nil {
		return
	}
	for _, s := range c.release.doc.Slots {
		listed := o.doc.has(s.Name(), s.Module.Code.Contract)
		c.want(listed, CodeContractUnlisted, "contracts", "contract %s of slot %q is not on the list of version %d", s.Module.Code.Contract.Short(), s.Name(), o.doc.Version)
	}
}

// change is what the release carries.
func (r Release) change() pipeline.Change {
	return pipeline.Change{Lineage: r.Lineage, Base: r.Base, Modules: r.changed()}
}

// subjects are what evidence of this release can be about: its change, and
// the code and module of every changed slot, with that slot's contract.
func (r Release) subjects() map[pipeline.Subject]pipeline.Digest {
	out := map[pipeline.Subject]pipeline.Digest{{Kind: pipeline.SubjectChange, Digest: r.Change}: ""}
	for _, m := range r.changed() {
		out[pipeline.Subject{Kind: pipeline.SubjectCode, Digest: m.Code.Digest()}] = m.Code.Contract
		out[pipeline.Subject{Kind: pipeline.SubjectModule, Digest: m.Digest()}] = m.Code.Contract
	}
	return out
}

func (c *checker) checkEvidence() {
	if c.release == nil {
		return
	}
	subjects := c.release.doc.subjects()
	leaves := make([]pipeline.Digest, 0, len(c.chain.Evidence))
	for i, l := range c.chain.Evidence {
		leaves = append(leaves, LeafHash(l.Envelope))
		o, err := open[Evidence](c.root, "evidence", l.Envelope, c.at())
		if !c.note(CodeEvidenceSignature, evidenceName(i), err) {
			continue
		}
		c.checkStatement(evidenceName(i), o.doc, subjects)
		c.evidence = append(c.evidence, c.root.evidence(o))
	}
	named := c.release.doc.Evidence
	c.want(sameSet(leaves, named), CodeEvidenceSet, "evidence", "the chain's %d statements are not the %d that the release names", len(leaves), len(named))
}

// evidence is an opened statement as the policy weighs it.
func (r *Root) evidence(o *opened[Evidence]) pipeline.Evidence {
	return pipeline.Evidence{
		Statement: pipeline.Statement(o.doc), Assurance: r.Assurance,
		Signer: strings.Join(o.members, ","), Roles: []string{o.doc.Role()},
	}
}

// caseOf is the case that the policy decides. Losses of autonomy are not among
// it: they were decided upon when the release was signed.
func (r Release) caseOf(evidence []pipeline.Evidence) pipeline.Case {
	return pipeline.Case{Change: r.change(), Evidence: evidence, Plan: r.Plan, Approvals: r.Consents, Author: r.Proposer}
}

func (c *checker) weigh(v pipeline.StationVerdict, part string, missing Code) {
	if v.Outcome == pipeline.Fail {
		missing = CodeEvidenceOutcome
	}
	c.want(v.Outcome == pipeline.Pass, missing, part, "%s of %s %s: %s: %s", v.Station, v.Subject.Kind, v.Subject.Digest.Short(), v.Outcome, strings.Join(v.Reasons, "; "))
}

func (c *checker) checkStatement(part string, e Evidence, subjects map[pipeline.Subject]pipeline.Digest) {
	contract, known := subjects[e.Subject]
	c.want(known, CodeEvidenceSubject, part, "%s is about the %s %s, which is not in this release", e.Station, e.Subject.Kind, e.Subject.Digest.Short())
	if used, named := e.Inputs["contract"]; named && known && contract != "" {
		c.want(used == contract, CodeEvidenceContract, part, "%s used the contract %s, the slot has %s", e.Station, used.Short(), contract.Short())
	}
	c.want(e.Outcome != pipeline.Fail && e.Outcome != pipeline.Error, CodeEvidenceOutcome, part, "%s says %s", e.Station, e.Outcome)
}

// sameSet compares a list in any order with one in strictly ascending order.
func sameSet(list, ascending []pipeline.Digest) bool {
	return slices.Equal(slices.Sorted(slices.Values(list)), ascending)
}

func (c *checker) checkApprovals() {
	if c.release == nil {
		return
	}
	leaves := make([]pipeline.Digest, 0, len(c.chain.Approvals))
	approvals := map[string]Approval{}
	weighed := slices.Clone(c.evidence)
	for i, l := range c.chain.Approvals {
		leaves = append(leaves, LeafHash(l.Envelope))
		o, err := open[Approval](c.root, "approval", l.Envelope, c.at())
		if err == nil {
			err = ownKey(o)
		}
		if c.note(CodeApprovalSignature, approvalName(i), err) {
			approvals[approvalName(i)] = o.doc
			weighed = append(weighed, c.root.decision(o.doc))
		}
	}
	named := c.release.doc.Approvals
	c.want(sameSet(leaves, named), CodeApprovalSet, "approvals", "the chain's %d approvals are not the %d that the release names", len(leaves), len(named))
	if c.policy != nil {
		c.judge(weighed, approvals)
	}
}

// judge asks the policy for its verdict, as the control plane did, and
// compares what the approvals were bound to with what was weighed.
func (c *checker) judge(weighed []pipeline.Evidence, approvals map[string]Approval) {
	verdict := c.policy.doc.Policy.Verdict(c.release.doc.caseOf(weighed))
	for _, v := range verdict.Stations {
		if v.Station != pipeline.Approve {
			c.weigh(v, "evidence", CodeEvidenceMissing)
		}
	}
	for _, part := range slices.Sorted(maps.Keys(approvals)) {
		c.checkApproval(part, approvals[part], verdict.Root)
	}
	for _, v := range verdict.Stations {
		if v.Station == pipeline.Approve {
			c.weigh(v, "approvals", CodeApprovalMissing)
		}
	}
	c.want(verdict.Outcome == pipeline.Pass, CodeVerdict, "policy", "the policy's verdict is %s", verdict.Outcome)
}

// decision is an opened approval as the policy weighs it.
func (r *Root) decision(a Approval) pipeline.Evidence {
	return pipeline.Evidence{Statement: a.Decision.Statement(), Assurance: r.Assurance, Signer: a.Decision.Approver, Roles: []string{a.As}}
}

func (c *checker) checkApproval(part string, a Approval, evidence pipeline.Digest) {
	r, d := c.release.doc, a.Decision
	bound := d.Change == r.Change && d.Plan == r.Plan && d.Policy == r.Policy && d.Evidence == evidence
	c.want(bound, CodeApprovalBinding, part, "%s decided on change %s with other evidence, plan or policy than this release of change %s", d.Approver, d.Change.Short(), r.Change.Short())
	c.want(r.Issued < a.Expires, CodeApprovalExpired, part, "%s's approval expired at %s, the release is of %s", d.Approver, clock(a.Expires), clock(r.Issued))
	c.want(d.Approver != r.Proposer, CodeApprovalProposer, part, "%s proposed the change", d.Approver)
}
