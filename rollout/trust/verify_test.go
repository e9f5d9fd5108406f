package trust_test

import (
	"testing"
	"time"

	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
	"github.com/google/go-cmp/cmp"
)

func TestChainIsAccepted(t *testing.T) {
	w := trusttest.New(t)
	s := w.Story()
	got, err := w.Verifier("alder-1").Verify(s.Installed(), s.Chain(), w.Now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Next.Serial != 1 || got.Next.Trial == nil || got.Next.Trial.Escape.Serial != 2 || got.Next.Time == 0 {
		t.Errorf("next state %+v", got.Next)
	}
}

func TestChainSurvivesItsForms(t *testing.T) {
	w := trusttest.New(t)
	s := w.Story()
	want := s.Chain()
	raw, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := trust.DecodeChain(raw)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() + "/chain"
	if err := trust.WriteChain(dir, decoded); err != nil {
		t.Fatal(err)
	}
	read, err := trust.ReadChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("chain changed on its way through JSON and a directory (-want +got):\n%s", diff)
	}
	report := trust.VerifyOffline(read, w.Keys.Root(), trust.Options{Now: w.Now})
	if !report.OK {
		t.Errorf("offline: %+v", report.Failed())
	}
}

// A tile believes a whole chain in less than 10 ms. The best of several tries
// counts: the machine has other things to do.
func TestVerifyIsQuick(t *testing.T) {
	if racing {
		t.Skip("SKIPPED: times under the race detector say nothing")
	}
	w := trusttest.New(t)
	s := w.Story()
	chain, v, state := s.Chain(), w.Verifier("alder-1"), s.Installed()
	best := time.Hour
	for range 20 {
		start := time.Now()
		if _, err := v.Verify(state, chain, w.Now); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	if best > 10*time.Millisecond {
		t.Errorf("%s for %d envelopes", best, len(chain.Logged()))
	}
}

func BenchmarkVerify(b *testing.B) {
	w := trusttest.New(b)
	s := w.Story()
	chain, v, state := s.Chain(), w.Verifier("alder-1"), s.Installed()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(state, chain, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
