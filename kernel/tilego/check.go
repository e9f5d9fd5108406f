package tilego

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"sync"
)

// source is one file to compile.
type source struct {
	name string
	text []byte
}

// checked is a package that passed the syntax and type checks.
type checked struct {
	*reporter
	files []*ast.File
	pkg   *types.Package
	info  *types.Info

	indices map[types.Object]bool // variables that count loops
}

// check parses and type-checks the files of one package. A nil result means
// that something was refused.
func check(rep *reporter, path string, contract *Surface, sources ...source) *checked {
	c := &checked{reporter: rep, info: newInfo(), indices: map[types.Object]bool{}}
	for _, s := range sources {
		if f := c.parse(s, contract); f != nil {
			c.files = append(c.files, f)
		}
	}
	if len(rep.list) == 0 {
		c.expansion()
	}
	if len(rep.list) > 0 {
		return nil
	}
	c.types(path, contract)
	if len(rep.list) > 0 {
		return nil
	}
	c.findIndices()
	c.shadows()
	c.declaredTypes()
	if len(rep.list) > 0 {
		return nil
	}
	return c
}

func newInfo() *types.Info {
	return &types.Info{
		Types: make(map[ast.Expr]types.TypeAndValue),
		Defs:  make(map[*ast.Ident]types.Object),
		Uses:  make(map[*ast.Ident]types.Object),
	}
}

func (c *checked) parse(s source, contract *Surface) *ast.File {
	if !admit(c.reporter, c.fset.AddFile(s.name, -1, len(s.text)), s.text) {
		return nil
	}
	f, err := parser.ParseFile(c.fset, s.name, s.text, parser.SkipObjectResolution)
	if err != nil {
		c.syntaxError(s, err)
		return nil
	}
	x := syntax{reporter: c.reporter}
	if contract != nil {
		x.contract = contract.Import
	}
	x.file(f)
	return f
}

func (c *checked) syntaxError(s source, err error) {
	list := scanner.ErrorList{{Pos: token.Position{Line: 1, Column: 1}, Msg: err.Error()}}
	errors.As(err, &list) // keeps the one above otherwise
	for _, e := range list {
		c.list = append(c.list, Refusal{File: s.name, Line: e.Pos.Line, Col: e.Pos.Column, Rule: "tilego.syntax", Message: clip(e.Msg), Hint: hints["syntax"]})
	}
}

func (c *checked) types(path string, contract *Surface) {
	conf := types.Config{
		GoVersion: "go1.22", // range over integers; nothing later is in the subset
		Importer:  importer{contract},
		Error:     c.typeError,
	}
	c.pkg, _ = conf.Check(path, c.fset, c.files, c.info) // errors went to typeError
}

func (c *checked) typeError(err error) {
	if e, ok := err.(types.Error); ok { //nolint:errorlint // documented to be of this type
		c.refuse(e.Pos, "type", "the Go compiler refuses it too", "%s", e.Msg)
		return
	}
	c.refuse(token.NoPos, "type", "", "%s", err)
}

// importer gives the two packages that can be imported.
type importer struct{ contract *Surface }

func (i importer) Import(path string) (*types.Package, error) {
	if i.contract != nil && path == i.contract.Import {
		return i.contract.Package, nil
	}
	return bitsPackage(), nil // the syntax check admits no other
}

// bitsWidths are the suffixes of the functions of math/bits in the language.
var bitsWidths = map[string]types.BasicKind{"8": types.Uint8, "16": types.Uint16, "32": types.Uint32, "64": types.Uint64}

// bitsPackage is the part of math/bits that is in the language.
var bitsPackage = sync.OnceValue(func() *types.Package {
	pkg := types.NewPackage(bitsPath, "bits")
	for name := range bitsFuncs {
		for suffix, kind := range bitsWidths {
			x := types.NewParam(token.NoPos, pkg, "x", types.Typ[kind])
			n := types.NewParam(token.NoPos, pkg, "", types.Typ[types.Int])
			sig := types.NewSignatureType(nil, nil, nil, types.NewTuple(x), types.NewTuple(n), false)
			pkg.Scope().Insert(types.NewFunc(token.NoPos, pkg, name+suffix, sig))
		}
	}
	pkg.MarkComplete()
	return pkg
})

// shadows refuses a local name that hides another one in scope.
func (c *checked) shadows() {
	for id, obj := range c.info.Defs {
		v, ok := obj.(*types.Var)
		if !ok || v.IsField() || v.Parent() == nil || v.Parent() == c.pkg.Scope() || id.Name == "_" {
			continue
		}
		outer := v.Parent().Parent()
		if outer == nil {
			continue
		}
		if _, hidden := outer.LookupParent(id.Name, id.Pos()); hidden != nil {
			c.refuse(id.Pos(), "shadow", "choose another name", "%s hides another %s", id.Name, id.Name)
		}
	}
}

// declaredTypes refuses variables, parameters, results and fields of types
// outside the language.
func (c *checked) declaredTypes() {
	for id, obj := range c.info.Defs {
		switch obj := obj.(type) {
		case *types.Var:
			if !obj.IsField() && obj.Parent() != nil {
				c.varType(id, obj)
			}
		case *types.TypeName:
			c.leaves(id.Pos(), obj.Type())
		}
	}
}
