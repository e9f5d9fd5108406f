package command

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/lineages"
)

func (a *app) moduleExplain() *cobra.Command {
	var contract string
	cmd := &cobra.Command{
		Use: "explain [DIR|RULE]", Short: "explain a module, or a rule of the language",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return exactly(1)(cmd, args)
		},
		Long: "Show what a module means: its canonical IR beside its source, where its state lies in memory, and what it costs.\n" +
			"Or explain a rule of the language, such as tilego.float, with an example of what is refused and of what is accepted.\n" +
			"Without an argument the rules are listed.\n\n" +
			"Exit code: 0 explained, 2 no such module or contract, 3 the source is refused, 4 no such rule.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listRules()
			}
			return a.explain(args[0], contract)
		},
	}
	cmd.Flags().StringVar(&contract, "contract", "", contractFlag)
	return cmd
}

func (a *app) listRules() error {
	rules := tilego.Rules()
	return a.print(rules, func(w io.Writer) {
		t := newTable(w, "RULE", "ABOUT")
		for _, r := range rules {
			t.add(r.ID, r.About)
		}
		t.flush()
	})
}

func (a *app) explain(what, contract string) error {
	if _, err := os.Stat(what); err != nil {
		r, ok := tilego.RuleFor(what)
		if !ok {
			return withCode(ExitNotFound, fmt.Errorf("%s is neither a module nor a rule: genesis module explain lists the rules", what))
		}
		return a.print(r, func(w io.Writer) { ruleText(w, r) })
	}
	m, err := a.compiled(what, contract)
	if err != nil {
		return err
	}
	e, err := explanationOf(m)
	if err != nil {
		return err
	}
	e.Module = what
	return a.print(e, e.text)
}

func ruleText(w io.Writer, r tilego.Rule) {
	indent := func(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") }
	fmt.Fprintf(w, "%s\n%s\nadvice: %s\n\nrefused:\n\n%s\n\naccepted:\n\n%s\n", r.ID, r.About, r.Hint, indent(r.Refused), indent(r.Accepted))
}

// explanation is what `genesis module explain DIR` prints.
type explanation struct {
	Module    string              `json:"module"` // path
	Slot      string              `json:"slot"`
	Constants []string            `json:"constants,omitempty"` // name, type, value
	Tables    []string            `json:"tables,omitempty"`
	State     []explainedField    `json:"state,omitempty"`
	Input     []explainedField    `json:"input,omitempty"`
	Bytes     int                 `json:"bytes"` // of the state, padding included
	Functions []explainedFunction `json:"functions"`
}

// explainedField says where a scalar or an array lies.
type explainedField struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Offset int    `json:"offset"` // in linear memory, bytes
	Bytes  int    `json:"bytes"`
}

type explainedFunction struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	IR     string `json:"ir"`
	Bound  string `json:"bound"` // of a call, in Wasm instructions
}

func explanationOf(m lineages.Module) (*explanation, error) {
	costs, err := costOf(m)
	if err != nil {
		return nil, err
	}
	bounds := map[string]string{}
	for _, f := range costs.Functions {
		bounds[f.Name] = f.Bound // the exported form, which comes last, is dearer by what it loads and stores
	}
	l := layout.Of(m.Unit)
	e := &explanation{Slot: m.Contract.Slot, State: explainedFields(l.State), Input: explainedFields(l.Input), Bytes: l.State.Size}
	e.constants(m.Unit)
	sources := functionSources(m.Source)
	for i := range m.Unit.Funcs {
		f := &m.Unit.Funcs[i]
		e.Functions = append(e.Functions, explainedFunction{Name: f.Name, Source: sources[f.Name], IR: m.Unit.Text(f), Bound: bounds[f.Name]})
	}
	return e, nil
}

func (e *explanation) constants(u *ir.Unit) {
	for line := range strings.Lines(ir.Text(u)) {
		line = strings.TrimSuffix(line, "\n")
		if s, ok := strings.CutPrefix(line, "const "); ok {
			e.Constants = append(e.Constants, s)
		} else if s, ok := strings.CutPrefix(line, "table "); ok {
			e.Tables = append(e.Tables, s)
		}
	}
}

func explainedFields(r layout.Region) []explainedField {
	var out []explainedField
	for _, s := range r.Slots {
		typ := s.Type.String()
		if s.Len > 0 {
			typ = fmt.Sprintf("[%d]%s", s.Len, typ)
		}
		out = append(out, explainedField{Name: s.Name, Type: typ, Offset: s.Offset, Bytes: s.Type.Size() * s.Elems()})
	}
	return out
}

// functionSources are the texts of a source's functions, by name. The source
// was compiled, so it can be read.
func functionSources(src []byte) map[string]string {
	out := map[string]string{}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "module.go", src, parser.SkipObjectResolution)
	if err != nil {
		return out
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			out[fn.Name.Name] = string(src[fset.Position(fn.Pos()).Offset:fset.Position(fn.End()).Offset])
		}
	}
	return out
}

func (e *explanation) text(w io.Writer) {
	for _, part := range []struct {
		name  string
		lines []string
	}{{"constants", e.Constants}, {"tables", e.Tables}} {
		if len(part.lines) > 0 {
			fmt.Fprintf(w, "%s\n    %s\n\n", part.name, strings.Join(part.lines, "\n    "))
		}
	}
	fmt.Fprintf(w, "memory: the state takes %d bytes\n", e.Bytes)
	t := newTable(w, "OFFSET", "BYTES", "TYPE", "FIELD")
	for _, region := range []struct {
		name   string
		fields []explainedField
	}{{"state ", e.State}, {"input ", e.Input}} {
		for _, f := range region.fields {
			t.add(fmt.Sprint(f.Offset), fmt.Sprint(f.Bytes), f.Type, region.name+f.Name)
		}
	}
	t.flush()
	for _, f := range e.Functions {
		fmt.Fprintf(w, "\n%s: at most %s instructions\n\n", f.Name, f.Bound)
		beside(w, f.Source, f.IR)
	}
}

// beside prints two texts in columns.
func beside(w io.Writer, left, right string) {
	lines := func(s string) []string {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\t", "    "), "\r", "")
		return strings.Split(strings.TrimRight(s, "\n"), "\n")
	}
	a, b := lines(left), lines(right)
	width := 0
	for _, s := range a {
		width = max(width, len(s))
	}
	at := func(s []string, i int) string {
		if i < len(s) {
			return s[i]
		}
		return ""
	}
	for i := range max(len(a), len(b)) {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("    %-*s | %s", width, at(a, i), at(b, i)), " "))
	}
}
