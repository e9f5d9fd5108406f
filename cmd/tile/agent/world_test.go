package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/identity"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

// world is a root with its keys and log, and real modules of the slot thermal.
type world struct {
	*trusttest.World
	slot   hal.Slot
	home   lineages.Module // alder's genome
	serial uint64
}

var keys = sync.OnceValues(func() (*sign.Directory, error) {
	files, err := sign.DevelopmentFiles(context.Background(), sign.DevelopmentOptions{Now: time.Now().Add(-24 * time.Hour), Tiles: trusttest.Tiles})
	if err != nil {
		return nil, err
	}
	memory := fstest.MapFS{}
	for name, raw := range files {
		memory[name] = &fstest.MapFile{Data: raw}
	}
	return sign.OpenFiles(memory)
})

func newWorld(t testing.TB) *world {
	t.Helper()
	k, err := keys()
	if err != nil {
		t.Fatal(err)
	}
	slot, _ := hal.Lookup("thermal")
	w := &world{World: trusttest.Of(t, k), slot: slot}
	w.home = w.variant()
	return w
}

// variant is alder's governor with pieces of its source replaced, in pairs.
func (w *world) variant(edits ...string) lineages.Module {
	w.T.Helper()
	g, err := lineages.Load(trusttest.Lineage, w.slot.Name)
	if err != nil {
		w.T.Fatal(err)
	}
	source := string(g.Source)
	for i := 0; i < len(edits); i += 2 {
		if strings.Count(source, edits[i]) != 1 {
			w.T.Fatalf("alder has %q %d times", edits[i], strings.Count(source, edits[i]))
		}
		source = strings.Replace(source, edits[i], edits[i+1], 1)
	}
	m, err := lineages.Compile(w.slot.Contract, []byte(source), g.Proof)
	if err != nil {
		w.T.Fatal(err)
	}
	return m
}

const (
	stepStart = "func Step(s *State, in *Input) (fan, throttle uint8) {\n"
	stepEnd   = "return s.Fan, s.Throttle"
)

// Candidates.
func (w *world) cooler() lineages.Module { return w.printed(w.variant("Up1 = 530", "Up1 = 520")) }
func (w *world) panics() lineages.Module {
	return w.variant(stepStart, stepStart+"\ts.FanRest = 1 / (in.Load & 0)\n")
}
func (w *world) breaks() lineages.Module   { return w.variant(stepEnd, "return FanTop + 1, 0") }
func (w *world) restless() lineages.Module { return w.variant("HoldFan = 2", "HoldFan = 0") }
func (w *world) costly() lineages.Module {
	return w.variant(stepStart, stepStart+"\tfor range 4096 {\n\t\ts.FanRest ^= 1\n\t}\n")
}
func (w *world) widened() lineages.Module {
	return w.variant("ThrRest  uint8", "ThrRest  uint16")
}

// printed is the same module as a search makes it: its source is printed from
// its meaning.
func (w *world) printed(m lineages.Module) lineages.Module {
	w.T.Helper()
	p, err := lineages.Print(m.Contract, m.Unit, m.Proof)
	if err != nil {
		w.T.Fatal(err)
	}
	return p
}

// story is a release in which next replaces base, ordered for all tiles.
func (w *world) story(base, next lineages.Module) *trusttest.Story {
	s := w.Story()
	s.Artefacts, s.Contract = map[pipeline.Digest][]byte{}, map[pipeline.Digest]map[string][]byte{}
	seat := func(m lineages.Module) []trust.Slot {
		for _, b := range [][]byte{m.IR, m.Proof, m.Source} {
			s.Artefacts[pipeline.SumBytes(b)] = b
		}
		s.Contract[m.Ref.Code.Contract] = m.Contract.Files
		return []trust.Slot{{Module: m.Ref, Source: pipeline.SumBytes(m.Source)}}
	}
	s.Previous, s.Slots, s.Tiles = seat(base), seat(next), trusttest.Tiles
	s.Contracts.List[0].Digest = base.Ref.Code.Contract
	w.serial += 2
	s.Serial = w.serial - 1
	w.evidence(s)
	return s
}

