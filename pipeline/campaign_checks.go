package pipeline

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

func readVerify(o object) Verify {
	f := o.child("verify", "agree", "coq", "tla", "fuzz")
	return Verify{Agree: f.check("agree"), Coq: f.check("coq"), TLA: f.check("tla"), Fuzz: f.check("fuzz")}
}

// check reads "required", "optional" or {need: required, for: 30s}. A check that
// is not mentioned is required.
func (o object) check(name string) Check {
	n := o.fields[name]
	if n == nil {
		return Check{Need: Required}
	}
	if n.Kind == yaml.ScalarNode {
		return Check{Need: o.need(name, n.Value)}
	}
	f := o.child(name, "need", "for")
	c := Check{Need: Required, For: f.duration("for")}
	if f.has("need") {
		c.Need = f.need("need", f.text("need"))
	}
	return c
}

func (o object) need(name, value string) Need {
	need := Need(value)
	if need != Required && need != Optional {
		o.refuse(name, "write required or optional; what policy demands is made anyway", "is %q", clip(value))
	}
	return need
}

func readShadow(o object) ShadowSpec {
	f := o.child("shadow", "tiles", "minInvocations", "for")
	return ShadowSpec{
		Tiles:          f.positive("tiles", DefaultShadowTiles),
		MinInvocations: f.positive("minInvocations", DefaultShadowInvocations),
		For:            f.durationOr("for", DefaultShadowTime),
	}
}

func readFederate(o object) FederateSpec {
	f := o.child("federate", "minTiles", "epsilon")
	s := FederateSpec{MinTiles: f.positive("minTiles", DefaultFederateTiles), Epsilon: DefaultFederateEpsilon}
	if f.has("epsilon") {
		s.Epsilon = f.decimal("epsilon")
	}
	if s.Epsilon <= 0 {
		f.refuse("epsilon", `write epsilon: "1.0"`, "privacy loss must be above 0")
	}
	return s
}

func readApprove(o object) ApproveSpec {
	f := o.child("approve", "count", "roles")
	s := ApproveSpec{Count: f.countOr("count", DefaultApprovals), Roles: f.texts("roles")}
	if !f.has("roles") {
		s.Roles = []string{DefaultApproverRole}
	}
	for _, role := range s.Roles {
		if !nameForm.MatchString(role) {
			f.refuse("roles", "such as [approver]", "%q is not a role", clip(role))
		}
	}
	if len(s.Roles) == 0 {
		f.refuse("roles", "write roles: [approver]", "want at least one role")
	}
	return s
}

// countOr reads a whole number; missing gives the default.
func (o object) countOr(name string, def int64) int64 {
	if !o.has(name) {
		return def
	}
	return o.integer(name)
}

// positive reads a whole number of at least 1; missing gives the default.
func (o object) positive(name string, def int64) int64 {
	if !o.has(name) {
		return def
	}
	n := o.integer(name)
	if n < 1 {
		o.refuse(name, "", "want at least 1")
	}
	return n
}

func (o object) durationOr(name string, def Duration) Duration {
	if !o.has(name) {
		return def
	}
	d := o.duration(name)
	if d <= 0 {
		o.refuse(name, "such as 30s", "want more than no time")
	}
	return d
}

func readRollout(o object) RolloutRequest {
	if !o.has("rollout") {
		return RolloutRequest{Plan: DefaultPlan}
	}
	f := o.child("rollout", "plan", "waves")
	r := RolloutRequest{Plan: f.text("plan"), Waves: readWaves(f)}
	if f.has("plan") == f.has("waves") {
		f.refuse("plan", "write plan: normal, or waves: [...]", "want a plan or waves, one of them")
		return r
	}
	if _, err := r.Resolve(); err != nil {
		where := "waves"
		if f.has("plan") {
			where = "plan"
		}
		f.refuse(where, suggestion(r.Plan, PlanNames()), "%s", err)
	}
	return r
}

func readWaves(o object) []WaveSpec {
	var out []WaveSpec
	for _, n := range o.list("waves") {
		f := o.r.object(n, o.at("waves"), "name", "upTo", "bake", "minCalls", "maxFailures", "approval")
		out = append(out, readWave(f))
	}
	return out
}

func readWave(f object) WaveSpec {
	w := WaveSpec{Name: f.text("name"), Bake: f.duration("bake"), MinCalls: f.integer("minCalls")}
	w.UpTo = field(f, "upTo", ParseReach)
	w.MaxFailures = field(f, "maxFailures", parseShare)
	switch f.text("approval") {
	case "", "false":
	case "true":
		w.Approval = true
	default:
		f.refuse("approval", "write true or false", "is %q", clip(f.text("approval")))
	}
	return w
}

func readBudget(o object, s CampaignSpec) Budget {
	if !o.has("budget") {
		o.refuse("budget", "write budget: {evaluations: 20000, steps: 2000000000, proofs: 200, attention: 3}", "missing")
		return Budget{}
	}
	f := o.child("budget", "evaluations", "steps", "tokens", "money", "proofs", "attention", "time")
	b := Budget{Amount: readCosts(f), Time: f.duration("time")}
	checkBudget(f, b, s)
	return b
}

func readCosts(f object) Amount {
	a := Amount{
		Evaluations: f.integer("evaluations"), Steps: f.integer("steps"), Tokens: f.integer("tokens"),
		Money: f.decimal("money"), Proofs: f.integer("proofs"), Attention: f.integer("attention"),
	}
	if a.Money < 0 {
		f.refuse("money", `such as "2.00"`, "want 0 or more")
	}
	return a
}

// checkBudget refuses what cannot pay for one survivor in each lineage.
func checkBudget(f object, b Budget, s CampaignSpec) {
	lineages := int64(len(s.Lineages))
	f.atLeast("evaluations", b.Evaluations, lineages, "one for each lineage")
	f.atLeast("steps", b.Steps, FirstRung*max(lineages, 1), "one evaluation of 256 calls for each lineage")
	if s.Verify.Coq.Need == Required {
		f.atLeast("proofs", b.Proofs, lineages, "one for each lineage")
	}
	f.atLeast("attention", b.Attention, lineages*s.Approve.Count, "every approval that a change in each lineage needs")
	for _, p := range s.Proposers {
		if p.Kind.AsksModel() {
			f.atLeast("tokens", b.Tokens, 1, "proposer "+string(p.Kind)+" asks a model")
			return
		}
	}
}

func (o object) atLeast(name string, have, want int64, why string) {
	if have < want {
		o.refuse(name, fmt.Sprintf("at least %d: %s", want, why), "%d is not enough", have)
	}
}
