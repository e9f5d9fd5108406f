package warrant

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/federation"
	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

var _ federation.Verifier = Verifier{}

func newSession(t *testing.T, change string) *client.Session {
	t.Helper()
	var parties []client.Party
	for _, fill := range []byte{1, 2, 3} {
		key, err := federation.NewKey(slices.Repeat([]byte{fill}, 32))
		if err != nil {
			t.Fatal(err)
		}
		parties = append(parties, key.Party())
	}
	s := &client.Session{
		Format: client.Format, Change: pipeline.SumBytes([]byte(change)), Contract: pipeline.SumBytes([]byte("contract")),
		Slot: "thermal", Lineage: "alder", Epoch: 1, Mode: client.ExactSum, MinTiles: 2, Replays: 10,
		Metrics: []client.Metric{{Name: "energy", Direction: "min", Step: 1, Clip: 100}}, Edges: []int64{0},
		Cohort: []string{strings.Repeat("a", 64), strings.Repeat("b", 64)},
		Leader: parties[0], Helper: parties[1], Collector: parties[2],
	}
	s.Fit()
	return s
}

func sign(t *testing.T, signer Signer, s *client.Session, expires time.Time) signed {
	t.Helper()
	raw, err := Sign(t.Context(), signer, s, expires)
	if err != nil {
		t.Fatal(err)
	}
	var out signed
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// stranger has keys of its own, made in the same way.
type stranger struct{ w *trusttest.World }

func (s stranger) Sign(ctx context.Context, doc trust.Document) ([]byte, error) {
	return trusttest.New(s.w.T).Auth.Sign(ctx, doc)
}

func TestSessionIsBelievedOnlyAsItWasSigned(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	v := Verifier{Root: w.Keys.Root, Now: func() time.Time { return w.Now }}
	later := w.Now.Add(time.Hour)
	session := newSession(t, "change")
	other := sign(t, w.Auth, newSession(t, "other"), later)
	cases := map[string]struct {
		make func(t *testing.T) signed
		ok   bool
	}{
		"as signed":     {func(t *testing.T) signed { return sign(t, w.Auth, session, later) }, true},
		"expired":       {func(t *testing.T) signed { return sign(t, w.Auth, session, w.Now) }, false},
		"by other keys": {func(t *testing.T) signed { return sign(t, stranger{w}, session, later) }, false},
		"document altered": {func(t *testing.T) signed {
			s := sign(t, w.Auth, session, later)
			s.Document = []byte(strings.Replace(string(s.Document), `"minTiles":2`, `"minTiles":1`, 1))
			return s
		}, false},
		"envelope of another": {func(t *testing.T) signed {
			s := sign(t, w.Auth, session, later)
			s.Envelope = other.Envelope
			return s
		}, false},
		"warrant for another change": {func(t *testing.T) signed {
			s := sign(t, w.Auth, session, later)
			said := trust.Session{Change: pipeline.SumBytes([]byte("other")), Document: pipeline.SumBytes(s.Document), Expires: later.Unix()}
			s.Envelope = w.Sign(said)
			return s
		}, false},
		"nothing": {func(*testing.T) signed { return signed{} }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			raw, err := json.Marshal(c.make(t))
			if err != nil {
				t.Fatal(err)
			}
			document, err := v.Session(raw)
			if (err == nil) != c.ok {
				t.Fatalf("got %v", err)
			}
			if !c.ok {
				return
			}
			if _, err := client.ParseSession(document); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSignRefusesWhatTilesWouldRefuse(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	s := newSession(t, "change")
	s.MinTiles = 1
	if _, err := Sign(t.Context(), w.Auth, s, w.Now.Add(time.Hour)); !errors.Is(err, client.ErrSession) {
		t.Errorf("got %v, want %v", err, client.ErrSession)
	}
}

func TestReportSignature(t *testing.T) {
	t.Parallel()
	var v Verifier
	for _, tile := range []string{"", "zz", hex.EncodeToString(make([]byte, 31)), hex.EncodeToString(make([]byte, 32))} {
		if err := v.Report(tile, []byte("message"), make([]byte, 64)); err == nil {
			t.Errorf("tile %q: a signature of zeros verifies", tile)
		}
	}
}
