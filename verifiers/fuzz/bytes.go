package fuzz

import (
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
)

// maxCalls bounds the calls that one input of the fuzzer asks for.
const maxCalls = 64

// Bytes of the fuzzer: a byte whose lowest bit says that a state follows, then
// records. A record starts with a byte: odd, and a whole input follows; even,
// and the last input is changed in one scalar, whose number (a byte, modulo)
// and value follow. Numbers are little-endian in the size of their type. What
// is cut off at the end is ignored. The program in target.go reads the same.

// decode reads bytes of the fuzzer as a case.
func decode(u *ir.Unit, data []byte) verifiers.Case {
	r := reader{data: data}
	var c verifiers.Case
	if r.byte()&1 == 1 {
		c.State = r.values(types(u.State))
	}
	in := types(u.Input)
	last := make([]uint64, len(in))
	for !r.short && len(c.Inputs) < maxCalls {
		next := last
		if r.byte()&1 == 1 {
			next = r.values(in)
		} else if len(in) > 0 {
			next = slices.Clone(last)
			k := int(r.byte()) % len(in)
			next[k] = r.value(in[k])
		}
		if r.short {
			break
		}
		c.Inputs, last = append(c.Inputs, next), next
	}
	return c
}

// encode writes a case as bytes of the fuzzer.
func encode(u *ir.Unit, c verifiers.Case) []byte {
	out := []byte{0}
	if c.State != nil {
		out = appendValues([]byte{1}, types(u.State), c.State)
	}
	for _, in := range c.Inputs[:min(len(c.Inputs), maxCalls)] {
		out = appendValues(append(out, 1), types(u.Input), in)
	}
	return out
}

func appendValues(out []byte, types []ir.Type, values []uint64) []byte {
	for i, v := range values {
		for k := range types[i].Size() {
			out = append(out, byte(v>>(8*k)))
		}
	}
	return out
}

func types(fields []ir.Field) []ir.Type {
	var out []ir.Type
	for _, f := range fields {
		for range f.Elems() {
			out = append(out, f.Type)
		}
	}
	return out
}

// reader reads numbers until there are no more bytes.
type reader struct {
	data  []byte
	short bool
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.short = true
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) value(t ir.Type) uint64 {
	var v uint64
	for k := range t.Size() {
		v |= uint64(r.byte()) << (8 * k)
	}
	return t.Wrap(v)
}

func (r *reader) values(types []ir.Type) []uint64 {
	out := make([]uint64, len(types))
	for i, t := range types {
		out[i] = r.value(t)
	}
	return out
}
