package verifiers

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"github.com/genesis-network/genesis/kernel/refute"
)

// written says in which file a promise stands, and by which function. What is
// not listed is a function of that name in env.go.
var written = map[string]struct{ file, function string }{
	"Init":    {"module.go", "Inv"}, // a module without Init starts with zeroes: Inv must hold of them
	"Panic":   {"module.go", "Step"},
	"NoPanic": {"module.go", "Step"},
	"Inv":     {"module.go", "Inv"},
	"Post":    {"contract.go", "Post"},
	"Frame":   {"contract.go", "Frame"},
	"RelPost": {"contract.go", "RelPost"},
}

// Advice says what to try when a promise is broken: a clause of the theorem, or
// a function of the surroundings. It is never empty.
func Advice(promise string) string {
	return cmp.Or(refute.Clause(promise).Advice(), "follow the trace: the module reacted too late or too little")
}

// Place says where a promise is written, such as "contract.go:37 Post": where
// whoever reads a finding looks first. Without a source the line is missing.
func (s Subject) Place(promise string) string {
	at, ok := written[promise]
	if !ok {
		at.file, at.function = "env.go", promise
	}
	var source []byte
	if at.file == "module.go" {
		source = s.Source
	} else if s.Contract != nil {
		source = s.Contract.Files[at.file]
	}
	functions := []string{at.function}
	if promise == "Init" {
		functions = []string{"Init", at.function}
	}
	for _, f := range functions {
		if line := lineOf(source, f); line > 0 {
			return fmt.Sprintf("%s:%d %s", at.file, line, promise)
		}
	}
	return at.file + " " + promise
}

// lineOf is the line of a function's declaration; 0 if there is none. The source
// was accepted before, but it is text that somebody else wrote.
func lineOf(source []byte, function string) int {
	if !strings.Contains(string(source), function) {
		return 0
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", source, parser.SkipObjectResolution)
	if err != nil {
		return 0
	}
	for _, d := range f.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name == function {
			return fset.PositionFor(d.Pos(), false).Line // a //line of the source moves nothing
		}
	}
	return 0
}
