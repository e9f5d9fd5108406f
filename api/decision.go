package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// Approver signs decisions for the person at the screen.
type Approver interface {
	Name() string
	Sign(context.Context, pipeline.Approval) (envelope []byte, err error)
}

// Binding is everything that a decision is bound to: when one of them moves, it
// is void.
type Binding struct {
	Change        pipeline.Digest `json:"change"`
	Evidence      pipeline.Digest `json:"evidence" doc:"root of the evidence that was weighed"`
	Plan          pipeline.Digest `json:"plan"`
	Policy        pipeline.Digest `json:"policy"`
	PolicyVersion int64           `json:"policyVersion"`
}

// Desk is what is to be decided.
type Desk struct {
	ID       string           `json:"id"`
	State    pipeline.State   `json:"state"`
	Open     bool             `json:"open" doc:"a decision is taken now"`
	Binding  Binding          `json:"binding"`
	Verdict  pipeline.Verdict `json:"verdict"`
	Evidence pipeline.Outcome `json:"evidence" doc:"of the stations, approval aside"`
	Needed   int64            `json:"needed" doc:"approvals"`
	Roles    []string         `json:"roles" doc:"one of which an approver must hold"`
	Author   string           `json:"author" doc:"of the campaign, who cannot decide"`
	Signs    string           `json:"signs,omitempty" doc:"who signs here when no envelope is sent"`
	ETag     string           `json:"etag" doc:"to be sent as If-Match"`
}

// etag names what a decision is bound to, part by part, so that a refusal can say
// which moved.
func (d Desk) etag() string {
	return fmt.Sprintf("%q", strings.Join(d.parts(), "."))
}

var partNames = []string{"state", "evidence", "plan", "policy"}

func (d Desk) parts() []string {
	b := d.Binding
	return []string{string(d.State), string(b.Evidence[:min(16, len(b.Evidence))]), string(b.Plan[:min(16, len(b.Plan))]), string(b.Policy[:min(16, len(b.Policy))])}
}

// desk weighs a change as it stands.
func (s *service) desk(ctx context.Context, id string) (Desk, error) {
	c, err := s.Store.Changes.Get(ctx, id)
	if err != nil {
		return Desk{}, err
	}
	return s.weigh(ctx, c)
}

func (s *service) weigh(ctx context.Context, c store.Change) (Desk, error) {
	policy, err := s.Policy(ctx)
	if err != nil {
		return Desk{}, err
	}
	evidence, err := s.Store.EvidenceAbout(ctx, c.Content.Subjects()...)
	if err != nil {
		return Desk{}, err
	}
	falls, err := s.falls(ctx, c.Lineage)
	if err != nil {
		return Desk{}, err
	}
	plan, err := c.Plan.Digest()
	if err != nil {
		return Desk{}, err
	}
	v := policy.Verdict(pipeline.Case{Change: c.Content, Evidence: store.Weighed(evidence), Plan: plan, Approvals: c.Approvals, Author: c.Author, Falls: falls})
	d := Desk{
		ID: c.ID, State: c.State, Open: c.State == pipeline.AwaitingApproval, Verdict: v, Author: c.Author,
		Evidence: v.Upto(pipeline.Federate), Needed: max(v.Terms.Approvals, c.Approvals, 1), Roles: v.Terms.Roles,
		Binding: Binding{Change: c.Digest, Evidence: v.Root, Plan: plan, Policy: v.Policy, PolicyVersion: policy.Version},
	}
	if s.Approver != nil {
		d.Signs = s.Approver.Name()
	}
	d.ETag = d.etag()
	return d, nil
}

func (s *service) falls(ctx context.Context, lineage string) ([]pipeline.Fall, error) {
	page, err := s.Store.Falls.List(ctx, store.Filter{Lineage: lineage, Limit: store.MaxLimit})
	out := make([]pipeline.Fall, len(page.Items))
	for i, f := range page.Items {
		out[i] = f.Fall
	}
	return out, err
}

// moved refuses a decision on what is no more as it was shown, and says what
// moved.
func (d Desk) moved(ifMatch string) error {
	if ifMatch == "" {
		return problem(http.StatusPreconditionRequired, "if-match.missing", "send the ETag of GET /v1/changes/{id}/decision as If-Match", "a decision is bound to what was shown")
	}
	if ifMatch == d.ETag {
		return nil
	}
	p := problem(http.StatusPreconditionFailed, "moved", "look at the change again, then decide", "the change is no more as it was shown")
	shown, now := strings.Split(strings.Trim(ifMatch, `"`), "."), d.parts()
	for i, name := range partNames {
		if len(shown) != len(now) || shown[i] != now[i] {
			was := "something else"
			if len(shown) == len(now) {
				was = shown[i]
			}
			p.Errors = append(p.Errors, ProblemItem{Location: name, Message: fmt.Sprintf("was %.40s when it was shown, is %s now", was, now[i])})
		}
	}
	return p
}

// DecisionBody is a person's word on a change.
type DecisionBody struct {
	Decision string `json:"decision" enum:"approve,reject"`
	Comment  string `json:"comment,omitempty" maxLength:"2000" doc:"Needed to reject, and where the risk is high"`
	Approver string `json:"approver,omitempty" maxLength:"64" doc:"Who signed the envelope"`
	Envelope []byte `json:"envelope,omitempty" doc:"Approval signed elsewhere: a DSSE envelope. Without it the service signs, where that was allowed."`
}

