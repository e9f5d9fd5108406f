package tlagen

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Vector is one evaluation of a function as another engine sees it. Values are
// canonical bits, flattened in the order of the fields.
type Vector struct {
	State  [2][]uint64
	Input  [2][]uint64
	Params []uint64

	Panic    ir.PanicKind // 0 if it returned
	NewState []uint64     // of a function that writes state
	Results  []uint64
}

// Vectors prints a function and, as the invariants K0, K1 ..., that it evaluates
// to what each vector says, in a system of one state: an engine that checks it
// compares its own evaluation. An evaluation that leaves the range of small
// integers agrees with everything. Arguments beyond the range are ErrRange.
func Vectors(u *ir.Unit, consts map[string]*big.Int, fn string, vectors []Vector) (*Spec, error) {
	f, index := u.Func(fn)
	if f == nil {
		return nil, fmt.Errorf("tlagen: no function %.64q", fn)
	}
	p, err := newPrinter(u, "M", consts)
	if err != nil {
		return nil, err
	}
	p.need(index)
	if err := p.print(); err != nil {
		return nil, err
	}
	var b, cfg strings.Builder
	fmt.Fprintf(&b, "---- MODULE %s ----\nEXTENDS Integers\nVARIABLE z\n\n%s%s\nInit == ( z = 0 )\nNext == ( z' = z )\n",
		Module, helpers([]*printer{p}), p.out.String())
	cfg.WriteString("INIT Init\nNEXT Next\nINVARIANTS\n")
	for i, v := range vectors {
		fmt.Fprintf(&b, "K%d == %s\n", i, p.agrees(f, index, v))
		fmt.Fprintf(&cfg, "K%d\n", i)
	}
	b.WriteString("====\n")
	cfg.WriteString("CHECK_DEADLOCK FALSE\n")
	return &Spec{Text: b.String(), Config: cfg.String(), Weight: p.weights[index] * len(vectors)}, p.err
}

// agrees says that the function evaluates to the vector's outcome.
func (p *printer) agrees(f *ir.Func, index int, v Vector) string {
	var args []string
	for i := range f.States {
		args = append(args, p.literals(p.unit.State, v.State[i])...)
	}
	for i := range f.Inputs {
		args = append(args, p.literals(p.unit.Input, v.Input[i])...)
	}
	args = append(args, p.literals(asFields(f.Params), v.Params)...)
	sh := p.shapes[index]
	same := p.same(f, sh, v)
	if sh.fallible {
		same = fmt.Sprintf("( ( %s = %d ) \\/ %s )", sh.err("w"), errSize, same)
	}
	return fmt.Sprintf("( LET w == %s IN %s )", apply(p.name(index), args), same)
}

func (p *printer) same(f *ir.Func, sh shape, v Vector) string {
	if v.Panic != 0 {
		if !sh.fallible {
			return "FALSE"
		}
		return fmt.Sprintf("( %s = %d )", sh.err("w"), v.Panic)
	}
	results := asFields(f.Results)
	if !Fits(results, v.Results) || f.Mode == ir.WriteState && !Fits(p.unit.State, v.NewState) {
		return "FALSE" // only an evaluation that left the range agrees
	}
	parts := []string{"TRUE"}
	if sh.fallible {
		parts = append(parts, fmt.Sprintf("( %s = 0 )", sh.err("w")))
	}
	equal := func(fields []ir.Field, words []uint64, value func(string, int) string) {
		for i, want := range p.literals(fields, words) {
			parts = append(parts, fmt.Sprintf("( %s = %s )", value("w", i), want))
		}
	}
	if f.Mode == ir.WriteState {
		equal(p.unit.State, v.NewState, sh.state)
	}
	equal(results, v.Results, sh.result)
	return "( " + strings.Join(parts, " /\\ ") + " )"
}

// Fits reports whether all values are in the range of small integers.
func Fits(fields []ir.Field, words []uint64) bool {
	for _, f := range fields {
		for range f.Elems() {
			if f.Type.Value(words[0]).CmpAbs(big.NewInt(limit)) > 0 {
				return false
			}
			words = words[1:]
		}
	}
	return true
}

func asFields(ps []ir.Param) []ir.Field {
	out := make([]ir.Field, len(ps))
	for i, p := range ps {
		out[i] = ir.Field{Type: p.Type}
	}
	return out
}

func (p *printer) literals(fields []ir.Field, words []uint64) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		n := f.Elems()
		if f.Len == 0 {
			out[i] = p.constant(ir.Lit(f.Type, words[0]))
		} else {
			out[i] = p.array(f.Type, words[:n])
		}
		words = words[n:]
	}
	return out
}

// array writes an array of constants.
func (p *printer) array(t ir.Type, words []uint64) string {
	text := p.constant(ir.Lit(t, words[len(words)-1]))
	for i := len(words) - 2; i >= 0; i-- {
		text = fmt.Sprintf("( IF ( d = %d ) THEN %s ELSE %s )", i, p.constant(ir.Lit(t, words[i])), text)
	}
	return fmt.Sprintf("[ d \\in 0 .. %d |-> %s ]", len(words)-1, text)
}
