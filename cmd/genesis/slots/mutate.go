package slots

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/contract"
)

// mutant is a contract with one clause of a predicate left out.
type mutant struct {
	contract, env []byte
	file          string
	line          int
	function      string
	text          string // of the clause
	change        string // what was done to it
}

// edit puts a constant in the place of a condition.
type edit struct {
	from, to int // offsets
	line     int
	function string
	with     string
}

// mutants leaves out each clause of each predicate in turn.
func mutants(c *contract.Contract) []mutant {
	var out []mutant
	for _, file := range []string{"contract.go", "env.go"} {
		source := c.Files[file]
		if source == nil {
			continue
		}
		for _, e := range edits(file, source) {
			text := slices.Concat(source[:e.from], []byte(e.with), source[e.to:])
			m := mutant{contract: c.Files["contract.go"], env: c.Files["env.go"], file: file, line: e.line, function: e.function,
				text: strings.Join(strings.Fields(string(source[e.from:e.to])), " "), change: "never decides: " + e.with + " does as well"}
			if file == "env.go" {
				m.env = text
			} else {
				m.contract = text
			}
			out = append(out, m)
		}
	}
	return out
}

func edits(file string, source []byte) []edit {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var out []edit
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil || !predicate(file, fn.Name.Name) {
			continue
		}
		add := func(e ast.Expr, with string) {
			p := fset.Position(e.Pos())
			out = append(out, edit{p.Offset, fset.Position(e.End()).Offset, p.Line, fn.Name.Name, with})
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.IfStmt:
				clauses(n.Cond, "", add)
			case *ast.ReturnStmt:
				for _, e := range n.Results {
					clauses(e, "true", add)
				}
			}
			return true
		})
	}
	return out
}

func predicate(file, name string) bool {
	if file == "env.go" {
		return strings.HasPrefix(name, "Safe")
	}
	return slices.Contains([]string{"Wf", "Post", "Rel", "RelPost"}, name)
}

// clauses calls add for each condition that a formula is made of, with what
// leaves it out: true in a conjunction, false in a disjunction. By itself
// ("neutral" is empty) a condition must matter both ways.
func clauses(e ast.Expr, neutral string, add func(ast.Expr, string)) {
	switch x := e.(type) {
	case *ast.ParenExpr:
		clauses(x.X, neutral, add)
		return
	case *ast.BinaryExpr:
		if x.Op == token.LAND || x.Op == token.LOR {
			with := map[token.Token]string{token.LAND: "true", token.LOR: "false"}[x.Op]
			clauses(x.X, with, add)
			clauses(x.Y, with, add)
			return
		}
	case *ast.Ident:
		if x.Name == "true" || x.Name == "false" {
			return
		}
	}
	if neutral == "" {
		add(e, "true")
		add(e, "false")
		return
	}
	add(e, neutral)
}
