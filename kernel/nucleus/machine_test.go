package nucleus_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/nucleus"
)

// A wild program does whatever the drawn bytes say: any system call with any
// arguments. Three domains are wild, and make more of their kind.
type wild struct {
	t     *rapid.T
	n     *nucleus.Nucleus
	sent  map[uint64]int // messages by their number, and how often each arrived
	next  uint64
	depth int
	done  *[20]int // calls of each kind that succeeded
}

func (w *wild) place(label string) uint8 { return rapid.Uint8Range(0, 33).Draw(w.t, label) }

// of is a place with an object of a kind, where there is one; seldom any place.
func (w *wild) of(c nucleus.Context, k nucleus.Kind) uint8 {
	return w.among(func(p uint8) bool { kind, code := c.Look(p); return code == nucleus.OK && kind == k })
}

// full and free are places that have a capability, and that have none.
func (w *wild) full(c nucleus.Context) uint8 {
	return w.among(func(p uint8) bool { _, code := c.Look(p); return code == nucleus.OK })
}

func (w *wild) free(c nucleus.Context) uint8 {
	return w.among(func(p uint8) bool { _, code := c.Look(p); return code == nucleus.NoCap })
}

func (w *wild) among(fits func(uint8) bool) uint8 {
	var out []uint8
	for p := range uint8(nucleus.NoPlace) {
		if fits(p) {
			out = append(out, p)
		}
	}
	if len(out) == 0 || rapid.IntRange(0, 9).Draw(w.t, "any") == 9 {
		return w.place("place")
	}
	return rapid.SampledFrom(out).Draw(w.t, "place")
}

// carry is a capability that goes along, or none.
func (w *wild) carry(c nucleus.Context) uint8 {
	if rapid.IntRange(0, 3).Draw(w.t, "carry") > 0 {
		return nucleus.NoPlace
	}
	return w.full(c)
}

func (w *wild) rights() nucleus.Rights {
	return nucleus.Rights(rapid.Uint8Range(0, 15).Draw(w.t, "rights"))
}

func (w *wild) kind() nucleus.Kind { return nucleus.Kind(rapid.Uint8Range(0, 9).Draw(w.t, "kind")) }

// message is one that can be told from all others.
func (w *wild) message() *nucleus.Message {
	w.next++
	return &nucleus.Message{Words: [8]uint64{w.next, ^w.next}, Len: 2}
}

// sentAs notes a message that passed, or is queued.
func (w *wild) sentAs(m uint64, code nucleus.Code) nucleus.Code {
	if code == nucleus.OK || code == nucleus.Blocked || code == nucleus.Gone {
		if _, ok := w.sent[m]; !ok {
			w.sent[m] = 0
		}
	}
	return code
}

// any draws a system call.
func (w *wild) any() int { return rapid.IntRange(0, 19).Draw(w.t, "call") }

func (w *wild) do(c nucleus.Context, call int) nucleus.Code {
	switch call {
	case 0:
		m := w.message()
		return w.sentAs(m.Words[0], c.Send(w.of(c, nucleus.Endpoint), m, w.carry(c)))
	case 1, 2:
		m := w.message()
		id := m.Words[0]
		w.sent[id] = 0
		return w.sentAs(id, c.Call(w.of(c, nucleus.Endpoint), m, w.carry(c), w.free(c)))
	case 3:
		m := &nucleus.Message{}
		code := c.Receive(w.of(c, nucleus.Endpoint), m, w.free(c))
		if code == nucleus.OK {
			w.arrived(m)
		}
		return code
	case 4, 5:
		return c.Reply(&nucleus.Message{}, w.carry(c))
	case 6:
		return c.Signal(w.of(c, nucleus.Notification))
	case 7:
		_, code := c.Wait(w.of(c, nucleus.Notification))
		return code
	case 8:
		return c.Copy(w.full(c), w.free(c), w.rights())
	case 9:
		return c.Mint(w.full(c), w.free(c), w.rights(), rapid.Uint32Range(0, 3).Draw(w.t, "badge"))
	}
	return w.manage(c, call)
}

func (w *wild) manage(c nucleus.Context, call int) nucleus.Code {
	switch call {
	case 10:
		return c.Move(w.full(c), w.free(c))
	case 11:
		return c.Delete(w.full(c))
	case 12:
		return c.Revoke(w.full(c))
	case 13, 14:
		pages := uint16(1)
		if rapid.IntRange(0, 3).Draw(w.t, "large") == 0 {
			pages = rapid.Uint16Range(0, 20).Draw(w.t, "pages")
		}
		return c.Retype(w.of(c, nucleus.Untyped), w.free(c), w.kind(), pages)
	case 15:
		if rapid.Bool().Draw(w.t, "unmap") {
			return c.Unmap(w.of(c, nucleus.Frame))
		}
		return c.Map(w.of(c, nucleus.Frame), w.rights()&^rapid.SampledFrom([]nucleus.Rights{nucleus.Write, nucleus.Run, 0}).Draw(w.t, "without"))
	case 16:
		return c.Start(w.of(c, nucleus.Thread), w.of(c, nucleus.Domain), rapid.Uint8Range(0, 8).Draw(w.t, "priority"), rapid.Uint32Range(0, 3).Draw(w.t, "budget"))
	case 17:
		return c.Stop(w.of(c, nucleus.Thread))
	case 18:
		return c.Give(w.of(c, nucleus.Domain), w.full(c), w.place("to"), w.rights())
	}
	return c.Bind(w.of(c, interrupt), w.of(c, nucleus.Notification))
}

