package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/tlog"
)

// Limits that people are promised, with room for a machine that is busy.
const (
	orphansFor = 5 * time.Second
	goesOnIn   = 15 * time.Second
	campaignIn = 5 * time.Minute
)

// A service that was killed in the middle of its stations goes on, and what it
// leaves in the end is whole: one change on its tiles, with a chain that
// anybody can check.
func TestKilledServiceGoesOn(t *testing.T) {
	l := newLab(t, "small.yaml")
	first := l.start()
	first.says(campaignIn, " verifying")
	l.killed(first)
	second := l.goesOn()
	if code := second.exits(campaignIn); code != 0 {
		t.Errorf("exit code %d, want 0: this seed finds a better module", code)
	}
	l.gone(orphansFor)
	change := l.only(pipeline.Adopted)
	l.whole()
	l.checkable(change)
}

// A fan that sticks while a tile tries a release takes the release back, by
// itself and everywhere. That a tile goes back when nobody is there to tell it
// is TestFanStuckGoesBack of cmd/tile/agent: here tiles end with their control
// plane.
func TestFaultTakesReleaseBack(t *testing.T) {
	l := newLab(t, "long-trial.yaml")
	r := l.start()
	r.says(campaignIn, " rolling-out")
	tile := l.onTrial(time.Minute, l.incumbent())
	l.inject(tile.ID, "fan-stuck")
	if code := r.exits(time.Minute); code != 7 {
		t.Errorf("exit code %d, want 7: the incumbent is kept", code)
	}
	l.gone(orphansFor)
	l.tookBack()
	l.whole()
}

// killed kills a service and sees that nothing outlives it.
func (l *lab) killed(r *run) {
	l.Helper()
	r.kill()
	l.gone(orphansFor)
}

// goesOn starts the service again on a campaign that has not ended.
func (l *lab) goesOn() *run {
	l.Helper()
	r := l.start()
	r.says(time.Minute, "going on with campaign")
	if took := time.Since(r.began); took > goesOnIn {
		l.Errorf("went on after %s, want %s", took, goesOnIn)
	} else {
		l.Logf("went on after %s", took.Round(10*time.Millisecond))
	}
	return r
}

// onTrial asks the service which tile tries a release, and waits until another
// module than before decides there: a trial begins before the next call, at
// which the module changes.
func (l *lab) onTrial(within time.Duration, before pipeline.Digest) store.Tile {
	l.Helper()
	deadline, tick := time.After(within), time.NewTicker(200*time.Millisecond)
	defer tick.Stop()
	for {
		var tiles struct {
			Items []store.Tile `json:"items"`
		}
		l.ask("GET", "/v1/tiles?lineage=birch", "", &tiles)
		for _, t := range tiles.Items {
			if t.State == store.TileTrial && t.Modules["thermal"] != before {
				return t
			}
		}
		select {
		case <-deadline:
			l.Fatalf("no tile on trial within %s: %+v", within, tiles.Items)
		case <-tick.C:
		}
	}
}

func (l *lab) inject(tile, kind string) {
	l.Helper()
	var answer api.FaultAnswer
	l.ask("POST", "/v1/tiles/"+tile+"/faults", fmt.Sprintf(`{"kind":%q}`, kind), &answer)
	if answer.Tile != tile || answer.Kind != kind {
		l.Errorf("the service broke %+v, want %s of %s", answer, kind, tile)
	}
}

// ask asks the service's API as its owner.
func (l *lab) ask(method, path, body string, into any) {
	l.Helper()
	url, token, err := api.Contact(l.data())
	if err != nil {
		l.Fatal(err)
	}
	req, err := http.NewRequestWithContext(l.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		l.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = errors.New(resp.Status)
	}
	if err = errors.Join(err, json.Unmarshal(text, into)); err != nil {
		l.Fatalf("%s %s: %v: %.500s", method, path, err, text)
	}
}

// records opens the records of a service that has stopped.
func (l *lab) records() *store.Store {
	l.Helper()
	s, err := store.OpenReadOnly(l.Context(), filepath.Join(l.data(), "store"))
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { s.Close() })
	return s
}

// only is the one change, which must be in a state.
func (l *lab) only(state pipeline.State) store.Change {
	l.Helper()
	page, err := l.records().Changes.List(l.Context(), store.Filter{})
	if err != nil {
		l.Fatal(err)
	}
	if len(page.Items) != 1 || page.Items[0].State != state {
		l.Fatalf("changes: %+v, want one that is %s", page.Items, state)
	}
	return page.Items[0]
}

// incumbent is the module that the lineage's tiles of no wave run.
func (l *lab) incumbent() pipeline.Digest {
	l.Helper()
	var tiles struct {
		Items []store.Tile `json:"items"`
	}
	l.ask("GET", "/v1/tiles?lineage=birch", "", &tiles)
	for _, t := range tiles.Items {
		if t.State == store.TileRunning {
			return t.Modules["thermal"]
		}
	}
	l.Fatal("no tile runs the incumbent")
	return ""
}

