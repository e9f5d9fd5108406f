package tilego

import (
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"math/big"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// ErrFormat says that a unit cannot be printed as source: a name is not one of
// the language, or a call changes the state where no source could say so.
var ErrFormat = errors.New("unit cannot be printed as source")

// maxPrinted bounds the source that Format makes, in bytes, before layout: what
// is longer would not compile.
const maxPrinted = 4 * MaxSource

// Format prints a checked unit of kind Module or Contract as source: a module of
// the package packageName that imports its contract from importPath.
//
// Compiling the result gives a unit that means the same. It encodes to the same
// bytes when u was made by [Compile], or by Compile from the output of Format;
// an edited unit may come back in another form once. Names of variables are kept
// where they are set. The error wraps [ErrFormat].
func Format(u *ir.Unit, importPath, packageName string) (src []byte, err error) {
	if u.Kind == ir.Env {
		return nil, fmt.Errorf("tilego: surroundings are part of their contract's package: %w", ErrFormat)
	}
	defer func() {
		if r := recover(); r != nil {
			u, ok := r.(unprintable)
			if !ok {
				panic(r)
			}
			src, err = nil, fmt.Errorf("tilego: %s: %w", string(u), ErrFormat)
		}
	}()
	p := &printer{u: u, global: map[string]bool{}}
	p.unit(importPath, packageName)
	text := strings.Join(p.lines, "\n") + "\n"
	out, err := format.Source([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("tilego: layout: %w: %w", ErrFormat, err)
	}
	return out, nil
}

// unprintable carries the reason why a unit cannot be printed.
type unprintable string

func unprintablef(format string, args ...any) {
	panic(unprintable(fmt.Sprintf(format, args...)))
}

// printer prints a unit.
type printer struct {
	u      *ir.Unit
	lines  []string
	size   int
	global map[string]bool // names of the package and of its imports
	bits   bool            // math/bits is used
	vals   []*big.Int      // of the constant table
}

func (p *printer) line(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if p.size += len(s) + 1; p.size > maxPrinted {
		unprintablef("source is longer than %d bytes", maxPrinted)
	}
	p.lines = append(p.lines, s)
}

func (p *printer) unit(importPath, packageName string) {
	for _, name := range []string{"State", "Input", "Env", "bits"} {
		p.global[name] = true
	}
	p.globals()
	body := printer{u: p.u, global: p.global}
	body.declarations()
	for i := range p.u.Funcs {
		body.line("")
		body.function(&p.u.Funcs[i])
	}
	p.line("package %s\n", packageName)
	if p.u.Kind == ir.Module && p.importsContract() {
		p.line("import . %q", importPath)
	}
	if body.bits {
		p.line("import %q", bitsPath)
	}
	p.lines = append(p.lines, body.lines...)
}

// globals checks the names of the package.
func (p *printer) globals() {
	add := func(name string) {
		if !printable(name) || p.global[name] {
			unprintablef("name %.80q", name)
		}
		p.global[name] = true
	}
	for _, c := range p.u.Consts {
		if c.Name != "" {
			add(c.Name)
		}
	}
	for _, t := range p.u.Tables {
		add(t.Name)
	}
	for _, f := range p.u.Funcs {
		add(f.Name)
	}
}

// printable reports whether a name can be declared in the language.
func printable(name string) bool {
	if name == "" || len(name) > MaxIdent || token.IsKeyword(name) {
		return false
	}
	if _, taken := universe[name]; taken {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// importsContract reports whether the source names anything of the contract.
func (p *printer) importsContract() bool {
	for _, c := range p.u.Consts {
		if c.Imported {
			return true
		}
	}
	for _, t := range p.u.Tables {
		if t.Imported {
			return true
		}
	}
	for _, f := range p.u.Funcs {
		if f.Inputs > 0 {
			return true
		}
	}
	return false
}

func (p *printer) declarations() {
	p.constants()
	for i := range p.u.Tables {
		p.table(&p.u.Tables[i])
	}
	if p.u.Kind == ir.Module || len(p.u.State) > 0 {
		p.structType("State", p.u.State)
	}
	if p.u.Kind == ir.Contract {
		p.structType("Input", p.u.Input)
	}
}

func (p *printer) constants() {
	var decls []string
	for i := range p.u.Consts {
		c := &p.u.Consts[i]
		if c.Name == "" || c.Imported {
			continue
		}
		decls = append(decls, p.named(i))
	}
	switch len(decls) {
	case 0:
	case 1:
		p.line("\nconst %s", decls[0])
	default:
		p.line("\nconst (\n%s\n)", strings.Join(decls, "\n"))
	}
}

// perLine is the number of elements of a table on a line.
const perLine = 16

func (p *printer) table(t *ir.Table) {
	if t.Imported {
		return
	}
	elems := make([]string, len(t.Elems))
	for i, e := range t.Elems {
		elems[i] = p.constant(e).at(0)
	}
	if len(elems) <= perLine {
		p.line("\nvar %s = [%d]%s{%s}", t.Name, len(elems), t.Type, strings.Join(elems, ", "))
		return
	}
	p.line("\nvar %s = [%d]%s{", t.Name, len(elems), t.Type)
	for len(elems) > 0 {
		n := min(perLine, len(elems))
		p.line("%s,", strings.Join(elems[:n], ", "))
		elems = elems[n:]
	}
	p.line("}")
}

// structType prints fields as a struct; fields with a common path become a
// struct inside.
func (p *printer) structType(name string, fields []ir.Field) {
	p.line("\ntype %s struct {", name)
	p.fields(fields, "")
	p.line("}")
}

func (p *printer) fields(fields []ir.Field, prefix string) {
	seen := map[string]bool{}
	for len(fields) > 0 {
		head, _, nested := strings.Cut(strings.TrimPrefix(fields[0].Name, prefix), ".")
		if seen[head] || token.IsKeyword(head) || len(head) > MaxIdent || strings.Contains(head, "_") {
			unprintablef("field %.80q", fields[0].Name)
		}
		seen[head] = true
		if !nested {
			p.line("%s %s", head, arrayOf(fields[0].Type, fields[0].Len))
			fields = fields[1:]
			continue
		}
		n := 0
		for n < len(fields) && strings.HasPrefix(fields[n].Name, prefix+head+".") {
			n++
		}
		p.line("%s struct {", head)
		p.fields(fields[:n], prefix+head+".")
		p.line("}")
		fields = fields[n:]
	}
}

func arrayOf(t ir.Type, n int) string {
	if n > 0 {
		return fmt.Sprintf("[%d]%s", n, t)
	}
	return t.String()
}
