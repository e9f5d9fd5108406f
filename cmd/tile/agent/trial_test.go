package agent

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

func TestTrialIsCommitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	next := w.cooler()
	c := w.chain(next)
	n.ticks(20)
	n.tries(c)
	n.runs(next)
	if s := n.disk(); s.Trial == nil || s.Serial != 1 {
		t.Errorf("on disk during the trial: %+v", s)
	}
	n.ticks(50)
	if r := n.snapshot(); r.Calls < 50 || r.Ticks != r.Calls || r.PauseNanos <= 0 || r.CallNanos <= 0 || len(r.Faults) > 0 || r.Counters["seconds"] != 10*r.Ticks {
		t.Errorf("report: %+v", r)
	}
	if err := n.takes(c); err != nil {
		t.Errorf("the same order again: %v", err)
	}
	for range 2 { // a commit that comes again is obeyed again
		if err := n.commit(w.digest(c), w.commit(c)); err != nil {
			t.Fatal(err)
		}
	}
	n.runs(next)
	if s := n.disk(); s.Trial != nil || s.Release != w.digest(c) || s.Installed["thermal"] != next.Ref.Digest() {
		t.Errorf("on disk after the commit: %+v", s)
	}
	if err := refusedWith(n.takes(c), "release.serial"); err != nil {
		t.Errorf("replay: %v", err)
	}
	again := w.node(t, n.cfg.Dir)
	again.runs(next)
	again.tries(w.story(next, w.home).Chain())
	again.runs(w.home)
}

func TestReleaseIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	other := pipeline.SumBytes([]byte("other"))
	for name, c := range map[string]struct {
		edit  func(w *world, s *trusttest.Story)
		chain func(c *trust.Chain)
		code  string
	}{
		"not ordered for this tile": {edit: func(_ *world, s *trusttest.Story) { s.Tiles = trusttest.Tiles[1:2] }, code: "order.tile"},
		"order is not due": {edit: func(w *world, s *trusttest.Story) {
			s.EditOrder = func(o *trust.Order) { o.NotBefore = w.Now.Add(time.Minute).Unix() }
		}, code: "order.early"},
		"order has expired": {edit: func(w *world, s *trusttest.Story) {
			s.EditOrder = func(o *trust.Order) { o.Expires = w.Now.Add(-time.Second).Unix() }
		}, code: "order.expired"},
		"flipped byte in the IR": {chain: func(c *trust.Chain) {
			for d, b := range c.Artefacts {
				if len(b) > 0 {
					c.Artefacts[d] = flip(b)
				}
			}
		}, code: "artefact.digest"},
		"flipped byte in the release":  {chain: func(c *trust.Chain) { c.Release.Envelope = flip(c.Release.Envelope) }, code: "release."},
		"flipped byte in the order":    {chain: func(c *trust.Chain) { c.Orders[0].Envelope = flip(c.Orders[0].Envelope) }, code: "order."},
		"flipped byte in the evidence": {chain: func(c *trust.Chain) { c.Evidence[2].Envelope = flip(c.Evidence[2].Envelope) }, code: "log.inclusion"},
		"contract is not listed":       {edit: func(_ *world, s *trusttest.Story) { s.Contracts.List[0].Digest = other }, code: "contract.unlisted"},
		"contract is listed and another": {edit: func(w *world, s *trusttest.Story) {
			files := map[string][]byte{"contract.go": []byte("package thermal\n"), "contract.yaml": []byte("name: thermal\n")}
			d := pipeline.ContractDigest(files)
			s.Contracts.List[0].Digest, s.Contract[d] = d, files
			s.Contracts.List = append(s.Contracts.List, trust.ListedContract{Slot: "thermal", Name: "thermal", Version: 2, Digest: w.home.Ref.Code.Contract})
			s.Slots[0].Module.Code.Contract = d
		}, code: CodeCode},
		"other schema than derived":   {edit: func(_ *world, s *trusttest.Story) { s.Slots[0].Module.Code.Schema = other }, code: CodeCode},
		"other compiler than derived": {edit: func(_ *world, s *trusttest.Story) { s.Slots[0].Module.Code.Compiler = "tilego/0" }, code: CodeCode},
		"IR is not one": {edit: func(_ *world, s *trusttest.Story) {
			s.Artefacts[pipeline.SumBytes([]byte("IR"))] = []byte("IR")
			delete(s.Artefacts, s.Slots[0].Module.Code.IR)
			s.Slots[0].Module.Code.IR = pipeline.SumBytes([]byte("IR"))
		}, code: CodeModule},
		"above the budget":      {edit: func(w *world, s *trusttest.Story) { *s = *w.story(w.home, w.costly()) }, code: CodeBudget},
		"another kind of state": {edit: func(w *world, s *trusttest.Story) { *s = *w.story(w.home, w.widened()) }, code: CodeSchema},
		"base is not installed": {edit: func(w *world, s *trusttest.Story) { *s = *w.story(w.breaks(), w.cooler()) }, code: "escape.base"},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.story(w.home, w.cooler())
			if c.edit != nil {
				c.edit(w, s)
				w.evidence(s)
			}
			chain := s.Chain()
			if c.chain != nil {
				c.chain(chain)
			}
			if err := refusedWith(n.takes(chain), c.code); err != nil {
				t.Error(err)
			}
			n.runs(w.home)
			if r := n.snapshot(); r.Serial != 0 || r.Phase != rollout.Refused {
				t.Errorf("report: %+v", r)
			}
			if _, err := os.Stat(n.statePath()); err == nil {
				t.Error("a refusal is on disk")
			}
		})
	}
	n.tries(w.chain(w.cooler())) // nothing of it is held against the next one
}

func TestFanStuckGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	n.tries(w.chain(w.cooler()))
	n.ticks(10)
	if err := n.bay.inject("fan-stuck"); err != nil {
		t.Fatal(err)
	}
	for n.snapshot().Phase == rollout.Trial {
		n.ticks(1)
	}
	n.ticks(1) // the very next decision
	n.wentBack(w.home, 2, "fan-stuck")
	n.ticks(100) // the fan is still stuck: no module can help that
	n.runs(w.home)
	if r := n.snapshot(); len(r.Faults) != 1 || r.Faults[0].Kind != rollout.FaultDevice || r.Faults[0].Count < 90 {
		t.Errorf("faults: %+v", r.Faults)
	}
}

// The decision of the very tick in which a module fails is the one that the
// module before would have made.
func TestFailingModuleDecidesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bad    func(w *world) (chain *trust.Chain)
		reason string
	}{
		"panics":              {func(w *world) *trust.Chain { return w.chain(w.panics()) }, "trap fault"},
		"breaks its contract": {func(w *world) *trust.Chain { return w.chain(w.breaks()) }, "contract fault"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := w.node(t, t.TempDir())
			n.ticks(300)
			if err := refusedWith(n.takes(c.bad(w)), CodeTrial); err != nil {
				t.Error(err)
			}
			n.ticks(300)
			n.wentBack(w.home, 2, c.reason)
			if at := sameDecisions(n.acted, w.reference(t, w.home, len(n.acted))); at < len(n.acted) {
				t.Errorf("decision %d of %d is not the incumbent's", at, len(n.acted))
			}
		})
	}
}

func TestIncumbentThatFails(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{"panics": "if in.Load > 0 {\n\t\ts.FanRest = 1 / (in.Load & 0)\n\t}\n", "breaks": "if in.Load > 0 {\n\t\treturn FanTop + 1, 0\n\t}\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := w.node(t, t.TempDir())
			n.ticks(1) // the first input has no load
			broken := w.variant(stepStart, stepStart+bad)
			s, err := jar{broken.Ref, broken.IR}.seat(t.Context(), w.slot)
			if err != nil {
				t.Fatal(err)
			}
			n.mu.Lock()
			n.bay.try(s)
			n.bay.keep() // committed all the same
			n.mu.Unlock()
			n.ticks(200)
			if n.bay.at.Load() != n.bay.refuge {
				t.Fatal("the refuge does not decide")
			}
			if r := n.snapshot(); r.Slots["thermal"] != n.bay.refuge.name || r.Calls < 100 {
				t.Errorf("report: %+v", r)
			}
			n.bay.cast.home = s
			n.tries(w.chain(w.cooler())) // a release mends it
		})
	}
}

