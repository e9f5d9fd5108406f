package nucleus_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/nucleus"
)

// A simulated tile at a tick of 1 ms: a sensor with a queue of readings and an
// interrupt, its driver, a service that takes every reading once and in order,
// and a root that maps and unmaps. A timer interrupts every timerTicks.
const (
	tick       = 1_000_000 // ns
	timerTicks = 10
	dayTicks   = 24 * 60 * 60 * 1000
	faultEvery = 8_000 // ticks, on average: 10,800 a day
	checkEvery = 10_000
	longest    = 4 * timerTicks // ticks in which every fault but a dormant one is handled
)

// Places of the first domain: a frame that it may only read, and nothing.
const (
	readOnly = 27
	empty    = 28
)

// A dayFault is a line of the log: what was injected, and what came of it.
type dayFault struct {
	Number  int    `json:"number"`
	Tick    uint64 `json:"tick"`
	Kind    string `json:"kind"`
	Slot    string `json:"slot,omitempty"`
	Handled string `json:"handled"`
	After   uint64 `json:"after_ticks"`
}

type day struct {
	tb      testing.TB
	rng     *rand.Rand
	n       *nucleus.Nucleus
	now     int64
	at      uint64 // tick
	broken  [4]*faulty
	primary nucleus.Modules
	kept    [4]*host.Instance

	readings  []uint64 // in the sensor's queue
	lose      int      // interrupts that are still lost
	corrupt   bool     // the next message is
	expected  uint64   // reading that the service takes next
	decisions int
	calls     int

	open    *dayFault
	log     *json.Encoder
	handled map[string]int
	worst   map[string]uint64
}

// check is the word by which the service knows a reading that was corrupted.
func check(number, value uint64) uint64 {
	return (number*0x9e3779b97f4a7c15 ^ value) * 0xff51afd7ed558ccd
}

