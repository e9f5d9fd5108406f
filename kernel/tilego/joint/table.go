package joint

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// maxChanges is how many variables a line of a table shows.
const maxChanges = 64

// Table writes the trace of a violation for people, one step per line: the
// choice, what the module saw and answered, and the variables that changed (in
// the first line all of them). The last line says what is broken.
func (s *System) Table(v *Violation) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "step\tchoice\tinput\tresult\tchanged")
	var before Step
	for i, st := range v.Trace {
		fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s\n", i, st.Choice,
			values(s.Module.Input, st.Input), s.resultText(st.Results), s.changes(before, st, i == 0))
		before = st
	}
	w.Flush()
	fmt.Fprintf(&b, "broken: %s", v.Name)
	if v.Detail != "" {
		fmt.Fprintf(&b, " (%s)", v.Detail)
	}
	b.WriteString("\n")
	return b.String()
}

func (s *System) resultText(results []uint64) string {
	fields := make([]ir.Field, len(s.Step.Func.Results))
	for i, p := range s.Step.Func.Results {
		fields[i] = ir.Field{Name: p.Name, Type: p.Type}
	}
	return values(fields, results)
}

func values(fields []ir.Field, words []uint64) string {
	if words == nil {
		return "-"
	}
	return strings.Join(changed("", fields, nil, words, true), " ")
}

func label(prefix, index string) string {
	if prefix == "" {
		return ""
	}
	return prefix + index + "="
}

func text(t ir.Type, bits uint64) string {
	if t == ir.Bool {
		return fmt.Sprint(bits != 0)
	}
	return t.Value(bits).String()
}

func (s *System) changes(before, now Step, all bool) string {
	if now.Fault != None {
		return "-"
	}
	parts := changed("", s.Module.State, before.Module, now.Module, all)
	parts = append(parts, changed("env.", s.Env.State, before.Env, now.Env, all)...)
	if len(parts) == 0 {
		return "-"
	}
	if more := len(parts) - maxChanges; more > 0 {
		parts = append(parts[:maxChanges], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, " ")
}

func changed(prefix string, fields []ir.Field, before, now []uint64, all bool) []string {
	var out []string
	at := 0
	for _, f := range fields {
		for i := range f.Elems() {
			if all || before[at] != now[at] {
				index := ""
				if f.Len > 0 {
					index = fmt.Sprintf("[%d]", i)
				}
				out = append(out, label(prefix+f.Name, index)+text(f.Type, now[at]))
			}
			at++
		}
	}
	return out
}
