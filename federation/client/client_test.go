package client

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type tileKey struct{ ed25519.PrivateKey }

func newTileKey(t testing.TB) tileKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return tileKey{private}
}

func (k tileKey) Public() string {
	return hex.EncodeToString(k.PrivateKey.Public().(ed25519.PublicKey))
}
func (k tileKey) Sign(message []byte) ([]byte, error) {
	return ed25519.Sign(k.PrivateKey, message), nil
}

func newParty(t testing.TB, channel string) Party {
	t.Helper()
	key, err := KEM().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return Party{Seal: hex.EncodeToString(key.PublicKey().Bytes()), Channel: strings.Repeat(channel, 32)}
}

// newSession is a valid session for the tile.
func newSession(t testing.TB, tile string) *Session {
	t.Helper()
	s := &Session{
		Format: Format, Change: pipeline.SumBytes([]byte("change")), Contract: pipeline.SumBytes([]byte("contract")),
		Slot: "thermal", Lineage: "alder", Epoch: 7, Mode: ExactSum, MinTiles: 2, Replays: 30,
		Metrics: []Metric{
			{Name: "energy", Unit: "J", Direction: "min", Step: 10, Clip: 100000},
			{Name: "work", Direction: "max", Step: 1, Clip: 5000, Tolerance: 5},
		},
		Edges:  []int64{-20, 0, 1, 20},
		Cohort: []string{tile, strings.Repeat("f", 64)},
		Leader: newParty(t, "0a"), Helper: newParty(t, "0b"), Collector: newParty(t, "0c"),
	}
	s.Fit()
	return s
}

func encode(t testing.TB, s *Session) []byte {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestParseSessionRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]func(s *Session){
		"other format":         func(s *Session) { s.Format = "genesis/federation/v2" },
		"other mode":           func(s *Session) { s.Mode = "noisy" },
		"no change":            func(s *Session) { s.Change = "" },
		"contract not digest":  func(s *Session) { s.Contract = "abc" },
		"slot with slash":      func(s *Session) { s.Slot = "../x" },
		"epoch zero":           func(s *Session) { s.Epoch = 0 },
		"epoch not exact":      func(s *Session) { s.Epoch = 1 << 53 },
		"one tile":             func(s *Session) { s.MinTiles = 1 },
		"more than the cohort": func(s *Session) { s.MinTiles = 3 },
		"cohort unsorted":      func(s *Session) { s.Cohort[0], s.Cohort[1] = s.Cohort[1], s.Cohort[0] },
		"cohort twice":         func(s *Session) { s.Cohort[1] = s.Cohort[0] },
		"bits too many":        func(s *Session) { s.Bits = 49 },
		"bits too few":         func(s *Session) { s.Bits = 10 },
		"chunk zero":           func(s *Session) { s.Chunk = 0 },
		"no metrics":           func(s *Session) { s.Metrics = nil },
		"metric twice":         func(s *Session) { s.Metrics[1].Name = s.Metrics[0].Name },
		"metric direction":     func(s *Session) { s.Metrics[0].Direction = "up" },
		"metric step zero":     func(s *Session) { s.Metrics[0].Step = 0 },
		"edges falling":        func(s *Session) { s.Edges = []int64{0, 0} },
		"shared key":           func(s *Session) { s.Helper.Channel = s.Leader.Channel },
		"short key":            func(s *Session) { s.Leader.Seal = "00" },
	}
	for name, break_ := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, strings.Repeat("a", 64))
			break_(s)
			if _, err := ParseSession(encode(t, s)); !errors.Is(err, ErrSession) {
				t.Errorf("got %v, want %v", err, ErrSession)
			}
		})
	}
}

func TestParseSessionReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	s := newSession(t, strings.Repeat("a", 64))
	got, err := ParseSession(encode(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Error(diff)
	}
	for _, extra := range []string{` {}`, `,`, ` null`} {
		if _, err := ParseSession(append(encode(t, s), extra...)); !errors.Is(err, ErrSession) {
			t.Errorf("data after the document %q: got %v", extra, err)
		}
	}
	unknown := strings.Replace(string(encode(t, s)), `"slot"`, `"slut":1,"slot"`, 1)
	if _, err := ParseSession([]byte(unknown)); !errors.Is(err, ErrSession) {
		t.Errorf("unknown field: got %v", err)
	}
}

