// Package apitest is a control plane in a temporary directory for tests of the
// API, the dashboard and the command line: a real store with a story in it, and
// workflows that only note what they were asked. Figures in the story are made
// up; nothing outside tests imports it.
package apitest

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/lineages/diversity"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// World is a control plane without engines.
type World struct {
	Dir       string
	Store     *store.Store
	Access    *api.Access
	Workflows *Workflows
	Faults    *Faults
	Server    api.Server

	Campaign string // ids of the story
	Waiting  string // change that waits for a person
	Rolled   string // change that was rolled back
	Moving   string // change whose proof is inconclusive so far
	Refuted  string // change that a fuzzer refuted
}

// Start is when the story begins; the store's clock goes on by 40 ms with
// each write.
var Start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// clock ticks with each reading.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) tick() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(40 * time.Millisecond)
	return c.now
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// New makes a control plane whose store is empty.
func New(t testing.TB) *World {
	t.Helper()
	dir := t.TempDir()
	c := &clock{now: Start}
	s, err := store.Open(t.Context(), dir+"/store", store.WithClock(c.tick))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	access, err := api.OpenAccess(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Dir: dir, Store: s, Access: access, Workflows: &Workflows{store: s}, Faults: &Faults{}}
	goal, err := pipeline.ParseCampaign([]byte(CampaignText), Catalogue{})
	if err != nil {
		t.Fatal(err)
	}
	w.Server = api.Server{
		Store: s, Workflows: w.Workflows, Catalogue: Catalogue{}, Access: access, Approver: Signer("ada"), Faults: w.Faults,
		Policy: func(context.Context) (pipeline.Policy, error) { return Policy(), nil },
		Now:    c.read, Lineages: lineageList{s, w}, Goals: []pipeline.CampaignSpec{goal.Spec},
	}
	return w
}

// Policy is that of a laboratory.
func Policy() pipeline.Policy {
	return pipeline.DevelopmentPolicy(map[string]pipeline.SlotClass{"thermal": pipeline.DeviceSlot})
}

// Token is what the API's writes need.
func (w *World) Token(t testing.TB) string {
	t.Helper()
	if err := api.Publish(w.Dir, "http://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	_, token, err := api.Contact(w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Serve runs the service on a free port until the test ends, and returns its
// address.
func (w *World) Serve(t testing.TB) string {
	t.Helper()
	h, err := w.Server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return w.ServeHandler(t, h)
}

// ServeHandler is Serve with a handler of the caller's.
func (w *World) ServeHandler(t testing.TB, h http.Handler) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- api.Serve(ctx, l, h) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	url := "http://" + l.Addr().String()
	if err := api.Publish(w.Dir, url); err != nil {
		t.Fatal(err)
	}
	return url
}

// Catalogue knows the thermal slot and two lineages.
type Catalogue struct{}

// Slot knows the thermal slot.
func (Catalogue) Slot(name string) (pipeline.SlotInfo, bool) {
	return pipeline.SlotInfo{Class: pipeline.DeviceSlot, Metrics: []pipeline.MetricInfo{
		{Name: "energy_joules", Direction: pipeline.Minimize},
		{Name: "work_lost_permille", Direction: pipeline.Minimize},
		{Name: "seconds_above_target", Direction: pipeline.Minimize},
	}}, name == "thermal"
}

// Slots are the slots.
func (Catalogue) Slots() []string { return []string{"thermal"} }

// Lineages are the lineages.
func (Catalogue) Lineages() []string { return []string{"alder", "birch"} }

// Signer signs nothing: its envelopes only say who it is.
type Signer string

// Name is the approver's.
func (s Signer) Name() string { return string(s) }

// Sign names the signer.
func (s Signer) Sign(context.Context, pipeline.Approval) ([]byte, error) {
	return []byte("signed by " + s), nil
}

// Faults notes what was injected.
type Faults struct {
	mu       sync.Mutex
	injected []string
}

// Kinds are two.
func (*Faults) Kinds() []string { return []string{"fan-stuck", "sensor-offset"} }

// Inject notes a fault.
func (f *Faults) Inject(_ context.Context, tile, kind string) error {
	if !slices.Contains(f.Kinds(), kind) {
		return api.ErrUnknownFault
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.injected = append(f.injected, tile+" "+kind)
	return nil
}

// Injected is what was injected so far.
func (f *Faults) Injected() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.injected)
}

type lineageList struct {
	store *store.Store
	world *World
}

// Apart measures what the ancestry names.
func (l lineageList) Apart(ctx context.Context, a, b pipeline.Ancestor) ([]diversity.Pair, error) {
	works, err := l.world.works()
	if err != nil {
		return nil, err
	}
	return works.Apart(ctx, a, b)
}

// Transfer proposes what the store has.
func (l lineageList) Transfer(ctx context.Context, change, lineage, author string, dryRun bool) (store.Change, error) {
	works, err := l.world.works()
	if err != nil {
		return store.Change{}, err
	}
	return works.Transfer(ctx, change, lineage, author, dryRun)
}

