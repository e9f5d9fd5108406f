package fuzz

import (
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
)

// target prints the package that fuzzers build: what oracle.go does, on the
// module as Go compiles it.
func target(s verifiers.Subject) string {
	related := ""
	if f, _ := s.Contract.Unit.Func("Rel"); f != nil {
		related = relatedText
	}
	return strings.NewReplacer(
		"CONTRACT", s.Contract.Import,
		"INPUTS", fmt.Sprint(ir.Flat(s.Unit.Input)), "STATES", fmt.Sprint(ir.Flat(s.Unit.State)), "RESULTS", fmt.Sprint(len(s.Contract.Entry.Results)),
		"INTYPES", kinds(s.Unit.Input), "STATETYPES", kinds(s.Unit.State), "CALLS", fmt.Sprint(maxCalls),
		"// RELATED\n", related,
	).Replace(targetText)
}

// kinds are the types as numbers: the size, plus 16 when signed, 32 for bool.
func kinds(fields []ir.Field) string {
	var parts []string
	for _, t := range types(fields) {
		k := t.Size()
		switch {
		case t == ir.Bool:
			k += 32
		case t.IsSigned():
			k += 16
		}
		parts = append(parts, fmt.Sprint(k))
	}
	return strings.Join(parts, ", ")
}

// counters is the variable that go tool cover adds to the module; its name has
// an underscore, which no name of Tile Go has.
const counters = "Genesis_Counters"

// testText prints the tests of the same package: the target of Go's own fuzzer,
// and a program that measures which statements given inputs reach.
func testText(s verifiers.Subject) string {
	return strings.NewReplacer("CONTRACT", s.Contract.Import, "TARGET", fuzzTarget, "COUNTERS", counters, "MEASURE", measureEnv).Replace(testTemplate)
}

const testTemplate = `package oracle

import (
	"encoding/binary"
	"os"
	"testing"

	subject "CONTRACT/subject"
)

func TARGET(f *testing.F) { f.Fuzz(func(_ *testing.T, data []byte) { Fuzz(data) }) }

func TestMain(m *testing.M) {
	if path := os.Getenv("MEASURE"); path != "" {
		measure(path)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func measure(path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	c, out := &subject.COUNTERS, []byte(nil)
	put := func(v uint32) { out = binary.LittleEndian.AppendUint32(out, v) }
	put(uint32(len(c.Count)))
	for _, p := range c.Pos {
		put(p)
	}
	for _, n := range c.NumStmt {
		put(uint32(n))
	}
	for len(data) >= 4 {
		n := binary.LittleEndian.Uint32(data)
		in := data[4 : 4+n]
		data = data[4+n:]
		clear(c.Count[:])
		put(attempt(in))
		for _, k := range c.Count {
			put(k)
		}
	}
	if err := os.WriteFile(path+".out", out, 0o600); err != nil {
		panic(err)
	}
}

func attempt(in []byte) (broken uint32) {
	defer func() {
		if recover() != nil {
			broken = 1
		}
	}()
	Fuzz(in)
	return 0
}
`

const targetText = `package oracle

import (
	contract "CONTRACT"
	subject "CONTRACT/subject"
)

var (
	inTypes    = [INPUTS]uint8{INTYPES}
	stateTypes = [STATES]uint8{STATETYPES}
)

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

func (r *reader) value(kind uint8) uint64 {
	var v uint64
	size := uint(kind & 15)
	for k := uint(0); k < size; k++ {
		v |= uint64(r.byte()) << (8 * k)
	}
	switch {
	case kind&32 != 0:
		return v & 1
	case kind&16 != 0:
		return uint64(int64(v<<(64-8*size)) >> (64 - 8*size))
	}
	return v
}

func Fuzz(data []byte) int {
	r := reader{data: data}
	var s subject.State_
	if r.byte()&1 == 1 {
		var v [STATES]uint64
		for i, k := range stateTypes {
			v[i] = r.value(k)
		}
		subject.Genesis_SetState(&s, v[:])
		if r.short || !subject.Genesis_Inv(&s) {
			return -1
		}
	} else {
		subject.Genesis_Init(&s)
		if !subject.Genesis_Inv(&s) {
			panic("Init")
		}
	}
	var raw [INPUTS]uint64
	var out, lastOut [RESULTS]uint64
	var last contract.Input
	var before subject.State_
	made := 0
	for n := 0; n < CALLS; n++ {
		if r.byte()&1 == 1 {
			for i, k := range inTypes {
				raw[i] = r.value(k)
			}
		} else if len(raw) > 0 {
			k := int(r.byte()) % len(raw)
			raw[k] = r.value(inTypes[k])
		}
		if r.short {
			break
		}
		var in contract.Input
		contract.Genesis_SetInput(&in, raw[:])
		if !contract.Genesis_Wf(&in) {
			continue
		}
// RELATED
		before = s
		subject.Genesis_Step(&s, &in, out[:])
		if !contract.Genesis_Post(&in, out[:]) {
			panic("Post")
		}
		if !subject.Genesis_Inv(&s) {
			panic("Inv")
		}
		last, lastOut = in, out
		made++
	}
	_, _, _ = before, last, lastOut
	if made > 0 {
		return 1
	}
	return 0
}
`

const relatedText = `		if made > 0 {
			forth, back := contract.Genesis_Rel(&last, &in), contract.Genesis_Rel(&in, &last)
			if forth || back {
				t := before
				subject.Genesis_Step(&t, &in, out[:])
				if forth && !contract.Genesis_RelPost(lastOut[:], out[:]) || back && !contract.Genesis_RelPost(out[:], lastOut[:]) {
					panic("RelPost")
				}
			}
		}
`
