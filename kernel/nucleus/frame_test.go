package nucleus_test

import (
	"testing"

	"github.com/genesis-network/genesis/kernel/nucleus"
)

func TestFramesAreReadAndWrittenWhereTheyAreMapped(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
	must(t, root.Copy(frame, spare, nucleus.Read))
	some := []byte("what is kept")
	refused(t, n, func() nucleus.Code { return root.WriteFrame(frame, 0, some) }, nucleus.Denied) // not mapped
	must(t, root.Map(frame, nucleus.Read))
	refused(t, n, func() nucleus.Code { return root.WriteFrame(frame, 0, some) }, nucleus.Denied) // mapped to read
	must(t, root.Unmap(frame))
	must(t, root.Map(frame, nucleus.Read|nucleus.Write))
	must(t, root.WriteFrame(frame, nucleus.FrameSize-len(some), some))
	refused(t, n, func() nucleus.Code { return root.WriteFrame(spare, 0, some) }, nucleus.Denied) // a capability to read
	refused(t, n, func() nucleus.Code { return root.WriteFrame(frame, nucleus.FrameSize-1, some) }, nucleus.Bad)
	refused(t, n, func() nucleus.Code { return root.WriteFrame(frame, -1, some) }, nucleus.Bad)
	got := make([]byte, len(some))
	must(t, root.ReadFrame(spare, nucleus.FrameSize-len(some), got))
	if string(got) != string(some) {
		t.Errorf("read %q", got)
	}
	refused(t, n, func() nucleus.Code { return root.ReadFrame(spare, nucleus.FrameSize-1, got) }, nucleus.Bad)
	refused(t, n, func() nucleus.Code { return root.ReadFrame(31, 0, got) }, nucleus.NoCap)
	refused(t, n, func() nucleus.Code { return root.ReadFrame(nucleus.RootClock, 0, got) }, nucleus.WrongKind)
}

// What a page held is nobody's when it becomes a frame again, and a new domain
// has no program of an old one.
func TestNothingIsLeftForTheNextOwner(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	ran := 0
	must(t, root.Retype(nucleus.RootMemory, spare, nucleus.Untyped, 8))
	for round := range 2 {
		must(t, root.Retype(spare, frame, nucleus.Frame, 1))
		must(t, root.Map(frame, nucleus.Read|nucleus.Write))
		got := make([]byte, 6)
		must(t, root.ReadFrame(frame, 0, got))
		if string(got) != "\x00\x00\x00\x00\x00\x00" {
			t.Errorf("round %d: a new frame holds %q", round, got)
		}
		must(t, root.WriteFrame(frame, 0, []byte("secret")))
		must(t, root.Retype(spare, guest, nucleus.Domain, 1))
		must(t, root.Retype(spare, hand, nucleus.Thread, 1))
		if round == 0 {
			must(t, root.Load(guest, func(nucleus.Context, *nucleus.Message) { ran++ }))
		}
		must(t, root.Start(hand, guest, 3, 1000))
		run(t, n)
		must(t, root.Revoke(spare))
	}
	if ran != 1 {
		t.Errorf("the program of the first domain ran %d times", ran)
	}
}
