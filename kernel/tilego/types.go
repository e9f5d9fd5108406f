package tilego

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Limits of types; those of the IR are checked on the unit.
const (
	maxLeaves = 512  // scalars and arrays in one struct
	maxArray  = 4096 // elements of an array
)

// leaf is a scalar or array of scalars inside a type. Structs are flattened:
// the leaf "ring.head" is the field head of the field ring. Arrays of arrays and
// of structs become one array per leaf, whose elements follow each other as in
// the source, the last index fastest.
type leaf struct {
	path string
	typ  ir.Type
	len  int   // of all dimensions together; 0 for a scalar
	dims []dim // outermost first
}

// dim is an array that a leaf lies in: its length, and how much of the leaf's
// path stands before its index.
type dim struct{ len, at int }

var basics = map[types.BasicKind]ir.Type{
	types.Bool: ir.Bool, types.UntypedBool: ir.Bool,
	types.Uint8: ir.U8, types.Uint16: ir.U16, types.Uint32: ir.U32, types.Uint64: ir.U64,
	types.Int8: ir.I8, types.Int16: ir.I16, types.Int32: ir.I32, types.Int64: ir.I64,
	types.Int: ir.I64, types.UntypedInt: ir.I64, // indices and constants only, see declaredTypes
}

// scalarType is the IR's type for t.
func scalarType(t types.Type) (ir.Type, bool) {
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		return 0, false
	}
	typ, ok := basics[b.Kind()]
	return typ, ok
}

// isInt reports whether t is int or a type made from it.
func isInt(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Int
}

// leaves flattens t; it refuses at pos what cannot be flattened and returns nil.
func (c *checked) leaves(pos token.Pos, t types.Type) []leaf {
	out, ok := c.flatten(nil, pos, leaf{}, t)
	if !ok {
		return nil
	}
	return out
}

// flatten appends the leaves of t, which lie where in says.
func (c *checked) flatten(out []leaf, pos token.Pos, in leaf, t types.Type) ([]leaf, bool) {
	if len(out) >= maxLeaves {
		c.refuse(pos, "limit", "", "type has more than %d scalars and arrays", maxLeaves)
		return nil, false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if typ, ok := scalarType(u); ok && !isInt(u) {
			in.typ = typ
			return append(out, in), true
		}
		c.refuse(pos, "int", universeHints["int"], "type %s", u.Name())
		return nil, false
	case *types.Array:
		return c.flattenArray(out, pos, in, u)
	case *types.Struct:
		return c.flattenStruct(out, pos, in, u)
	}
	c.refuse(pos, "type", "", "type is not in the language")
	return nil, false
}

func (c *checked) flattenArray(out []leaf, pos token.Pos, in leaf, a *types.Array) ([]leaf, bool) {
	n := a.Len()
	if n >= 1 && n <= maxArray {
		n *= int64(max(in.len, 1))
	}
	if n < 1 || n > maxArray {
		c.refuse(pos, "array", "", "array of %d elements, from 1 to %d are allowed in all dimensions together", n, maxArray)
		return nil, false
	}
	in.len = int(n)
	in.dims = append(slices.Clone(in.dims), dim{int(a.Len()), len(in.path)})
	return c.flatten(out, pos, in, a.Elem())
}

func (c *checked) flattenStruct(out []leaf, pos token.Pos, in leaf, s *types.Struct) ([]leaf, bool) {
	if s.NumFields() == 0 && (in.path != "" || in.len > 0) {
		c.refuse(pos, "struct", "remove it", "struct without fields")
		return nil, false
	}
	for f := range s.Fields() {
		inner := in
		inner.path = f.Name()
		if in.path != "" {
			inner.path = in.path + "." + f.Name()
		}
		ok := false
		if out, ok = c.flatten(out, pos, inner, f.Type()); !ok {
			return nil, false
		}
	}
	return out, true
}

// plain refuses arrays of arrays and of structs in a type that modules share
// with their contract: a module is printed from its IR, which has one array per
// leaf, so both must be what the source says.
func (c *checked) plain(pos token.Pos, t types.Type) {
	for _, l := range c.leaves(pos, t) {
		if len(l.dims) > 1 || len(l.dims) == 1 && l.dims[0].at < len(l.path) {
			c.refuse(pos, "array", "use one array for each field, and rows*columns elements", "what modules see of a contract has an array of structs or arrays")
			return
		}
	}
}

// fields are the leaves of a struct type as fields of a unit.
func (c *checked) fields(pos token.Pos, t types.Type) []ir.Field {
	var out []ir.Field
	for _, l := range c.leaves(pos, t) {
		out = append(out, ir.Field{Name: l.path, Type: l.typ, Len: l.len})
	}
	return out
}

// countLeaves is the number of leaves of a type that was flattened before.
func countLeaves(t types.Type) int {
	switch u := t.Underlying().(type) {
	case *types.Array:
		return countLeaves(u.Elem())
	case *types.Struct:
		n := 0
		for f := range u.Fields() {
			n += countLeaves(f.Type())
		}
		return n
	}
	return 1
}

// varType refuses a variable whose type is not in the language. Pointers and
// loop indices are looked at where functions and loops are.
func (c *checked) varType(id *ast.Ident, v *types.Var) {
	if _, pointer := v.Type().(*types.Pointer); pointer {
		if v.Kind() != types.ParamVar {
			c.refuse(id.Pos(), "pointer", universeHints["pointer"], "%s is a pointer", id.Name)
		}
		return
	}
	if c.indices[v] {
		if t, ok := scalarType(v.Type()); !ok || t != ir.I64 {
			c.refuse(id.Pos(), "loop", "count in int and convert where it is used: uint8(i)", "index %s is of type %s", id.Name, v.Type())
		}
		return
	}
	if isInt(v.Type()) {
		c.refuse(id.Pos(), "int", "give it a type: uint8(3), or var "+id.Name+" uint8 = 3", "%s is of type int", id.Name)
		return
	}
	c.leaves(id.Pos(), v.Type())
}

// Place says where the source has what a field of a unit holds.
type Place struct {
	Selector string // from the state on, with [] where an index stands: "slots[].last[]"
	Lens     []int  // of the arrays in it, outermost first; the last index counts fastest
}

// StatePlaces lists where the source of a module has the fields of its state, in
// the order of ir.Unit.State. Unless the contract declares the state, it is type
// State of the source. An error is [Refusals].
func StatePlaces(src []byte, s *Surface) ([]Place, error) {
	rep := &reporter{fset: token.NewFileSet()}
	c := check(rep, "module", s, source{moduleFile, src})
	if c == nil {
		return nil, rep.err()
	}
	state := s.Package.Scope().Lookup("State")
	if state == nil {
		state = c.typeName("State")
	}
	if state == nil {
		return nil, nil
	}
	var out []Place
	for _, l := range c.leaves(state.Pos(), state.Type()) {
		out = append(out, l.place())
	}
	return out, rep.err()
}

func (l leaf) place() Place {
	p := Place{Selector: l.path}
	for _, d := range slices.Backward(l.dims) {
		p.Selector = p.Selector[:d.at] + "[]" + p.Selector[d.at:]
	}
	for _, d := range l.dims {
		p.Lens = append(p.Lens, d.len)
	}
	return p
}
