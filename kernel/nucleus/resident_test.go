package nucleus_test

import (
	"errors"
	"testing"

	"github.com/genesis-network/genesis/kernel/nucleus"
)

// fault is what a module does instead of its work.
type fault uint8

const (
	none  fault = iota
	trap        // gives no answer
	stuck       // answers what it answered last
	lie         // answers something else
)

func (f fault) String() string { return [...]string{"none", "trap", "stuck", "lie"}[f] }

var errInjected = errors.New("injected")

// faulty is a module that can be broken.
type faulty struct {
	nucleus.Module
	fault fault
	last  [5]uint64
}

func (f *faulty) Step(in, out []uint64) error {
	switch f.fault {
	case trap:
		return errInjected
	case stuck:
		copy(out, f.last[:])
		return nil
	}
	err := f.Module.Step(in, out)
	copy(f.last[:], out)
	if f.fault == lie {
		out[0] ^= 1
	}
	return err
}

// breakable are alder's modules with a way to break each, in the order of the
// slots.
func breakable(tb testing.TB) (nucleus.Modules, [4]*faulty) {
	tb.Helper()
	m := alder(tb)
	f := [4]*faulty{{Module: m.Sched}, {Module: m.IPC}, {Module: m.Cap}, {Module: m.Mem}}
	return nucleus.Modules{Sched: f[0], IPC: f[1], Cap: f[2], Mem: f[3]}, f
}

// A module that fails loses its slot in the middle of the call that shows it,
// and the call is done as if nothing had been. Without a resident module it is
// refused, and changes nothing.
func TestResidentModulesTakeOver(t *testing.T) {
	t.Parallel()
	for slot := nucleus.Sched; slot <= nucleus.Mem; slot++ {
		for _, f := range []fault{trap, lie} {
			t.Run(slot.String()+" "+f.String(), func(t *testing.T) {
				t.Parallel()
				modules, broken := breakable(t)
				n := nucleus.New(modules, func() int64 { return 42 })
				serve(t, n, nucleus.Read, echo)
				must(t, n.Root().Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
				must(t, n.Root().Signal(bellOf(t, n)))
				if slot != nucleus.Sched { // a choice changes the tables
					if _, code := n.Decide(); code != nucleus.OK {
						t.Fatal(code)
					}
				}
				broken[slot].fault = f

				before := n.Digest()
				if all(n) == nucleus.OK {
					t.Fatal("calls are done with a broken module")
				}
				if n.Digest() != before {
					t.Error("a refused call changed something")
				}
				var told []nucleus.Takeover
				n.Keep(alder(t), func(o nucleus.Takeover) { told = append(told, o) })
				must(t, all(n))
				want := map[fault]error{trap: nucleus.ErrTrap, lie: nucleus.ErrContract}[f]
				if len(told) != 1 || told[0].Slot != slot || told[0].At != 42 || !errors.Is(told[0].Cause, want) {
					t.Errorf("told of %v, want %s: %v", told, slot, want)
				}
				if !n.Check() {
					t.Error("the invariant is broken")
				}
			})
		}
	}
}

// bellOf makes a notification that a domain of its own waits at.
func bellOf(t *testing.T, n *nucleus.Nucleus) uint8 {
	t.Helper()
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, bell, nucleus.Notification, 1))
	must(t, root.Retype(nucleus.RootMemory, spare, nucleus.Domain, 1))
	must(t, root.Retype(nucleus.RootMemory, another, nucleus.Thread, 1))
	must(t, root.Give(spare, bell, inDoor, nucleus.Read))
	must(t, root.Load(spare, func(c nucleus.Context, _ *nucleus.Message) { c.Wait(inDoor) }))
	must(t, root.Start(another, spare, 1, 1<<27))
	run(t, n)
	return bell
}

// all asks every slot something, and stops at the first refusal.
func all(n *nucleus.Nucleus) nucleus.Code {
	root := n.Root()
	if _, code := n.Decide(); code != nucleus.OK {
		return code
	}
	if code := root.Map(frame, nucleus.Read); code != nucleus.OK {
		return code
	}
	if code := root.Unmap(frame); code != nucleus.OK {
		return code
	}
	return root.Call(door, word(1), nucleus.NoPlace, nucleus.NoPlace)
}

// A refusal that the contract does not permit is a fault too; one that it
// permits is none.
func TestModulesThatRefuseRightlyStay(t *testing.T) {
	t.Parallel()
	n := nucleus.New(alder(t), func() int64 { return 0 })
	n.Keep(alder(t), func(o nucleus.Takeover) { t.Errorf("%s lost its slot: %v", o.Slot, o.Cause) })
	root := n.Root()
	for _, code := range []nucleus.Code{
		root.Send(door, word(1), nucleus.NoPlace), root.Map(nucleus.RootMemory, nucleus.Read), root.Reply(word(0), nucleus.NoPlace),
	} {
		if code == nucleus.OK || code == nucleus.BadModule {
			t.Errorf("got %v, want a refusal", code)
		}
	}
}
