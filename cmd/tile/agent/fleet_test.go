package agent

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/federation"
	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/federation/warrant"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/fleet/hub"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/identity"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
	"github.com/genesis-network/genesis/shadow/runner"
)

// site is a control plane with its tiles, which run by themselves.
type site struct {
	*world
	t       testing.TB
	dir     string
	key     *identity.Key
	members []hub.Member
	configs map[string]Config
	agents  map[string]*Agent
	store   store

	hub     *hub.Hub
	control *fleet.Control
	hang    func() // ends what the control plane does

	mu     sync.Mutex
	latest map[string]rollout.Report
	news   chan struct{} // closed and replaced at each report
	sent   int
}

// store is what tiles fetch from.
type store struct {
	mu   sync.Mutex
	kept map[pipeline.Digest][]byte
}

func (s *store) Artefact(_ context.Context, d pipeline.Digest) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, ok := s.kept[d]
	if !ok {
		return nil, fmt.Errorf("no artefact %s", d.Short())
	}
	return raw, nil
}

func (s *store) put(raw []byte) fleet.Artefact {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := fleet.Artefact{Digest: pipeline.SumBytes(raw), Size: int64(len(raw))}
	s.kept[a.Digest] = raw
	return a
}

// newSite starts a control plane and some tiles.
func newSite(t testing.TB, tiles int) *site {
	t.Helper()
	s := &site{
		world: newWorld(t), t: t, dir: t.TempDir(), configs: map[string]Config{}, agents: map[string]*Agent{},
		store: store{kept: map[pipeline.Digest][]byte{}}, latest: map[string]rollout.Report{}, news: make(chan struct{}),
	}
	var err error
	if s.key, err = identity.New(); err != nil {
		t.Fatal(err)
	}
	for _, tile := range trusttest.Tiles[:tiles] {
		c := s.config(t, tile, t.TempDir(), time.Now)
		c.Fleet = "@" + filepath.Join(s.dir, hub.AddressFile)
		s.configs[tile] = c
		s.members = append(s.members, hub.Member{Tile: tile, Key: c.Key.Public()})
	}
	s.connect()
	for _, tile := range trusttest.Tiles[:tiles] {
		s.start(tile)
	}
	return s
}

// start runs a tile until the test ends.
func (s *site) start(tile string) {
	s.t.Helper()
	a, err := New(s.t.Context(), s.configs[tile])
	if err != nil {
		s.t.Fatal(err)
	}
	s.agents[tile] = a
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- a.Run(ctx) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Errorf("tile %s: %v", tile, err)
		}
	})
}

