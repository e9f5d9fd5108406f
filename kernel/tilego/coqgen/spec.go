package coqgen

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// specText is the theorem, for every module and every contract. What a contract
// does not have is left out.
var specText = template.Must(template.New("Spec.v").Parse(`From K Require Import GoSem Contract Model.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Definition example : Input := {{.Example}}.

Definition some_input : Prop :=
  inputOK example{{if .Wf}} /\ Wf example = true{{end}}.

Definition init_keeps : Prop :=
  exists s, Init = Ok s /\ stateOK s{{if .Inv}} /\ Inv s = true{{end}}.

Definition step_keeps : Prop := forall (s : State) (i : Input),
  stateOK s -> {{if .Inv}}Inv s = true -> {{end}}inputOK i -> {{if .Wf}}Wf i = true -> {{end}}
  exists s' r, Step s i = Ok (s', r) /\
  stateOK s' /\ {{if .Inv}}Inv s' = true /\ {{end}}{{if .Frame}}Frame s s' = true /\ {{end}}Post i r = true.
{{if .Rel}}
Definition two_runs : Prop := forall (s : State) (ia ib : Input),
  stateOK s -> {{if .Inv}}Inv s = true -> {{end}}inputOK ia -> inputOK ib ->
  {{if .Wf}}Wf ia = true -> Wf ib = true -> {{end}}Rel ia ib = true ->
  exists sa ra sb rb, Step s ia = Ok (sa, ra) /\ Step s ib = Ok (sb, rb) /\ RelPost ra rb = true.
{{end}}
Definition contract : Prop :=
  some_input /\ init_keeps /\ step_keeps{{if .Rel}} /\ two_runs{{end}}.
`))

// Spec prints the theorem for a module of contract c. Example is an input inside
// Wf, flattened as everywhere: without one the theorem could be about nothing.
func Spec(m, c *ir.Unit, example []uint64) ([]byte, error) {
	if err := fits(m, c); err != nil {
		return nil, err
	}
	if len(example) != ir.Flat(c.Input) {
		return nil, fmt.Errorf("coqgen: %w: the example has %d values, the input %d", ErrShape, len(example), ir.Flat(c.Input))
	}
	has := func(u *ir.Unit, name string) bool { f, _ := u.Func(name); return f != nil }
	var out bytes.Buffer
	err := specText.Execute(&out, map[string]any{
		"Example": made("mkInput", literals(c.Input, example)),
		"Inv":     has(m, "Inv"),
		"Wf":      has(c, "Wf"),
		"Frame":   has(c, "Frame"),
		"Rel":     has(c, "Rel") && has(c, "RelPost"),
	})
	return out.Bytes(), err
}

// literals prints flattened values as the fields of a record.
func literals(fields []ir.Field, flat []uint64) []string {
	out := make([]string, len(fields))
	for k, f := range fields {
		elems := make([]string, f.Elems())
		for i := range elems {
			elems[i] = scalar(f.Type, f.Type.Value(flat[i]))
		}
		flat = flat[f.Elems():]
		out[k] = elems[0]
		if f.Len > 0 {
			out[k] = "[" + strings.Join(elems, "; ") + "]"
		}
	}
	return out
}

// DefaultProof is the proof that leaves everything to the tactic library.
func DefaultProof() []byte {
	return []byte(`From K Require Import GoSem Contract Model Spec GoSolve.

Theorem main : contract.
Proof.
  go_solve.
Qed.
`)
}
