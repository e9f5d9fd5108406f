package coq

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq/hint"
)

// A batch asks the tactic library about many modules of one contract in one run
// of Coq: each has its model and its theorem in a Coq module of its own, and an
// attempt that fails or takes too long costs only its own time. It loads the
// theory once, which is half of what the station needs for a module. It serves to
// measure: no evidence comes of it, since neither gate nor coqchk is asked.

// question is a module that is asked about. Without a witness its whole theorem
// is to be proven. With one, the part of the theorem that the witness breaks is:
// whoever proves the theorem proves that part.
type question struct {
	subject verifiers.Subject
	witness *refute.Witness
}

// reply is what came of a question.
type reply struct {
	proven    bool
	late      bool // time or memory was up: nothing is known
	confirmed bool // Coq computes the witness's run, and the promise is broken
}

// partOf names the part of the theorem that says a clause.
func partOf(w *refute.Witness) string {
	switch {
	case w == nil:
		return "contract"
	case w.Clause == refute.Init:
		return "init_keeps"
	case w.Clause == refute.RelPost:
		return "two_runs"
	}
	return "step_keeps"
}

// batchText is the file that asks the questions. Each attempt may take so long by
// the clock, in seconds.
func batchText(questions []question, seconds int) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("From K Require Import GoSem Contract GoSolve.\nFrom Coq Require Import ZArith List Bool Lia.\nImport ListNotations.\nOpen Scope Z_scope.\n")
	for i, q := range questions {
		if err := q.write(&out, i, seconds); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func (q question) write(out *bytes.Buffer, i, seconds int) error {
	texts, err := print(q.subject)
	if err != nil {
		return err
	}
	hinted, err := hint.Proof(q.subject.Unit, q.subject.Contract.Unit)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nModule C%d.\n%s%s", i, body(texts.model), body(texts.spec))
	out.WriteString("Ltac inv f v ::= fail.\nLtac rel f v ::= fail.\nLtac guess f v ::= fail.\n")
	tables, _, _ := strings.Cut(body(hinted), "Theorem main")
	out.WriteString(tables)
	fmt.Fprintf(out, "Goal %s.\ntryif timeout %d (tryif go_solve then idtac \"@proven %d\" else idtac \"@open %d\") then idtac else idtac \"@late %d\".\nAbort.\n",
		partOf(q.witness), seconds, i, i, i)
	if err := q.run(out, i); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "End C%d.\n", i)
	return err
}

// run has Coq compute what the witness shows.
func (q question) run(out *bytes.Buffer, i int) error {
	if q.witness == nil {
		return nil
	}
	w := q.witness
	text, err := coqgen.Refutation(q.subject.Unit, q.subject.Contract.Unit, coqgen.Run{
		Clause: coqgen.Clause(w.Clause), State: w.State, Input: w.Input, Input2: w.Input2,
	})
	if err != nil {
		return err
	}
	defs, computed, ok := strings.Cut(body(text), "Eval vm_compute in ")
	if !ok {
		return fmt.Errorf("a refutation that asks nothing: %s", text)
	}
	_, err = fmt.Fprintf(out, "%sGoal True.\nlet b := eval vm_compute in %s in idtac \"@run %d\" b.\nAbort.\n",
		defs, strings.TrimSuffix(strings.TrimSpace(computed), "."), i)
	return err
}

// head is what printed files begin with, and a batch has once.
var head = regexp.MustCompile(`(?m)^(From .*|Import .*|Open Scope .*)\n`)

func body(text []byte) string { return head.ReplaceAllString(string(text), "") }

// said is a line of a batch's answer. What lia says of a time-out may stand before
// it.
var said = regexp.MustCompile(`(?m)@(proven|open|late|run) (\d+)( true| false)?$`)

// askAll runs a batch, and its halves when the whole has not enough time or
// memory. Every question has a reply, or the test fails.
func (p *prover) askAll(ctx context.Context, t *testing.T, questions []question, seconds int) []reply {
	t.Helper()
	text, err := batchText(questions, seconds)
	if err != nil {
		t.Fatal(err)
	}
	printed, err := print(questions[0].subject)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := p.cached(ctx, "contract", []file{{"Contract", printed.contract}}, p.theory)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.compile(ctx, t.TempDir(), "Batch", text, p.theory, shared)
	if err != nil {
		t.Fatal(err)
	}
	switch code := lacks(r); {
	case code != "" && len(questions) == 1:
		return []reply{{late: true, confirmed: strings.Contains(string(r.Stdout), "@run 0 true")}}
	case code != "":
		half := len(questions) / 2
		return append(p.askAll(ctx, t, questions[:half], seconds), p.askAll(ctx, t, questions[half:], seconds)...)
	case r.Code != 0:
		t.Fatal(clip(string(r.Stderr), 2000))
	}
	return replies(t, string(r.Stdout), len(questions))
}

func replies(t *testing.T, out string, n int) []reply {
	t.Helper()
	got, answered := make([]reply, n), make([]bool, n)
	for _, m := range said.FindAllStringSubmatch(out, -1) {
		i, err := strconv.Atoi(m[2])
		if err != nil || i >= n {
			t.Fatalf("an answer to no question: %s", m[0])
		}
		switch m[1] {
		case "run":
			got[i].confirmed = m[3] == " true"
			continue
		case "proven":
			got[i].proven = true
		case "late":
			got[i].late = true
		}
		answered[i] = true
	}
	for i, ok := range answered {
		if !ok {
			t.Fatalf("question %d has no answer: %s", i, clip(out, 2000))
		}
	}
	return got
}

// patient is how long a whole batch may take.
const patient = time.Hour
