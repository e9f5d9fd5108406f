// Package cost bounds how many WebAssembly instructions a call executes at
// most. Together with the language, which has counted loops and no recursion,
// that makes "total" mean "soon".
//
// The bound is computed on the code that runs (see package wasmgen), not on the
// source, so that it is sound whatever the printer does: each instruction counts
// one, block, loop and if included, else and end not; the dearer side of an if
// counts; a loop's body counts as often as it runs; a call counts the bound of
// its callee and one. An instruction that moves memory counts one more per 8
// bytes. Early exits are not credited, except that the sides of an if are.
//
// Numbers are of any size: nested loops overflow 64 bits easily, and a bound
// that wrapped around would be no bound. A bound says nothing about nanoseconds.
package cost

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
)

// Bounds are the bounds of a module's exported functions, by name.
type Bounds map[string]*big.Int

// Of bounds the exported functions of a checked unit. The error is that of
// wasmgen.Generate.
func Of(u *ir.Unit) (Bounds, error) {
	m, err := wasmgen.Generate(u)
	if err != nil {
		return nil, err
	}
	return Module(m)
}

// Module bounds the exported functions of a printed module. It refuses code in
// which a function is called that does not come earlier, or that is not nested
// properly.
func Module(m *wasmgen.Module) (Bounds, error) {
	parts, err := Explain(m)
	if err != nil {
		return nil, err
	}
	out := Bounds{}
	for i := range m.Funcs {
		if name := m.Funcs[i].Export; name != "" {
			out[name] = parts[i].Bound
		}
	}
	return out, nil
}

// Explain shows what the bound of each function of a printed module is made
// of, in the order of the module. Its errors are those of [Module].
func Explain(m *wasmgen.Module) ([]Part, error) {
	all := make([]Part, 0, len(m.Funcs))
	for i := range m.Funcs {
		p, err := function(m.Funcs[i].Code, all)
		if err != nil {
			return nil, fmt.Errorf("cost: function %d %s: %w", i, m.Funcs[i].Export, err)
		}
		p.Callee = i
		all = append(all, p)
	}
	return all, nil
}

// Within reports whether the named function exists and costs at most budget.
func (b Bounds) Within(name string, budget *big.Int) bool {
	n, ok := b[name]
	return ok && n.Cmp(budget) <= 0
}

// Weight is what one instruction counts, without what it calls or repeats.
func Weight(i wasmgen.Instr) int64 {
	switch i.Op {
	case wasmgen.OpElse, wasmgen.OpEnd:
		return 0
	}
	return 1 + (int64(i.Bytes)+7)/8
}

// Kind says what a part of a function is.
type Kind uint8

// The kinds of parts.
const (
	Function Kind = iota
	Loop          // Trips iterations
	Branch        // the dearer side of an if: Then says which; Other is the bound of the cheaper one
	Call          // of function Callee of the module; its own parts are not repeated here
)

// Part is a function, or a loop, a branch or a call inside of one, on the path
// that the bound stands for. What a part costs besides its parts is code
// without branches.
type Part struct {
	Kind   Kind
	Bound  *big.Int // instructions of the part, all iterations and inner parts included
	Trips  int64
	Then   bool
	Other  *big.Int
	Callee int
	Parts  []Part
}

// Own is what a part costs itself: in a loop, in all iterations.
func (p *Part) Own() *big.Int {
	own := new(big.Int).Set(p.Bound)
	for i := range p.Parts {
		inner := new(big.Int).Set(p.Parts[i].Bound)
		if p.Kind == Loop {
			inner.Mul(inner, big.NewInt(p.Trips))
		}
		own.Sub(own, inner)
	}
	return own
}

// open is a construct that is not ended yet.
type open struct {
	op          wasmgen.Op
	trips       int64
	sum         *big.Int // inside, so far
	parts       []Part
	then        *big.Int // of the first side, once the second began
	thenParts   []Part
	secondBegan bool
}

func (o *open) add(p Part) {
	o.sum.Add(o.sum, p.Bound)
	o.parts = append(o.parts, p)
}

// function walks code whose callees have the given bounds.
func function(code []wasmgen.Instr, callees []Part) (Part, error) {
	stack := []*open{{sum: new(big.Int)}}
	for _, i := range code {
		top := stack[len(stack)-1]
		top.sum.Add(top.sum, big.NewInt(Weight(i)))
		switch i.Op {
		case wasmgen.OpBlock, wasmgen.OpIf, wasmgen.OpLoop:
			stack = append(stack, &open{op: i.Op, trips: max(1, i.Trips), sum: new(big.Int)})
		case wasmgen.OpElse:
			if top.op != wasmgen.OpIf || top.secondBegan {
				return Part{}, errors.New("else without if")
			}
			top.secondBegan, top.then, top.thenParts = true, top.sum, top.parts
			top.sum, top.parts = new(big.Int), nil
		case wasmgen.OpEnd:
			if len(stack) == 1 {
				return Part{}, errors.New("end without begin")
			}
			stack = stack[:len(stack)-1]
			top.end(stack[len(stack)-1])
		case wasmgen.OpCall:
			if i.Imm < 0 || i.Imm >= int64(len(callees)) {
				return Part{}, fmt.Errorf("call of function %d, which does not come before", i.Imm)
			}
			top.add(Part{Kind: Call, Callee: int(i.Imm), Bound: callees[i.Imm].Bound})
		}
	}
	if len(stack) != 1 {
		return Part{}, fmt.Errorf("%d constructs without end", len(stack)-1)
	}
	return Part{Bound: stack[0].sum, Parts: stack[0].parts}, nil
}

// end hands a construct that ends to the one around it. The loop instruction
// itself is passed in each iteration; the first pass was counted outside.
func (o *open) end(outer *open) {
	switch o.op {
	case wasmgen.OpIf:
		p := Part{Kind: Branch, Bound: o.sum, Parts: o.parts, Other: new(big.Int)}
		switch {
		case !o.secondBegan:
			p.Then = true
		case o.then.Cmp(o.sum) > 0:
			p = Part{Kind: Branch, Bound: o.then, Parts: o.thenParts, Then: true, Other: o.sum}
		default:
			p.Other = o.then
		}
		outer.add(p)
	case wasmgen.OpLoop:
		trips := big.NewInt(o.trips)
		total := new(big.Int).Mul(o.sum, trips)
		total.Add(total, trips.Sub(trips, big.NewInt(1)))
		outer.add(Part{Kind: Loop, Bound: total, Trips: o.trips, Parts: o.parts})
	default: // a block is only a place to jump to
		outer.sum.Add(outer.sum, o.sum)
		outer.parts = append(outer.parts, o.parts...)
	}
}