// DecisionAnswer is where a change stands after a decision.
type DecisionAnswer struct {
	ID    string         `json:"id"`
	State pipeline.State `json:"state"`
	By    string         `json:"by"`
	Preview
}

type decideInput struct {
	ID      string `path:"id" maxLength:"128"`
	IfMatch string `header:"If-Match" maxLength:"200" doc:"ETag of what was shown"`
	Key     string `header:"Idempotency-Key" maxLength:"200"`
	DryRun  bool   `query:"dryRun"`
	Body    DecisionBody
}

type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func (s *service) decisionRoutes() {
	route(s, get("get-decision", "/v1/changes/{id}/decision", "changes", "What is to be decided, and what a decision is bound to"), func(ctx context.Context, in *ChangeID) (*tagged[Desk], error) {
		d, err := s.desk(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &tagged[Desk]{d.ETag, d}, nil
	})
	route(s, post("decide", "/v1/changes/{id}/decision", "changes", "Approve or reject"), func(ctx context.Context, in *decideInput) (*body[DecisionAnswer], error) {
		if in.DryRun {
			return answer(s.wouldDecide(ctx, in))
		}
		return idempotent(ctx, s, "decision "+in.ID, in.Key, []any{in.IfMatch, in.Body}, func() (*body[DecisionAnswer], error) {
			return answer(s.decide(ctx, in.ID, in.IfMatch, in.Body))
		})
	})
}

// considered is a decision that may be made.
type considered struct {
	desk   Desk
	change store.Change
	by     string
}

// consider checks everything about a decision that can be checked without the
// change's workflow.
func (s *service) consider(ctx context.Context, id, ifMatch string, b DecisionBody) (considered, error) {
	c, err := s.Store.Changes.Get(ctx, id)
	if err != nil {
		return considered{}, err
	}
	d, err := s.weigh(ctx, c)
	if err != nil {
		return considered{}, err
	}
	out := considered{desk: d, change: c, by: cmp.Or(b.Approver, d.Signs, who(ctx).name)}
	if len(b.Envelope) == 0 && d.Signs != "" {
		out.by = d.Signs
	}
	checks := []error{d.moved(ifMatch), out.open(), out.signed(b), pipeline.MayDecide(c.Author, out.by), out.commented(b)}
	if i := slices.IndexFunc(checks, func(err error) bool { return err != nil }); i >= 0 {
		return out, checks[i]
	}
	return out, nil
}

func (c considered) open() error {
	if !c.desk.Open {
		return problem(http.StatusConflict, "refused", "", "the change is %s: nothing is to be decided now", c.desk.State)
	}
	return nil
}

func (c considered) commented(b DecisionBody) error {
	high := c.change.Risk != nil && c.change.Risk.Band == "high"
	if trimmed(b.Comment) == "" && (b.Decision == "reject" || high) {
		return problem(http.StatusUnprocessableEntity, "comment.missing", "say why", "this decision needs a comment")
	}
	return nil
}

func (c considered) signed(b DecisionBody) error {
	switch {
	case c.desk.Signs == "" && len(b.Envelope) == 0:
		return problem(http.StatusForbidden, "signature.missing", "sign the decision with your own key and send the envelope, or start with --approve-with-development-key", "this service signs for nobody")
	case len(b.Envelope) > 0 && b.Approver == "":
		return problem(http.StatusUnprocessableEntity, "approver.missing", "name who signed the envelope", "an envelope without approver")
	}
	return nil
}

func (s *service) wouldDecide(ctx context.Context, in *decideInput) (DecisionAnswer, error) {
	c, err := s.consider(ctx, in.ID, in.IfMatch, in.Body)
	would := fmt.Sprintf("%s %s as %s, bound to evidence %s, plan %s and policy %s", in.Body.Decision, in.ID, c.by,
		c.desk.Binding.Evidence.Short(), c.desk.Binding.Plan.Short(), c.desk.Binding.Policy.Short())
	return DecisionAnswer{ID: in.ID, State: c.desk.State, By: c.by, Preview: Preview{[]string{would}}}, err
}

// decide signs where it may, and hands the decision to the change's workflow,
// which verifies the signature and compares the digests once more.
func (s *service) decide(ctx context.Context, id, ifMatch string, b DecisionBody) (DecisionAnswer, error) {
	c, err := s.consider(ctx, id, ifMatch, b)
	if err != nil {
		return DecisionAnswer{}, err
	}
	approve, bound := b.Decision == "approve", c.desk.Binding
	envelope := b.Envelope
	if len(envelope) == 0 && s.Approver != nil {
		envelope, err = s.Approver.Sign(ctx, pipeline.Approval{
			Change: bound.Change, Evidence: bound.Evidence, Plan: bound.Plan, Policy: bound.Policy,
			Approver: c.by, Approve: approve, Comment: trimmed(b.Comment),
		})
		if err != nil {
			return DecisionAnswer{}, fmt.Errorf("sign the decision: %w", err)
		}
	}
	at, err := s.Workflows.Decide(ctx, id, workflows.Decision{
		Change: id, Approve: approve, Evidence: bound.Evidence, Plan: bound.Plan, Policy: bound.Policy,
		Envelope: envelope, By: c.by, Reason: trimmed(b.Comment),
	})
	return DecisionAnswer{ID: id, State: at.State, By: c.by}, err
}