func FuzzParseSession(f *testing.F) {
	f.Add(encode(f, newSession(f, strings.Repeat("a", 64))))
	f.Fuzz(func(t *testing.T, document []byte) {
		s, err := ParseSession(document)
		if err != nil {
			return
		}
		if _, err := s.VDAF(); err != nil {
			t.Errorf("accepted session has no VDAF: %v", err)
		}
	})
}

func TestVectorCountsByHand(t *testing.T) {
	t.Parallel()
	s := newSession(t, strings.Repeat("a", 64))
	got, err := s.Vector([]Block{
		{Candidate: []int64{90, 100}, Incumbent: []int64{100, 100}},    // energy +100, work 0
		{Candidate: []int64{1001, 99}, Incumbent: []int64{1000, 1000}}, // energy -1, work -901
		{Fault: Panic, Candidate: []int64{1 << 40, 0}, Incumbent: []int64{0, 0}},
		{Fault: Mismatch},
		{Fault: Violation},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []uint64{5, 2, 1, 1, 1, 0,
		109, 110, 0, 1, 0, 0, 1,
		199, 1100, 1, 0, 1, 0, 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(s.Entries()) != len(got) {
		t.Errorf("%d names for %d entries", len(s.Entries()), len(got))
	}
}

func TestVectorStaysInsideItsPublicMaxima(t *testing.T) {
	t.Parallel()
	s := newSession(t, strings.Repeat("a", 64))
	block := rapid.Custom(func(t *rapid.T) Block {
		totals := rapid.SliceOfN(rapid.Int64Min(0), 2, 2)
		return Block{Fault: Fault(rapid.IntRange(0, 3).Draw(t, "fault")), Candidate: totals.Draw(t, "candidate"), Incumbent: totals.Draw(t, "incumbent")}
	})
	rapid.Check(t, func(t *rapid.T) {
		v, err := s.Vector(rapid.SliceOfN(block, 0, int(s.Replays)).Draw(t, "blocks"))
		if err != nil {
			t.Fatal(err)
		}
		byName := map[string]uint64{}
		for i, name := range s.Entries() {
			byName[name] = v[i]
			if v[i] >= 1<<s.Bits {
				t.Fatalf("%s is %d, past %d bits", name, v[i], s.Bits)
			}
		}
		if byName["pass"]+byName["mismatch"]+byName["panic"]+byName["violation"] != byName["replays"] {
			t.Fatalf("outcomes do not add up: %v", byName)
		}
		for _, m := range s.Metrics {
			if byName[m.Name+".candidate"] > m.Clip || byName[m.Name+".incumbent"] > m.Clip {
				t.Fatalf("%s is past its clip: %v", m.Name, byName)
			}
		}
	})
}

func TestVectorRefuses(t *testing.T) {
	t.Parallel()
	s := newSession(t, strings.Repeat("a", 64))
	cases := map[string][]Block{
		"too many":      make([]Block, 31),
		"few totals":    {{Candidate: []int64{1}, Incumbent: []int64{1, 2}}},
		"negative":      {{Candidate: []int64{-1, 0}, Incumbent: []int64{1, 2}}},
		"unknown fault": {{Fault: 9}},
	}
	for name, blocks := range cases {
		if _, err := s.Vector(blocks); !errors.Is(err, ErrBlocks) {
			t.Errorf("%s: got %v, want %v", name, err, ErrBlocks)
		}
	}
}

func TestShardRefusesOutOfRange(t *testing.T) {
	t.Parallel()
	key := newTileKey(t)
	s := newSession(t, key.Public())
	v := make([]uint64, s.Length())
	v[3] = 1 << s.Bits
	if _, err := Shard(s, v, key); !errors.Is(err, ErrRange) {
		t.Errorf("got %v, want %v", err, ErrRange)
	}
}

func unsigned(raw []byte) ([]byte, error) { return raw, nil }

func noBlocks(context.Context, *Session) ([]Block, error) { return nil, nil }

func TestAnswerIsGivenOnce(t *testing.T) {
	t.Parallel()
	key, path := newTileKey(t), filepath.Join(t.TempDir(), "ledger")
	first := newSession(t, key.Public())
	open := func() *Tile {
		ledger, err := OpenLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		return NewTile(key, unsigned, ledger)
	}
	report, err := open().Answer(t.Context(), encode(t, first), noBlocks)
	if err != nil {
		t.Fatal(err)
	}

	again, err := open().Answer(t.Context(), encode(t, first), func(context.Context, *Session) ([]Block, error) {
		t.Error("a session that was answered is measured again")
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report, again); diff != "" {
		t.Errorf("the same session got another report after a restart:\n%s", diff)
	}

	other := *first
	other.MinTiles, other.Change = 2, pipeline.SumBytes([]byte("other"))
	if _, err := open().Answer(t.Context(), encode(t, &other), noBlocks); !errors.Is(err, ErrRepeated) {
		t.Errorf("another session of the same epoch: got %v, want %v", err, ErrRepeated)
	}
	other.Epoch--
	if _, err := open().Answer(t.Context(), encode(t, &other), noBlocks); !errors.Is(err, ErrRepeated) {
		t.Errorf("an older epoch: got %v, want %v", err, ErrRepeated)
	}
	other.Epoch += 2
	if _, err := open().Answer(t.Context(), encode(t, &other), noBlocks); err != nil {
		t.Errorf("the next epoch: %v", err)
	}
}

func TestAnswerRefuses(t *testing.T) {
	t.Parallel()
	key := newTileKey(t)
	signed := errors.New("signed by somebody else")
	stranger := newSession(t, newTileKey(t).Public())
	failing := errors.New("sensor gone")
	cases := map[string]struct {
		open   Open
		s      *Session
		replay Replay
		want   error
	}{
		"unsigned":       {open: func([]byte) ([]byte, error) { return nil, signed }, s: stranger, want: ErrUnsigned},
		"not its cohort": {open: unsigned, s: stranger, want: ErrCohort},
		"replay failed":  {open: unsigned, s: newSession(t, key.Public()), replay: func(context.Context, *Session) ([]Block, error) { return nil, failing }, want: failing},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ledger, err := OpenLedger(filepath.Join(t.TempDir(), "ledger"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := NewTile(key, c.open, ledger).Answer(t.Context(), encode(t, c.s), c.replay); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if epoch, _, _ := ledger.Last(c.s.Slot, c.s.Lineage); epoch != 0 {
				t.Errorf("a refused session is in the ledger: epoch %d", epoch)
			}
		})
	}
}

func TestReportLeavesOnlyAfterItWasKept(t *testing.T) {
	t.Parallel()
	key := newTileKey(t)
	ledger, err := OpenLedger(filepath.Join(t.TempDir(), "gone", "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	tile := NewTile(key, unsigned, ledger)
	s := encode(t, newSession(t, key.Public()))
	for range 2 {
		if report, err := tile.Answer(t.Context(), s, noBlocks); err == nil || report.Signature != nil {
			t.Errorf("got a report and %v though nothing could be kept", err)
		}
	}
}

func TestDamagedLedgerIsNotTakenForAnEmptyOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	if err := os.WriteFile(path, []byte(`{"alder/thermal":{"epoch":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLedger(path); err == nil {
		t.Error("a damaged ledger was opened")
	}
}

// BenchmarkShard makes reports of two sizes: two metrics in five buckets, and
// six metrics in nine.
func BenchmarkShard(b *testing.B) {
	for name, metrics := range map[string]int{"20entries": 2, "72entries": 6} {
		b.Run(name, func(b *testing.B) {
			key := newTileKey(b)
			s := newSession(b, key.Public())
			if metrics > 2 {
				s.Edges = []int64{-100, -20, -5, 0, 1, 5, 20, 100}
			}
			for len(s.Metrics) < metrics {
				m := s.Metrics[0]
				m.Name, m.Clip = fmt.Sprintf("metric-%d", len(s.Metrics)), 1<<31
				s.Metrics = append(s.Metrics, m)
			}
			s.Fit()
			benchmarkShard(b, s, key)
		})
	}
}

func benchmarkShard(b *testing.B, s *Session, key tileKey) {
	b.Helper()
	v := make([]uint64, s.Length())
	var r Report
	for b.Loop() {
		var err error
		if r, err = Shard(s, v, key); err != nil {
			b.Fatal(err)
		}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(raw)), "report-bytes")
	b.ReportMetric(float64(s.Length()*int(s.Bits)), "bits")
}
