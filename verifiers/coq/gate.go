package coq

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
)

// gateText takes the proof for the contract, by names that nothing in the proof
// can shadow, and asks what it assumes. It imports nothing of the proof.
const gateText = `From K Require GoSem Contract Model Spec Proof.
Set Guard Checking. Set Positivity Checking. Set Universe Checking.
Definition gate : K.Spec.contract := K.Proof.main.
Print Assumptions gate.
`

// gateAnswer is what Coq says of a proof that assumes nothing.
const gateAnswer = "Closed under the global context\n"

// objection is what a layer has against a proof.
type objection struct {
	code    string
	message string
	detail  string
}

// gate compiles the gate in a process of its own.
func (p *prover) gate(ctx context.Context, shop *workshop, proof compiled) (compiled, *objection, error) {
	dir, err := shop.room("gate")
	if err != nil {
		return compiled{}, nil, err
	}
	r, err := p.compile(ctx, dir, "Gate", []byte(gateText), append(p.base(shop), proof)...)
	if err != nil {
		return compiled{}, nil, err
	}
	if code := lacks(r); code != "" {
		return compiled{}, &objection{code: code, message: "the gate did not come to an end"}, nil
	}
	if r.End != sandbox.Exited || r.Code != 0 || len(r.Stderr) > 0 {
		return compiled{}, &objection{"coq.gate", "the proof is not one of the contract", clip(string(r.Stderr), maxGoal)}, nil
	}
	if string(r.Stdout) != gateAnswer {
		return compiled{}, &objection{"coq.axiom", "the proof stands on assumptions", clip(string(r.Stdout), maxGoal)}, nil
	}
	if name, err := stray(dir, "Gate"); err != nil || name != "" {
		return compiled{}, &objection{"coq.stray", fmt.Sprintf("the gate left a file %q", name), ""}, err
	}
	c, err := seal(dir)
	return c, nil, err
}

// check runs coqchk on the proof and the gate, the rest admitted unchecked. In
// full it runs on the printed files too, and the theory with its closure must
// have passed once: between the two runs everything is checked.
func (p *prover) check(ctx context.Context, shop *workshop, proof, gate compiled, full bool) (*objection, error) {
	dir, err := shop.room("check")
	if err != nil {
		return nil, err
	}
	names := []string{"Proof", "Gate"}
	if full {
		if err := p.closure(ctx); err != nil {
			return nil, err
		}
		names = []string{"Contract", "Model", "Spec", "Proof", "Gate"}
	}
	var args []string
	for _, n := range names {
		args = append(args, "-norec", "K."+n)
	}
	return p.coqchk(ctx, dir, p.timeout, args, append(p.base(shop), proof, gate), admitted)
}

// coqchk checks libraries in the given folders and reads what it says of them.
// Assumed are the axioms that it may report.
func (p *prover) coqchk(ctx context.Context, dir string, cpu time.Duration, libraries []string, folders []compiled, assumed []string) (*objection, error) {
	args := slices.Concat([]string{"-silent", "-o"}, paths(dir, folders), libraries)
	r, err := p.run(ctx, p.tools.coqchk, dir, cpu, args, folders)
	if err != nil {
		return nil, err
	}
	if code := lacks(r); code != "" {
		return &objection{code: code, message: "coqchk did not come to an end"}, nil
	}
	if r.End != sandbox.Exited || r.Code != 0 || len(r.Stdout) > 0 {
		return &objection{"coq.coqchk", "coqchk refuses the proof", clip(string(r.Stdout)+string(r.Stderr), maxGoal)}, nil
	}
	if line := unknownLine(string(r.Stderr), assumed); line != "" { // its summary goes there
		return &objection{"coq.coqchk", "coqchk reports what must not be there", line}, nil
	}
	return nil, nil
}

// summary is what coqchk says of a closure without axioms and without checks
// that were switched off. Its exit status is 0 with them as well.
var summary = []string{
	"CONTEXT SUMMARY",
	"===============",
	"* Theory: Set is predicative",
	"* Axioms: <none>",
	"* Constants/Inductives relying on type-in-type: <none>",
	"* Constants/Inductives relying on unsafe (co)fixpoints: <none>",
	"* Inductives whose positivity is assumed: <none>",
}

// admitted are the opaque constants of a sealed module of the standard library,
// which coqchk lists as axioms when it admits that library unchecked. The run on
// the closure checks them.
var admitted = []string{
	"Coq.ssr.ssrunder.Under_rel.Over_rel",
	"Coq.ssr.ssrunder.Under_rel.Under_rel_from_rel",
	"Coq.ssr.ssrunder.Under_rel.over_rel",
	"Coq.ssr.ssrunder.Under_rel.over_rel_done",
	"Coq.ssr.ssrunder.Under_rel.Under_rel",
	"Coq.ssr.ssrunder.Under_rel.Under_relE",
	"Coq.ssr.ssrunder.Under_rel.under_rel_done",
}

// unknownLine compares what coqchk wrote with the summary and returns what
// differs first, or nothing. Axioms that are assumed may be reported.
func unknownLine(text string, assumed []string) string {
	var rest []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case len(assumed) > 0 && line == "* Axioms:":
			rest = append(rest, "* Axioms: <none>")
		case slices.Contains(assumed, line):
		default:
			rest = append(rest, line)
		}
	}
	for i, want := range summary {
		if i >= len(rest) {
			return "missing: " + want
		}
		if rest[i] != want {
			return rest[i]
		}
	}
	if len(rest) > len(summary) {
		return rest[len(summary)]
	}
	return ""
}
