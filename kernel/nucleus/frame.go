package nucleus

import (
	"github.com/genesis-network/genesis/kernel/nucleus/abi"
	"github.com/genesis-network/genesis/kernel/nucleus/core"
)

// FrameSize is the bytes of a frame.
const FrameSize = 4096

// frames are what frames hold, by page; nil is all zero. A page that becomes a
// frame is zero, whatever it held before.
type frames [abi.Pages]*[FrameSize]byte

// ReadFrame copies bytes of a frame that is mapped here, from an offset. It takes
// the right to read; bytes beyond the frame are [Bad], and a frame that is not
// mapped here is [Denied].
func (c Context) ReadFrame(frame uint8, offset int, to []byte) Code {
	page, code := c.mapped(frame, false)
	if code != OK {
		return code
	}
	if offset < 0 || offset > FrameSize-len(to) {
		return Bad
	}
	clear(to)
	if held := c.n.frames[page]; held != nil {
		copy(to, held[offset:])
	}
	return OK
}

// WriteFrame copies bytes into a frame that is mapped here to write.
func (c Context) WriteFrame(frame uint8, offset int, from []byte) Code {
	page, code := c.mapped(frame, true)
	if code != OK {
		return code
	}
	if offset < 0 || offset > FrameSize-len(from) {
		return Bad
	}
	held := c.n.frames[page]
	if held == nil {
		held = new([FrameSize]byte)
		c.n.frames[page] = held
	}
	copy(held[offset:], from)
	return OK
}

// mapped is the page of a frame in a place of the domain, if it may be read (or
// written) and is mapped here for that.
func (c Context) mapped(frame uint8, write bool) (uint16, Code) {
	kind, code := c.Look(frame)
	if code != OK {
		return 0, code
	}
	if kind != Frame {
		return 0, WrongKind
	}
	s := &c.n.state
	e := core.Entry(s, c.thread, frame)
	page := s.Object[e] % abi.Pages
	here := s.Mapped[page] == s.Home[c.thread]+1
	if !here || !write && !s.MayRead[e] || write && !(s.MayWrite[e] && s.MapW[page]) {
		return 0, Denied
	}
	return page, OK
}

// forget has what was made in a place begin anew: a frame is zero, and a domain
// has no program, whatever had its page or its number before.
func (n *Nucleus) forget(t, place uint8, k Kind) {
	s := &n.state
	page := s.Object[core.Entry(s, t, place)] % abi.Pages
	switch k {
	case Frame:
		n.frames[page] = nil
	case Domain:
		n.programs[s.Index[page]%abi.Domains] = nil
	}
}