// evidence makes a statement of every station, after the modules were chosen.
func (w *world) evidence(s *trusttest.Story) {
	s.Evidence = nil
	s.Witness(pipeline.Propose, pipeline.Agree, pipeline.Coq, pipeline.TLA, pipeline.Fuzz, pipeline.Benchmark, pipeline.Shadow, pipeline.Federate)
}

func (w *world) chain(next lineages.Module) *trust.Chain { return w.story(w.home, next).Chain() }

func (w *world) digest(c *trust.Chain) pipeline.Digest {
	w.T.Helper()
	d, err := trust.StatementDigest(c.Release.Envelope)
	if err != nil {
		w.T.Fatal(err)
	}
	return d
}

func (w *world) commit(c *trust.Chain) []byte {
	return w.Sign(trust.Commit{Release: w.digest(c), Tiles: trusttest.Tiles})
}

func (w *world) halt(release pipeline.Digest) []byte {
	return w.Sign(trust.Halt{Release: release, Reason: "a person said so", Causes: []pipeline.Digest{}})
}

// clock is what a test says it is.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// node is a tile whose loop the test itself drives.
type node struct {
	*Agent
	t     testing.TB
	w     *world
	bay   *bay
	clock *clock
	acted [][]uint64 // decisions that reached the device
	alarm string     // of the device, besides its own
}

func (w *world) config(t testing.TB, tile, dir string, now func() time.Time) Config {
	t.Helper()
	key, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Tile: tile, Lineage: trusttest.Lineage, Site: "lab", Dir: dir, Root: w.Keys.RootEnvelope(), Key: key, Drills: true,
		Data: days(), Trace: "days.trace.yaml", Period: time.Millisecond, Now: now,
	}
}

// days is a trace of three days in which load and ambient rise and fall.
func days() fstest.MapFS {
	var csv strings.Builder
	csv.WriteString("timestamp,load,ambient\n")
	start := time.Date(2014, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range 3*24*12 + 1 {
		fmt.Fprintf(&csv, "%s,%d,%d\n", start.Add(time.Duration(i)*5*time.Minute).Format(time.DateTime), (i*7)%101, 70+i%288/12)
	}
	header := fmt.Sprintf(`apiVersion: genesis/v1
kind: Trace
metadata: {name: days, labels: {slot: thermal}}
spec:
  about: made up
  recordedTogether: true
  sources:
    - file: days.csv
      sha256: %s
      origin: made up
      licence: Apache-2.0
      time: {column: timestamp, format: datetime}
      interval: 5m
      gaps: {longest: 5m, then: refuse}
      columns:
        - {column: load, input: load, unit: percent, fill: hold}
        - {column: ambient, input: ambient, unit: fahrenheit, fill: linear}
`, pipeline.SumBytes([]byte(csv.String())))
	return fstest.MapFS{"days.csv": {Data: []byte(csv.String())}, "days.trace.yaml": {Data: []byte(header)}}
}

// node starts a tile in a directory.
func (w *world) node(t testing.TB, dir string) *node {
	t.Helper()
	c := &clock{now: w.Now}
	a, err := New(t.Context(), w.config(t, trusttest.Tiles[0], dir, c.Now))
	if err != nil {
		t.Fatal(err)
	}
	n := &node{Agent: a, t: t, w: w, bay: a.bays[w.slot.Name], clock: c}
	n.bay.slot.Simulator = spies{n.bay.slot.Simulator, n}
	n.bay.device = &spy{n.bay.device, n}
	t.Cleanup(n.stop)
	return n
}

// stop frees what a tile that was killed held.
func (n *node) stop() {
	if err := n.Agent.close(); err != nil {
		n.t.Error(err)
	}
}

// spies opens devices with spies.
type spies struct {
	hal.Simulator
	n *node
}

func (s spies) Open(w hal.Window) (hal.Device, error) {
	d, err := s.Simulator.Open(w)
	return &spy{d, s.n}, err
}

// spy notes what reaches a device.
type spy struct {
	hal.Device
	n *node
}

func (s *spy) Act(out []uint64) error {
	s.n.acted = append(s.n.acted, slices.Clone(out))
	return s.Device.Act(out)
}

func (n *node) ticks(count int) {
	n.t.Helper()
	for range count {
		if err := n.bay.tick(); err != nil {
			n.t.Fatal(err)
		}
	}
}

// takes gives the tile a chain. The loop ticks whenever the tile has news.
func (n *node) takes(c *trust.Chain) error {
	n.t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := n.take(n.t.Context(), c)
		done <- err
	}()
	for {
		select {
		case err := <-done:
			return err
		case <-n.wake:
			n.ticks(1)
		}
	}
}

