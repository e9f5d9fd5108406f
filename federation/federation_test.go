package federation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/google/go-cmp/cmp"
)

func TestReleasedVectorIsThePlainSum(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6, 3)
	for n := range w.tiles {
		if err := w.leader.Submit(t.Context(), w.report(t, n)); err != nil {
			t.Fatal(err)
		}
	}
	sum, set, err := w.asCollector(t).collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.plainSum(t, 0, 1, 2, 3, 4, 5), sum); diff != "" {
		t.Error(diff)
	}
	if len(set) != 6 {
		t.Errorf("%d reports in the sum, want 6", len(set))
	}
}

// TestSumWhateverIsResentOrRestarted: any order of reports, repetitions and
// restarts of the aggregators gives the sum of the tiles that reported.
func TestSumWhateverIsResentOrRestarted(t *testing.T) {
	t.Parallel()
	base := newWorld(t, 5, 2)
	reports := make([]client.Report, 5)
	for n := range reports {
		reports[n] = base.report(t, n)
	}
	for seed := range uint64(10) { // few: every step waits for the disk
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := *base
			w.dir = t.TempDir()
			w.start(t)
			w.walk(t, reports, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

// walk submits reports in random order, some again, with restarts between, and
// compares the release with the plain sum.
func (w *world) walk(t *testing.T, reports []client.Report, random *rand.Rand) {
	t.Helper()
	seen := map[int]bool{}
	for range 10 {
		if random.IntN(4) == 0 {
			w.restart(t)
		}
		n := random.IntN(len(reports))
		err := w.leader.Submit(t.Context(), reports[n])
		if again := errors.Is(err, ErrDuplicate); err != nil && !again || again != seen[n] {
			t.Fatalf("report %d, seen %t: %v", n, seen[n], err)
		}
		seen[n] = true
	}
	sum, set, err := w.asCollector(t).collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tiles := slices.Collect(maps.Keys(seen))
	if diff := cmp.Diff(w.plainSum(t, tiles...), sum); diff != "" || len(set) != len(tiles) {
		t.Fatalf("%d reports of tiles %v:\n%s", len(set), tiles, diff)
	}
}

// resign signs a header again after a lying tile changed it.
func resign(t *testing.T, r *client.Report, key tileKey) {
	t.Helper()
	r.Header.Leader, r.Header.Helper = pipeline.SumBytes(r.LeaderShare), pipeline.SumBytes(r.HelperShare)
	message, err := r.Header.Message()
	if err != nil {
		t.Fatal(err)
	}
	r.Signature, _ = key.Sign(message)
}

// reshare lets a lying tile change the shares before they are sealed.
func reshare(t *testing.T, w *world, r *client.Report, change func(leader, helper []byte)) {
	t.Helper()
	leader, err := w.leaderKey.open(client.ShareInfo(client.RoleLeader, r.Header), r.LeaderShare)
	if err != nil {
		t.Fatal(err)
	}
	helper, err := w.helperKey.open(client.ShareInfo(client.RoleHelper, r.Header), r.HelperShare)
	if err != nil {
		t.Fatal(err)
	}
	change(leader, helper)
	r.LeaderShare, err = w.session.Leader.SealTo(client.ShareInfo(client.RoleLeader, r.Header), leader)
	if err != nil {
		t.Fatal(err)
	}
	r.HelperShare, err = w.session.Helper.SealTo(client.ShareInfo(client.RoleHelper, r.Header), helper)
	if err != nil {
		t.Fatal(err)
	}
	resign(t, r, w.tiles[0])
}

func TestLeaderRefusesByName(t *testing.T) {
	t.Parallel()
	const element = 16 // bytes of a field element; the measurement comes first, then the proof
	cases := []struct {
		name   string
		change func(t *testing.T, w *world, r *client.Report)
		want   error
	}{
		{"sealed share flipped on the way", func(t *testing.T, w *world, r *client.Report) { r.LeaderShare[80] ^= 1 }, ErrSealed},
		{"helper share flipped on the way", func(t *testing.T, w *world, r *client.Report) { r.HelperShare[80] ^= 1 }, ErrSealed},
		{"sealed share flipped and signed", func(t *testing.T, w *world, r *client.Report) {
			r.LeaderShare[len(r.LeaderShare)-1] ^= 1
			resign(t, r, w.tiles[0])
		}, ErrSealed},
		{"measurement out of range", func(t *testing.T, w *world, r *client.Report) {
			reshare(t, w, r, func(leader, helper []byte) { leader[0] += 2 })
		}, ErrShare},
		{"proof of another vector", func(t *testing.T, w *world, r *client.Report) {
			measurement := w.session.Length() * int(w.session.Bits)
			reshare(t, w, r, func(leader, helper []byte) { leader[(measurement+3)*element]++ })
		}, ErrProof},
		{"helper's seed changed", func(t *testing.T, w *world, r *client.Report) {
			reshare(t, w, r, func(leader, helper []byte) { helper[0]++ })
		}, ErrShare},
		{"public share changed", func(t *testing.T, w *world, r *client.Report) {
			leader, helper := w.openShares(t, r)
			r.Header.Public[0]++
			w.sealShares(t, r, leader, helper)
		}, ErrShare},
		{"made for another candidate", func(t *testing.T, w *world, r *client.Report) {
			other := *w.session
			other.Change = pipeline.SumBytes([]byte("another change"))
			foreign, err := client.Shard(&other, w.vector(t, 0), w.tiles[0])
			if err != nil {
				t.Fatal(err)
			}
			*r = foreign
		}, ErrSession},
		{"made for another candidate, sealed for this one", func(t *testing.T, w *world, r *client.Report) {
			other := *w.session
			other.Change = pipeline.SumBytes([]byte("another change"))
			foreign, err := client.Shard(&other, w.vector(t, 0), w.tiles[0])
			if err != nil {
				t.Fatal(err)
			}
			leader, helper := w.openShares(t, &foreign)
			r.Header.Public = foreign.Header.Public
			w.sealShares(t, r, leader, helper)
		}, ErrShare},
		{"another tile's report under its own name", func(t *testing.T, w *world, r *client.Report) {
			r.Header.Tile = w.tiles[1].Public()
			resign(t, r, w.tiles[1])
		}, ErrNonce},
		{"another tile's report with its own nonce", func(t *testing.T, w *world, r *client.Report) {
			r.Header.Tile = w.tiles[1].Public()
			r.Header.Nonce = client.NonceOf(r.Header.Tile, r.Header.Session)
			resign(t, r, w.tiles[1])
		}, ErrSealed},
		{"another tile's signature", func(t *testing.T, w *world, r *client.Report) { resign(t, r, w.tiles[1]) }, ErrSignature},
		{"a nonce of its own choice", func(t *testing.T, w *world, r *client.Report) {
			r.Header.Nonce = "00000000000000000000000000000000"
			resign(t, r, w.tiles[0])
		}, ErrNonce},
		{"a tile that is not in the cohort", func(t *testing.T, w *world, r *client.Report) {
			stranger, err := client.Shard(w.session, w.vector(t, 0), newTileKey(99))
			if err != nil {
				t.Fatal(err)
			}
			*r = stranger
		}, ErrTile},
		{"no helper share", func(t *testing.T, w *world, r *client.Report) { r.HelperShare = nil }, ErrMissing},
		{"no leader share", func(t *testing.T, w *world, r *client.Report) { r.LeaderShare = nil }, ErrMissing},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 3, 2)
			r := w.report(t, 0)
			c.change(t, w, &r)
			if err := w.leader.Submit(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			for _, n := range []int{1, 2} {
				if err := w.leader.Submit(t.Context(), w.report(t, n)); err != nil {
					t.Fatal(err)
				}
			}
			sum, _, err := w.asCollector(t).collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(w.plainSum(t, 1, 2), sum); diff != "" {
				t.Errorf("a refused report is in the sum:\n%s", diff)
			}
		})
	}
}

func (w *world) openShares(t *testing.T, r *client.Report) (leader, helper []byte) {
	t.Helper()
	leader, err := w.leaderKey.open(client.ShareInfo(client.RoleLeader, r.Header), r.LeaderShare)
	if err != nil {
		t.Fatal(err)
	}
	helper, err = w.helperKey.open(client.ShareInfo(client.RoleHelper, r.Header), r.HelperShare)
	if err != nil {
		t.Fatal(err)
	}
	return leader, helper
}

func (w *world) sealShares(t *testing.T, r *client.Report, leader, helper []byte) {
	t.Helper()
	var err error
	if r.LeaderShare, err = w.session.Leader.SealTo(client.ShareInfo(client.RoleLeader, r.Header), leader); err != nil {
		t.Fatal(err)
	}
	if r.HelperShare, err = w.session.Helper.SealTo(client.ShareInfo(client.RoleHelper, r.Header), helper); err != nil {
		t.Fatal(err)
	}
	resign(t, r, w.tiles[0])
}

func TestReportCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	first, second := w.report(t, 0), w.report(t, 0) // the second has other randomness
	if err := w.leader.Submit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := w.leader.Submit(t.Context(), first); !errors.Is(err, ErrDuplicate) {
		t.Errorf("the same report: got %v, want %v", err, ErrDuplicate)
	}
	if err := w.leader.Submit(t.Context(), second); !errors.Is(err, ErrConflict) {
		t.Errorf("another report of the tile: got %v, want %v", err, ErrConflict)
	}
	if _, _, err := w.asCollector(t).collect(t.Context()); !errors.Is(err, ErrTooFew) {
		t.Errorf("one tile thrice: got %v, want %v", err, ErrTooFew)
	}
}

