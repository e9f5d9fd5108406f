package agree

import (
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// coqText writes the part of a Coq file that depends on the module's types: all
// of it numbers and fixed words.
type coqText struct{ strings.Builder }

func (p *coqText) pf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// header opens the model in a module, whose words are fixed (see package coqgen).
func (p *coqText) header(model string, u *ir.Unit, results []ir.Param) {
	p.pf("Import PrimInt63 GoSem Contract %s Trials.\nImport ListNotations.\nOpen Scope Z_scope.\n", model)
	p.maker("toState", "State", u.State)
	p.maker("toInput", "Input", u.Input)
	p.opened("foldState", "State", u.State, "(h : int) (r : State) : int", "h", foldField)
	p.opened("listState", "State", u.State, "(r : State) : list Z", "nil", listField)
	p.results(results)
}

// maker makes a record of a flat list.
func (p *coqText) maker(name, record string, fields []ir.Field) {
	p.pf("Definition %s (l : list Z) : %s :=\n", name, record)
	var args []string
	for k, f := range fields {
		arg := fmt.Sprintf("a%d", k)
		switch {
		case f.Len == 0:
			p.pf("  let '(%s, l) := take l in\n", arg)
			if f.Type == ir.Bool {
				arg = "(truth " + arg + ")"
			}
		default:
			p.pf("  let '(%s, l) := (firstn %d l, skipn %d l) in\n", arg, f.Len, f.Len)
			if f.Type == ir.Bool {
				arg = "(map truth " + arg + ")"
			}
		}
		args = append(args, arg)
	}
	p.pf("  mk%s %s.\n", record, strings.Join(args, " "))
}

// opened defines a function that goes through the fields of a record, starting
// with the value first.
func (p *coqText) opened(name, record string, fields []ir.Field, head, first string, each func(f ir.Field, v, rest string) string) {
	p.pf("Definition %s %s :=\n", name, head)
	var names []string
	for k := range fields {
		names = append(names, fmt.Sprintf("a%d", k))
	}
	if len(names) > 0 {
		p.pf("  let '(mk%s %s) := r in\n", record, strings.Join(names, " "))
	}
	p.pf("  %s.\n", nest(fields, names, first, each))
}

// nest applies each from the first field (innermost for a fold, outermost for
// a list).
func nest(fields []ir.Field, names []string, first string, each func(f ir.Field, v, rest string) string) string {
	expr := first
	for k := range fields {
		if first == "nil" {
			k = len(fields) - 1 - k
		}
		expr = each(fields[k], names[k], expr)
	}
	return expr
}

func foldField(f ir.Field, v, rest string) string {
	word := "short"
	switch {
	case f.Type == ir.Bool:
		word = "flag"
	case f.Type.Width() == 64:
		word = "long"
	}
	if f.Len > 0 {
		return fmt.Sprintf("(fold_left %s %s %s)", word, v, rest)
	}
	return fmt.Sprintf("(%s %s %s)", word, rest, v)
}

func listField(f ir.Field, v, rest string) string {
	switch {
	case f.Len == 0 && f.Type == ir.Bool:
		return fmt.Sprintf("(z_of %s :: %s)", v, rest)
	case f.Len == 0:
		return fmt.Sprintf("(%s :: %s)", v, rest)
	case f.Type == ir.Bool:
		return fmt.Sprintf("(map z_of %s ++ %s)", v, rest)
	}
	return fmt.Sprintf("(%s ++ %s)", v, rest)
}

// results goes through the value that Step gives for all results.
func (p *coqText) results(results []ir.Param) {
	var names, types []string
	var fields []ir.Field
	for k, r := range results {
		names = append(names, fmt.Sprintf("a%d", k))
		types = append(types, map[bool]string{true: "bool", false: "Z"}[r.Type == ir.Bool])
		fields = append(fields, ir.Field{Type: r.Type})
	}
	typ := "unit"
	if len(names) > 0 {
		typ = strings.Join(types, " * ")
	}
	open := ""
	if len(names) > 0 {
		open = "let " + map[bool]string{true: "a0", false: "'(" + strings.Join(names, ", ") + ")"}[len(names) == 1] + " := r in "
	}
	p.pf("Definition Results : Type := (%s)%%type.\n", typ)
	p.pf("Definition foldResults (h : int) (r : Results) : int := %s%s.\n", open, nest(fields, names, "h", foldField))
	p.pf("Definition listResults (r : Results) : list Z := %s%s.\n", open, nest(fields, names, "nil", listField))
}

// digest asks for the digest of the first n trials of a plan.
func (p *coqText) digest(plan *plan, n int) {
	p.sources("inputs", plan.input)
	p.sources("states", plan.state)
	p.ask(plan, n)
}

// ask asks for a digest where the sources are known already.
func (p *coqText) ask(plan *plan, n int) {
	p.pf("Definition zeros (n : nat) : list Z := repeat 0 n.\n")
	p.pf("Eval vm_compute in (trials State Input Results toState toInput Wf Inv Post Step foldState foldResults\n"+
		"  inputs states (zeros %d) Init (Z.to_nat %d) true %d%%int63 %d%%int63 Init (zeros %d)).\n",
		len(plan.state), n, plan.seed, uint32(offset), len(plan.input))
}

func (p *coqText) sources(name string, sources []source) {
	p.pf("Definition %s : list source := [", name)
	for k, s := range sources {
		if k > 0 {
			p.pf(";")
		}
		span := s.span
		if s.way == whole {
			span = 0
		}
		p.pf("\n  from %s %s %d%%int63 %d%%int63 %s", [...]string{"narrow", "broad", "whole"}[s.way], number(s.typ, s.lo), span, len(s.table), numbers(s.typ, s.table))
	}
	p.pf("].\n")
}

// answers asks for the answers to trials that are written out.
func (p *coqText) answers(u *ir.Unit, trials []Trial) {
	p.pf("Eval vm_compute in (map (answer State Input Results toState toInput Wf Inv Post Init Step listState listResults) [")
	for k, t := range trials {
		if k > 0 {
			p.pf(";")
		}
		state := "None"
		if t.From == Given {
			state = "Some " + flat(u.State, t.State)
		}
		p.pf("\n  (%s, %s)", state, flat(u.Input, t.Input))
	}
	p.pf("]).\n")
}

func flat(fields []ir.Field, values []uint64) string {
	var parts []string
	for _, f := range fields {
		for range f.Elems() {
			parts, values = append(parts, number(f.Type, values[0])), values[1:]
		}
	}
	return "[" + strings.Join(parts, "; ") + "]"
}

func numbers(t ir.Type, values []uint64) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = number(t, v)
	}
	return "[" + strings.Join(parts, "; ") + "]"
}

func number(t ir.Type, v uint64) string { return "(" + t.Value(v).String() + ")" }
