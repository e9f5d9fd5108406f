package service_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// within are what a service says when the work of a station begins or is under
// way. Those of a change that goes back have a test of their own.
var within = map[pipeline.Station][]string{
	pipeline.Propose:   {"of the budget tried", " proposed"},
	pipeline.Coq:       {"512 of the budget tried"}, // the last candidate: finalists are proven next
	pipeline.TLA:       {" verifying"},              // with agree and fuzz, in parallel
	pipeline.Agree:     {" tla: "},
	pipeline.Fuzz:      {" agree: "},
	pipeline.Benchmark: {" fuzz: "},
	pipeline.Shadow:    {" benchmark: ", " shadowing"},
	pipeline.Federate:  {" federating"},
	pipeline.Approve:   {" awaiting-approval"},
	pipeline.Wave:      {" rolling-out", " wave: w0", " wave: w1"},
}

var goingBack = map[pipeline.Station]string{
	pipeline.Halt:     " aborting",
	pipeline.Rollback: " halt: ",
}

// Killed within any station, a service goes on to the change that an
// undisturbed one adopts. By day one moment is enough (TestKilledServiceGoesOn);
// by night all are tried.
func TestKilledInEveryStation(t *testing.T) {
	nightly(t)
	undisturbed := newLab(t, "small.yaml")
	if code := undisturbed.start().exits(campaignIn); code != 0 {
		t.Fatalf("exit code %d, want 0: this seed finds a better module", code)
	}
	want := undisturbed.only(pipeline.Adopted).Digest
	for _, station := range pipeline.Stations() {
		if len(within[station]) == 0 && goingBack[station] == "" {
			t.Errorf("%s: a station in which nothing is killed", station)
		}
		for _, moment := range within[station] {
			t.Run(string(station)+strings.TrimRight(moment, ": "), func(t *testing.T) {
				l := newLab(t, "small.yaml")
				second := l.interrupted(l.start(), moment)
				if code := second.exits(campaignIn); code != 0 {
					t.Errorf("exit code %d, want 0", code)
				}
				l.gone(orphansFor)
				if got := l.only(pipeline.Adopted).Digest; got != want {
					t.Errorf("adopted %s, undisturbed %s", got.Short(), want.Short())
				}
				l.whole()
			})
		}
	}
}

// Killed while a release is taken back, a service goes on taking it back.
func TestKilledOnTheWayBack(t *testing.T) {
	nightly(t)
	for station, moment := range goingBack {
		t.Run(string(station), func(t *testing.T) {
			l := newLab(t, "long-trial.yaml")
			first := l.start()
			first.says(campaignIn, " rolling-out")
			l.inject(l.onTrial(time.Minute, l.incumbent()).ID, "fan-stuck")
			if code := l.interrupted(first, moment).exits(campaignIn); code != 7 {
				t.Errorf("exit code %d, want 7: the incumbent is kept", code)
			}
			l.gone(orphansFor)
			l.tookBack()
			l.whole()
		})
	}
}

func nightly(t *testing.T) {
	t.Helper()
	if os.Getenv("GENESIS_NIGHTLY") == "" {
		t.Skip("a campaign for every moment takes about half an hour: set GENESIS_NIGHTLY=1 (make nightly)")
	}
}

// interrupted kills a service when it says a word, and starts it again.
func (l *lab) interrupted(first *run, moment string) *run {
	l.Helper()
	first.says(campaignIn, moment)
	l.killed(first)
	return l.goesOn()
}
