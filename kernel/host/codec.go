package host

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// ErrType says that a Go type is not the input or the results of a contract.
var ErrType = errors.New("the Go type is not that of the contract")

var kinds = map[reflect.Kind]ir.Type{
	reflect.Bool:  ir.Bool,
	reflect.Uint8: ir.U8, reflect.Uint16: ir.U16, reflect.Uint32: ir.U32, reflect.Uint64: ir.U64,
	reflect.Int8: ir.I8, reflect.Int16: ir.I16, reflect.Int32: ir.I32, reflect.Int64: ir.I64,
}

// scalar is a place in a Go value, with its name and type.
type scalar struct {
	name  string
	typ   ir.Type
	value reflect.Value
}

// scalars finds the scalars of an addressable value in the order of the
// language: fields of structs in place, elements of arrays one by one.
func scalars(name string, v reflect.Value) ([]scalar, error) {
	if t, ok := kinds[v.Kind()]; ok {
		return []scalar{{name, t, v}}, nil
	}
	var out []scalar
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				return nil, fmt.Errorf("field %s of %s is not exported: %w", f.Name, v.Type(), ErrType)
			}
			below, err := scalars(strings.TrimPrefix(name+"."+f.Name, "."), v.Field(i))
			if err != nil {
				return nil, err
			}
			out = append(out, below...)
		}
		return out, nil
	case reflect.Array:
		for i := range v.Len() {
			below, err := scalars(name, v.Index(i))
			if err != nil {
				return nil, err
			}
			out = append(out, below...)
		}
		return out, nil
	}
	return nil, fmt.Errorf("%s of type %s: want bool, fixed-width integers, arrays and structs of them: %w", name, v.Type(), ErrType)
}

// fields lists a contract's fields, one for each scalar.
func fields(list []ir.Field) []scalar {
	var out []scalar
	for _, f := range list {
		for range f.Elems() {
			out = append(out, scalar{name: f.Name, typ: f.Type})
		}
	}
	return out
}

func params(list []ir.Param) []scalar {
	out := make([]scalar, len(list))
	for i, p := range list {
		out[i] = scalar{name: p.Name, typ: p.Type}
	}
	return out
}

// match finds the scalars of a Go value and checks them against a contract's.
// Names may differ in case, and a value that is one scalar needs none.
func match(what string, v reflect.Value, want []scalar) ([]scalar, error) {
	have, err := scalars("", v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if len(have) != len(want) {
		return nil, fmt.Errorf("%s: %s has %d scalars, the contract %d: %w", what, v.Type(), len(have), len(want), ErrType)
	}
	for i, h := range have {
		w := want[i]
		if h.typ != w.typ || h.name != "" && w.name != "" && !strings.EqualFold(h.name, w.name) {
			return nil, fmt.Errorf("%s: %s has %s %s where the contract has %s %s: %w", what, v.Type(), h.name, h.typ, w.name, w.typ, ErrType)
		}
	}
	return have, nil
}

// load writes the canonical bits of Go values to flat.
func load(flat []uint64, from []scalar) {
	for i := range from {
		switch s := &from[i]; {
		case s.typ == ir.Bool:
			flat[i] = 0
			if s.value.Bool() {
				flat[i] = 1
			}
		case s.value.CanInt():
			flat[i] = uint64(s.value.Int())
		default:
			flat[i] = s.value.Uint()
		}
	}
}

// store sets Go values from canonical bits.
func store(to []scalar, flat []uint64) {
	for i := range to {
		switch s := &to[i]; {
		case s.typ == ir.Bool:
			s.value.SetBool(flat[i] != 0)
		case s.value.CanInt():
			s.value.SetInt(int64(flat[i]))
		default:
			s.value.SetUint(flat[i])
		}
	}
}
