package federation

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/genesis-network/genesis/federation/client"
)

func TestTornLineIsCutAndDamageIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	w.submit(t, 0)
	c := w.asCollector(t)
	path := filepath.Join(w.dir, "leader", string(c.id)+".journal")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < 40; cut++ {
		if err := os.WriteFile(path, append(slices.Clone(whole), whole[len(whole)-40:len(whole)-cut]...), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := NewLeader(filepath.Join(w.dir, "leader"), w.leaderKey, hub{}, w.helper)
		if err != nil {
			t.Fatalf("torn line of %d bytes: %v", 40-cut, err)
		}
		if got := len(again.batches[c.id].accepted); got != 1 {
			t.Fatalf("torn line of %d bytes: %d reports, want 1", 40-cut, got)
		}
		again.Close()
	}
	middle := slices.Clone(whole)
	middle[20] ^= 1
	if err := os.WriteFile(path, middle, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewLeader(filepath.Join(w.dir, "leader"), w.leaderKey, hub{}, w.helper); !errors.Is(err, errDamaged) {
		t.Errorf("damage in the middle: got %v, want %v", err, errDamaged)
	}
}

func TestEndedSessionKeepsNoTilesShares(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	w.submit(t, 0, 1)
	c := w.asCollector(t)
	if _, _, err := c.collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"leader", "helper"} {
		raw, err := os.ReadFile(filepath.Join(w.dir, role, string(c.id)+".journal"))
		if err != nil {
			t.Fatal(err)
		}
		records, _, err := readRecords(raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Report != nil && r.Report.Out != nil {
				t.Errorf("%s: the journal still holds a tile's output share", role)
			}
		}
	}
}

func FuzzReadRecords(f *testing.F) {
	line, err := encodeRecord(record{Report: &accepted{Nonce: "n", Out: []byte{1}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(line[:len(line)-3])
	f.Fuzz(func(t *testing.T, raw []byte) {
		records, size, err := readRecords(raw)
		if err != nil {
			return
		}
		again, same, err := readRecords(raw[:size])
		if err != nil || same != size || len(again) != len(records) {
			t.Errorf("what was good is not: %d records in %d bytes, then %d in %d, %v", len(records), size, len(again), same, err)
		}
	})
}

// FuzzShare: whatever a tile seals, an aggregator answers and does not fall
// over.
func FuzzShare(f *testing.F) {
	w := newWorld(f, 2, 2)
	r := w.report(f, 0)
	leader, err := w.leaderKey.open(client.ShareInfo(client.RoleLeader, r.Header), r.LeaderShare)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.Header.Public, leader)
	f.Add([]byte{}, []byte{})
	b := w.leader.batches[r.Header.Session]
	f.Fuzz(func(t *testing.T, public, share []byte) {
		h := r.Header
		h.Public = public
		state, prep, err := b.verifyShare(h, share)
		if (err == nil) != (state != nil && prep != nil) {
			t.Errorf("got %v, %v, %v", state, prep, err)
		}
	})
}

// expired is a verifier for which no session is valid any more.
type expired struct{ hub }

func (expired) Session([]byte) ([]byte, error) { return nil, errors.New("session expired") }

func TestOpenSessionGoesOnAfterItsSignatureExpired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	w.submit(t, 0)
	again, err := NewHelper(filepath.Join(w.dir, "helper"), w.helperKey, expired{})
	if err != nil {
		t.Fatal(err)
	}
	w.helper = again
	t.Cleanup(func() { again.Close() })
	w.leader.helper = again
	w.submit(t, 1)
	if sum, _, err := w.asCollector(t).collect(t.Context()); err != nil || !slices.Equal(sum, w.plainSum(t, 0, 1)) {
		t.Errorf("got %v, %v", sum, err)
	}
	if err := again.Open(t.Context(), w.signed); !errors.Is(err, ErrUnsigned) {
		t.Errorf("opened with an expired signature: %v", err)
	}
}

func TestKeyFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", "key")
	first, err := OpenKey(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenKey(path)
	if err != nil || again.Party() != first.Party() {
		t.Errorf("second start: another key, %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(path); err == nil {
		t.Error("a key that others can read was taken")
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b, 3, 2)
	c := w.asCollector(b)
	report := w.report(b, 0)
	leader, helper := w.leader.batches[c.id], w.helper.batches[c.id]
	for b.Loop() {
		state, first, err := leader.prepare(report.Header, report.LeaderShare, report.Header.Leader)
		if err != nil {
			b.Fatal(err)
		}
		_, second, err := helper.prepare(report.Header, report.HelperShare, report.Header.Helper)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := leader.finish(state, first, second); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(w.session.Length()), "entries")
	b.ReportMetric(float64(w.session.Bits), "bits")
}