// lostAnswer is a helper that counts the report and whose answer is lost.
type lostAnswer struct{ Preparer }

func (l lostAnswer) Prepare(ctx context.Context, request Stamped[PrepareRequest]) (Stamped[PrepareReply], error) {
	if _, err := l.Preparer.Prepare(ctx, request); err != nil {
		return Stamped[PrepareReply]{}, err
	}
	return Stamped[PrepareReply]{}, ErrPeer
}

func TestReportThatOnlyTheHelperCountedIsCountedWhenResent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4, 2)
	reports := []client.Report{w.report(t, 0), w.report(t, 1), w.report(t, 2)}
	w.leader.helper = lostAnswer{w.helper}
	for _, r := range reports {
		if err := w.leader.Submit(t.Context(), r); !errors.Is(err, ErrPeer) {
			t.Fatalf("got %v, want %v", err, ErrPeer)
		}
	}
	w.restart(t)
	for _, r := range reports[:2] { // the third never comes again
		if err := w.leader.Submit(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	sum, _, err := w.asCollector(t).collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.plainSum(t, 0, 1), sum); diff != "" {
		t.Error(diff)
	}
}

func (w *world) submit(t *testing.T, tiles ...int) {
	t.Helper()
	for _, n := range tiles {
		if err := w.leader.Submit(t.Context(), w.report(t, n)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSessionIsReleasedOverOneSetOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, 2)
	w.submit(t, 0, 1, 2)
	c := w.asCollector(t)
	sum, set, err := c.collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.leader.Submit(t.Context(), w.report(t, 3)); !errors.Is(err, ErrClosed) {
		t.Errorf("a late report: got %v, want %v", err, ErrClosed)
	}
	if _, err := c.end(t.Context(), client.RoleHelper, EndRequest{Session: c.id, Set: set[1:]}); !errors.Is(err, ErrReleased) {
		t.Errorf("the helper over fewer reports: got %v, want %v", err, ErrReleased)
	}
	if err := c.abort(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("abort after the release: got %v, want %v", err, ErrClosed)
	}
	w.restart(t)
	again, _, err := w.asCollector(t).collect(t.Context())
	if err != nil || !slices.Equal(again, sum) {
		t.Errorf("released again after a restart: %v, %v; want %v", again, err, sum)
	}
}

func TestHelperSumsOnlyWhatItCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4, 2)
	w.submit(t, 0, 1)
	c := w.asCollector(t)
	have := w.leader.batches[c.id].chosen()
	stranger := client.NonceOf(w.tiles[3].Public(), c.id)
	cases := map[string]struct {
		set  []string
		want error
	}{
		"one of it":     {have[:1], ErrTooFew},
		"one twice":     {[]string{have[0], have[0]}, ErrSet},
		"unsorted":      {[]string{have[1], have[0]}, ErrSet},
		"one not there": {slices.Sorted(slices.Values([]string{have[0], stranger})), ErrSet},
	}
	for name, tc := range cases {
		if _, err := c.end(t.Context(), client.RoleHelper, EndRequest{Session: c.id, Set: tc.set}); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
}

