// Package rollout decides how a change goes to the fleet: what tiles report,
// what a gate between two waves says, and when everything goes back.
//
// What it keeps true: a decision is a pure function of the plan and of the
// reports, so it can be made again from what was kept; missing telemetry holds
// and never passes; one hard fault is enough to go back, and going back needs
// no healthy tile.
//
// It sends nothing and signs nothing: see workflows and rollout/trust.
package rollout

import (
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Phase is what a tile does with its latest release.
type Phase string

// The phases.
const (
	Idle     Phase = "idle"      // runs what was committed
	Trial    Phase = "trial"     // runs a release that is not committed yet
	WentBack Phase = "went-back" // took the escape, by itself or by a halt
	Refused  Phase = "refused"   // would not take the release
)

// FaultKind is a kind of hard fault: one of them ends a trial.
type FaultKind string

// The kinds of hard faults.
const (
	FaultTrap     FaultKind = "trap"     // the module panicked
	FaultContract FaultKind = "contract" // the run-time monitor saw a broken promise
	FaultDevice   FaultKind = "device"   // the hardware layer raised an alarm
	FaultStuck    FaultKind = "stuck"    // no call for too long
)

// Fault is something that a tile saw since its last swap.
type Fault struct {
	Kind   FaultKind `json:"kind"`
	Detail string    `json:"detail"` // one line for people
	Count  int64     `json:"count"`
}

// Report is what a tile says of itself, a few times a second while a trial
// runs.
type Report struct {
	Tile    string `json:"tile"`
	Class   string `json:"class"`
	Lineage string `json:"lineage"`
	Site    string `json:"site,omitempty"`
	Seq     uint64 `json:"seq"` // rises within one life of the tile's process
	At      int64  `json:"at"`  // Unix milliseconds, by the tile's clock

	Phase   Phase                      `json:"phase"`
	Release pipeline.Digest            `json:"release,omitempty"` // on trial, or last taken back or refused
	Serial  uint64                     `json:"serial"`
	Slots   map[string]pipeline.Digest `json:"slots"` // modules running now
	Reason  string                     `json:"reason,omitempty"`

	Calls  int64   `json:"calls"` // of modules since the last swap
	Faults []Fault `json:"faults,omitempty"`
	// Counters of the device since the last swap, by the names of its
	// simulator, and how many ticks they cover.
	Counters map[string]int64 `json:"counters,omitempty"`
	Ticks    int64            `json:"ticks"`

	CallNanos  int64 `json:"callNanos"`  // mean time of a call since the last swap
	PauseNanos int64 `json:"pauseNanos"` // of the last swap
}

// Fresh says whether a report is recent enough to be believed.
func (r Report) Fresh(now time.Time) bool {
	return now.Sub(time.UnixMilli(r.At)) <= StaleAfter
}

// StaleAfter is the age from which a report says nothing any more: three times
// the interval in which tiles report.
const StaleAfter = 3 * ReportEvery

// ReportEvery is how often a tile reports at least.
const ReportEvery = 2 * time.Second
