package adapter

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// Limits of a file.
const (
	MaxFile    = 1 << 30
	MaxHeader  = 4 << 20
	MaxTensors = 4096
	MaxRank    = 256
)

// ErrFile is the root of every refusal of a file.
var ErrFile = errors.New("adapter: refused")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrFile}, args...)...)
}

// Tensor is a matrix, row by row.
type Tensor struct {
	Name       string
	Rows, Cols int
	Values     []float32
}

// Adapter is what a file holds, sorted by name. It is not changed once made.
type Adapter struct{ Tensors []Tensor }

// entry is a tensor in the header; see the format of safetensors, version 0.4.
type entry struct {
	Dtype   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Parse reads a file of safetensors, of types F32 and BF16. Everything in it must
// be a pair of matrices of one rank; there are no bytes that belong to none.
func Parse(raw []byte) (*Adapter, error) {
	header, data, err := split(raw)
	if err != nil {
		return nil, err
	}
	a := &Adapter{}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		t, err := read(name, header[name], data)
		if err != nil {
			return nil, err
		}
		a.Tensors = append(a.Tensors, t)
	}
	return a, errors.Join(tiled(header, int64(len(data))), a.paired())
}

func split(raw []byte) (map[string]entry, []byte, error) {
	if len(raw) < 8 || len(raw) > MaxFile {
		return nil, nil, refused("a file of %d bytes; at most %d", len(raw), MaxFile)
	}
	n := binary.LittleEndian.Uint64(raw)
	if n > MaxHeader || n > uint64(len(raw)-8) {
		return nil, nil, refused("a header of %d bytes; at most %d, and within the file", n, MaxHeader)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw[8:8+n], &all); err != nil {
		return nil, nil, refused("the header is no JSON: %v", err)
	}
	delete(all, "__metadata__")
	if len(all) == 0 || len(all) > MaxTensors {
		return nil, nil, refused("%d tensors; 1 to %d", len(all), MaxTensors)
	}
	header := make(map[string]entry, len(all))
	for name, text := range all {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		var e entry
		if err := d.Decode(&e); err != nil {
			return nil, nil, refused("tensor %q: %v", name, err)
		}
		header[name] = e
	}
	return header, raw[8+n:], nil
}

var tensorName = regexp.MustCompile(`^[A-Za-z0-9_.]{1,200}\.lora_([AB])\.weight$`)

func read(name string, e entry, data []byte) (Tensor, error) {
	if !tensorName.MatchString(name) {
		return Tensor{}, refused("tensor %.200q is none of an adapter: want NAME.lora_A.weight or NAME.lora_B.weight", name)
	}
	size := map[string]int64{"F32": 4, "BF16": 2}[e.Dtype]
	if size == 0 {
		return Tensor{}, refused("tensor %s has type %.20q: save it as F32 or BF16", name, e.Dtype)
	}
	if len(e.Shape) != 2 || e.Shape[0] < 1 || e.Shape[1] < 1 || e.Shape[0] > 1<<24 || e.Shape[1] > 1<<24 {
		return Tensor{}, refused("tensor %s has shape %v: want two sides", name, e.Shape)
	}
	n := int64(e.Shape[0]) * int64(e.Shape[1])
	if e.Offsets[0] < 0 || e.Offsets[1] > int64(len(data)) || e.Offsets[1]-e.Offsets[0] != n*size {
		return Tensor{}, refused("tensor %s: %v are not the offsets of %d numbers in %d bytes", name, e.Offsets, n, len(data))
	}
	t := Tensor{Name: name, Rows: e.Shape[0], Cols: e.Shape[1], Values: numbers(data[e.Offsets[0]:e.Offsets[1]], size)}
	for i, v := range t.Values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return Tensor{}, refused("tensor %s: number %d is not finite", name, i)
		}
	}
	return t, nil
}

func numbers(b []byte, size int64) []float32 {
	out := make([]float32, int64(len(b))/size)
	for i := range out {
		if size == 2 { // BF16 is the upper half of F32
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
		} else {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	}
	return out
}

// tiled says whether tensors cover the data once: a hole could carry anything.
func tiled(header map[string]entry, n int64) error {
	var at int64
	for _, e := range slices.SortedFunc(maps.Values(header), func(x, y entry) int { return int(min(max(x.Offsets[0]-y.Offsets[0], -1), 1)) }) {
		if e.Offsets[0] != at {
			return refused("bytes %d to %d belong to no tensor, or to two", at, e.Offsets[0])
		}
		at = e.Offsets[1]
	}
	if at != n {
		return refused("bytes %d to %d belong to no tensor", at, n)
	}
	return nil
}

// paired says whether every A has its B, with one rank between them.
func (a *Adapter) paired() error {
	byName := map[string]Tensor{}
	for _, t := range a.Tensors {
		byName[t.Name] = t
	}
	for _, t := range a.Tensors {
		other, ok := byName[partner(t.Name)]
		switch {
		case !ok:
			return refused("tensor %s has no %s", t.Name, partner(t.Name))
		case t.down() && (t.Rows != other.Cols || t.Rows > MaxRank):
			return refused("%s has rank %d, %s %d; equal, and at most %d", t.Name, t.Rows, other.Name, other.Cols, MaxRank)
		}
	}
	return nil
}

// down says whether a tensor is an A, which is frozen.
func (t Tensor) down() bool { return strings.HasSuffix(t.Name, ".lora_A.weight") }

func partner(name string) string {
	if base, ok := strings.CutSuffix(name, ".lora_A.weight"); ok {
		return base + ".lora_B.weight"
	}
	return strings.TrimSuffix(name, ".lora_B.weight") + ".lora_A.weight"
}

// Encode writes the adapter as F32, in one way: sorted, without metadata, the
// header filled with spaces to a multiple of eight.
func (a *Adapter) Encode() []byte {
	header, at := map[string]entry{}, int64(0)
	var data []byte
	for _, t := range a.Tensors {
		n := int64(4 * len(t.Values))
		header[t.Name] = entry{"F32", []int{t.Rows, t.Cols}, [2]int64{at, at + n}}
		at += n
		for _, v := range t.Values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	}
	text, err := json.Marshal(header)
	if err != nil {
		panic(err) // names and numbers alone
	}
	text = append(text, bytes.Repeat([]byte(" "), (8-len(text)%8)%8)...)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), data...)
}

// Rank is the largest rank of a pair.
func (a *Adapter) Rank() int {
	rank := 0
	for _, t := range a.Tensors {
		if t.down() {
			rank = max(rank, t.Rows)
		}
	}
	return rank
}
