package native

import (
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
)

// common moves values between Go's types, named ones too, and canonical bits.
const common = `
type int_ interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int8 | ~int16 | ~int32 | ~int64
}

func set_[T int_](p *T, v uint64)     { *p = T(v) }
func setBool_[T ~bool](p *T, v uint64) { *p = v != 0 }
func get_[T int_](v T) uint64         { return uint64(v) }
func getBool_[T ~bool](v T) uint64 {
	if v {
		return 1
	}
	return 0
}
`

// door writes the file that opens a package.
type door struct{ strings.Builder }

func (d *door) pf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

func contractDoor(name string, u *ir.Unit) string {
	d := &door{}
	d.pf("package %s\n%s", name, common)
	d.setter("Genesis_SetInput", "Input", plain(u.Input))
	if len(u.State) > 0 {
		d.setter("Genesis_SetState", "State", plain(u.State))
		d.getter("Genesis_GetState", "State", plain(u.State))
	}
	d.predicate(u, "Wf", 1, 0)
	d.predicate(u, "Post", 1, 1)
	d.predicate(u, "Rel", 2, 0)
	d.predicate(u, "RelPost", 0, 2)
	return d.String()
}

// place is a scalar or array of a Go value: where the source has a field.
type place struct {
	tilego.Place
	typ ir.Type
}

// plain are fields that the source has under their own names, as in a contract.
func plain(fields []ir.Field) []place {
	out := make([]place, len(fields))
	for i, f := range fields {
		out[i] = place{tilego.Place{Selector: f.Name}, f.Type}
		if f.Len > 0 {
			out[i].Selector, out[i].Lens = f.Name+"[]", []int{f.Len}
		}
	}
	return out
}

// subjectDoor opens a module, whose state is where places say.
func subjectDoor(s verifiers.Subject, places []place) string {
	d := &door{}
	d.pf("package subject\n\nimport contract_ %q\n%s", s.Contract.Import, common)
	state := "State"
	if len(s.Contract.Unit.State) > 0 {
		state = "contract_.State"
		d.pf("\nfunc Genesis_SetState(s *%s, v []uint64) { contract_.Genesis_SetState(s, v) }\n", state)
		d.pf("\nfunc Genesis_GetState(s *%s, v []uint64) { contract_.Genesis_GetState(s, v) }\n", state)
	} else {
		d.setter("Genesis_SetState", "State", places)
		d.getter("Genesis_GetState", "State", places)
	}
	d.pf("\ntype State_ = %s\n", state)
	d.pf("\nfunc Genesis_Init(s *%s) {\n\t*s = %s{}\n", state, state)
	if f, _ := s.Unit.Func("Init"); f != nil {
		d.pf("\tInit(s)\n")
	}
	d.pf("}\n\nfunc Genesis_Inv(s *%s) bool { return ", state)
	if f, _ := s.Unit.Func("Inv"); f != nil {
		d.pf("bool(Inv(s)) }\n")
	} else {
		d.pf("true }\n")
	}
	d.step(s, state)
	return d.String()
}

// setter writes a function that sets all scalars of a struct.
func (d *door) setter(name, typ string, places []place) {
	d.pf("\nfunc %s(p *%s, v []uint64) {\n", name, typ)
	d.each(places, func(place string, t ir.Type, at string) {
		d.pf("set%s(&%s, v[%s])\n", suffix(t), place, at)
	})
	d.pf("}\n")
}

func (d *door) getter(name, typ string, places []place) {
	d.pf("\nfunc %s(p *%s, v []uint64) {\n", name, typ)
	d.each(places, func(place string, t ir.Type, at string) {
		d.pf("v[%s] = get%s(%s)\n", at, suffix(t), place)
	})
	d.pf("}\n")
}