// A module is given a state only when what was proven of it holds from there.
func TestStateThatTheModuleDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	next := w.restless() // its fan never rests
	s, err := jar{next.Ref, next.IR}.seat(t.Context(), w.slot)
	if err != nil {
		t.Fatal(err)
	}
	rests := func() bool { return n.bay.at.Load().instance.State()[2] > 0 }
	for !rests() {
		n.ticks(1)
	}
	n.mu.Lock()
	n.bay.try(s)
	n.mu.Unlock()
	for rests() {
		n.runs(w.home)
		n.ticks(1)
		if err := n.bay.waiting(); n.bay.at.Load() != s && !errors.Is(err, host.ErrState) {
			t.Fatalf("it waits because %v", err)
		}
	}
	n.ticks(1)
	n.runs(next)
}

func TestSwapThatNeverComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	_, err := n.take(t.Context(), w.chain(w.cooler())) // nobody ticks
	if err := refusedWith(err, CodeSwap); err != nil {
		t.Error(err)
	}
	n.ticks(1)
	n.wentBack(w.home, 2, "no call came")
}

func TestWatchdog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	n.tries(w.chain(w.cooler()))
	seen := map[string]watched{}
	look := func(step time.Duration, times int) (err error) {
		for range times {
			n.clock.pass(step)
			if err = n.watch(seen); err != nil {
				return err
			}
		}
		return nil
	}
	for range 20 {
		n.ticks(1)
		if err := look(stuckAfter/watchRounds, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := look(time.Hour/2, 1); err != nil || n.snapshot().Phase != rollout.Trial {
		t.Fatalf("one look after a long sleep: %v, %+v", err, n.snapshot())
	}
	n.ticks(1)
	if err := look(stuckAfter/watchRounds, watchRounds+2); err != nil {
		t.Fatal(err)
	}
	if r := n.snapshot(); r.Phase != rollout.WentBack {
		t.Fatalf("stuck on trial: %+v", r)
	}
	if err := look(stuckAfter, watchRounds); err == nil {
		t.Error("still stuck, and the tile goes on as if nothing were")
	}
	n.ticks(1)
	n.wentBack(w.home, 2, "stuck fault: no call for")
}

func TestOrderExpiresWithoutCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	n.tries(w.chain(w.cooler()))
	n.clock.pass(time.Hour - time.Second)
	seen := map[string]watched{}
	if err := n.watch(seen); err != nil || n.snapshot().Phase != rollout.Trial {
		t.Fatalf("a second before: %v, %+v", err, n.snapshot())
	}
	n.clock.pass(time.Second)
	if err := n.watch(seen); err != nil {
		t.Fatal(err)
	}
	n.ticks(1)
	n.wentBack(w.home, 2, "no commit before the order expired")
}

func TestRestartDuringTrial(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	c := w.chain(w.cooler())
	n.tries(c)
	n.ticks(5)
	again := w.node(t, n.cfg.Dir)
	again.ticks(5)
	again.wentBack(w.home, 2, "stopped while the release was on trial")
	if err := refusedWith(again.commit(w.digest(c), w.commit(c)), "commit.release"); err != nil {
		t.Errorf("commit after the restart: %v", err)
	}
	if err := refusedWith(again.takes(c), "release.serial"); err != nil {
		t.Errorf("the same order after the restart: %v", err)
	}
}

