package foreign

import (
	"errors"
	"fmt"
)

// ErrRefused says that a module is not admitted.
var ErrRefused = errors.New("refused to admit a foreign Wasm module")

// reader reads the binary format. The first error stays; everything read after
// it is zero.
type reader struct {
	b   []byte
	at  int
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("byte %d: %s: %w", r.at, fmt.Sprintf(format, args...), ErrRefused)
		r.at = len(r.b)
	}
}

func (r *reader) more() bool { return r.err == nil && r.at < len(r.b) }

func (r *reader) byte() byte {
	if r.at >= len(r.b) {
		r.fail("ends early")
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)-r.at) {
		r.fail("%d bytes are announced, %d are left", n, len(r.b)-r.at)
		return nil
	}
	r.at += int(n)
	return r.b[r.at-int(n) : r.at]
}

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 {
	var n uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if n > 1<<32-1 {
				break
			}
			return uint32(n)
		}
	}
	r.fail("number of more than 32 bits")
	return 0
}

// signed passes over a signed LEB128 number of at most so many bits and returns
// it; the engine checks the unused bits.
func (r *reader) signed(bits int) int64 {
	var n int64
	for shift := 0; shift < bits; shift += 7 {
		b := r.byte()
		n |= int64(b&0x7f) << shift
		if b < 0x80 {
			if b&0x40 != 0 && shift+7 < 64 {
				n |= -1 << (shift + 7)
			}
			return n
		}
	}
	r.fail("number of more than %d bits", bits)
	return 0
}

// count reads the length of a vector of things of at least one byte each.
func (r *reader) count(what string, most int) int {
	n := r.u32()
	if uint64(n) > uint64(most) {
		r.fail("%d %s, the limit is %d", n, what, most)
		return 0
	}
	if int(n) > len(r.b)-r.at {
		r.fail("%d %s are announced in %d bytes", n, what, len(r.b)-r.at)
		return 0
	}
	return int(n)
}

func (r *reader) name() string { return string(r.bytes(r.u32())) }
