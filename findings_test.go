package genesis_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever reads a finding learns what is wrong and what to try: every one that
// is written down in the code has a message and a hint, or the function that
// makes it fills them in.
func TestFindingsSayWhatToTry(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "node_modules") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // text for tests of refusals
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			for _, lit := range findingsIn(fn.Body) {
				found++
				for _, key := range []string{"Message", "Hint"} {
					if !has(lit, key) && !assigns(fn.Body, key) {
						t.Errorf("%s: a finding without %s", fset.Position(lit.Pos()), key)
					}
				}
			}
		}
		return nil
	})
	if err != nil || found < 40 {
		t.Errorf("%d findings, %v", found, err)
	}
}

// findingsIn are the composite literals of findings that are not empty.
func findingsIn(body ast.Node) (out []*ast.CompositeLit) {
	ast.Inspect(body, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if isFinding(lit.Type) && len(lit.Elts) > 0 {
			out = append(out, lit)
		}
		if list, ok := lit.Type.(*ast.ArrayType); ok && isFinding(list.Elt) {
			for _, e := range lit.Elts {
				if inner, ok := e.(*ast.CompositeLit); ok && inner.Type == nil {
					out = append(out, inner)
				}
			}
		}
		return true
	})
	return out
}

func isFinding(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "Finding"
	case *ast.SelectorExpr:
		return x.Sel.Name == "Finding"
	}
	return false
}

func has(lit *ast.CompositeLit, key string) bool {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if name, ok := kv.Key.(*ast.Ident); ok && name.Name == key {
				return true
			}
		}
	}
	return false
}

// assigns reports whether a field of that name is set in a function.
func assigns(body ast.Node, field string) (yes bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for _, left := range a.Lhs {
				if s, ok := left.(*ast.SelectorExpr); ok && s.Sel.Name == field {
					yes = true
				}
			}
		}
		return true
	})
	return yes
}
