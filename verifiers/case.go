package verifiers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Case is inputs that a module is tried on, from a state: an entry of a
// regression corpus. Values are flat and canonical, as package ir says.
type Case struct {
	State  []uint64   // nil is the initial state
	Inputs [][]uint64 // one for each call
}

// Limits of a case that is read.
const (
	MaxCase   = 1 << 20 // bytes
	MaxInputs = 4096
)

// ErrCase says that bytes are no case.
var ErrCase = errors.New("not a case")

const caseFormat = "genesis/case/v1"

// caseText is a case as written: values are decimal, because not every reader
// of JSON has 64 bits.
type caseText struct {
	Format string     `json:"format"`
	State  []string   `json:"state,omitempty"`
	Inputs [][]string `json:"inputs"`
}

// Encode writes a case; the same case gives the same bytes.
func (c Case) Encode() []byte {
	t := caseText{Format: caseFormat, State: texts(c.State), Inputs: make([][]string, len(c.Inputs))}
	for i, in := range c.Inputs {
		t.Inputs[i] = texts(in)
	}
	b, err := json.Marshal(t)
	if err != nil {
		panic("verifiers: case: " + err.Error()) // strings cannot fail
	}
	return append(b, '\n')
}

func texts(values []uint64) []string {
	var out []string
	for _, v := range values {
		out = append(out, strconv.FormatUint(v, 10))
	}
	return out
}

// DecodeCase reads what Encode wrote. Whether the values fit a module is for
// who uses it to see.
func DecodeCase(b []byte) (Case, error) {
	if len(b) > MaxCase {
		return Case{}, fmt.Errorf("%d bytes, the limit is %d: %w", len(b), MaxCase, ErrCase)
	}
	var t caseText
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return Case{}, fmt.Errorf("%w: %w", ErrCase, err)
	}
	if t.Format != caseFormat || len(t.Inputs) > MaxInputs || d.More() {
		return Case{}, fmt.Errorf("format %q with %d inputs, want %s with at most %d: %w", t.Format, len(t.Inputs), caseFormat, MaxInputs, ErrCase)
	}
	state, err := numbers(t.State)
	c := Case{State: state}
	for _, in := range t.Inputs {
		values, e := numbers(in)
		c.Inputs, err = append(c.Inputs, values), errors.Join(err, e)
	}
	return c, err
}

func numbers(texts []string) ([]uint64, error) {
	var out []uint64
	for _, s := range texts {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCase, err)
		}
		out = append(out, v)
	}
	return out, nil
}
