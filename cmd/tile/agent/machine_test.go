package agent

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/trust"
)

// machine is a tile beside what it should be.
type machine struct {
	w     *world
	n     *node
	chain map[string]*trust.Chain // signed before

	serial    uint64
	installed lineages.Module
	committed pipeline.Digest
	trial     *trust.Chain
	next      lineages.Module // on trial
	phase     rollout.Phase
}

// manyFlaps lets a tile go back as often as a test likes.
const manyFlaps = 64

// signed is a release with a serial, made once.
func (m *machine) signed(serial uint64, base, next lineages.Module) *trust.Chain {
	key := fmt.Sprint(serial, base.Ref.Digest(), next.Ref.Digest())
	if m.chain[key] == nil {
		s := m.w.story(base, next)
		s.Serial, s.Policy.Flaps = serial, manyFlaps
		m.chain[key] = s.Chain()
	}
	return m.chain[key]
}

func (m *machine) start(dir string) {
	if m.n != nil {
		m.n.stop()
	}
	m.n = m.w.node(m.w.T, dir)
}

func (m *machine) back() { m.serial, m.trial, m.phase = m.serial+1, nil, rollout.WentBack }

func (m *machine) tick(t *rapid.T) {
	if err := m.n.bay.tick(); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) order(t *rapid.T, serial uint64, next lineages.Module) error {
	c := m.signed(serial, m.installed, next)
	err := m.n.takes(c)
	if err == nil {
		m.serial, m.trial, m.next, m.phase = serial, c, next, rollout.Trial
	}
	return err
}

// actions of a machine, each with what it must answer.
func (m *machine) actions(good [2]lineages.Module, bad lineages.Module) map[string]func(*rapid.T) {
	other := func() lineages.Module {
		if m.installed.Ref == good[0].Ref {
			return good[1]
		}
		return good[0]
	}
	fail := func(t *rapid.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]func(*rapid.T){
		"order": func(t *rapid.T) {
			was, serial := m.trial, m.serial+rapid.Uint64Range(1, 3).Draw(t, "ahead")
			err := m.order(t, serial, other())
			if was == nil {
				fail(t, err)
			} else {
				fail(t, refusedWith(err, "release.trial"))
			}
		},
		"order of what panics": func(t *rapid.T) {
			if m.trial == nil {
				m.serial++
				fail(t, refusedWith(m.n.takes(m.signed(m.serial, m.installed, bad)), CodeTrial))
				m.back()
			}
		},
		"old order": func(t *rapid.T) {
			if m.serial > 0 && m.trial == nil {
				serial := rapid.Uint64Range(1, m.serial).Draw(t, "serial")
				fail(t, refusedWith(m.n.takes(m.signed(serial, m.installed, other())), "release.serial"))
				m.phase = rollout.Refused
			}
		},
		"same order": func(t *rapid.T) {
			if m.trial != nil {
				fail(t, m.n.takes(m.trial))
			}
		},
		"alarm": func(t *rapid.T) {
			m.n.alarm = "smoke"
			m.tick(t)
			m.n.alarm = ""
			if m.trial != nil {
				m.back()
			}
		},
		"halt": func(t *rapid.T) {
			if m.trial != nil {
				fail(t, m.n.halt(m.w.halt(m.w.digest(m.trial))))
				m.back()
			} else if m.committed != "" {
				fail(t, refusedWith(m.n.halt(m.w.halt(m.committed)), "halt.release"))
			}
		},
		"commit": func(t *rapid.T) {
			if m.trial == nil {
				return
			}
			m.committed, m.installed = m.w.digest(m.trial), m.next
			fail(t, m.n.commit(m.committed, m.w.commit(m.trial)))
			m.trial, m.phase = nil, rollout.Idle
		},
		"kill": func(t *rapid.T) {
			switch {
			case m.trial != nil:
				m.back()
			case m.n.disk().Trial != nil: // the way back was not written yet
				m.phase = rollout.WentBack
			default:
				m.phase = rollout.Idle
			}
			m.start(m.n.cfg.Dir)
		},
		"": m.check,
	}
}

// check is what holds at any time.
func (m *machine) check(t *rapid.T) {
	m.tick(t)
	r, state := m.n.snapshot(), m.n.remembered()
	want := m.installed
	if m.trial != nil {
		want = m.next
	}
	if r.Slots["thermal"] != want.Ref.Digest() {
		t.Fatalf("%s decides, want %s", r.Slots["thermal"].Short(), want.Ref.Digest().Short())
	}
	if r.Phase != m.phase || r.Serial != m.serial || (state.Trial != nil) != (m.trial != nil) || state.Installed["thermal"] != m.installed.Ref.Digest() {
		t.Fatalf("%s at serial %d, want %s at %d: %+v", r.Phase, r.Serial, m.phase, m.serial, state)
	}
	if uint64(len(m.n.acted)) != m.n.bay.beats.Load() {
		t.Fatalf("%d decisions in %d ticks", len(m.n.acted), m.n.bay.beats.Load())
	}
	if disk := m.n.disk(); disk.Serial > m.serial || disk.Trial == nil && disk.Serial < m.serial {
		t.Fatalf("serial %d is on disk without its trial, want %d", disk.Serial, m.serial)
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	if os.Getenv("GENESIS_NIGHTLY") == "" && !set {
		_ = flag.Set("rapid.checks", "8") // each is a life of a tile, with its signatures
	}
	os.Exit(m.Run())
}

// Whatever comes in whatever order, a tile's serial never falls, it runs what
// its state says, and every tick has a decision.
func TestTileKeepsItsPromises(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good, bad := [2]lineages.Module{w.home, w.cooler()}, w.panics()
	chains := map[string]*trust.Chain{}
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{w: w, chain: chains, installed: w.home, phase: rollout.Idle}
		m.start(t.TempDir())
		defer func() { m.n.stop() }()
		rt.Repeat(m.actions(good, bad))
	})
}
