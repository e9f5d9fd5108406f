package ir

import (
	"fmt"
	"strings"
)

// Text shows a unit for people: one line per declaration and binding, blocks
// indented. Variables are numbered as in the encoding, with the name of the
// place that held them first, where it is known. It is no format: nothing reads it.
func Text(u *Unit) string { return (&dumper{u: u}).unit() }

// Text shows one function of a unit as [Text] does.
func (u *Unit) Text(f *Func) string {
	d := &dumper{u: u}
	d.fn(f)
	return d.String()
}

// Text shows a constant expression of a unit.
func (e *CExpr) Text(u *Unit) string { return (&dumper{u: u}).cexpr(e) }

func (d *dumper) unit() string {
	u := d.u
	for i, c := range u.Consts {
		d.line("const %s %s = %s%s", d.constName(i), c.Type, d.cexpr(&c.Expr), imported(c.Imported))
	}
	for _, t := range u.Tables {
		d.line("table %s %s %s%s", t.Name, t.Type, d.atoms(t.Elems), imported(t.Imported))
	}
	for _, f := range u.State {
		d.line("state %s", field(f.Name, f.Type, f.Len))
	}
	for _, f := range u.Input {
		d.line("input %s", field(f.Name, f.Type, f.Len))
	}
	for i := range u.Funcs {
		d.fn(&u.Funcs[i])
	}
	return d.String()
}

type dumper struct {
	strings.Builder
	u      *Unit
	f      *Func
	indent int
}

func (d *dumper) line(format string, args ...any) {
	d.WriteString(strings.Repeat("  ", d.indent))
	fmt.Fprintf(d, format+"\n", args...)
}

func imported(yes bool) string {
	if yes {
		return " (imported)"
	}
	return ""
}

func field(name string, t Type, n int) string {
	if n > 0 {
		return fmt.Sprintf("%s [%d]%s", name, n, t)
	}
	return name + " " + t.String()
}

// params shows what a function takes: states, with what it does to them, then
// inputs, then scalars.
func params(f *Func) string {
	var out []string
	for range f.States {
		out = append(out, [...]string{NoState: "state", ReadState: "state read", WriteState: "state written"}[f.Mode])
	}
	for range f.Inputs {
		out = append(out, "input")
	}
	for _, p := range f.Params {
		out = append(out, field(p.Name, p.Type, 0))
	}
	return strings.Join(out, ", ")
}

