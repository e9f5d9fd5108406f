package tlagen

import (
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// funcPrinter prints the body of one function. Every name that it binds begins
// with the operator, so that no argument of a call holds a name that the callee
// binds too. Variables keep their numbers: M1v3 is variable 3 of M1, M1x3 the
// error code of its binding, M1y3 its value before the range was checked. M1q
// and M1w number outcomes and accumulated errors.
type funcPrinter struct {
	*printer
	fn    *ir.Func
	index int
	spans map[ir.VarID]span
	loops []string // operators of the loops, inner before outer
	temps int
}

// exit writes how a block ends: the error so far ("" for none) and the values.
type exit func(err string, t ir.Term) string

// local is a name that only this function binds.
func (f *funcPrinter) local(kind string, n int) string {
	return fmt.Sprintf("%s%s%d", f.name(f.index), kind, n)
}

func (f *funcPrinter) variable(v ir.VarID) string { return f.local("v", int(v)) }

func (f *funcPrinter) temp(kind string) string {
	f.temps++
	return f.local(kind, f.temps)
}

// block writes a block as one expression; err is the error so far.
func (f *funcPrinter) block(b ir.Block, err, indent string, leave exit) string {
	var defs []string
	for _, s := range b.Stmts {
		d, e := f.stmt(s, indent+"  ")
		defs = append(defs, d...)
		switch {
		case e == "":
		case err == "":
			err = e
		default:
			w := f.temp("w")
			defs = append(defs, fmt.Sprintf("%s == ( IF ( %s # 0 ) THEN %s ELSE %s )", w, err, err, e))
			err = w
		}
	}
	end := f.term(b.Term, err, indent, leave)
	if len(defs) == 0 {
		return end
	}
	nl := "\n" + indent
	return "( LET" + nl + "  " + strings.Join(defs, nl+"  ") + nl + "IN " + end + " )"
}

func (f *funcPrinter) term(t ir.Term, err, indent string, leave exit) string {
	br, ok := t.(ir.Branch)
	if !ok {
		return leave(err, t)
	}
	return f.either(br.Cond, br.Then, br.Else, err, indent, leave)
}

func (f *funcPrinter) either(c ir.Cond, then, otherwise ir.Block, err, indent string, leave exit) string {
	in := indent + "  "
	return "( IF " + f.cond(c) + " THEN\n" + in + f.block(then, err, in, leave) +
		"\n" + indent + "ELSE\n" + in + f.block(otherwise, err, in, leave) + " )"
}

func (f *funcPrinter) returned(err string, t ir.Term) string {
	r, _ := t.(ir.Return)
	return f.shapes[f.index].outcome(err, f.atoms(r.State), f.atoms(r.Results))
}

// stmt writes a binding as definitions, and names its error code.
func (f *funcPrinter) stmt(s ir.Stmt, indent string) (defs []string, err string) {
	switch s := s.(type) {
	case ir.Call:
		return f.invoke(s)
	case ir.If:
		return f.join(s, indent)
	case ir.For:
		return f.loop(s, indent)
	}
	return f.simple(s)
}

// simple writes a binding of one variable.
func (f *funcPrinter) simple(s ir.Stmt) (defs []string, err string) {
	dst, b := f.binding(s, f.spans)
	v := f.fn.Vars[dst]
	define := func(name, value string) { defs = append(defs, name+" == "+value) }
	if b.ok == "" {
		define(f.variable(dst), b.value)
		return defs, ""
	}
	err = f.local("x", int(dst))
	if b.checked {
		y := f.local("y", int(dst))
		define(y, b.value)
		b.ok, b.value = strings.ReplaceAll(b.ok, checkedValue, y), y
	}
	define(err, fmt.Sprintf("( IF %s THEN 0 ELSE %d )", b.ok, b.code))
	define(f.variable(dst), fmt.Sprintf("( IF ( %s = 0 ) THEN %s ELSE %s )", err, b.value, f.fallback(s, v)))
	return defs, err
}

// fallback is the value of a binding that went wrong: it is never part of an
// outcome without error, and it keeps later operators total.
func (f *funcPrinter) fallback(s ir.Stmt, v ir.Var) string {
	if set, ok := s.(ir.Set); ok {
		return f.variable(set.Arr)
	}
	return zero(v.Type, v.Len)
}

func (f *funcPrinter) invoke(s ir.Call) (defs []string, err string) {
	args := f.atoms(s.State)
	if f.unit.Funcs[s.Func].Inputs > 0 {
		args = append(args, f.inputVars(s.Input, f.unit.Funcs[s.Func].Inputs)...)
	}
	call := apply(f.name(s.Func), append(args, f.atoms(s.Args)...))
	sh := f.shapes[s.Func]
	if sh.bare() && len(s.Dst) == 1 {
		return []string{f.variable(s.Dst[0]) + " == " + call}, ""
	}
	q := f.temp("q")
	defs = append(defs, q+" == "+call)
	for i, d := range s.Dst {
		value := sh.state(q, i)
		if i >= sh.states {
			value = sh.result(q, i-sh.states)
		}
		defs = append(defs, f.variable(d)+" == "+value)
	}
	if sh.fallible {
		err = sh.err(q)
	}
	return defs, err
}

// inputVars are the variables of the fields of n inputs of this function.
func (f *funcPrinter) inputVars(input, n int) []string {
	first := f.fn.States*len(f.unit.State) + input*len(f.unit.Input)
	out := make([]string, n*len(f.unit.Input))
	for i := range out {
		out[i] = f.variable(ir.VarID(first + i))
	}
	return out
}

// join writes a conditional that yields values: one bare value, or a tuple with
// the error code first if there can be one.
func (f *funcPrinter) join(s ir.If, indent string) (defs []string, err string) {
	fallible := f.fallibleBlock(&s.Then, f.spans) || f.fallibleBlock(&s.Else, f.spans)
	if len(s.Dst) == 0 && !fallible {
		return nil, ""
	}
	bare := len(s.Dst) == 1 && !fallible
	leave := func(err string, t ir.Term) string {
		y, _ := t.(ir.Yield)
		vals := f.atoms(y.Vals)
		if bare {
			return vals[0]
		}
		if fallible {
			vals = append([]string{errOrZero(err)}, vals...)
		}
		return tuple(vals)
	}
	value := f.either(s.Cond, s.Then, s.Else, "", indent, leave)
	if bare {
		return []string{f.variable(s.Dst[0]) + " == " + value}, ""
	}
	q, first := f.temp("q"), 1
	defs = append(defs, q+" == "+value)
	if fallible {
		first, err = 2, "( "+q+"[1] )"
	}
	return append(defs, f.unpack(s.Dst, q, first)...), err
}

func (f *funcPrinter) unpack(dst []ir.VarID, tuple string, first int) []string {
	out := make([]string, len(dst))
	for i, d := range dst {
		out[i] = fmt.Sprintf("%s == ( %s[%d] )", f.variable(d), tuple, first+i)
	}
	return out
}

func tuple(vals []string) string { return "<< " + strings.Join(vals, " , ") + " >>" }

// loop writes a counted loop as an operator over the range lo .. hi-1 and the
// carried tuple k, error code first. It ends early on an error, and looking at
// the error makes a lazy engine evaluate iteration by iteration.
func (f *funcPrinter) loop(s ir.For, indent string) (defs []string, err string) {
	captured := f.captured(&s)
	op := f.local("L", int(s.Index))
	outer := f.spans
	leave := func(err string, t ir.Term) string {
		y, _ := t.(ir.Yield)
		return tuple(append([]string{errOrZero(err)}, f.atoms(y.Vals)...))
	}
	body := f.block(s.Body, "", "      ", leave)
	f.spans = outer
	heads := append(f.unpack(s.Carried, "k", 2), f.variable(s.Index)+" == lo")
	f.loops = append(f.loops, loopText(op, captured, heads, body))

	q := f.temp("q")
	start := tuple(append([]string{"0"}, f.atoms(s.Init)...))
	defs = append(defs, q+" == "+apply(op, append([]string{f.atom(s.Lo), f.atom(s.Hi), start}, captured...)))
	if f.fallibleBlock(&s.Body, f.spans) {
		err = "( " + q + "[1] )"
	}
	return append(defs, f.unpack(s.Dst, q, 2)...), err
}

func loopText(op string, captured, heads []string, body string) string {
	params := append([]string{"lo", "hi", "k"}, captured...)
	holes := strings.TrimSuffix(strings.Repeat("_, ", len(params)), ", ")
	half := apply(op, append([]string{"lo", "mid", "k"}, captured...))
	rest := apply(op, append([]string{"mid", "hi", half}, captured...))
	return fmt.Sprintf(`RECURSIVE %s(%s)
%s ==
  ( IF ( ( ( k[1] ) # 0 ) \/ ( hi <= lo ) ) THEN k
  ELSE ( IF ( ( hi - lo ) = 1 ) THEN
    ( LET
        %s
      IN %s )
  ELSE ( LET mid == ( lo + ( ( hi - lo ) \div 2 ) ) IN %s ) ) )
`, op, holes, apply(op, params), strings.Join(heads, "\n        "), body, rest)
}

// captured lists the variables that a loop reads and does not define itself, in
// order of definition.
func (f *funcPrinter) captured(s *ir.For) []string {
	first := s.Index // carried variables come directly before, the body after
	for _, c := range s.Carried {
		first = min(first, c)
	}
	read := make(map[ir.VarID]bool)
	mark := func(v ir.VarID) { read[v] = true }
	uses(&s.Body, mark)
	walk(&s.Body, func(st ir.Stmt) {
		if c, ok := st.(ir.Call); ok && f.unit.Funcs[c.Func].Inputs > 0 {
			first := f.fn.States*len(f.unit.State) + c.Input*len(f.unit.Input)
			for i := range f.unit.Funcs[c.Func].Inputs * len(f.unit.Input) {
				mark(ir.VarID(first + i))
			}
		}
	})
	var out []string
	for v := range first {
		if read[v] {
			out = append(out, f.variable(v))
		}
	}
	return out
}
