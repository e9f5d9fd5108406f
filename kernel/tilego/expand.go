package tilego

import "go/ast"

// expansion refuses types that are too large when written out, before the Go
// type checker sees them: it takes exponential time on structs of structs.
func (c *checked) expansion() {
	x := &expander{specs: map[string]*ast.TypeSpec{}, sizes: map[string]int{}}
	for _, f := range c.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok {
				if x.specs[s.Name.Name] != nil {
					c.refuse(s.Pos(), "type", "choose another name", "type %s is declared twice", s.Name.Name)
				}
				x.specs[s.Name.Name] = s
			}
			return true
		})
	}
	for _, f := range c.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if t, ok := n.(*ast.StructType); ok && x.size(t) > maxLeaves {
				c.refuse(t.Pos(), "limit", "use fewer fields, or arrays", "struct has more than %d scalars and arrays", maxLeaves)
				return false
			}
			return true
		})
	}
}

type expander struct {
	specs map[string]*ast.TypeSpec
	sizes map[string]int
}

// size is the number of scalars and arrays in a type, at least 1, and at most
// little more than the limit.
func (x *expander) size(t ast.Expr) int {
	switch t := t.(type) {
	case *ast.Ident:
		return x.named(t.Name)
	case *ast.ParenExpr:
		return x.size(t.X)
	case *ast.ArrayType:
		return x.size(t.Elt)
	case *ast.StructType:
		n := 0
		for _, f := range t.Fields.List {
			n = min(n+len(f.Names)*x.size(f.Type), maxLeaves+1)
		}
		return max(n, 1)
	}
	return 1
}

func (x *expander) named(name string) int {
	if n, ok := x.sizes[name]; ok {
		return n
	}
	s := x.specs[name]
	if s == nil {
		return 1
	}
	x.sizes[name] = 1 // of a type in itself, which is refused later
	x.sizes[name] = x.size(s.Type)
	return x.sizes[name]
}