func TestNothingIsReleasedAfterAnAbort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	w.submit(t, 0, 1)
	if err := w.asCollector(t).abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.restart(t)
	if _, _, err := w.asCollector(t).collect(t.Context()); !errors.Is(err, ErrAborted) {
		t.Errorf("collect: got %v, want %v", err, ErrAborted)
	}
	if err := w.leader.Submit(t.Context(), w.report(t, 2)); !errors.Is(err, ErrAborted) {
		t.Errorf("submit: got %v, want %v", err, ErrAborted)
	}
	if err := w.asCollector(t).abort(t.Context()); err != nil {
		t.Errorf("abort again: %v", err)
	}
}

func TestOnlyTheCollectorEndsASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	w.submit(t, 0, 1)
	c := w.asCollector(t)
	c.key = newKey(t, 77)
	if _, _, err := c.collect(t.Context()); !errors.Is(err, ErrChannel) {
		t.Errorf("got %v, want %v", err, ErrChannel)
	}
	if err := c.abort(t.Context()); !errors.Is(err, ErrChannel) {
		t.Errorf("got %v, want %v", err, ErrChannel)
	}
}

// alteredRequest changes what the leader tells the helper.
type alteredRequest struct {
	Preparer
	change func(*Stamped[PrepareRequest])
}