// connect starts a control plane on the site's directory.
func (s *site) connect() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if s.hub, err = hub.Start(ctx, hub.Config{Dir: s.dir, Control: s.key.Public(), Tiles: s.members}); err != nil {
		s.t.Fatal(err)
	}
	if s.control, err = fleet.Dial(s.hub.URL(), s.key, nil); err != nil {
		s.t.Fatal(err)
	}
	if err := s.control.Prepare(ctx); err != nil {
		s.t.Fatal(err)
	}
	for _, m := range s.members {
		if err := s.control.Admit(ctx, m.Tile); err != nil {
			s.t.Fatal(err)
		}
	}
	var both sync.WaitGroup
	both.Go(func() { _ = s.control.Watch(ctx, s.see) })
	both.Go(func() { _ = s.control.ServeArtefacts(ctx, &s.store) })
	s.hang = sync.OnceFunc(func() {
		cancel()
		both.Wait()
		s.control.Close()
		if err := s.hub.Stop(); err != nil {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(s.hang)
}

func (s *site) see(seen fleet.Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest[seen.Report.Tile] = seen.Report
	close(s.news)
	s.news = make(chan struct{})
}

// reports waits for a report of which something is true.
func (s *site) reports(tile string, what string, holds func(rollout.Report) bool) rollout.Report {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	for {
		s.mu.Lock()
		r, news := s.latest[tile], s.news
		s.mu.Unlock()
		if holds(r) {
			return r
		}
		select {
		case <-news:
		case <-ctx.Done():
			s.t.Fatalf("no report with %s; the last one: %+v", what, r)
		}
	}
}

func (s *site) reportsPhase(tile string, phase rollout.Phase) rollout.Report {
	s.t.Helper()
	return s.reports(tile, string(phase), func(r rollout.Report) bool { return r.Phase == phase })
}

// tell sends a command that was not sent before.
func (s *site) tell(tile string, body fleet.Body) (fleet.Answer, error) {
	s.t.Helper()
	s.sent++
	c, err := fleet.NewCommand(fmt.Sprintf("command-%d", s.sent), body)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	return s.control.Command(ctx, tile, c)
}

func (s *site) order(tile string, c *trust.Chain) error {
	s.t.Helper()
	raw, err := c.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.tell(tile, fleet.Activate{Release: s.digest(c), Chain: s.store.put(raw)})
	return err
}

// diskOf waits until a tile's state on disk is as it is wanted.
func (s *site) diskOf(tile string, holds func(trust.State) bool) trust.State {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		state, err := trust.ReadState(s.agents[tile].statePath())
		if err != nil {
			s.t.Fatal(err)
		}
		if holds(state) {
			return state
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			s.t.Fatalf("on disk: %+v", state)
		}
	}
}

// refusal wants the code of a tile's refusal.
func (s *site) refusal(err error, code string) {
	s.t.Helper()
	var r *fleet.Refused
	if !errors.As(err, &r) || r.Code != code {
		s.t.Errorf("answer %v, want code %s", err, code)
	}
}

func TestRolloutOverTheFleet(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1)
	tile, next := trusttest.Tiles[0], s.cooler()
	c := s.chain(next)
	early := *c
	early.Orders = nil
	raw, err := early.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.tell(tile, fleet.Stage{Release: s.digest(c), Chain: s.store.put(raw)}); err != nil {
		t.Errorf("stage: %v", err)
	}
	if err := s.order(tile, c); err != nil {
		t.Fatal(err)
	}
	s.reports(tile, "100 calls on trial", func(r rollout.Report) bool {
		return r.Phase == rollout.Trial && r.Calls >= 100 && r.Slots["thermal"] == next.Ref.Digest() && r.Serial == 1
	})
	if _, err := s.tell(tile, fleet.Commit{Release: s.digest(c), Envelope: s.commit(c)}); err != nil {
		t.Fatal(err)
	}
	s.reportsPhase(tile, rollout.Idle)
	s.refusal(s.order(tile, c), "release.serial")

	back := s.story(next, s.home).Chain()
	if err := s.order(tile, back); err != nil {
		t.Fatal(err)
	}
	if _, err := s.tell(tile, fleet.Fault{Name: "fan-stuck", Slot: "thermal"}); err != nil {
		t.Fatal(err)
	}
	r := s.reportsPhase(tile, rollout.WentBack)
	if r.Release != s.digest(back) || r.Serial != 4 || !strings.Contains(r.Reason, "fan-stuck") {
		t.Errorf("report: %+v", r)
	}
	s.reports(tile, "the module before", func(r rollout.Report) bool { return r.Slots["thermal"] == next.Ref.Digest() })
	s.diskOf(tile, func(x trust.State) bool { return x.Serial == 4 && x.Trial == nil })
	if _, err := s.tell(tile, fleet.Halt{Release: s.digest(back), Envelope: s.World.Sign(trust.Halt{Release: s.digest(back), Reason: "too late", Causes: []pipeline.Digest{}})}); err != nil {
		t.Errorf("halt of what is gone already: %v", err)
	}
}

func TestDrills(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1)
	tile := trusttest.Tiles[0]
	for _, name := range []string{"fan-stuck", "sensor-lost", "sensor-stuck", BitFlip} {
		for _, clear := range []bool{false, true} {
			if _, err := s.tell(tile, fleet.Fault{Name: name, Slot: "thermal", Clear: clear}); err != nil {
				t.Errorf("%s, clear %v: %v", name, clear, err)
			}
		}
	}
	_, err := s.tell(tile, fleet.Fault{Name: "gremlin", Slot: "thermal"})
	s.refusal(err, CodeDrill)
	_, err = s.tell(tile, fleet.Fault{Name: "fan-stuck", Slot: "piezo"})
	s.refusal(err, CodeSlot)
}

// The way back needs no control plane.
func TestGoesBackAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1)
	tile := trusttest.Tiles[0]
	c := s.chain(s.cooler())
	if err := s.order(tile, c); err != nil {
		t.Fatal(err)
	}
	s.hang()
	if err := s.agents[tile].bays["thermal"].inject("fan-stuck"); err != nil {
		t.Fatal(err)
	}
	state := s.diskOf(tile, func(x trust.State) bool { return x.Trial == nil })
	if state.Serial != 2 || state.Installed["thermal"] != s.home.Ref.Digest() || len(state.Flaps) != 1 {
		t.Errorf("on disk: %+v", state)
	}
	s.connect()
	r := s.reports(tile, "the module before", func(r rollout.Report) bool {
		return r.Phase == rollout.WentBack && r.Slots["thermal"] == s.home.Ref.Digest()
	})
	if r.Release != s.digest(c) || r.Serial != 2 || !strings.Contains(r.Reason, "fan-stuck") {
		t.Errorf("report: %+v", r)
	}
	if _, err := s.tell(tile, fleet.Fault{Name: "fan-stuck", Slot: "thermal", Clear: true}); err != nil {
		t.Errorf("the tile hears no commands any more: %v", err)
	}
}

