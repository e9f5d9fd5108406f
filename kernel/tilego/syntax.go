package tilego

import (
	"go/ast"
	"go/token"
	"strconv"
)

// syntax refuses every declaration that is not in the subset, before types are
// looked at. It is a list of what is allowed: whatever it does not name is
// refused. Statements and expressions follow in syntax_stmt.go and
// syntax_expr.go.
type syntax struct {
	*reporter
	contract string // the only import path besides math/bits; "" for a contract
}

func (x *syntax) file(f *ast.File) {
	if f.Name.Name == "_" || f.Name.Name == "main" {
		x.refuse(f.Name.Pos(), "package", "name the package after what it does", "package cannot be named %s", f.Name.Name)
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			x.genDecl(d)
		case *ast.FuncDecl:
			x.funcDecl(d)
		default:
			x.refuse(d.Pos(), "syntax", "", "declaration is not in the language")
		}
	}
}

func (x *syntax) genDecl(d *ast.GenDecl) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.ImportSpec:
			x.importSpec(s)
		case *ast.ValueSpec:
			x.valueSpec(d.Tok, s)
		case *ast.TypeSpec:
			x.typeSpec(s)
		}
	}
}

func (x *syntax) importSpec(s *ast.ImportSpec) {
	path, err := strconv.Unquote(s.Path.Value)
	switch {
	case err != nil:
		x.refuse(s.Pos(), "import", "", "import path cannot be read")
	case path == bitsPath && s.Name == nil:
	case path == bitsPath:
		x.refuse(s.Pos(), "import", `import "math/bits"`, "math/bits is imported under its own name")
	case x.contract == "":
		x.refuse(s.Pos(), "import", "only math/bits can be imported", "import of %s", s.Path.Value)
	case path != x.contract:
		x.refuse(s.Pos(), "import", "only the contract and math/bits can be imported: import . \""+x.contract+"\"", "import of %s", s.Path.Value)
	case s.Name == nil || s.Name.Name != ".":
		x.refuse(s.Pos(), "import", `import . "`+x.contract+`"`, "the contract is imported with a dot")
	}
}

func (x *syntax) valueSpec(tok token.Token, s *ast.ValueSpec) {
	for _, n := range s.Names {
		x.declared(n)
	}
	if tok == token.CONST {
		x.optType(s.Type)
		for _, v := range s.Values {
			x.expr(v)
		}
		return
	}
	x.table(s)
}

// table admits var t = [N]T{...}, the only package variable.
func (x *syntax) table(s *ast.ValueSpec) {
	const hint = "the only package variables are constant tables: var t = [4]uint8{1, 2, 3, 4}; keep state in State"
	if len(s.Names) != 1 || len(s.Values) != 1 || s.Type != nil {
		x.refuse(s.Pos(), "variable", hint, "package variable %s", s.Names[0].Name)
		return
	}
	lit, ok := s.Values[0].(*ast.CompositeLit)
	if !ok {
		x.refuse(s.Pos(), "variable", hint, "package variable %s", s.Names[0].Name)
		return
	}
	at, ok := lit.Type.(*ast.ArrayType)
	if !ok {
		x.refuse(s.Pos(), "variable", hint, "package variable %s", s.Names[0].Name)
		return
	}
	x.arrayType(at, true)
	x.elements(lit)
}

func (x *syntax) typeSpec(s *ast.TypeSpec) {
	x.declared(s.Name)
	if s.TypeParams != nil {
		x.refuse(s.TypeParams.Pos(), "generic", "write it out for the type in use", "type %s has type parameters", s.Name.Name)
		return
	}
	if s.Assign.IsValid() {
		x.refuse(s.Assign, "alias", "remove the equals sign", "type %s is an alias", s.Name.Name)
		return
	}
	x.typ(s.Type)
}