func results(f *Func) string {
	var out []string
	for _, r := range f.Results {
		out = append(out, strings.TrimSpace(field(r.Name, r.Type, 0)))
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

// constName is the name of an entry of the constant table, or its number.
func (d *dumper) constName(i int) string {
	if n := d.u.Consts[i].Name; n != "" {
		return n
	}
	return fmt.Sprintf("#%d", i)
}

func (d *dumper) fn(f *Func) {
	d.f = f
	d.line("func %s(%s)%s", f.Name, params(f), results(f))
	d.indent++
	d.block(&f.Body)
	d.indent--
}

var copNames = [...]string{CAdd: "+", CSub: "-", CMul: "*", CQuo: "/", CRem: "%", CShl: "<<", CShr: ">>", CAnd: "&", COr: "|", CXor: "^", CMin: "min", CMax: "max"}

func (d *dumper) cexpr(e *CExpr) string {
	switch e.Op {
	case CLit:
		return e.Lit.String()
	case CRef:
		return d.constName(e.Ref)
	case CNeg:
		return "-" + d.cexpr(e.A)
	}
	return "(" + d.cexpr(e.A) + " " + copNames[e.Op] + " " + d.cexpr(e.B) + ")"
}

func (d *dumper) atom(a Atom) string {
	switch a.Kind {
	case ALit:
		return fmt.Sprintf("%s:%s", a.Type.Value(a.Bits), a.Type)
	case AConst:
		return d.constName(a.Index) + ":" + a.Type.String()
	case AVar:
		return d.v(VarID(a.Index))
	}
	return "?"
}

func (d *dumper) v(v VarID) string {
	if d.f.Vars[v].Name == "" {
		return fmt.Sprintf("v%d", v)
	}
	return fmt.Sprintf("v%d.%s", v, d.f.Vars[v].Name)
}

func (d *dumper) vs(vs []VarID) string {
	var out []string
	for _, v := range vs {
		out = append(out, d.v(v)+" "+d.f.Vars[v].Type.String())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (d *dumper) atoms(as []Atom) string {
	var out []string
	for _, a := range as {
		out = append(out, d.atom(a))
	}
	return "[" + strings.Join(out, " ") + "]"
}

var bitsNames = [...]string{LeadingZeros: "leadingzeros", TrailingZeros: "trailingzeros", OnesCount: "onescount", BitLen: "len"}

var condNames = [...]string{Eq: "==", Ne: "!=", Lt: "<", Le: "<=", Gt: ">", Ge: ">=", CondAnd: "&&", CondOr: "||"}

func (d *dumper) cond(c *Cond) string {
	switch c.Op {
	case CondAtom:
		return d.atom(c.A)
	case CondNot:
		return "!" + d.cond(c.X)
	case CondAnd, CondOr:
		return "(" + d.cond(c.X) + " " + condNames[c.Op] + " " + d.cond(c.Y) + ")"
	}
	return d.atom(c.A) + " " + condNames[c.Op] + " " + d.atom(c.B)
}

var opNames = [...]string{Add: "+", Sub: "-", Mul: "*", Quo: "/", Rem: "%", And: "&", Or: "|", Xor: "^", AndNot: "&^", Shl: "<<", Shr: ">>", Min: "min", Max: "max"}

func (d *dumper) block(b *Block) {
	for _, s := range b.Stmts {
		d.stmt(s)
	}
	switch t := b.Term.(type) {
	case Return:
		d.line("return %s %s", d.atoms(t.State), d.atoms(t.Results))
	case Yield:
		d.line("yield %s", d.atoms(t.Vals))
	case Branch:
		d.line("branch %s", d.cond(&t.Cond))
		d.nested(&t.Then)
		d.line("else")
		d.nested(&t.Else)
	}
}

func (d *dumper) nested(b *Block) {
	d.indent++
	d.block(b)
	d.indent--
}

func (d *dumper) stmt(s Stmt) {
	switch s := s.(type) {
	case Arith:
		d.line("%s = %s %s %s : %s", d.v(s.Dst), d.atom(s.A), opNames[s.Op], d.atom(s.B), d.f.Vars[s.Dst].Type)
	case Convert:
		d.line("%s = %s(%s)", d.v(s.Dst), d.f.Vars[s.Dst].Type, d.atom(s.A))
	case Bits:
		d.line("%s = %s(%s) : %s", d.v(s.Dst), bitsNames[s.Fn], d.atom(s.A), d.f.Vars[s.Dst].Type)
	case Test:
		d.line("%s = test %s", d.v(s.Dst), d.cond(&s.Cond))
	case Lookup:
		d.line("%s = %s[%s]", d.v(s.Dst), d.u.Tables[s.Table].Name, d.atom(s.Index))
	case Get:
		d.line("%s = %s[%s]", d.v(s.Dst), d.v(s.Arr), d.atom(s.Index))
	case Set:
		d.line("%s = %s with [%s]=%s", d.v(s.Dst), d.v(s.Arr), d.atom(s.Index), d.atom(s.Val))
	case Zero:
		d.line("%s = zero [%d]%s", d.v(s.Dst), d.f.Vars[s.Dst].Len, d.f.Vars[s.Dst].Type)
	case Copy:
		d.line("%s = copy %s", d.v(s.Dst), d.v(s.Src))
	case Call:
		d.line("%s = call %s state=%s input=%d args=%s", d.vs(s.Dst), d.u.Funcs[s.Func].Name, d.atoms(s.State), s.Input, d.atoms(s.Args))
	case If:
		d.line("%s = if %s", d.vs(s.Dst), d.cond(&s.Cond))
		d.nested(&s.Then)
		d.line("else")
		d.nested(&s.Else)
	case For:
		d.line("%s = for %s=%s..%s carrying %s from %s", d.vs(s.Dst), d.v(s.Index), d.atom(s.Lo), d.atom(s.Hi), d.vs(s.Carried), d.atoms(s.Init))
		d.nested(&s.Body)
	}
}