func newDay(tb testing.TB, seed uint64, log *bufio.Writer) *day {
	tb.Helper()
	d := &day{tb: tb, rng: rand.New(rand.NewPCG(seed, 1)), log: json.NewEncoder(log), handled: map[string]int{}, worst: map[string]uint64{}}
	d.primary, d.broken = breakable(tb)
	d.n = nucleus.New(d.primary, func() int64 { d.now += 1000; return d.now })
	var resident nucleus.Modules
	for slot, to := range []*nucleus.Module{&resident.Sched, &resident.IPC, &resident.Cap, &resident.Mem} {
		d.kept[slot] = instance(tb, nucleus.Slot(slot).String())
		*to = d.kept[slot]
	}
	d.n.Keep(resident, d.takenOver)
	serve(tb, d.n, nucleus.Read, d.service)
	root := d.n.Root()
	must(tb, root.Retype(nucleus.RootMemory, bell, nucleus.Notification, 1))
	must(tb, root.Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
	must(tb, root.Copy(frame, readOnly, nucleus.Read))
	for i := range uint8(2) {
		must(tb, root.Bind(nucleus.RootInterrupt+i, bell))
	}
	must(tb, root.Retype(nucleus.RootMemory, spare, nucleus.Domain, 1))
	must(tb, root.Retype(nucleus.RootMemory, another, nucleus.Thread, 1))
	must(tb, root.Give(spare, door, inDoor, nucleus.Write))
	must(tb, root.Give(spare, bell, inSpare, nucleus.Read))
	must(tb, root.Load(spare, d.driver))
	must(tb, root.Start(another, spare, 5, 1<<27))
	run(tb, d.n)
	return d
}

// driver empties the sensor's queue whenever it is woken, by sensor or timer.
func (d *day) driver(c nucleus.Context, _ *nucleus.Message) {
	for {
		for len(d.readings) > 0 {
			d.deliver(c, d.readings[0])
			d.readings = d.readings[1:]
		}
		_, code := c.Wait(inSpare)
		if code == nucleus.Blocked {
			return
		}
		if code != nucleus.OK {
			d.tb.Fatalf("tick %d: wait: %v", d.at, code)
		}
	}
}

// deliver sends a reading until the service has it.
func (d *day) deliver(c nucleus.Context, number uint64) {
	for range 2 {
		value := number * 7919
		m := nucleus.Message{Words: [8]uint64{number, value, check(number, value)}, Len: 3}
		if d.corrupt {
			d.corrupt = false
			m.Words[d.rng.IntN(3)] ^= 1 << d.rng.IntN(64)
		}
		d.calls++
		if code := c.Call(inDoor, &m, nucleus.NoPlace, nucleus.NoPlace); code != nucleus.OK {
			d.tb.Fatalf("tick %d: call: %v", d.at, code)
		}
		if m.Words[0] == 1 {
			return
		}
		d.settle("corrupt", "its receiver refused it, and it was sent again")
	}
	d.tb.Fatalf("tick %d: reading %d was refused twice", d.at, number)
}

// service takes each reading once, in order, and refuses what is not whole.
func (d *day) service(c nucleus.Context, m *nucleus.Message) {
	if m.Len == 0 {
		c.Receive(inDoor, m, nucleus.NoPlace)
		return
	}
	whole := m.Len == 3 && m.Words[2] == check(m.Words[0], m.Words[1])
	if whole && m.Words[0] != d.expected {
		d.tb.Fatalf("tick %d: reading %d came, want %d", d.at, m.Words[0], d.expected)
	}
	answer := word(0)
	if whole {
		d.expected++
		answer.Words[0] = 1
	}
	if code := c.Reply(answer, nucleus.NoPlace); code != nucleus.OK {
		d.tb.Fatalf("tick %d: reply: %v", d.at, code)
	}
}

// takenOver is told when a resident module takes a slot.
func (d *day) takenOver(o nucleus.Takeover) {
	if d.open == nil || d.open.Slot != o.Slot.String() {
		d.tb.Fatalf("tick %d: %s lost its slot without a fault: %v", d.at, o.Slot, o.Cause)
	}
	d.settle(d.open.Kind, fmt.Sprintf("the resident module took over: %v", o.Cause))
}

// settle notes that the fault was handled.
func (d *day) settle(kind, how string) {
	f := d.open
	if f == nil || f.Kind != kind {
		d.tb.Fatalf("tick %d: %s was handled, and never injected", d.at, kind)
	}
	f.Handled, f.After = how, d.at-f.Tick
	if f.After > longest {
		d.tb.Errorf("tick %d: fault %d (%s %s) was handled after %d ticks", d.at, f.Number, f.Kind, f.Slot, f.After)
	}
	key := kind + " " + f.Slot
	d.handled[key]++
	d.worst[key] = max(d.worst[key], f.After)
	if err := d.log.Encode(f); err != nil {
		d.tb.Fatal(err)
	}
	d.open = nil
	d.repair()
	if !d.n.Check() {
		d.tb.Fatalf("tick %d: the invariant is broken behind fault %d", d.at, f.Number)
	}
}

// repair mends the modules; they are put back with the state of the residents
// at the next tick.
func (d *day) repair() {
	for _, f := range d.broken {
		f.fault = none
	}
}

func (d *day) putBack() {
	for slot, f := range d.broken {
		if err := f.Module.(*host.Instance).SetState(d.kept[slot].State()); err != nil {
			d.tb.Fatal(err)
		}
	}
	d.n.Replace(d.primary)
}

// inject breaks something.
func (d *day) inject(number int) {
	d.open = &dayFault{Number: number, Tick: d.at}
	switch k := d.rng.IntN(5); k {
	case 0:
		d.open.Kind, d.corrupt = "corrupt", true
	case 1:
		d.open.Kind, d.lose = "lost interrupt", 1+d.rng.IntN(2*timerTicks)
	default:
		f, slot := fault(k-1), nucleus.Slot(d.rng.IntN(4))
		d.open.Kind, d.open.Slot = f.String(), slot.String()
		d.broken[slot].fault = f
	}
}

// step is a tick.
func (d *day) step() {
	d.now = max(d.now, int64(d.at)*tick)
	d.readings = append(d.readings, d.at)
	if d.lose > 0 {
		d.lose--
	} else if code := d.n.Interrupt(0); code != nucleus.OK {
		d.tb.Fatalf("tick %d: interrupt: %v", d.at, code)
	}
	if d.at%timerTicks == 0 {
		d.n.Interrupt(1)
		d.n.Refill()
	}
	ran, err := d.n.Run(100)
	if err != nil {
		d.tb.Fatalf("tick %d: %v", d.at, err)
	}
	d.decisions += ran
	d.late()
	d.root()
	if d.at%checkEvery == 0 && !d.n.Check() {
		d.tb.Fatalf("tick %d: the invariant is broken", d.at)
	}
}

// late sees that readings whose interrupt was lost have come.
func (d *day) late() {
	if d.open != nil && d.open.Kind == "lost interrupt" && d.at > d.open.Tick && len(d.readings) == 0 {
		d.settle("lost interrupt", "the next interrupt, of sensor or timer, had the driver empty the queue")
	}
}

// root maps a frame, or asks for what it may not.
func (d *day) root() {
	root := d.n.Root()
	if d.at%2 == 1 {
		if code := root.Map(readOnly, nucleus.Write); code != nucleus.Denied {
			d.tb.Fatalf("tick %d: a mapping that is not permitted: %v", d.at, code)
		}
		if _, code := root.Look(empty); code != nucleus.NoCap {
			d.tb.Fatalf("tick %d: an empty place: %v", d.at, code)
		}
		return
	}
	if code := root.Map(frame, nucleus.Read); code != nucleus.OK {
		d.tb.Fatalf("tick %d: map: %v", d.at, code)
	}
	if code := root.Unmap(frame); code != nucleus.OK {
		d.tb.Fatalf("tick %d: unmap: %v", d.at, code)
	}
}

// live runs ticks and injects faults, one after the other.
func (d *day) live(ticks uint64, every int) (faults int) {
	next := uint64(d.rng.IntN(2 * every))
	for ; d.at < ticks; d.at++ {
		if d.open == nil && d.at >= next {
			d.putBack()
			faults++
			d.inject(faults)
			next = d.at + uint64(d.rng.IntN(2*every))
		}
		d.step()
	}
	for d.open != nil && d.at < ticks+longest { // the last fault, too
		d.step()
		d.at++
	}
	return faults
}

// Faults of all kinds are handled, and nothing is lost: every reading arrives
// once and in order, the invariant holds, and every fault is in the log with
// what came of it. By night it is a day of 86.4 million ticks and more than
// 10,000 faults; the log stays with -artifacts.
func TestADayWithFaults(t *testing.T) {
	t.Parallel()
	ticks, every, least := uint64(60_000), 60, 800
	if os.Getenv("GENESIS_NIGHTLY") != "" {
		ticks, every, least = dayTicks, faultEvery, 10_000
	}
	const seed = 20261129
	file, err := os.Create(filepath.Join(t.ArtifactDir(), "faults.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	log := bufio.NewWriter(file)
	d := newDay(t, seed, log)
	faults := d.live(ticks, every)
	if err := log.Flush(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for key, n := range d.handled {
		total += n
		t.Logf("%-16s %6d handled, after at most %d ticks", key, n, d.worst[key])
	}
	t.Logf("seed %d: %d ticks, %d decisions, %d calls, %d faults, %d handled", seed, d.at, d.decisions, d.calls, faults, total)
	if d.open != nil {
		t.Errorf("not handled: %+v", *d.open)
	}
	if total != faults || faults < least || d.expected != d.at || !d.n.Check() {
		t.Errorf("%d faults (want %d at least), %d handled; %d readings of %d arrived; invariant %v", faults, least, total, d.expected, d.at, d.n.Check())
	}
}
