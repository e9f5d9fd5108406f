package federation

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
)

// tileKey signs for one tile. Its seed is its number, so that processes of one
// test agree without files.
type tileKey struct{ ed25519.PrivateKey }

func newTileKey(n int) tileKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = byte(n)
	return tileKey{ed25519.NewKeyFromSeed(seed)}
}

func (k tileKey) Public() string {
	return hex.EncodeToString(k.PrivateKey.Public().(ed25519.PublicKey))
}
func (k tileKey) Sign(message []byte) ([]byte, error) {
	return ed25519.Sign(k.PrivateKey, message), nil
}

// hub is the control plane's signature in tests: a key that only tile 255 has.
type hub struct{}

var hubKey = newTileKey(255)

type signedSession struct {
	Document  []byte `json:"document"`
	Signature []byte `json:"signature"`
}

func signSession(t testing.TB, s *client.Session) []byte {
	t.Helper()
	document, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	signature, _ := hubKey.Sign(document)
	raw, err := json.Marshal(signedSession{Document: document, Signature: signature})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (hub) Session(signed []byte) ([]byte, error) {
	var s signedSession
	if err := json.Unmarshal(signed, &s); err != nil {
		return nil, err
	}
	return s.Document, hub{}.Report(hubKey.Public(), s.Document, s.Signature)
}

func (hub) Report(tile string, message, signature []byte) error {
	key, err := hex.DecodeString(tile)
	if err != nil || !ed25519.Verify(key, message, signature) {
		return errors.New("signature does not verify")
	}
	return nil
}

// world is one session with its parties and tiles.
type world struct {
	dir       string
	tiles     []tileKey
	session   *client.Session
	signed    []byte
	collector *Key
	leaderKey *Key
	helperKey *Key
	leader    *Leader
	helper    *Helper
}

func newKey(t testing.TB, fill byte) *Key {
	t.Helper()
	key, err := NewKey(slices.Repeat([]byte{fill}, seedSize))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newWorld(t testing.TB, tiles, minTiles int) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), collector: newKey(t, 3), leaderKey: newKey(t, 1), helperKey: newKey(t, 2)}
	for n := range tiles {
		w.tiles = append(w.tiles, newTileKey(n+1))
	}
	w.session = w.newSession(minTiles)
	w.signed = signSession(t, w.session)
	w.start(t)
	return w
}

func (w *world) newSession(minTiles int) *client.Session {
	s := &client.Session{
		Format: client.Format, Change: pipeline.SumBytes([]byte("change")), Contract: pipeline.SumBytes([]byte("contract")),
		Slot: "thermal", Lineage: "alder", Epoch: 1, Mode: client.ExactSum, MinTiles: minTiles, Replays: 10,
		Metrics: []client.Metric{
			{Name: "energy", Unit: "J", Direction: "min", Step: 10, Clip: 1 << 16},
			{Name: "work", Unit: "units", Direction: "max", Step: 1, Clip: 1 << 16, Tolerance: 5},
		},
		Edges:  []int64{-20, 0, 1, 20},
		Leader: w.leaderKey.Party(), Helper: w.helperKey.Party(), Collector: w.collector.Party(),
	}
	for _, k := range w.tiles {
		s.Cohort = append(s.Cohort, k.Public())
	}
	slices.Sort(s.Cohort)
	s.Fit()
	return s
}

// start opens both aggregators on what their directories hold.
func (w *world) start(t testing.TB) {
	t.Helper()
	var err error
	if w.helper, err = NewHelper(filepath.Join(w.dir, "helper"), w.helperKey, hub{}); err != nil {
		t.Fatal(err)
	}
	if w.leader, err = NewLeader(filepath.Join(w.dir, "leader"), w.leaderKey, hub{}, w.helper); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.leader.Close(); w.helper.Close() })
	if err := errors.Join(w.helper.Open(t.Context(), w.signed), w.leader.Open(t.Context(), w.signed)); err != nil {
		t.Fatal(err)
	}
}

// restart is a crash: nothing is closed in order, everything is read anew.
func (w *world) restart(t testing.TB) {
	t.Helper()
	w.start(t)
}

// blocks is what a tile measures: a little better than the incumbent, and
// different for each tile.
func blocks(n int) []client.Block {
	var list []client.Block
	for day := range 3 + n%4 {
		incumbent := int64(1000 + 100*n + 7*day)
		list = append(list, client.Block{Candidate: []int64{incumbent - 30, 500}, Incumbent: []int64{incumbent, 500}})
	}
	return list
}

func (w *world) vector(t testing.TB, n int) []uint64 {
	t.Helper()
	v, err := w.session.Vector(blocks(n))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// report is tile n's honest report (n counts from 0).
func (w *world) report(t testing.TB, n int) client.Report {
	t.Helper()
	r, err := client.Shard(w.session, w.vector(t, n), w.tiles[n])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plainSum is what the released vector must be.
func (w *world) plainSum(t testing.TB, tiles ...int) []uint64 {
	t.Helper()
	sum := make([]uint64, w.session.Length())
	for _, n := range tiles {
		for i, v := range w.vector(t, n) {
			sum[i] += v
		}
	}
	return sum
}

func (w *world) asCollector(t testing.TB) collector {
	t.Helper()
	id, err := w.session.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return collector{key: w.collector, session: w.session, id: id, leader: w.leader, helper: w.helper}
}

// fleet answers for the world's tiles in process.
type fleet struct {
	w       *world
	blocks  func(n int) []client.Block
	silent  map[int]bool
	damaged map[int]func(*client.Report)
	ledgers string
}

func (f fleet) Report(ctx context.Context, tile string, signed []byte) (client.Report, error) {
	n := slices.IndexFunc(f.w.tiles, func(k tileKey) bool { return k.Public() == tile })
	if f.silent[n] {
		return client.Report{}, errors.New("tile is down")
	}
	ledger, err := client.OpenLedger(filepath.Join(f.ledgers, fmt.Sprint(n)))
	if err != nil {
		return client.Report{}, err
	}
	measure := f.blocks
	if measure == nil {
		measure = blocks
	}
	replay := func(context.Context, *client.Session) ([]client.Block, error) { return measure(n), nil }
	report, err := client.NewTile(f.w.tiles[n], hub{}.Session, ledger).Answer(ctx, signed, replay)
	if damage := f.damaged[n]; damage != nil {
		damage(&report)
	}
	return report, err
}

func (w *world) options(f fleet) Options {
	f.w = w
	return Options{Session: w.signed, Open: hub{}.Session, Collector: w.collector, Leader: w.leader, Helper: w.helper, Fleet: f}
}

func figure(st pipeline.Statement, name string) string {
	for _, f := range st.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return "none"
}

func codes(st pipeline.Statement) string {
	var list []string
	for _, f := range st.Findings {
		list = append(list, f.Code)
	}
	return strings.Join(list, " ")
}
