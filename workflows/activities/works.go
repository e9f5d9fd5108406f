// Package activities does the work that workflows ask for: it reads records,
// calls the stations, signs what they answer, and writes it down.
//
// What it keeps true: every activity is idempotent by digest, so one that is
// repeated after a crash finds what is there already; a statement is signed,
// then stored, then logged, in that order, and each of the three happens once;
// nothing is sent to a tile that its own verifier would refuse.
//
// What it does not do: it decides nothing about order (see workflows) and
// nothing about outcomes (see the stations and pipeline.Policy).
package activities

import (
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/tlog"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/workflows"
)

// Config is what the activities work with.
type Config struct {
	Store      *store.Store
	Keys       *sign.Directory
	Log        *tlog.Log
	Fleet      *fleet.Control
	Policy     trust.Policy
	Contracts  trust.Contracts
	Data       fs.FS // where traces are
	Workers    int   // of a search
	Now        func() time.Time
	Logger     *slog.Logger
	Verify     map[pipeline.Station]Verifier // agree, tla, fuzz
	Prove      Prover
	Federation Aggregators
	HomeTrace  string // in Data: the telemetry in which lineages are tried under faults; "" tries none
	Publish    string // directory of chains, one folder a change; "" publishes none
}

// Works is the activities.
type Works struct {
	Config
	policy pipeline.Digest // of the whole document

	mu       sync.Mutex
	courses  map[string]*benchmark.Course // by campaign
	sessions sessions
	measures measures
	tiles    reports
	ancestry sync.Mutex // one generation at a time
	plans    sync.Mutex // one change moves at a time
}

var _ workflows.Activities = (*Works)(nil)

// New makes the activities of one control plane.
func New(cfg Config) (*Works, error) {
	d, err := cfg.Policy.Policy.Digest()
	if err != nil {
		return nil, fmt.Errorf("activities: policy: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Works{Config: cfg, policy: d, courses: map[string]*benchmark.Course{}, sessions: newSessions(), measures: newMeasures(), tiles: reports{latest: map[string]rollout.Report{}}}, nil
}

// slot finds a slot, or refuses for good.
func slotOf(name string) (hal.Slot, error) {
	s, ok := hal.Lookup(name)
	if !ok {
		return s, workflows.Refused(fmt.Errorf("no slot %q", name))
	}
	return s, nil
}