func (x *syntax) funcDecl(d *ast.FuncDecl) {
	switch {
	case d.Recv != nil:
		x.refuse(d.Pos(), "method", "write a function that takes the state as its first parameter", "%s is a method", d.Name.Name)
		return
	case d.Type.TypeParams != nil:
		x.refuse(d.Pos(), "generic", "write it out for the type in use", "function %s has type parameters", d.Name.Name)
		return
	case d.Name.Name == "init" || d.Name.Name == "main":
		x.refuse(d.Pos(), "init", "func Init(s *State) sets initial values", "function %s", d.Name.Name)
		return
	case d.Body == nil:
		x.refuse(d.Pos(), "body", "", "function %s has no body", d.Name.Name)
		return
	}
	x.declared(d.Name)
	x.params(d.Type.Params)
	x.results(d.Type.Results)
	x.block(d.Body.List)
}

func (x *syntax) params(list *ast.FieldList) {
	for _, f := range list.List {
		for _, n := range f.Names {
			x.declared(n)
		}
		if len(f.Names) == 0 {
			x.refuse(f.Pos(), "param", "name it", "parameter without a name")
		}
		if star, ok := f.Type.(*ast.StarExpr); ok {
			if _, ok := star.X.(*ast.Ident); ok {
				continue // which pointers are allowed is decided with types
			}
		}
		x.typ(f.Type)
	}
}

func (x *syntax) results(list *ast.FieldList) {
	if list == nil {
		return
	}
	for _, f := range list.List {
		for _, n := range f.Names {
			x.declared(n)
		}
		x.typ(f.Type)
	}
}

// declared checks a name where it is introduced.
func (x *syntax) declared(n *ast.Ident) {
	if n.Name == "_" {
		x.refuse(n.Pos(), "blank", "give it a name or remove it", "declaration of _")
	}
	if _, ok := universe[n.Name]; ok {
		x.refuse(n.Pos(), "shadow", "choose another name", "%s hides a name of the language", n.Name)
	}
}

func (x *syntax) optType(t ast.Expr) {
	if t != nil {
		x.typ(t)
	}
}

// typ admits a type expression.
func (x *syntax) typ(t ast.Expr) {
	switch t := t.(type) {
	case *ast.Ident:
		x.name(t)
	case *ast.ParenExpr:
		x.typ(t.X)
	case *ast.ArrayType:
		x.arrayType(t, false)
	case *ast.StructType:
		x.structType(t)
	case *ast.StarExpr:
		x.refuse(t.Pos(), "pointer", "only s *State and in *Input, as first parameters", "pointer type")
	case *ast.MapType:
		x.refuse(t.Pos(), "map", "use an array", "map type")
	case *ast.ChanType:
		x.refuse(t.Pos(), "chan", "", "channel type")
	case *ast.FuncType:
		x.refuse(t.Pos(), "closure", "call functions by name", "function type")
	case *ast.InterfaceType:
		x.refuse(t.Pos(), "interface", "", "interface type")
	case *ast.IndexExpr, *ast.IndexListExpr:
		x.refuse(t.Pos(), "generic", "", "instantiated type")
	default:
		x.refuse(t.Pos(), "type", "", "type is not in the language")
	}
}

func (x *syntax) arrayType(t *ast.ArrayType, literal bool) {
	switch n := t.Len.(type) {
	case nil:
		x.refuse(t.Pos(), "slice", "use an array with a constant length: [8]uint8", "slice type")
		return
	case *ast.Ellipsis:
		if !literal {
			x.refuse(t.Pos(), "array", "write the length", "array type without a length")
		}
	default:
		x.expr(n)
	}
	x.typ(t.Elt)
}

func (x *syntax) structType(t *ast.StructType) {
	for _, f := range t.Fields.List {
		if len(f.Names) == 0 {
			x.refuse(f.Pos(), "embedded", "name the field", "embedded field")
		}
		if f.Tag != nil {
			x.refuse(f.Tag.Pos(), "tag", "remove it", "field tag")
		}
		for _, n := range f.Names {
			if n.Name == "_" {
				x.refuse(n.Pos(), "blank", "give it a name or remove it", "field named _")
			}
		}
		x.typ(f.Type)
	}
}