// tookBack checks the end of a rollout that went back because of the fan.
func (l *lab) tookBack() {
	l.Helper()
	change, records := l.only(pipeline.RolledBack), l.records()
	if !strings.Contains(change.Reason, "fan") {
		l.Errorf("reason %q, want the fan", change.Reason)
	}
	evidence, err := records.EvidenceAbout(l.Context(), change.Content.Subjects()...)
	if err != nil {
		l.Fatal(err)
	}
	said := map[pipeline.Station]string{}
	for _, e := range evidence {
		if e.Log != nil {
			said[e.Statement.Station] += e.Statement.Summary
		}
	}
	for _, s := range []pipeline.Station{pipeline.Halt, pipeline.Rollback} {
		if !strings.Contains(said[s], "fan") {
			l.Errorf("logged evidence of %s: %q, want the fan", s, said[s])
		}
	}
	tiles, err := records.TilesOf(l.Context(), "birch")
	if err != nil {
		l.Fatal(err)
	}
	next := change.Content.Modules[0].Digest()
	for _, t := range tiles {
		if t.Modules["thermal"] == next {
			l.Errorf("%s runs the module that was taken back", t.ID)
		}
	}
}

// whole checks that records and log are consistent, and that every answer of a
// station stands in the log once.
func (l *lab) whole() {
	l.Helper()
	problems, err := l.records().Fsck(l.Context())
	if err != nil || len(problems) > 0 {
		l.Errorf("records: %v %v", problems, err)
	}
	keys, log := l.log()
	if err := log.Fsck(l.Context()); err != nil {
		l.Error(err)
	}
	size, err := log.Size(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	times := map[pipeline.EvidenceKey]int{}
	for i := range size {
		raw, err := log.Entry(l.Context(), i)
		if err != nil {
			l.Fatal(err)
		}
		if e, err := trust.OpenEvidence(keys.Root(), raw, time.Now()); err == nil {
			times[e.Statement.Key()]++
		}
	}
	if len(times) < 7 {
		l.Errorf("%d statements in a log of %d entries, want those of 7 stations at least", len(times), size)
	}
	for key, n := range times {
		if n != 1 {
			l.Errorf("%d log entries of %s about %s with the same inputs", n, key.Station, key.Subject.Digest.Short())
		}
	}
}

// log opens the log of a service that has stopped.
func (l *lab) log() (*sign.Directory, *tlog.Log) {
	l.Helper()
	keys, err := sign.OpenDirectory(filepath.Join(l.data(), "keys"))
	if err != nil {
		l.Fatal(err)
	}
	signer, err := keys.LogSigner()
	if err != nil {
		l.Fatal(err)
	}
	witnessSigner, err := keys.WitnessSigner()
	if err != nil {
		l.Fatal(err)
	}
	witness, err := tlog.NewWitness(filepath.Join(l.data(), "witness"), keys.Root().Log.Key, witnessSigner)
	if err != nil {
		l.Fatal(err)
	}
	log, err := tlog.Open(l.Context(), filepath.Join(l.data(), "log"), tlog.Options{Root: keys.Root(), Signer: signer, Witness: witness})
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { log.Close(context.Background()) })
	return keys, log
}

// checkable checks the published chain of a change, as it is and with one byte
// of each part flipped.
func (l *lab) checkable(c store.Change) {
	l.Helper()
	if out, err := l.verify(c); err != nil {
		l.Errorf("genesis verify: %v\n%s", err, out)
	}
	module := c.Content.Modules[0]
	for name, file := range map[string]string{
		"IR":        "artefacts/" + string(module.Code.IR),
		"proof":     "artefacts/" + string(module.Proof),
		"evidence":  "evidence/000.json",
		"order":     "orders/000.json",
		"log proof": "evidence/001.proof.json",
	} {
		if out, err := l.flipped(c, file); err == nil {
			l.Errorf("%s: genesis verify does not see a flipped byte", name)
		} else if part := strings.TrimSuffix(strings.TrimSuffix(file, ".json"), ".proof"); !strings.Contains(out, part) {
			l.Errorf("%s: genesis verify does not name %s:\n%s", name, part, out)
		}
	}
}

// flipped verifies a chain with one bit of one file flipped, and mends it.
func (l *lab) flipped(c store.Change, file string) (string, error) {
	l.Helper()
	path := filepath.Join(l.data(), "chains", c.ID, filepath.FromSlash(file))
	good, err := os.ReadFile(path)
	if err != nil {
		l.Fatal(err)
	}
	bad := append([]byte(nil), good...)
	bad[len(bad)/2] ^= 1
	if err := os.WriteFile(path, bad, 0o600); err != nil {
		l.Fatal(err)
	}
	defer os.WriteFile(path, good, 0o600)
	return l.verify(c)
}

func (l *lab) verify(c store.Change) (string, error) {
	out, err := l.command(l.Context(), "verify", c.ID, "--data", l.data(), "--offline").CombinedOutput()
	return string(out), err
}
