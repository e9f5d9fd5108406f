package coq

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
)

// trial is what came of one rung.
type trial struct {
	rung     rung
	accepted bool
	hostile  bool            // no honest proof gives this
	failed   *sandbox.Result // of compiling it; nil if that went well, or never came to an end
	finding  pipeline.Finding
}

// attempt takes one proof through all layers.
func (p *prover) attempt(ctx context.Context, shop *workshop, r rung, o Options) (trial, error) {
	t := trial{rung: r}
	if !o.layers.noWhitelist {
		if c := whitelist(r.text); c != nil {
			t.hostile, t.finding = true, cheatFinding(c)
			return t, nil
		}
	}
	dir, err := shop.room("proof")
	if err != nil {
		return t, err
	}
	result, err := p.compile(ctx, dir, "Proof", r.text, p.base(shop)...)
	if err != nil {
		return t, err
	}
	if err := p.unharmed(shop); err != nil {
		return t, err
	}
	if name, err := stray(dir, "Proof"); err != nil || name != "" {
		t.object(&objection{"coq.stray", fmt.Sprintf("compiling the proof left a file %.80q", name), ""})
		return t, err
	}
	if code := lacks(result); code != "" {
		t.finding = shortageFinding(code, "Proof.v")
		return t, nil
	}
	if result.End != sandbox.Exited || result.Code != 0 {
		t.failed = &result
		t.finding = pipeline.Finding{Code: "coq.goal", Where: "Proof.v", Message: clip(string(result.Stderr), maxGoal), Hint: goalHint}
		return t, nil
	}
	return p.judge(ctx, shop, t, dir, o)
}

// judge asks gate and coqchk about a proof that compiles.
func (p *prover) judge(ctx context.Context, shop *workshop, t trial, dir string, o Options) (trial, error) {
	proof, err := seal(dir)
	if err != nil {
		return t, err
	}
	gate, against, err := p.gate(ctx, shop, proof)
	if err == nil && against == nil {
		against, err = p.check(ctx, shop, proof, gate, o.Full)
	}
	if err != nil {
		return t, err
	}
	if err := p.unharmed(shop); err != nil {
		return t, err
	}
	if against != nil {
		t.object(against)
		return t, nil
	}
	t.accepted = true
	return t, nil
}

// unharmed looks at the trusted files again.
func (p *prover) unharmed(shop *workshop) error {
	for _, c := range p.base(shop) {
		if err := c.intact(); err != nil {
			return err
		}
	}
	return nil
}

// objectionHints say what to do about what a layer objects to.
var objectionHints = map[string]string{
	"coq.stray":  "a proof writes no files: leave out the command that does",
	"coq.gate":   "end with a Theorem main that has the type contract of the imported K.Spec, and give no name of the printed files anew",
	"coq.axiom":  "prove what is assumed, by lemmas and tactics alone",
	"coq.coqchk": "prove the contract by lemmas and tactics alone, and import the known files only",
}

// object notes an objection. What only lacks time or memory is not hostile.
func (t *trial) object(o *objection) {
	if o.code == "coq.timeout" || o.code == "coq.memory" {
		t.finding = shortageFinding(o.code, o.message)
		return
	}
	t.hostile = true
	t.finding = pipeline.Finding{Code: o.code, Where: "Proof.v", Message: o.message,
		Hint: objectionHints[o.code], Witness: o.detail}
}

func cheatFinding(c *Cheat) pipeline.Finding {
	where := "Proof.v"
	if c.Line > 0 {
		where += ":" + strconv.Itoa(c.Line)
	}
	return pipeline.Finding{Code: "coq.cheat", Where: where, Message: c.Error(),
		Hint: "a proof holds Theorem, Lemma, Definition, Ltac and tactics, and the known imports"}
}

func shortageFinding(code, where string) pipeline.Finding {
	message, hint := "it ran out of time", "find a proof that is quicker to check, or allow more time (--proof-time)"
	if code == "coq.memory" {
		message, hint = "it ran out of memory", "find a proof that needs less: fewer cases at once, lemmas of their own"
	}
	return pipeline.Finding{Code: code, Where: where, Message: message, Hint: hint}
}

// maxGoal bounds what of Coq's answers goes into a finding, in bytes.
const maxGoal = 4096

// place is where Coq says that an error is.
var place = regexp.MustCompile(`(?s)File "\./Proof\.v", line (\d+), characters (\d+)-\d+:\s*(.*)`)

const goalHint = "give a proof that closes the goal, or change module or Inv so that it is true"

// diagnose says which sentence failed, with the goal before it. To see the goal
// the proof is compiled once more up to there; what that prints is shown, not
// believed.
func (p *prover) diagnose(ctx context.Context, shop *workshop, t trial) (pipeline.Finding, error) {
	f, r := t.finding, t.rung
	m := place.FindStringSubmatch(string(t.failed.Stderr))
	if m == nil {
		return f, nil
	}
	f.Where, f.Message = "Proof.v:"+m[1], "rung "+r.name+": "+clip(strings.TrimSpace(m[3]), maxGoal)
	text, c := stripComments(r.text)
	if c != nil {
		return f, nil
	}
	sentences, c := split(text)
	if c != nil {
		return f, nil
	}
	line, _ := strconv.Atoi(m[1]) // digits
	column, _ := strconv.Atoi(m[2])
	s, ok := sentenceAt(text, sentences, line, column)
	if !ok {
		return f, nil
	}
	f.Message = fmt.Sprintf("rung %s: %s: %s", r.name, clip(s.text, 200), clip(strings.TrimSpace(m[3]), 1000))
	goal, err := p.show(ctx, shop, text[:s.at], s.text)
	f.Witness = goal
	return f, err
}

// sentenceAt finds the sentence that a place is in.
func sentenceAt(text string, sentences []sentence, line, column int) (sentence, bool) {
	offset := 0
	for l := range strings.Lines(text) {
		if line--; line == 0 {
			break
		}
		offset += len(l)
	}
	offset += column
	for _, s := range sentences {
		if offset < s.at+len(s.text) {
			return s, true
		}
	}
	return sentence{}, false
}

// show compiles a proof up to a sentence, and prints the goal there, and where
// the tactic library got stuck in it.
func (p *prover) show(ctx context.Context, shop *workshop, before, failing string) (string, error) {
	dir, err := shop.room("goal")
	if err != nil {
		return "", err
	}
	text := before + "\nShow.\nLtac stuck ::= show_goal; fail.\n" + failing + "\n"
	r, err := p.compile(ctx, dir, "Goal", []byte(text), p.base(shop)...)
	if err != nil {
		return "", err
	}
	return lastGoal(string(r.Stdout)), nil
}

// lastGoal is where the tactic library got stuck last, or else the goal.
func lastGoal(out string) string {
	if at := strings.LastIndex(out, "@stuck"); at >= 0 {
		out = out[at:]
	}
	return clip(strings.TrimSpace(out), maxGoal)
}
