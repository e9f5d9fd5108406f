package pipeline

import (
	"errors"
	"fmt"
	"slices"
)

// ErrOwnChange says that nobody decides on what they proposed themselves.
var ErrOwnChange = errors.New("the author of a campaign cannot decide on its changes")

// MayDecide keeps duties apart: the author of a change's campaign has no say on
// it. Roles are checked with the signature.
func MayDecide(author, approver string) error {
	if approver == "" || approver == author {
		return fmt.Errorf("%q: %w", clip(approver), ErrOwnChange)
	}
	return nil
}

// Approval is a person's decision on a change. It is bound to everything that
// the person saw: when the evidence, the plan or the policy moves, it is void.
type Approval struct {
	Change   Digest `json:"change"`
	Evidence Digest `json:"evidence"` // [Verdict.Root]
	Plan     Digest `json:"plan"`
	Policy   Digest `json:"policy"`
	Approver string `json:"approver"`
	Approve  bool   `json:"approve"`           // false refuses the change
	Comment  string `json:"comment,omitempty"` // demanded by policy of the API for refusals
}

// Names of the inputs that bind an approval.
const (
	inputEvidence = "evidence"
	inputPlan     = "plan"
	inputPolicy   = "policy"
	inputApprover = "approver"
	inputDecision = "decision"
)

// Statement is the approval as evidence, to be signed with the approver's own
// key. Deciding the same again gives the same evidence key; a person who agreed
// can still refuse later, and the refusal counts.
func (a Approval) Statement() Statement {
	s := Statement{
		Station: Approve,
		Subject: Subject{SubjectChange, a.Change},
		Outcome: Pass,
		Summary: "approved by " + a.Approver,
		Inputs: map[string]Digest{
			inputEvidence: a.Evidence, inputPlan: a.Plan, inputPolicy: a.Policy,
			inputApprover: SumBytes([]byte(a.Approver)),
		},
	}
	if !a.Approve {
		s.Outcome, s.Summary = Fail, "refused by "+a.Approver
	}
	s.Inputs[inputDecision] = SumBytes([]byte(s.Outcome))
	if a.Comment != "" {
		s.Notes = map[string]string{"comment": a.Comment}
	}
	return s
}

// moved names what an approval was bound to and is no more so.
func moved(s Statement, bound map[string]Digest) []string {
	var out []string
	for _, name := range []string{inputEvidence, inputPlan, inputPolicy} {
		if s.Inputs[name] != bound[name] {
			out = append(out, name)
		}
	}
	return out
}

// approval weighs the approvals where the level asks for them. A refusal fails
// at every level and whatever it was bound to, if its signer may decide at all.
func (w *weighing) approval(policy, root Digest) []StationVerdict {
	about := StationSubject{Approve, w.subjects[0]}
	v := StationVerdict{Station: Approve, Subject: about.Subject, Outcome: Inconclusive}
	bound := map[string]Digest{inputEvidence: root, inputPlan: w.c.Plan, inputPolicy: policy}
	approvers, refusals, void := w.decisions(about, bound)
	if len(refusals) == 0 && !w.terms.NeedsApproval() {
		return nil
	}
	want := max(w.terms.Approvals, w.c.Approvals, 1)
	switch {
	case len(refusals) > 0:
		v.Outcome, v.Reasons = Fail, refusals
	case w.terms.Level == Observe:
		v.Reasons = []string{"autonomy level 0 observes only: no rollout"}
	default:
		v.Reasons = append([]string{fmt.Sprintf("%d of %d approvals", len(approvers), want)}, void...)
		if int64(len(approvers)) >= want {
			v.Outcome = Pass
		}
	}
	return []StationVerdict{v}
}

// decisions sorts approvals into the distinct persons who agree, the refusals,
// and why others do not count.
func (w *weighing) decisions(about StationSubject, bound map[string]Digest) (approvers, refusals, void []string) {
	for _, e := range w.heard[about] {
		gone := moved(e.Statement, bound)
		switch {
		case MayDecide(w.c.Author, e.Signer) != nil || e.Statement.Inputs[inputApprover] != SumBytes([]byte(e.Signer)):
			void = append(void, fmt.Sprintf("%s cannot decide on this change", clip(e.Signer)))
		case !slices.ContainsFunc(e.Roles, func(r string) bool { return slices.Contains(w.terms.Roles, r) }):
			void = append(void, fmt.Sprintf("%s holds none of the roles asked for", clip(e.Signer)))
		case e.Statement.Outcome == Fail:
			refusals = append(refusals, reason(e.Statement))
		case len(gone) > 0:
			void = append(void, fmt.Sprintf("approval of %s is void: %s moved", clip(e.Signer), join(gone)))
		case e.Statement.Outcome == Pass:
			approvers = append(approvers, e.Signer)
		}
	}
	for _, list := range []*[]string{&approvers, &refusals, &void} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return approvers, refusals, void
}
