package coqgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// record prints a type with one field per IR field, and the proposition that
// every field is in the range of its type. There are no projections: whoever
// uses a record takes it apart.
func (p *printer) record(name, field string, fields []ir.Field) {
	decls, ranges := "", []string{}
	for k, f := range fields {
		decls += fmt.Sprintf(" (%s%d : %s)", field, k, coqType(f.Type, f.Len))
		if r := inRange(f, fmt.Sprintf("%s%d", field, k)); r != "" {
			ranges = append(ranges, r)
		}
	}
	p.pf("Inductive %s := mk%s%s.\n", name, name, decls)
	p.pf("Definition %sOK (r : %s) : Prop :=\n  %s%s.\n\n", strings.ToLower(name), name,
		opened("r", name, names(field, len(fields))), conjunction(ranges))
}

// opened prints the head of an expression that uses the fields of a record.
func opened(term, record string, fields []string) string {
	if len(fields) == 0 {
		return ""
	}
	return fmt.Sprintf("let '(mk%s %s) := %s in\n  ", record, strings.Join(fields, " "), term)
}

func conjunction(parts []string) string {
	if len(parts) == 0 {
		return "True"
	}
	return strings.Join(parts, " /\\\n  ")
}

// inRange says in Coq that term is a value of the field's type; nothing has to
// be said of a single bool.
func inRange(f ir.Field, term string) string {
	lo, hi := number(f.Type.Value(f.Type.Min())), number(f.Type.Value(f.Type.Max()))
	switch {
	case f.Type == ir.Bool && f.Len == 0:
		return ""
	case f.Type == ir.Bool:
		return fmt.Sprintf("arrb %d %s", f.Len, term)
	case f.Len == 0:
		return fmt.Sprintf("rng %s %s %s", lo, hi, term)
	}
	return fmt.Sprintf("arr %d %s %s %s", f.Len, lo, hi, term)
}

func coqType(t ir.Type, length int) string {
	scalar := "Z"
	if t == ir.Bool {
		scalar = "bool"
	}
	if length > 0 {
		return "list " + scalar
	}
	return scalar
}

// init prints the initial state: all fields zero, then the module's Init.
func (p *printer) init() {
	zeros := make([]string, len(p.u.State))
	for k, f := range p.u.State {
		zeros[k] = zero(f.Type, f.Len)
	}
	fn, k := p.u.Func("Init")
	switch {
	case fn == nil:
		p.pf("Definition Init : res State := Ok %s.\n", made("mkState", zeros))
		return
	case fn.Mode != ir.WriteState: // it changes nothing, but may panic
		p.pf("Definition Init : res State :=\n bind %s (fun _ => Ok %s).\n", made(p.name("f", k), zeros[:len(zeros)*fn.States]), made("mkState", zeros))
		return
	}
	state := names("s_", len(p.u.State))
	p.pf("Definition Init : res State :=\n bind %s (fun %s => Ok %s).\n",
		made(p.name("f", k), zeros), pattern(state), made("mkState", state))
}

func zero(t ir.Type, length int) string {
	scalar := "0"
	if t == ir.Bool {
		scalar = "false"
	}
	if length > 0 {
		return fmt.Sprintf("(fill %d %s)", length, scalar)
	}
	return scalar
}

// step prints Step over records. A module that does not write its state leaves
// it as it was.
func (p *printer) step() {
	fn, k := p.u.Func("Step")
	if fn == nil {
		return // fits has refused this
	}
	opens, args := p.opens(fn.States, fn.Inputs)
	call, results := made(p.name("f", k), args), names("r", len(fn.Results))
	p.pf("Definition Step (s : State) (i : Input) : res (State * %s) :=\n  %s", tupleType(fn.Results), opens)
	if fn.Mode != ir.WriteState {
		p.pf("bind %s (fun %s => Ok (s, %s)).\n", call, pattern(results), tuple(results))
		return
	}
	state := names("s_", len(p.u.State))
	p.pf("bind %s (fun %s => Ok (%s, %s)).\n",
		call, pattern(append(slices.Clone(state), results...)), made("mkState", state), tuple(results))
}

// predicate prints a bool function of the unit over records, if it is there.
func (p *printer) predicate(pred predicate) {
	fn, k := p.u.Func(pred.name)
	if fn == nil {
		return
	}
	binders := ""
	for _, s := range suffixed("s", pred.states) {
		binders += fmt.Sprintf(" (%s : State)", s)
	}
	for _, i := range suffixed("i", pred.inputs) {
		binders += fmt.Sprintf(" (%s : Input)", i)
	}
	opens, args := p.opens(min(fn.States, pred.states), min(fn.Inputs, pred.inputs))
	if n := len(fn.Params); pred.outcomes > 0 {
		for k, o := range suffixed("r", pred.outcomes) {
			half := fn.Params[n*k/pred.outcomes : n*(k+1)/pred.outcomes]
			results := names(o+"_", len(half))
			if args = append(args, results...); len(half) == 1 {
				o = results[0] // no tuple to take apart
			} else {
				opens += fmt.Sprintf("let %s := %s in\n  ", pattern(results), o)
			}
			binders += fmt.Sprintf(" (%s : %s)", o, tupleType(half))
		}
	}
	p.pf("Definition %s%s : bool :=\n  %sholds %s.\n", pred.name, binders, opens, made(p.name("f", k), args))
}

// opens takes records apart: the text that does it, and the flat arguments.
func (p *printer) opens(states, inputs int) (text string, args []string) {
	for _, s := range suffixed("s", states) {
		fields := names(s+"_", len(p.u.State))
		text, args = text+opened(s, "State", fields), append(args, fields...)
	}
	for _, i := range suffixed("i", inputs) {
		fields := names(i+"_", len(p.u.Input))
		text, args = text+opened(i, "Input", fields), append(args, fields...)
	}
	return text, args
}

// suffixed names one record x, two of them xa and xb.
func suffixed(x string, n int) []string {
	return [][]string{nil, {x}, {x + "a", x + "b"}}[n]
}

func (p *printer) name(kind string, k int) string { return fmt.Sprintf("%s%s%d", p.mark, kind, k) }

func names(prefix string, n int) []string {
	out := make([]string, n)
	for k := range out {
		out[k] = fmt.Sprintf("%s%d", prefix, k)
	}
	return out
}

// made applies a function or constructor to arguments.
func made(head string, args []string) string {
	if len(args) == 0 {
		return head
	}
	return "(" + head + " " + strings.Join(args, " ") + ")"
}

// tuple is the value that a function or a join yields.
func tuple(parts []string) string {
	switch len(parts) {
	case 0:
		return "tt"
	case 1:
		return parts[0]
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// pattern binds what tuple makes.
func pattern(vars []string) string {
	switch len(vars) {
	case 0:
		return "_"
	case 1:
		return vars[0]
	}
	return "'(" + strings.Join(vars, ", ") + ")"
}

func tupleType(params []ir.Param) string {
	types := make([]string, len(params))
	for k, r := range params {
		types[k] = coqType(r.Type, 0)
	}
	return product(types)
}

func product(types []string) string {
	switch len(types) {
	case 0:
		return "unit"
	case 1:
		if strings.Contains(types[0], " ") {
			return "(" + types[0] + ")" // an argument, as in res (list Z)
		}
		return types[0]
	}
	return "(" + strings.Join(types, " * ") + ")"
}