// change is the change in which next replaces the genome.
func (s *site) change(next lineages.Module) pipeline.Digest {
	return s.story(s.home, next).Change().Digest()
}

func TestShadowAgrees(t *testing.T) {
	t.Parallel()
	s := newSite(t, 2)
	next := s.cooler()
	task := fleet.Shadow{Change: s.change(next), Candidate: next.Ref, IR: s.store.put(next.IR), Calls: 500}
	run := func(tile string) runner.Run {
		answer, err := s.tell(tile, task)
		if err != nil {
			t.Fatal(err)
		}
		r, err := fleet.Result[runner.Run](answer)
		if err != nil {
			t.Fatal(err)
		}
		if r.Calls < 500 || len(r.Candidate) != 8 || r.Change != task.Change || r.Breaches > 0 || r.Tile != tile {
			t.Errorf("run: %+v", r)
		}
		r.Tile, r.IncumbentNanos, r.CandidateNanos = "", 0, 0
		return r
	}
	one, two := run(trusttest.Tiles[0]), run(trusttest.Tiles[1])
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("two sound tiles differ: %s", diff)
	}
	if _, err := s.tell(trusttest.Tiles[1], fleet.Fault{Name: BitFlip, Slot: "thermal"}); err != nil {
		t.Fatal(err)
	}
	if broken := run(trusttest.Tiles[1]); slices.Equal(broken.Incumbent, one.Incumbent) {
		t.Error("a broken tile answers like a sound one")
	}
	task.Window = s.store.put([]byte("another window"))
	_, err := s.tell(trusttest.Tiles[0], task)
	s.refusal(err, CodeTelemetry)
	task.Window, task.Change = fleet.Artefact{}, pipeline.SumBytes([]byte("another change"))
	_, err = s.tell(trusttest.Tiles[0], task)
	s.refusal(err, CodeChange)
}

// session is signed by the federate station.
func (s *site) session(change pipeline.Digest, epoch, replays uint64, cohort ...string) []byte {
	s.t.Helper()
	var parties []client.Party
	for _, fill := range []byte{1, 2, 3} {
		key, err := federation.NewKey(slices.Repeat([]byte{fill}, 32))
		if err != nil {
			s.t.Fatal(err)
		}
		parties = append(parties, key.Party())
	}
	x := &client.Session{
		Format: client.Format, Change: change, Contract: s.home.Ref.Code.Contract,
		Slot: "thermal", Lineage: trusttest.Lineage, Epoch: epoch, Mode: client.ExactSum, MinTiles: 2, Replays: replays,
		Metrics: []client.Metric{{Name: "energy_joules", Direction: "min", Step: 1000, Clip: 1 << 20}}, Edges: []int64{0},
		Cohort: slices.Sorted(slices.Values(cohort)), Leader: parties[0], Helper: parties[1], Collector: parties[2],
	}
	x.Fit()
	raw, err := warrant.Sign(s.t.Context(), s.Auth, x, time.Now().Add(time.Hour))
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

func TestFederateAnswersOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1)
	tile, next := trusttest.Tiles[0], s.cooler()
	cohort := []string{s.configs[tile].Key.Public(), strings.Repeat("f", 64)}
	task := fleet.Federate{Change: s.change(next), Candidate: next.Ref, IR: s.store.put(next.IR)}
	ask := func(session []byte) (client.Report, error) {
		task.Session = session
		answer, err := s.tell(tile, task)
		if err != nil {
			return client.Report{}, err
		}
		return fleet.Result[client.Report](answer)
	}
	session := s.session(task.Change, 1, 2, cohort...)
	first, err := ask(session)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ask(session)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same session was answered twice: %s", diff)
	}
	if _, err := ask(s.session(task.Change, 1, 3, cohort...)); err == nil {
		t.Error("another session of the same epoch was answered")
	}
	if _, err := ask(flip(session)); err == nil {
		t.Error("a session that nobody signed was answered")
	}
	_, err = ask(s.session(pipeline.SumBytes([]byte("other")), 2, 2, cohort...))
	s.refusal(err, CodeChange)
}
