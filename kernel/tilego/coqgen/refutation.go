package coqgen

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Clause is a promise of the theorem that a run can break.
type Clause string

// The clauses, named as package refute names them.
const (
	ClauseInit    Clause = "Init"
	ClausePanic   Clause = "Panic"
	ClausePost    Clause = "Post"
	ClauseInv     Clause = "Inv"
	ClauseFrame   Clause = "Frame"
	ClauseRelPost Clause = "RelPost"
)

// Run is a run that is said to break a clause: values are flattened as
// everywhere. State and Input are unused for ClauseInit, Input2 is for
// ClauseRelPost only.
type Run struct {
	Clause Clause
	State  []uint64
	Input  []uint64
	Input2 []uint64
}

// refutationText asks whether a run breaks its clause. The state is inside Inv,
// the inputs are inside Wf and related; the answer is one boolean.
var refutationText = template.Must(template.New("Refutation.v").Parse(`From K Require Import GoSem Contract Model.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

{{range .Values}}Definition {{.Name}} : {{.Type}} := {{.Text}}.
{{end}}
Eval vm_compute in (({{range .Given}}{{.}} && {{end}}{{.Broken}})).
`))

// broken are the questions, by clause.
var broken = map[Clause]string{
	ClauseInit:    "match Init with Ok s => negb (Inv s) | Panic _ => true end",
	ClausePanic:   "match Step s i with Ok _ => false | Panic _ => true end",
	ClausePost:    "match Step s i with Ok (_, r) => negb (Post i r) | Panic _ => false end",
	ClauseInv:     "match Step s i with Ok (t, _) => negb (Inv t) | Panic _ => false end",
	ClauseFrame:   "match Step s i with Ok (t, _) => negb (Frame s t) | Panic _ => false end",
	ClauseRelPost: "match Step s i, Step s j with Ok (_, r), Ok (_, q) => negb (RelPost r q) | _, _ => false end",
}

// Refutation prints the question whether a run of module m breaks a clause of
// contract c. Coq answers it with "= true : bool" if it does.
func Refutation(m, c *ir.Unit, r Run) ([]byte, error) {
	if err := fits(m, c); err != nil {
		return nil, err
	}
	question, ok := broken[r.Clause]
	if !ok {
		return nil, fmt.Errorf("coqgen: no clause %q", r.Clause)
	}
	has := func(u *ir.Unit, name string) bool { f, _ := u.Func(name); return f != nil }
	if r.Clause == ClauseInit && !has(m, "Inv") {
		question = strings.Replace(question, "negb (Inv s)", "false", 1)
	}
	state := m.State
	if len(c.State) > 0 {
		state = c.State
	}
	q := asked{Broken: question}
	if r.Clause != ClauseInit {
		q.value("s", "State", state, r.State)
		q.value("i", "Input", c.Input, r.Input)
		q.given(has(m, "Inv"), "Inv s")
		q.given(has(c, "Wf"), "Wf i")
	}
	if r.Clause == ClauseRelPost {
		q.value("j", "Input", c.Input, r.Input2)
		q.given(has(c, "Wf"), "Wf j")
		q.given(has(c, "Rel"), "Rel i j")
	}
	if q.err != nil {
		return nil, q.err
	}
	var out bytes.Buffer
	err := refutationText.Execute(&out, q)
	return out.Bytes(), err
}

// asked is what refutationText prints.
type asked struct {
	Values []definition
	Given  []string
	Broken string
	err    error
}

type definition struct{ Name, Type, Text string }

func (q *asked) value(name, record string, fields []ir.Field, flat []uint64) {
	if len(flat) != ir.Flat(fields) {
		q.err = fmt.Errorf("coqgen: %w: %d values for a %s of %d", ErrShape, len(flat), record, ir.Flat(fields))
		return
	}
	q.Values = append(q.Values, definition{name, record, made("mk"+record, literals(fields, flat))})
}

func (q *asked) given(ok bool, text string) {
	if ok {
		q.Given = append(q.Given, text)
	}
}