// A tile that was stopped in order tries the release again when it is started,
// and that alone: what it does not survive, what came too late and what cannot
// be loaded ends the trial.
func TestStopInOrderPausesTrial(t *testing.T) {
	t.Parallel()
	stopped := func(t *testing.T) (*world, *node, lineages.Module, *trust.Chain) {
		w := newWorld(t)
		n, next := w.node(t, t.TempDir()), w.cooler()
		c := w.chain(next)
		n.tries(c)
		n.ticks(5)
		if err := n.pause(); err != nil {
			t.Fatal(err)
		}
		return w, n, next, c
	}
	t.Run("goes on", func(t *testing.T) {
		w, n, next, c := stopped(t)
		again := w.node(t, n.cfg.Dir)
		again.ticks(5)
		again.runs(next)
		if r := again.snapshot(); r.Phase != rollout.Trial || r.Release != w.digest(c) || r.Calls > 5 {
			t.Errorf("after the restart: %+v, want a trial from its beginning", r)
		}
		if err := again.takes(c); err != nil {
			t.Errorf("the same order again: %v", err)
		}
		if err := again.commit(w.digest(c), w.commit(c)); err != nil {
			t.Fatal(err)
		}
		if s := again.disk(); s.Trial != nil || s.Installed["thermal"] != next.Ref.Digest() {
			t.Errorf("on disk after the commit: %+v", s)
		}
	})
	t.Run("a fault afterwards", func(t *testing.T) {
		w, n, _, _ := stopped(t)
		again := w.node(t, n.cfg.Dir)
		again.ticks(1)
		again.goBack("a fault")
		again.ticks(1)
		again.wentBack(w.home, 2, "a fault")
	})
	t.Run("killed afterwards", func(t *testing.T) {
		w, n, _, _ := stopped(t)
		w.node(t, n.cfg.Dir).ticks(5)
		again := w.node(t, n.cfg.Dir)
		again.ticks(5)
		again.wentBack(w.home, 2, "stopped while the release was on trial")
	})
	t.Run("too late", func(t *testing.T) {
		w, n, _, _ := stopped(t)
		w.Now = w.Now.Add(time.Hour)
		again := w.node(t, n.cfg.Dir)
		again.ticks(5)
		again.wentBack(w.home, 2, "no commit before the order expired")
	})
	t.Run("module gone", func(t *testing.T) {
		w, n, next, _ := stopped(t)
		if err := os.Remove(n.modules.path(next.Ref.Digest())); err != nil {
			t.Fatal(err)
		}
		again := w.node(t, n.cfg.Dir)
		again.ticks(5)
		again.wentBack(w.home, 2, "cannot be loaded again")
	})
}

func TestHalt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	c := w.chain(w.cooler())
	n.tries(c)
	if err := refusedWith(n.halt(newStranger(t).halt(w.digest(c))), "halt.signature"); err != nil {
		t.Errorf("halt by another key: %v", err)
	}
	if err := refusedWith(n.halt(w.commit(c)), "halt.format"); err != nil {
		t.Errorf("halt that is a commit: %v", err)
	}
	if n.snapshot().Phase != rollout.Trial {
		t.Fatal("a halt that nobody signed was obeyed")
	}
	for range 2 { // again is the same
		if err := n.halt(w.halt(w.digest(c))); err != nil {
			t.Fatal(err)
		}
		n.ticks(1)
		n.wentBack(w.home, 2, "halted: a person said so")
	}
	never := w.chain(w.cooler())
	if err := n.halt(w.halt(w.digest(never))); err != nil {
		t.Fatal(err)
	}
	if err := refusedWith(n.takes(never), "release.halted"); err != nil {
		t.Errorf("a release that was halted before: %v", err)
	}
}

func newStranger(t testing.TB) *world { return &world{World: trusttest.New(t)} }

// A way back does not wait for the disk, and a step forward does.
func TestDiskIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	n.tries(w.chain(w.cooler()))
	gone := n.cfg.Dir + ".away"
	if err := os.Rename(n.cfg.Dir, gone); err != nil {
		t.Fatal(err)
	}
	n.goBack("a test said so")
	n.ticks(1)
	n.runs(w.home)
	if n.saved() == nil {
		t.Fatal("there is no disk")
	}
	if err := refusedWith(n.takes(w.chain(w.cooler())), CodeState); err != nil {
		t.Error(err)
	}
	n.runs(w.home)
	if err := os.Rename(gone, n.cfg.Dir); err != nil {
		t.Fatal(err)
	}
	if err := n.saved(); err != nil {
		t.Fatal(err)
	}
	if s := n.disk(); s.Serial != 2 || s.Trial != nil {
		t.Errorf("on disk: %+v", s)
	}
}