// interrupt is the kind that nothing is made of.
const interrupt = nucleus.Kind(7)

// arrived counts a message.
func (w *wild) arrived(m *nucleus.Message) {
	if m.Len == 0 {
		return
	}
	if m.Words[1] != ^m.Words[0] || m.Len != 2 {
		w.t.Fatalf("a message was changed: %+v", m)
	}
	w.sent[m.Words[0]]++
	if w.sent[m.Words[0]] > 1 {
		w.t.Fatalf("message %d arrived twice", m.Words[0])
	}
}

// program is a domain that is wild.
func (w *wild) program(c nucleus.Context, m *nucleus.Message) {
	if m.Len == 2 && m.Code == nucleus.OK {
		w.arrived(m)
	}
	m.Len = 0
	if w.depth > 3 {
		return
	}
	w.depth++
	if rapid.Bool().Draw(w.t, "serves") {
		w.checked(c, 4)
		w.checked(c, 3)
	}
	for range rapid.IntRange(1, 6).Draw(w.t, "calls") {
		w.checked(c, w.any())
	}
	w.depth--
}

// checked does a system call; one that is refused changes nothing, and none
// breaks the invariant.
func (w *wild) checked(c nucleus.Context, call int) {
	before := w.n.Digest()
	code := w.do(c, call)
	if code == nucleus.OK {
		w.done[call]++
	}
	if code != nucleus.OK && code != nucleus.Blocked && code != nucleus.Gone && w.n.Digest() != before {
		w.t.Fatalf("a call that was refused (%v) changed the state", code)
	}
	if !w.n.Check() {
		w.t.Fatalf("the invariant is broken behind a call (%v)", code)
	}
}

// TestWildDomainsKeepTheInvariant runs domains that do anything.
func TestWildDomainsKeepTheInvariant(t *testing.T) {
	t.Parallel()
	modules := alder(t)
	var done [20]int
	rapid.Check(t, func(t *rapid.T) {
		w := &wild{t: t, sent: map[uint64]int{}, done: &done}
		now := int64(0)
		w.n = nucleus.New(modules, func() int64 { now += 1000; return now })
		w.settle()
		root := w.n.Root()
		for range rapid.IntRange(10, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				w.n.Refill()
			case 1:
				w.n.Interrupt(rapid.IntRange(0, 16).Draw(t, "interrupt"))
			case 2:
				if _, err := w.n.Run(5); err != nil {
					t.Fatal(err)
				}
			default:
				w.checked(root, w.any())
			}
			if !w.n.Check() {
				t.Fatal("the invariant is broken")
			}
		}
		if w.n.Faults() > 0 {
			t.Fatalf("%d answers of modules broke their contracts", w.n.Faults())
		}
	})
	tame := 0
	for _, n := range done {
		if n == 0 {
			tame++
		}
	}
	if tame > 2 {
		t.Errorf("%d of %d calls never succeeded: the test is too tame", tame, len(done))
	}
	t.Logf("calls that succeeded, by kind: %v", done)
}

// settle makes domains with an endpoint, a notification and memory in common.
func (w *wild) settle() {
	root := w.n.Root()
	want := func(code nucleus.Code) {
		if code != nucleus.OK {
			w.t.Fatal(code)
		}
	}
	want(root.Retype(nucleus.RootMemory, door, nucleus.Endpoint, 1))
	want(root.Retype(nucleus.RootMemory, bell, nucleus.Notification, 1))
	want(root.Retype(nucleus.RootMemory, hand, nucleus.Frame, 1))
	want(root.Retype(nucleus.RootMemory, 30, nucleus.Thread, 1))
	for g := range uint8(3) {
		d, h := 24+2*g, 25+2*g
		want(root.Retype(nucleus.RootMemory, d, nucleus.Domain, 1))
		want(root.Retype(nucleus.RootMemory, h, nucleus.Thread, 1))
		want(root.Retype(nucleus.RootMemory, 31, nucleus.Untyped, 10))
		want(root.Give(d, 31, 4, nucleus.All))
		want(root.Give(d, door, 0, nucleus.All))
		want(root.Give(d, bell, 1, nucleus.All))
		want(root.Give(d, d, 2, nucleus.All))
		want(root.Give(d, h, 3, nucleus.All))
		want(root.Give(d, hand, 5, nucleus.All))
		want(root.Give(d, 30, 6, nucleus.All))
		want(root.Load(d, w.program))
		want(root.Start(h, d, g, 1000))
	}
}