// tries takes a release and wants it on trial.
func (n *node) tries(c *trust.Chain) {
	n.t.Helper()
	if err := n.takes(c); err != nil {
		n.t.Fatal(err)
	}
	if r := n.snapshot(); r.Phase != rollout.Trial || r.Release != n.w.digest(c) {
		n.t.Fatalf("after the order: %+v", r)
	}
}

// runs wants a module to decide.
func (n *node) runs(want lineages.Module) {
	n.t.Helper()
	if got := n.bay.at.Load().name; got != want.Ref.Digest() {
		n.t.Errorf("%s decides, want %s", got.Short(), want.Ref.Digest().Short())
	}
}

// wentBack wants the tile to be back on a module, with the reason, on disk too.
func (n *node) wentBack(to lineages.Module, serial uint64, reason string) {
	n.t.Helper()
	n.runs(to)
	if r := n.snapshot(); r.Phase != rollout.WentBack || !strings.Contains(r.Reason, reason) || r.Serial != serial {
		n.t.Errorf("report: %s at serial %d because %q, want serial %d because of %q", r.Phase, r.Serial, r.Reason, serial, reason)
	}
	if err := n.saved(); err != nil {
		n.t.Fatal(err)
	}
	s := n.disk()
	if s.Serial != serial || s.Trial != nil || !maps.Equal(s.Installed, map[string]pipeline.Digest{n.w.slot.Name: to.Ref.Digest()}) {
		n.t.Errorf("on disk: %+v", s)
	}
}

func (n *node) saved() error {
	n.obeying.Lock()
	defer n.obeying.Unlock()
	return n.save()
}

func (n *node) disk() trust.State {
	n.t.Helper()
	s, err := trust.ReadState(n.statePath())
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// refusedWith wants an error whose code begins so.
func refusedWith(err error, code string) error {
	var coded interface{ Code() string }
	switch {
	case err == nil:
		return errors.New("taken")
	case !errors.As(err, &coded):
		return fmt.Errorf("no code: %w", err)
	case !strings.HasPrefix(coded.Code(), code):
		return fmt.Errorf("code %s, want %s: %w", coded.Code(), code, err)
	}
	return nil
}

// reference is what a module decides on its own, from the start.
func (w *world) reference(t testing.TB, m lineages.Module, ticks int) [][]uint64 {
	t.Helper()
	n := w.node(t, t.TempDir())
	s, err := jar{m.Ref, m.IR}.seat(t.Context(), w.slot)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := newBay(w.slot, n.bay.window, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = alone.close() })
	alone.device, alone.slot = &spy{alone.device, n}, n.bay.slot
	n.bay.close()
	n.bay = alone
	n.ticks(ticks)
	return n.acted
}

func sameDecisions(a, b [][]uint64) int {
	for i := range min(len(a), len(b)) {
		if !slices.Equal(a[i], b[i]) {
			return i
		}
	}
	return min(len(a), len(b))
}

func (s *spy) Alarm() string {
	if s.n.alarm != "" {
		return s.n.alarm
	}
	return s.Device.Alarm()
}

// flip changes one byte in the middle.
func flip(b []byte) []byte {
	out := bytes.Clone(b)
	out[len(out)/2] ^= 1
	return out
}
