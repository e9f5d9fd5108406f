package tilego

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// function is a function of the unit: its declaration and its signature, which
// is split into states, inputs and scalar parameters.
type function struct {
	decl   *ast.FuncDecl
	states []*types.Var
	inputs []*types.Var
	params []*types.Var
	named  map[types.Object]bool // named results: for readers only
	mode   ir.StateMode
	panics kinds // what a call may panic with, once compiled
	status status
	index  int // in the unit, once compiled
	out    ir.Func
	origin []token.Pos // per variable, the statement that defines it
}

type status uint8

const (
	declared status = iota
	compiling
	compiled
	refused
)

// declareFunc reads the signature of a function.
func (b *builder) declareFunc(d *ast.FuncDecl) *function {
	obj := b.info.Defs[d.Name].(*types.Func)
	f := &function{decl: d, named: map[types.Object]bool{}, out: ir.Func{Name: d.Name.Name}}
	for _, field := range d.Type.Params.List {
		for _, n := range field.Names {
			b.declareParam(f, n)
		}
	}
	f.out.States, f.out.Inputs = len(f.states), len(f.inputs)
	switch most := max(f.out.States, f.out.Inputs); {
	case most > 2:
		b.fail(d.Name, "param", "", "%s takes more than two states or inputs", d.Name.Name)
	case most > 1 && b.u.Kind == ir.Module:
		b.fail(d.Name, "param", "pass scalars of the other one", "%s takes two states or inputs, which only predicates of a contract do", d.Name.Name)
	}
	res := obj.Signature().Results()
	for v := range res.Variables() {
		typ, ok := scalarType(v.Type())
		if !ok || isInt(v.Type()) {
			b.fail(d.Type.Results, "result", "return scalars: bool, uint8 to uint64, int8 to int64", "%s returns %s", d.Name.Name, v.Type())
		}
		f.named[v] = v.Name() != ""
		f.out.Results = append(f.out.Results, ir.Param{Name: v.Name(), Type: typ})
	}
	b.functions[obj] = f
	return f
}

func (b *builder) declareParam(f *function, n *ast.Ident) {
	v := b.info.Defs[n].(*types.Var)
	if ptr, ok := v.Type().(*types.Pointer); ok {
		b.declarePointer(f, n, v, ptr)
		return
	}
	typ, ok := scalarType(v.Type())
	if !ok || isInt(v.Type()) {
		b.fail(n, "param", "pass scalars: bool, uint8 to uint64, int8 to int64", "parameter %s is of type %s", n.Name, v.Type())
	}
	f.params = append(f.params, v)
	f.out.Params = append(f.out.Params, ir.Param{Name: n.Name, Type: typ})
}

func (b *builder) declarePointer(f *function, n *ast.Ident, v *types.Var, ptr *types.Pointer) {
	const order = "order the parameters: s *State, in *Input, then scalars"
	named, ok := ptr.Elem().(*types.Named)
	switch {
	case ok && b.state != nil && named.Obj() == b.state:
		if len(f.inputs)+len(f.params) > 0 {
			b.fail(n, "param", order, "state %s is not the first parameter", n.Name)
		}
		f.states = append(f.states, v)
	case ok && b.input != nil && named.Obj() == b.input:
		if len(f.params) > 0 {
			b.fail(n, "param", order, "input %s follows a scalar", n.Name)
		}
		f.inputs = append(f.inputs, v)
	default:
		b.fail(n, "pointer", universeHints["pointer"], "parameter %s is a pointer to another type", n.Name)
	}
}

// callee is the function of this unit that a call calls, or nil.
func (b *builder) callee(e *ast.CallExpr) *function {
	id, ok := ast.Unparen(e.Fun).(*ast.Ident)
	if !ok {
		return nil
	}
	return b.functions[b.info.Uses[id]]
}

// callees lists the functions that f calls, in the order of the source.
func (b *builder) callees(f *function) []*function {
	var out []*function
	ast.Inspect(f.decl.Body, func(n ast.Node) bool {
		if e, ok := n.(*ast.CallExpr); ok {
			if g := b.callee(e); g != nil {
				out = append(out, g)
			}
		}
		return true
	})
	return out
}

// stateMode finds out how f uses the state; its callees are compiled.
func (b *builder) stateMode(f *function) ir.StateMode {
	if len(f.states) == 0 {
		return ir.NoState
	}
	mode := ir.ReadState
	ast.Inspect(f.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if b.isState(f, l) {
					mode = ir.WriteState
				}
			}
		case *ast.IncDecStmt:
			if b.isState(f, n.X) {
				mode = ir.WriteState
			}
		case *ast.CallExpr:
			if g := b.callee(n); g != nil && g.mode == ir.WriteState {
				mode = ir.WriteState
			}
		}
		return true
	})
	if mode == ir.WriteState && len(f.states) > 1 {
		b.fail(f.decl.Name, "state", "compare two states, do not change them", "%s takes two states and changes one", f.decl.Name.Name)
	}
	return mode
}

// isState reports whether e is a state, or a part of one.
func (b *builder) isState(f *function, e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		for _, v := range f.states {
			if b.info.Uses[e] == v {
				return true
			}
		}
	case *ast.SelectorExpr:
		return b.isState(f, e.X)
	case *ast.IndexExpr:
		return b.isState(f, e.X)
	}
	return false
}
