package tilego

import (
	"go/ast"
	"go/token"
)

const bitsPath = "math/bits"

// universe says of each predeclared name of Go why it is refused; "" admits it.
var universe = map[string]string{
	"bool": "", "true": "", "false": "", "iota": "", "min": "", "max": "", "len": "",
	"uint8": "", "uint16": "", "uint32": "", "uint64": "",
	"int8": "", "int16": "", "int32": "", "int64": "", "int": "",
	"byte": "int", "rune": "int", "uint": "int", "uintptr": "int",
	"float32": "float", "float64": "float", "complex64": "float", "complex128": "float",
	"complex": "float", "real": "float", "imag": "float",
	"string": "string", "any": "interface", "error": "interface", "comparable": "interface",
	"nil": "pointer", "new": "pointer",
	"append": "slice", "cap": "slice", "clear": "slice", "copy": "slice", "make": "slice",
	"close": "chan", "delete": "map",
	"panic": "panic", "recover": "panic", "print": "builtin", "println": "builtin",
}

var universeHints = map[string]string{
	"int":       "use uint8 to uint64 or int8 to int64",
	"float":     "use integers in a small unit: tenths of a degree, permille, milliwatts",
	"string":    "use numbers with named constants",
	"interface": "use the type in use",
	"pointer":   "only s *State and in *Input, as first parameters",
	"slice":     "use an array with a constant length and a count",
	"map":       "use an array",
	"panic":     "the only panics are an index out of range and a division by zero",
}

// name checks a name that is used, not declared.
func (x *syntax) name(n *ast.Ident) {
	if rule := universe[n.Name]; rule != "" {
		x.refuse(n.Pos(), rule, universeHints[rule], "%s is not in the language", n.Name)
	}
	if n.Name == "_" {
		x.refuse(n.Pos(), "blank", "", "_ has no value")
	}
}

func (x *syntax) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		x.name(e)
	case *ast.BasicLit:
		x.literal(e)
	case *ast.ParenExpr:
		x.expr(e.X)
	case *ast.SelectorExpr:
		x.expr(e.X)
	case *ast.IndexExpr:
		x.expr(e.X)
		x.expr(e.Index)
	case *ast.UnaryExpr:
		x.unary(e)
	case *ast.BinaryExpr:
		x.expr(e.X)
		x.expr(e.Y)
	case *ast.CallExpr:
		x.call(e)
	case *ast.CompositeLit:
		x.composite(e)
	default:
		x.otherExpr(e)
	}
}

func (x *syntax) otherExpr(e ast.Expr) {
	switch e.(type) {
	case *ast.FuncLit, *ast.FuncType:
		x.refuse(e.Pos(), "closure", "declare a function at package level", "function literal")
	case *ast.StarExpr:
		x.refuse(e.Pos(), "pointer", "read the field: s.level", "pointer")
	case *ast.SliceExpr:
		x.refuse(e.Pos(), "slice", "loop over the indices", "slice expression")
	case *ast.TypeAssertExpr, *ast.InterfaceType:
		x.refuse(e.Pos(), "interface", "", "interface")
	case *ast.IndexListExpr:
		x.refuse(e.Pos(), "generic", "", "instantiation")
	case *ast.MapType:
		x.refuse(e.Pos(), "map", "use an array", "map")
	case *ast.ArrayType, *ast.StructType:
		x.refuse(e.Pos(), "type", "declare a named type", "type in an expression")
	default:
		x.refuse(e.Pos(), "syntax", "", "expression is not in the language")
	}
}

func (x *syntax) literal(e *ast.BasicLit) {
	switch e.Kind {
	case token.INT:
	case token.FLOAT, token.IMAG:
		x.refuse(e.Pos(), "float", universeHints["float"], "%s is not an integer", e.Value)
	case token.CHAR:
		x.refuse(e.Pos(), "string", "write its number", "character")
	default:
		x.refuse(e.Pos(), "string", universeHints["string"], "string")
	}
}

func (x *syntax) unary(e *ast.UnaryExpr) {
	switch e.Op {
	case token.ADD, token.SUB, token.XOR, token.NOT:
		x.expr(e.X)
	case token.AND:
		x.refuse(e.Pos(), "pointer", "pass s and in on as they are", "address of an operand")
	case token.ARROW:
		x.refuse(e.Pos(), "chan", "", "channel receive")
	default:
		x.refuse(e.Pos(), "syntax", "", "operator %s is not in the language", e.Op)
	}
}

func (x *syntax) call(e *ast.CallExpr) {
	if e.Ellipsis.IsValid() {
		x.refuse(e.Ellipsis, "slice", "", "variadic call")
	}
	switch f := ast.Unparen(e.Fun).(type) {
	case *ast.Ident:
		x.name(f)
	case *ast.SelectorExpr:
		if !isName(f.X, "bits") {
			x.refuse(f.Pos(), "call", "call functions of this package, or of math/bits", "call of a method or of another package")
		}
	default:
		x.refuse(e.Pos(), "call", "call functions by name", "call of an expression")
	}
	for _, a := range e.Args {
		x.expr(a)
	}
}

func (x *syntax) composite(e *ast.CompositeLit) {
	switch t := e.Type.(type) {
	case nil: // an element, of the type that the array says
	case *ast.ArrayType:
		x.arrayType(t, true)
	default:
		x.typ(t)
	}
	x.elements(e)
}

func (x *syntax) elements(e *ast.CompositeLit) {
	_, array := e.Type.(*ast.ArrayType)
	for _, el := range e.Elts {
		kv, ok := el.(*ast.KeyValueExpr)
		switch {
		case !ok:
			x.expr(el)
		case array:
			x.refuse(kv.Pos(), "table", "list the elements in order", "element with an index")
		default:
			x.expr(kv.Value)
		}
	}
}
