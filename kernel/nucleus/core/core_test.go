package core_test

import (
	"os"
	"testing"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/nucleus/abi"
	"github.com/genesis-network/genesis/kernel/nucleus/core"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// compiled is the step as the stations see it.
func compiled(t *testing.T) (*contract.Contract, *ir.Unit) {
	t.Helper()
	c, err := contract.Load(os.DirFS("../abi"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("module.go")
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(source, c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	return c, u
}

// The step is a module like any other: within the language, its limits, and the
// budget of its contract.
func TestStepIsAModule(t *testing.T) {
	t.Parallel()
	c, u := compiled(t)
	raw, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	m, err := host.Load(t.Context(), raw, host.Contract{Unit: c.Unit, Budget: uint64(c.Budget)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close(t.Context()) }() // only memory is left to free
	t.Logf("state %d bytes, at most %s instructions a step", m.Layout.State.Size, m.Costs["Step"])
}

// start is the state in which a tile begins, with an endpoint in place 20 and a
// frame in place 21.
func start(t *testing.T) *core.State {
	t.Helper()
	s := &core.State{}
	core.Init(s)
	for i, kind := range []uint8{abi.Endpoint, abi.Frame} {
		code, _, _ := core.Step(s, &abi.Input{Op: abi.Retype, To: uint8(20 + i), Kind: kind, Count: 1, At: uint16(2 + i), Used: uint16(1 + i)})
		if code != abi.OK {
			t.Fatalf("retype: code %d", code)
		}
	}
	if !core.Inv(s) {
		t.Fatal("the invariant does not hold at the start")
	}
	return s
}

// Every clause of the invariant sees what it is there for.
func TestInvariantSeesCorruption(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		spoil func(s *core.State)
	}{
		{"a thread is ready and not in the set", func(s *core.State) { s.Where[0] = abi.Ready }},
		{"a thread is in the set and not ready", func(s *core.State) { s.ReadySet |= 1 }},
		{"a thread is in a queue that it does not wait in", func(s *core.State) { s.Queue[3] |= 1 }},
		{"a thread waits and is in no queue", func(s *core.State) { s.Where[0] = abi.Receiving }},
		{"a thread is in two queues", func(s *core.State) { s.Where[0] = abi.Sending; s.Queue[0] = 1; s.Queue[1] = 1 }},
		{"a priority is not what the sets say", func(s *core.State) { s.Prio[0] = 5 }},
		{"a late thread is not ready", func(s *core.State) { s.Late = 1 }},
		{"a client whose server does not know it", func(s *core.State) { s.Where[0] = abi.Awaiting; s.Server[0] = 1 }},
		{"a server whose client does not wait", func(s *core.State) { s.Client[0] = 1 }},
		{"a derived capability that may more", func(s *core.State) { s.MayWrite[0] = false }},
		{"a capability that comes from an empty place", func(s *core.State) { s.Parent[20] = 300 }},
		{"a derivation that goes in a circle", func(s *core.State) { s.Parent[0] = 20 }},
		{"a capability for another object than it came from", func(s *core.State) { derive(s); s.Object[22]++; s.Holds[s.Object[22]] = abi.Endpoint }},
		{"another badge than the one it came from", func(s *core.State) { derive(s); s.Badge[20] = 7 }},
		{"an object that is not there", func(s *core.State) { s.Holds[2] = abi.Empty }},
		{"an object of memory that is not given away", func(s *core.State) { s.Used[0] = 1 }},
		{"more given away than there is", func(s *core.State) { s.Used[0] = s.Size[0] + 1 }},
		{"an empty place that may something", func(s *core.State) { s.MayRead[30] = true }},
		{"a mapped endpoint", func(s *core.State) { s.Mapped[2] = 1 }},
		{"a frame that is writable and executable", func(s *core.State) { s.Mapped[3] = 1; s.MapW[3] = true; s.MapX[3] = true }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			tc.spoil(s)
			if core.Inv(s) {
				t.Error("the invariant holds")
			}
		})
	}
}

// derive puts a copy of the endpoint into place 22.
func derive(s *core.State) {
	core.Step(s, &abi.Input{Op: abi.Copy, Place: 20, To: 22, Read: true, Write: true})
}
