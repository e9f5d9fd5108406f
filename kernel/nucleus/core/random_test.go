package core_test

import (
	"math/bits"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/nucleus/abi"
	"github.com/genesis-network/genesis/kernel/nucleus/core"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// drawer makes inputs of all kinds: some that an honest nucleus would make, some
// with answers that no module may give.
type drawer struct{ *rand.Rand }

func (d drawer) oneOf(values ...uint8) uint8 { return values[d.IntN(len(values))] }

func (d drawer) place() uint8 {
	if d.IntN(8) == 0 {
		return uint8(d.IntN(256))
	}
	return uint8(d.IntN(abi.Places))
}

func (d drawer) flag() bool { return d.IntN(4) > 0 }

// code is mostly OK, so that steps go far.
func (d drawer) code() uint8 {
	if d.IntN(12) == 0 {
		return uint8(d.IntN(256))
	}
	return abi.OK
}

// input draws a step from the state as it is: mostly by a thread that runs.
func (d drawer) input(s *core.State) abi.Input {
	in := abi.Input{
		Op: uint8(d.IntN(abi.CallTop + 2)), Thread: d.running(s), Place: d.place(), To: d.place(),
		Kind: uint8(d.IntN(9)), Count: uint16(d.IntN(4)), Arg: uint32(d.IntN(64)),
		Read: d.flag(), Write: d.flag(), Run: d.flag(), Grant: d.flag(),
		Words: uint8(d.IntN(10)), Carry: d.oneOf(abi.Places, abi.Places, d.place()), Patient: d.flag(), Direct: d.IntN(3) == 0,
		CapCode: d.code(), PassCode: d.code(), MemCode: d.code(), IpcCode: d.code(),
		Act: d.oneOf(abi.Match, abi.Block, abi.Keep, uint8(d.IntN(256))), Level: d.oneOf(0, 1, 2, 3, abi.None), Next: uint8(d.IntN(80)),
	}
	if d.IntN(3) == 0 {
		in.Op = uint8(abi.Pick + d.IntN(7))
	}
	switch in.Op {
	case abi.Delete, abi.Revoke, abi.Stop, abi.Exit:
		if d.IntN(6) > 0 { // what ends things would soon leave nothing
			in.Op = d.oneOf(abi.Send, abi.Call, abi.Receive, abi.Reply, abi.Pick)
		}
	}
	d.aim(s, &in)
	if d.flag() {
		d.match(s, &in)
	}
	if in.Op == abi.Pick && d.flag() {
		in.Next = d.ready(s)
	}
	return in
}

// aim has the step be about something that is there, mostly.
func (d drawer) aim(s *core.State, in *abi.Input) {
	if d.flag() {
		in.Place = d.of(s, in.Thread, core.Needs(in.Op))
	}
	switch in.Op {
	case abi.Retype:
		e := core.Entry(s, in.Thread&63, in.Place)
		in.Count = 1
		in.At = s.Object[e] + s.Used[e] + uint16(d.IntN(9)/8)
		in.Used = s.Used[e] + in.Count + uint16(d.IntN(9)/8)
	case abi.Start:
		in.To = d.of(s, in.Thread, abi.Domain)
	case abi.Bind:
		in.To = d.of(s, in.Thread, abi.Notification)
	case abi.Raise:
		in.Arg %= abi.Interrupts + 1
	case abi.Map:
		in.Run = in.Run && !in.Write
	case abi.Signal, abi.Wait, abi.Receive:
		in.Carry = abi.Places
	}
}

// match has the slot ipc answer as it should.
func (d drawer) match(s *core.State, in *abi.Input) {
	if in.Op < abi.Pick && in.Thread < abi.Threads && s.Client[in.Thread] < abi.Threads && d.IntN(3) == 0 {
		in.Op, in.Act, in.Words = abi.Reply, abi.Match, 1
		return
	}
	if in.Op > abi.Wait {
		return
	}
	q := s.Index[s.Object[core.Entry(s, in.Thread&63, in.Place)]%abi.Pages]
	switch set := core.Opposite(s, in.Op, q); {
	case set != 0:
		in.Act, in.Level = abi.Match, s.Prio[bits.TrailingZeros64(core.Highest(s, set))]
	case in.Op == abi.Signal:
		in.Act = abi.Keep
	default:
		in.Act = abi.Block
	}
}

// of is a place with an object of a kind, if a few tries find one.
func (d drawer) of(s *core.State, t, kind uint8) uint8 {
	place := d.place()
	for range 40 {
		place = uint8(d.IntN(abi.Places))
		if k := s.Kind[core.Entry(s, t&63, place)]; k == kind || kind == abi.Empty && k != abi.Empty {
			break
		}
	}
	return place
}

func (d drawer) running(s *core.State) uint8 { return d.thread(s, abi.Running) }
func (d drawer) ready(s *core.State) uint8   { return d.thread(s, abi.Ready) }

func (d drawer) thread(s *core.State, where uint8) uint8 {
	for range 40 {
		if t := uint8(d.IntN(abi.Threads)); s.Where[t] == where {
			return t
		}
	}
	return uint8(d.IntN(abi.Threads + 10))
}

// populated is a state with endpoints, threads, domains and memory to play with,
// in which four threads run.
func populated(t *testing.T) *core.State {
	t.Helper()
	s := start(t)
	used := uint16(2)
	step := func(in abi.Input) {
		t.Helper()
		if code, _, _ := core.Step(s, &in); code != abi.OK {
			t.Fatalf("%+v: code %d", in, code)
		}
	}
	retype := func(to, kind uint8, pages uint16) {
		t.Helper()
		step(abi.Input{Op: abi.Retype, To: to, Kind: kind, Count: pages, At: 2 + used, Used: used + pages})
		used += pages
	}
	retype(22, abi.Notification, 1)
	for g := range uint8(3) {
		retype(23, abi.Domain, 1)
		retype(24, abi.Thread, 1)
		retype(25, abi.Untyped, 40)
		for _, give := range [][2]uint8{{25, 0}, {20, 7}, {22, 14}, {21, 15}, {23, 16}, {24, 17}} {
			step(abi.Input{Op: abi.Give, Place: 23, To: give[0], Arg: uint32(give[1]), Read: true, Write: true, Run: true, Grant: true})
		}
		step(abi.Input{Op: abi.Start, Place: 24, To: 23, Arg: uint32(g) + 8*1000})
		step(abi.Input{Op: abi.Pick, Next: g + 1})
		step(abi.Input{Op: abi.Move, Place: 23, To: 26 + 2*g})
		step(abi.Input{Op: abi.Move, Place: 24, To: 27 + 2*g})
	}
	if !core.Inv(s) {
		t.Fatal("the invariant is broken before anything happened")
	}
	return s
}

// jump goes to another state inside the invariant, one that steps may never
// lead to: the theorem is about all of them.
func (d drawer) jump(s *core.State) bool {
	to := *s
	v := reflect.ValueOf(&to).Elem()
	for range 1 + d.IntN(3) {
		f := v.Field(d.IntN(v.NumField()))
		if f.Kind() == reflect.Array {
			n := f.Len()
			if d.IntN(2) == 0 {
				n = min(n, 32) // where most things are
			}
			f = f.Index(d.IntN(n))
		}
		switch {
		case f.Kind() == reflect.Bool:
			f.SetBool(!f.Bool())
		case f.Type().Size() == 8:
			f.SetUint(f.Uint() ^ 1<<d.IntN(64))
		default:
			f.SetUint(uint64(d.IntN(70)))
		}
	}
	if !core.Inv(&to) {
		return false
	}
	*s = to
	return true
}

// The theorem, tried: from a state inside the invariant every step with any
// arguments and any answers of modules panics nowhere and ends inside it; and
// one that is refused changes nothing.
func TestAnyStepKeepsTheInvariant(t *testing.T) {
	t.Parallel()
	walks, length := 20, 400
	if os.Getenv("GENESIS_NIGHTLY") == "1" {
		walks = 6000
	}
	var done [abi.Exit + 1]int
	jumps := 0
	for seed := range walks {
		d := drawer{rand.New(rand.NewPCG(uint64(seed), 1))}
		s := populated(t)
		for range length {
			if s.ReadySet == 0 && !slices.Contains(s.Where[:], abi.Running) {
				s = populated(t) // all wait for each other
			}
			if d.IntN(4) == 0 && d.jump(s) {
				jumps++
			}
			in, before := d.input(s), *s
			code, _, _ := core.Step(s, &in)
			if code == abi.OK {
				done[in.Op]++
			} else if *s != before {
				t.Fatalf("seed %d: %+v was refused with %d and changed the state", seed, in, code)
			}
			if !core.Inv(s) {
				t.Fatalf("seed %d: %+v (code %d) broke the invariant", seed, in, code)
			}
		}
	}
	for op, n := range done {
		if n == 0 && (op <= abi.CallTop || op >= abi.Pick) {
			t.Errorf("operation %d never succeeded: the test is too tame", op)
		}
	}
	t.Logf("%d jumps; steps that succeeded, by operation: %v", jumps, done)
}

// What the Go compiler makes of the step and what a tile derives from it are the
// same machine.
func TestGoAndWasmAgree(t *testing.T) {
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
	i, err := m.Instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &core.State{}
	core.Init(s)
	d := drawer{rand.New(rand.NewPCG(7, 7))}
	out := make([]uint64, 3)
	for n := range 3000 {
		in := d.input(s)
		code, peer, value := core.Step(s, &in)
		if err := i.Step(flat(nil, reflect.ValueOf(in)), out); err != nil {
			t.Fatal(err)
		}
		if out[0] != uint64(code) || out[1] != uint64(peer) || out[2] != value {
			t.Fatalf("step %d, %+v: Go says %d %d %d, Wasm %d", n, in, code, peer, value, out)
		}
	}
	values := make([]uint64, ir.Flat(u.State))
	i.Values(values)
	if want := flat(nil, reflect.ValueOf(*s)); !reflect.DeepEqual(values, want) {
		t.Error("the states differ at the end")
	}
}

// flat is a value as the fields of the IR, in order.
func flat(out []uint64, v reflect.Value) []uint64 {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			out = flat(out, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			out = flat(out, v.Index(i))
		}
	case reflect.Bool:
		if v.Bool() {
			return append(out, 1)
		}
		return append(out, 0)
	default:
		out = append(out, v.Uint())
	}
	return out
}