func (l lineageList) Lineages(ctx context.Context) ([]api.Lineage, error) {
	tiles, err := l.store.TilesOf(ctx, "")
	out := []api.Lineage{}
	for _, t := range tiles {
		if !slices.ContainsFunc(out, func(x api.Lineage) bool { return x.Name == t.Lineage }) {
			out = append(out, api.Lineage{
				Name: t.Lineage, Class: t.Class, Base: t.Base, About: "bred for tests",
				Modules: []api.LineageModule{{Slot: "thermal", Module: t.Modules["thermal"]}},
			})
		}
	}
	return out, err
}

var _ api.Workflows = (*Workflows)(nil)

// Workflows notes what it was asked. A decision moves the change's record, as
// the real workflow would.
type Workflows struct {
	store *store.Store

	mu     sync.Mutex
	calls  []string
	rounds []workflows.ScheduledRound
	Fail   error // of everything, when set before use
}

func (w *Workflows) note(what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, what)
	return w.Fail
}

// Calls is what was asked so far.
func (w *Workflows) Calls() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// StartChange notes the call.
func (w *Workflows) StartChange(_ context.Context, in workflows.ChangeInput) error {
	return w.note("carry " + in.ID)
}

// StartCampaign notes the call.
func (w *Workflows) StartCampaign(_ context.Context, in workflows.CampaignInput) error {
	return w.note("start " + in.ID)
}

// StopCampaign notes the call.
func (w *Workflows) StopCampaign(_ context.Context, id string) error { return w.note("stop " + id) }

// PauseCampaign notes the call.
func (w *Workflows) PauseCampaign(_ context.Context, in workflows.CampaignInput) error {
	return w.note("pause " + in.ID)
}

// ResumeCampaign notes the call.
func (w *Workflows) ResumeCampaign(_ context.Context, in workflows.CampaignInput) error {
	return w.note("resume " + in.ID)
}

// Decide moves the change's record.
func (w *Workflows) Decide(ctx context.Context, change string, d workflows.Decision) (workflows.Advanced, error) {
	if err := w.note("decide " + change + " by " + d.By + " " + string(d.Envelope)); err != nil {
		return workflows.Advanced{}, err
	}
	event := pipeline.Declined
	if d.Approve {
		event = pipeline.Approved
	}
	facts := pipeline.Facts{Verdict: pipeline.Pass, BaseHolds: true, NeedsApproval: true, Quorum: true}
	c, err := w.store.Changes.Update(ctx, change, store.AnyVersion, func(c *store.Change) error { return c.Apply(event, facts, d.Reason) })
	return workflows.Advanced{State: c.State}, err
}

// AbortRollout notes the call.
func (w *Workflows) AbortRollout(_ context.Context, change, reason string) error {
	return w.note("abort " + change + ": " + reason)
}

// CreateRound keeps the schedule.
func (w *Workflows) CreateRound(_ context.Context, r workflows.RoundSchedule) error {
	if err := w.note("round " + r.ID); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.ContainsFunc(w.rounds, func(s workflows.ScheduledRound) bool { return s.ID == r.ID }) {
		return workflows.ErrScheduleExists
	}
	s := workflows.ScheduledRound{RoundSchedule: r, Next: []time.Time{Start.Add(r.Every)}, Runs: []workflows.RoundRun{}}
	w.rounds = append(w.rounds, s)
	return nil
}

// ListRounds lists the schedules.
func (w *Workflows) ListRounds(context.Context) ([]workflows.ScheduledRound, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.rounds), w.Fail
}

// RunRoundNow notes the call.
func (w *Workflows) RunRoundNow(_ context.Context, id string) error {
	return w.steerRound("run", id, func(r *workflows.ScheduledRound) {
		r.Runs = append(r.Runs, workflows.RoundRun{Workflow: id + "-1", At: Start})
	})
}

// PauseRound pauses the schedule.
func (w *Workflows) PauseRound(_ context.Context, id, _ string) error {
	return w.steerRound("pause", id, func(r *workflows.ScheduledRound) { r.Paused = true })
}

// ResumeRound resumes the schedule.
func (w *Workflows) ResumeRound(_ context.Context, id, _ string) error {
	return w.steerRound("resume", id, func(r *workflows.ScheduledRound) { r.Paused = false })
}

// RescheduleRound changes the schedule.
func (w *Workflows) RescheduleRound(_ context.Context, id string, every time.Duration) error {
	return w.steerRound("reschedule", id, func(r *workflows.ScheduledRound) { r.Every = every })
}

func (w *Workflows) steerRound(verb, id string, do func(*workflows.ScheduledRound)) error {
	if err := w.note(verb + " " + id); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.rounds {
		if w.rounds[i].ID == id {
			do(&w.rounds[i])
		}
	}
	return nil
}