// each writes a statement for each place, inside loops over the arrays in it.
// Names of fields are Go selectors.
func (d *door) each(places []place, statement func(place string, t ir.Type, at string)) {
	first := 0
	for _, p := range places {
		selector, at, all := "p", "0", 1
		parts := strings.Split(p.Selector, "[]")
		for k, part := range parts[:len(parts)-1] {
			if part != "" && part[0] != '.' {
				part = "." + part
			}
			i := fmt.Sprintf("i%d_", k)
			d.pf("\tfor %s := range %d {\n", i, p.Lens[k])
			selector += part + "[" + i + "]"
			at = fmt.Sprintf("(%s)*%d+%s", at, p.Lens[k], i)
			all *= p.Lens[k]
		}
		if last := parts[len(parts)-1]; last != "" && last[0] != '.' {
			selector += "." + last
		} else {
			selector += last
		}
		d.pf("\t")
		statement(selector, p.typ, fmt.Sprintf("%d+%s", first, at))
		d.pf("%s\n", strings.Repeat("\t}\n", len(p.Lens)))
		first += all
	}
}

func suffix(t ir.Type) string {
	if t == ir.Bool {
		return "Bool_"
	}
	return "_"
}

// predicate writes a door to a predicate over inputs and flat lists of results.
// Its parameters may have named types, which Go infers from the predicate.
func (d *door) predicate(u *ir.Unit, name string, inputs, lists int) {
	f, _ := u.Func(name)
	params := []string{"in *Input", "a, b *Input"}[max(inputs, 1)-1]
	if inputs == 0 {
		params = "a, b []uint64"
	} else if lists == 1 {
		params += ", r []uint64"
	}
	if f == nil {
		if name == "Wf" || name == "Post" {
			d.pf("\nfunc Genesis_%s(%s) bool { return true }\n", name, params)
		}
		return
	}
	given := map[int]string{0: "", 1: "in", 2: "a, b"}[inputs]
	if lists == 0 {
		d.pf("\nfunc Genesis_%s(%s) bool { return bool(%s(%s)) }\n", name, params, name, given)
		return
	}
	d.adapter(f, name, inputs)
	args := d.arguments(f, lists)
	if inputs > 0 {
		given += ", "
	}
	d.pf("\nfunc Genesis_%s(%s) bool { return adapt%s_(%s, %s%s) }\n", name, params, name, name, given, args)
}

// arguments are the flat results, in the order of the parameters.
func (d *door) arguments(f *ir.Func, lists int) string {
	if lists == 1 {
		return "r"
	}
	return fmt.Sprintf("append(append([]uint64(nil), a[:%d]...), b...)", len(f.Params)/2)
}

// adapter writes a generic function that calls f with scalars from a list.
func (d *door) adapter(f *ir.Func, name string, inputs int) {
	var types, formal, actual []string
	if inputs > 0 {
		formal, actual = append(formal, "*Input"), append(actual, "in")
	}
	for i, p := range f.Params {
		t := fmt.Sprintf("T%d_", i)
		formal = append(formal, t)
		if p.Type == ir.Bool {
			types, actual = append(types, t+" ~bool"), append(actual, fmt.Sprintf("%s(v[%d] != 0)", t, i))
		} else {
			types, actual = append(types, t+" int_"), append(actual, fmt.Sprintf("%s(v[%d])", t, i))
		}
	}
	head, in := "", ""
	if len(types) > 0 {
		head = "[" + strings.Join(types, ", ") + "]"
	}
	if inputs > 0 {
		in = "in *Input, "
	}
	d.pf("\nfunc adapt%s_%s(f func(%s) bool, %sv []uint64) bool {\n\treturn f(%s)\n}\n",
		name, head, strings.Join(formal, ", "), in, strings.Join(actual, ", "))
}

// step writes the door to the slot's function.
func (d *door) step(s verifiers.Subject, state string) {
	f, _ := s.Unit.Func(s.Contract.Entry.Name)
	var given, results []string
	if f.States > 0 {
		given = append(given, "s")
	}
	if f.Inputs > 0 {
		given = append(given, "in")
	}
	for i := range f.Results {
		results = append(results, fmt.Sprintf("r%d_", i))
	}
	d.pf("\nfunc Genesis_Step(s *%s, in *contract_.Input, out []uint64) {\n\t", state)
	if len(results) > 0 {
		d.pf("%s := ", strings.Join(results, ", "))
	}
	d.pf("%s(%s)\n", f.Name, strings.Join(given, ", "))
	for i, r := range f.Results {
		d.pf("\tout[%d] = get%s(%s)\n", i, suffix(r.Type), results[i])
	}
	d.pf("}\n")
}
