package sourcegen

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// Import is the import path of the contract of all programs.
const Import = "genesis.test/random"

// Contract are the files of the contract of all programs: an input with every
// type, constants, a table, and a promise that is broken often enough.
func Contract() map[string]string {
	return map[string]string{"contract.go": contractSource, "contract.yaml": contractYAML}
}

const contractYAML = `apiVersion: genesis/v1
kind: Contract
name: random
slot: random
version: 1
import: ` + Import + `
summary: A contract for random programs.
cost: {budget: 10000000}
limits: {source: 65536, state: 65536}
metrics:
  - {name: nothing, unit: J, direction: min, counter: nothing, about: nothing}
`

const contractSource = `package random

type Input struct {
	A   uint8
	B   int8
	C   uint16
	D   int16
	E   uint32
	F   int32
	G   uint64
	H   int64
	P   bool
	Row [5]int16
	Two struct{ X, Y uint8 }
}

const (
	Three    = 3
	Minus    = -7
	Thousand = Three*333 + 1
	Low      int64  = -1 << 63
	High     uint64 = 1<<64 - 1
	Wide     uint8  = 200
)

var Curve = [6]int32{0, -5, Thousand, 1 << 20, -1 << 31, Minus}

func Wf(in *Input) bool { return in.A != 255 }

func Post(in *Input, r0 uint8, r1 int64, r2 bool) bool { return r0 > 9 || r2 || r1 < 0 }
`

// shape is a type: a scalar, an array or a struct.
type shape struct {
	text   string // as written in the source
	scalar ir.Type
	elem   *shape // of an array
	len    int
	fields []field
}

type field struct {
	name string
	of   *shape
}

func scalarShape(t ir.Type) *shape { return &shape{text: t.String(), scalar: t} }

// same reports whether values of one can be assigned to the other.
func (s *shape) same(o *shape) bool { return s.text == o.text }

var ints = []ir.Type{ir.U8, ir.U16, ir.U32, ir.U64, ir.I8, ir.I16, ir.I32, ir.I64}

// constants are those of the contract, with the types that they fit.
var constants = []struct {
	name string
	fits func(ir.Type) bool
}{
	{"Three", ir.Type.IsInt},
	{"Minus", ir.Type.IsSigned},
	{"Thousand", func(t ir.Type) bool { return t.Width() > 8 }},
	{"(Thousand - 990)", ir.Type.IsInt},
	{"Low", func(t ir.Type) bool { return t == ir.I64 }},
	{"High", func(t ir.Type) bool { return t == ir.U64 }},
	{"Wide", func(t ir.Type) bool { return t == ir.U8 }},
}

func inputShape() *shape {
	u8 := scalarShape(ir.U8)
	in := &shape{text: "Input"}
	for i, t := range []ir.Type{ir.U8, ir.I8, ir.U16, ir.I16, ir.U32, ir.I32, ir.U64, ir.I64, ir.Bool} {
		in.fields = append(in.fields, field{"ABCDEFGHP"[i : i+1], scalarShape(t)})
	}
	row := &shape{text: "[5]int16", elem: scalarShape(ir.I16), len: 5}
	two := &shape{text: "", fields: []field{{"X", u8}, {"Y", u8}}}
	in.fields = append(in.fields, field{"Row", row}, field{"Two", two})
	return in
}
