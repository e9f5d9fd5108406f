// Package layout says where a module's state and input lie in its linear
// memory, and what the schema of the state is.
//
// Fields follow each other in declared order, little-endian, each aligned to the
// size of its scalar type. The state starts at [StateAt], the input at the next
// multiple of [Align] after it. Two units whose fields have the same names,
// types and lengths in the same order have the same layout and the same schema
// digest, and only they do: a digest that is equal is the permission to copy a
// state from one module to another byte by byte.
//
// It looks at checked units only (see ir.Check), which bounds both regions to
// 64 KiB.
package layout

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Fixed addresses in linear memory, in bytes.
const (
	PanicAt = 0  // 4 bytes: the kind of the last panic, 0 when there was none
	StateAt = 64 // the first byte of the state
	Align   = 64 // of the input, and of what comes after it
)

// Layout is the memory map of a module, up to its input.
type Layout struct {
	State, Input Region
	End          int // first byte after the input, a multiple of Align
}

// Region is a sequence of fields in linear memory.
type Region struct {
	Offset int // of the first byte
	Size   int // bytes, padding between fields included
	Slots  []Slot
}

// Slot is where a field lies.
type Slot struct {
	ir.Field
	Offset int // in linear memory
}

// Of computes the layout of a checked unit.
func Of(u *ir.Unit) Layout {
	var l Layout
	l.State = region(u.State, StateAt)
	l.Input = region(u.Input, roundUp(StateAt+l.State.Size, Align))
	l.End = roundUp(l.Input.Offset+l.Input.Size, Align)
	return l
}

func region(fields []ir.Field, at int) Region {
	r := Region{Offset: at, Slots: make([]Slot, len(fields))}
	end := at
	for i, f := range fields {
		size := f.Type.Size()
		end = roundUp(end, size)
		r.Slots[i] = Slot{Field: f, Offset: end}
		end += size * f.Elems()
	}
	r.Size = end - at
	return r
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// Schema is the text that names a state's schema: a line per field with its
// name, length (0 for a scalar) and type.
func Schema(fields []ir.Field) string {
	var b strings.Builder
	b.WriteString("genesis/schema/v1\n")
	for _, f := range fields {
		fmt.Fprintf(&b, "%s %d %s\n", f.Name, f.Len, f.Type)
	}
	return b.String()
}

// Digest is the SHA-256 of the schema of fields, as 64 hexadecimal digits.
func Digest(fields []ir.Field) string {
	sum := sha256.Sum256([]byte(Schema(fields)))
	return hex.EncodeToString(sum[:])
}

// Store writes flat values (see ir.Flat) to their places in linear memory.
// Values are truncated to the width of their fields.
func (r *Region) Store(mem []byte, flat []uint64) {
	i := 0
	for k := range r.Slots {
		s := &r.Slots[k]
		size := s.Type.Size()
		at := s.Offset
		for range s.Elems() {
			store(mem[at:], size, flat[i])
			at += size
			i++
		}
	}
}

func store(b []byte, size int, v uint64) {
	switch size {
	case 1:
		b[0] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	default:
		binary.LittleEndian.PutUint64(b, v)
	}
}

// Load reads flat values from linear memory, in canonical form when the memory
// was written by a module or by [Region.Store].
func (r *Region) Load(flat []uint64, mem []byte) {
	i := 0
	for k := range r.Slots {
		s := &r.Slots[k]
		size := s.Type.Size()
		at := s.Offset
		for range s.Elems() {
			flat[i] = load(mem[at:], s.Type, size)
			at += size
			i++
		}
	}
}

func load(b []byte, t ir.Type, size int) uint64 {
	var v uint64
	switch size {
	case 1:
		v = uint64(b[0])
	case 2:
		v = uint64(binary.LittleEndian.Uint16(b))
	case 4:
		v = uint64(binary.LittleEndian.Uint32(b))
	default:
		v = binary.LittleEndian.Uint64(b)
	}
	if t == ir.Bool {
		return v
	}
	return t.Wrap(v)
}

// ErrBytes says that bytes are not a region: wrong length, a bool that is
// neither 0 nor 1, or padding that is not zero.
var ErrBytes = errors.New("not the bytes of this schema")

// Check reports whether b (Size bytes) can be copied to the region.
func (r *Region) Check(b []byte) error {
	if len(b) != r.Size {
		return fmt.Errorf("layout: %d bytes, want %d: %w", len(b), r.Size, ErrBytes)
	}
	end := 0
	for k := range r.Slots {
		s := &r.Slots[k]
		at := s.Offset - r.Offset
		for _, pad := range b[end:at] {
			if pad != 0 {
				return fmt.Errorf("layout: padding before %s: %w", s.Name, ErrBytes)
			}
		}
		end = at + s.Type.Size()*s.Elems()
		if s.Type != ir.Bool {
			continue
		}
		for _, v := range b[at:end] {
			if v > 1 {
				return fmt.Errorf("layout: %s is %d, no bool: %w", s.Name, v, ErrBytes)
			}
		}
	}
	return nil
}
