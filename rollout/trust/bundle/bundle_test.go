package bundle_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/bundle"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/tlog"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

func openLog(w *trusttest.World) *tlog.Log {
	w.T.Helper()
	key, err := w.Keys.LogSigner()
	if err != nil {
		w.T.Fatal(err)
	}
	cosigner, err := w.Keys.WitnessSigner()
	if err != nil {
		w.T.Fatal(err)
	}
	witness, err := tlog.NewWitness(w.T.TempDir(), w.Keys.Root().Log.Key, cosigner)
	if err != nil {
		w.T.Fatal(err)
	}
	log, err := tlog.Open(w.T.Context(), w.T.TempDir(), tlog.Options{Root: w.Keys.Root(), Signer: key, Witness: witness})
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() {
		if err := log.Close(w.T.Context()); err != nil && w.T.Context().Err() == nil {
			w.T.Error(err)
		}
	})
	return log
}

func makeBundle(w *trusttest.World, log *tlog.Log, release []byte) []byte {
	w.T.Helper()
	raw, err := bundle.Make(w.T.Context(), w.Keys.Root(), log, release)
	if err != nil {
		w.T.Fatal(err)
	}
	return raw
}

// alter changes one place of a bundle's JSON, named by its path.
func alter(t *testing.T, raw []byte, change func(v any) any, path ...string) []byte {
	t.Helper()
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	at := tree.(map[string]any)
	for _, name := range path[:len(path)-1] {
		switch next := at[name].(type) {
		case map[string]any:
			at = next
		case []any:
			at = next[0].(map[string]any)
		default:
			t.Fatalf("no %s in the bundle", name)
		}
	}
	last := path[len(path)-1]
	at[last] = change(at[last])
	out, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSecondOpinion(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	log := openLog(w)
	s := w.Story()
	release := s.Chain().Release.Envelope
	good := makeBundle(w, log, release)
	if err := bundle.Check(w.Keys.Root(), good, release); err != nil {
		t.Fatal(err)
	}
	s.Serial = 3
	other := s.Chain().Release.Envelope
	replace := func(from, to string) func(any) any {
		return func(v any) any { return strings.Replace(v.(string), from, to, 1) }
	}
	tile := w.Keys.Root().Roles[trust.RoleTile].Members[0].Keys[0]
	for _, c := range []struct {
		name, want string
		raw        []byte
		release    []byte
	}{
		{"another release", "says something else", good, other},
		{"no log entry", "not enough verified log entries", alter(t, good, func(any) any { return nil }, "verificationMaterial", "tlogEntries"), release},
		{"altered size in the checkpoint", "checkpoint", alter(t, good, replace("\n1\n", "\n2\n"), "verificationMaterial", "tlogEntries", "inclusionProof", "checkpoint", "envelope"), release},
		{"unknown key", "key", alter(t, good, func(any) any { return "nobody" }, "verificationMaterial", "publicKey", "hint"), release},
		{"a key of another role", "key", alter(t, good, func(any) any { return string(tile) }, "verificationMaterial", "publicKey", "hint"), release},
		{"altered signature", "", alter(t, good, replace("M", "N"), "dsseEnvelope", "signatures", "sig"), release},
		{"nothing", "read", nil, release},
		{"too large", "limit", bytes.Repeat([]byte(" "), bundle.MaxBundle+1), release},
	} {
		if err := bundle.Check(w.Keys.Root(), c.raw, c.release); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestOneEntryForOneSignature(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	log := openLog(w)
	release := w.Story().Chain().Release.Envelope
	makeBundle(w, log, release)
	makeBundle(w, log, release)
	if n, err := log.Size(t.Context()); err != nil || n != 1 {
		t.Errorf("%d entries, %v", n, err)
	}
}

// sigstore-go accepts signatures of expired keys unless it is told the time.
func TestExpiredKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := trusttest.NewSince(t, time.Now().Add(-sign.DevelopmentValidity-time.Hour))
	log := openLog(w)
	release := w.Story().Chain().Release.Envelope
	err := bundle.Check(w.Keys.Root(), makeBundle(w, log, release), release)
	if err == nil || !strings.Contains(err.Error(), "validity window") {
		t.Fatal(err)
	}
}

func TestOnlyReleasesOfReleaseKeys(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	log := openLog(w)
	evidence := w.Sign(trust.Evidence(w.Story().Evidence[0]))
	if _, err := bundle.Make(t.Context(), w.Keys.Root(), log, evidence); err == nil {
		t.Error("made a bundle of evidence")
	}
	if _, err := bundle.Make(t.Context(), w.Keys.Root(), log, []byte("{}")); err == nil {
		t.Error("made a bundle of nothing")
	}
}

func BenchmarkCheck(b *testing.B) {
	w := trusttest.New(b)
	release := w.Story().Chain().Release.Envelope
	raw := makeBundle(w, openLog(w), release)
	for b.Loop() {
		if err := bundle.Check(w.Keys.Root(), raw, release); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(raw)), "bytes")
}