func (a alteredRequest) Prepare(ctx context.Context, request Stamped[PrepareRequest]) (Stamped[PrepareReply], error) {
	a.change(&request)
	return a.Preparer.Prepare(ctx, request)
}

func TestHelperBelievesOnlyTheLeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	cases := map[string]struct {
		change func(*Stamped[PrepareRequest])
		want   error
	}{
		"half of the proof changed": {func(m *Stamped[PrepareRequest]) { m.Message.Prep[0]++ }, ErrChannel},
		"no stamp":                  {func(m *Stamped[PrepareRequest]) { m.Stamp = nil }, ErrChannel},
		"other session":             {func(m *Stamped[PrepareRequest]) { m.Message.Header.Session = "x" }, ErrSession},
	}
	for name, c := range cases {
		w.leader.helper = alteredRequest{w.helper, c.change}
		if err := w.leader.Submit(t.Context(), w.report(t, 0)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	foreign := *w.session
	foreign.Leader = newKey(t, 9).Party()
	forged := signSession(t, w.session)
	forged[len(forged)-10] ^= 1
	cases := map[string]struct {
		signed []byte
		want   error
	}{
		"not signed":            {[]byte(`{"document":"e30=","signature":""}`), ErrUnsigned},
		"signature changed":     {forged, ErrUnsigned},
		"for another leader":    {signSession(t, &foreign), ErrParty},
		"signed but no session": {signSession(t, &client.Session{}), ErrSession},
	}
	for name, c := range cases {
		if err := w.leader.Open(t.Context(), c.signed); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}
