package coq

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// printed are the trusted texts about one module.
type printed struct{ contract, model, spec []byte }

type file struct {
	name string
	text []byte
}

// files are the texts in the order in which they are compiled.
func (p *printed) files() []file {
	return []file{{"Contract", p.contract}, {"Model", p.model}, {"Spec", p.spec}}
}

// errExample says that the contract could not be shown to be about something.
var errExample = errors.New("no input inside Wf was found")

// print prints a subject from its unit, which must be the IR that its digest
// names.
func print(s verifiers.Subject) (*printed, error) {
	if err := belongs(s); err != nil {
		return nil, err
	}
	in, err := example(s.Contract.Unit)
	if err != nil {
		return nil, err
	}
	var p printed
	if p.contract, err = coqgen.Contract(s.Contract.Unit); err != nil {
		return nil, fmt.Errorf("coq: %w", err)
	}
	if p.model, err = coqgen.Model(s.Unit, s.Contract.Unit); err != nil {
		return nil, fmt.Errorf("coq: %w", err)
	}
	if p.spec, err = coqgen.Spec(s.Unit, s.Contract.Unit, in); err != nil {
		return nil, fmt.Errorf("coq: %w", err)
	}
	return &p, nil
}

// belongs checks that the unit is what the subject's bytes and digest say.
func belongs(s verifiers.Subject) error {
	if s.IR == nil {
		return nil
	}
	again, err := ir.Encode(s.Unit)
	if err != nil {
		return fmt.Errorf("coq: %w", err)
	}
	if !bytes.Equal(again, s.IR) {
		return errors.New("coq: the subject's unit is not its IR")
	}
	if d := s.Ref.Code.IR; d != "" && d != pipeline.SumBytes(s.IR) {
		return errors.New("coq: the subject's digest is not that of its IR")
	}
	return nil
}

// tries bounds the search for an example.
const tries = 200_000

// example looks for an input inside Wf, the same one every time: zero, values at
// the boundaries that the contract names, anything.
func example(c *ir.Unit) ([]uint64, error) {
	p, err := vm.New(c)
	if err != nil {
		return nil, fmt.Errorf("coq: %w", err)
	}
	m := p.Machine()
	in := m.Input(0)
	wf, err := p.Func("Wf")
	if err != nil {
		return append([]uint64(nil), in...), nil // without Wf every input serves
	}
	values := boundaries(c)
	random := rand.New(rand.NewPCG(1, 2))
	answer := make([]uint64, 1)
	for range tries {
		if m.Call(wf, nil, answer) == nil && answer[0] == 1 {
			return append([]uint64(nil), in...), nil
		}
		draw(random, c.Input, in, values)
	}
	return nil, fmt.Errorf("coq: %w in %d tries", errExample, tries)
}

func boundaries(c *ir.Unit) []uint64 {
	out := []uint64{0, 1}
	consts, err := c.ConstValues(nil)
	if err != nil {
		return out
	}
	for _, v := range consts {
		if v.IsInt64() {
			out = append(out, uint64(v.Int64()))
		}
	}
	return out
}

func draw(random *rand.Rand, fields []ir.Field, in, values []uint64) {
	at := 0
	for _, f := range fields {
		for range f.Elems() {
			if random.IntN(3) == 0 {
				in[at] = f.Type.Wrap(random.Uint64())
			} else {
				in[at] = f.Type.Wrap(values[random.IntN(len(values))])
			}
			at++
		}
	}
}
