package trust_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
	"github.com/google/go-cmp/cmp"
)

// taken is a tile that has just taken the world's story.
func taken(t *testing.T, w *trusttest.World, s *trusttest.Story) (*trust.Verifier, trust.State, *trust.Accepted) {
	t.Helper()
	v := w.Verifier("alder-1")
	got, err := v.Verify(s.Installed(), s.Chain(), w.Now)
	if err != nil {
		t.Fatal(err)
	}
	return v, got.Next, got
}

func TestWayBackNeedsNobody(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	s := w.Story()
	v, state, got := taken(t, w, s)
	back, way, err := v.Back(state, w.Now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Installed().Installed, back.Installed); diff != "" || back.Trial != nil {
		t.Errorf("not back where it was: %s", diff)
	}
	if back.Serial != got.Release.Serial+1 || way.Serial != back.Serial || len(back.Flaps) != 1 {
		t.Errorf("serial %d after release %d, flaps %v", back.Serial, got.Release.Serial, back.Flaps)
	}
	if _, err := v.Verify(back, s.Chain(), w.Now); trust.CodeOf(err) != trust.CodeReleaseSerial {
		t.Errorf("the release that failed came again: %v", err)
	}
	if _, _, err := v.Back(back, w.Now); trust.CodeOf(err) != trust.CodeEscapeNone {
		t.Errorf("a second way back: %v", err)
	}
	s.Serial += 2
	if _, err := v.Verify(back, s.Chain(), w.Now); err != nil {
		t.Errorf("the next release: %v", err)
	}
}

func TestEpochHoldsOnTheWayBack(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	v, state, _ := taken(t, w, w.Story())
	state.Epoch = 2
	if _, _, err := v.Back(state, w.Now); trust.CodeOf(err) != trust.CodeEscapeEpoch {
		t.Errorf("went below the security epoch: %v", err)
	}
}

func TestCommitEndsTheTrial(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	s := w.Story()
	s.Epoch = 3
	v, state, got := taken(t, w, s)
	commit := trust.Commit{Release: got.Digest, Tiles: []string{"alder-1"}}
	for _, c := range []struct {
		name string
		raw  []byte
		want trust.Code
	}{
		{"of another release", w.Sign(trust.Commit{Release: pipeline.SumBytes(nil), Tiles: commit.Tiles}), trust.CodeCommitRelease},
		{"for another tile", w.Sign(trust.Commit{Release: got.Digest, Tiles: []string{"alder-2"}}), trust.CodeCommitTile},
		{"that is a halt", w.Sign(trust.Halt{Release: got.Digest}), trust.CodeCommitFormat},
		{"by nobody", nil, trust.CodeCommitFormat},
	} {
		if _, err := v.Commit(state, c.raw, w.Now); trust.CodeOf(err) != c.want {
			t.Errorf("commit %s: %v, want %s", c.name, err, c.want)
		}
	}
	after, err := v.Commit(state, w.Sign(commit), w.Now)
	if err != nil {
		t.Fatal(err)
	}
	if after.Trial != nil || after.Epoch != 3 || after.Installed["thermal"] != got.Release.Slots[0].Module.Digest() {
		t.Errorf("after the commit: %+v", after)
	}
	if _, _, err := v.Back(after, w.Now); trust.CodeOf(err) != trust.CodeEscapeNone {
		t.Errorf("way back after the commit: %v", err)
	}
	if _, _, _, err := v.Halt(after, w.Sign(trust.Halt{Release: got.Digest}), w.Now); trust.CodeOf(err) != trust.CodeHaltRelease {
		t.Errorf("halt after the commit: %v", err)
	}
}

func TestHalt(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	s := w.Story()
	v, state, got := taken(t, w, s)
	halt := trust.Halt{Release: got.Digest, Reason: "two tiles failed", Causes: []pipeline.Digest{pipeline.SumBytes([]byte("telemetry"))}}
	payload, err := trust.Payload(halt)
	if err != nil {
		t.Fatal(err)
	}
	a := &tale{World: w}
	for _, key := range [][2]string{{trust.RoleTile, "alder-1"}, {trust.RoleApprover, "developer"}, {"station/halt", "halt"}, {trust.RolePolicy, "policy-1"}} {
		if _, _, _, err := v.Halt(state, a.signed(payload, key), w.Now); trust.CodeOf(err) != trust.CodeHaltSignature {
			t.Errorf("halt by %s: %v", key, err)
		}
	}
	back, way, said, err := v.Halt(state, w.Sign(halt), w.Now)
	if err != nil || way == nil || back.Trial != nil || said.Reason != halt.Reason {
		t.Errorf("halt: %+v, %v", back, err)
	}
	// A tile that has not taken it yet never will.
	early, way, _, err := v.Halt(s.Installed(), w.Sign(halt), w.Now)
	if err != nil || way != nil {
		t.Fatalf("halt before it came: %v %v", way, err)
	}
	if _, err := v.Verify(early, s.Chain(), w.Now); trust.CodeOf(err) != trust.CodeReleaseHalted {
		t.Errorf("a halted release was taken: %v", err)
	}
}

func TestFlapsAreForgottenAfterTheWindow(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	s := w.Story()
	s.Policy.Flaps, s.Policy.FlapWindow = 1, 3600
	state := s.Installed()
	for _, c := range []struct {
		ago  time.Duration
		want trust.Code
	}{{50 * time.Minute, trust.CodeEscapeFlapping}, {70 * time.Minute, ""}} {
		state.Flaps = []int64{w.Now.Add(-c.ago).Unix()}
		if _, err := w.Verifier("alder-1").Verify(state, s.Chain(), w.Now); trust.CodeOf(err) != c.want {
			t.Errorf("a way back %s ago: %v, want %q", c.ago, err, c.want)
		}
	}
}

// Row 30 of the checklist: after a crash the same chain is taken up again, and
// the way back is the same.
func TestResumeAfterCrash(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	s := w.Story()
	chain := s.Chain()
	v, path := w.Verifier("alder-1"), filepath.Join(t.TempDir(), "state.json")
	first, err := v.Verify(s.Installed(), chain, w.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.WriteState(path, first.Next); err != nil {
		t.Fatal(err)
	}
	state, err := trust.ReadState(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := v.Verify(state, chain, w.Now)
	if err != nil || !again.Resumed {
		t.Fatalf("resumed %v, %v", again, err)
	}
	if diff := cmp.Diff(first.Next, again.Next); diff != "" {
		t.Errorf("the second time made another state:\n%s", diff)
	}
}

func TestStateFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.json")
	if s, err := trust.ReadState(path); err != nil || s.Serial != 0 {
		t.Errorf("no file: %+v, %v", s, err)
	}
	if err := trust.WriteState(path, trust.State{Serial: 3}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{raw[:len(raw)/2], nil, bytes.Replace(raw, []byte(`"serial":3`), []byte(`"serial": 3`), 1)} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := trust.ReadState(path); !errors.Is(err, pipeline.ErrForm) || s.Serial != 0 {
			t.Errorf("read %q: %+v, %v", damaged, s, err)
		}
	}
}
