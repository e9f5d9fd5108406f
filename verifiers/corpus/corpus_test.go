package corpus

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

var contract = pipeline.SumBytes([]byte("contract"))

func one(v uint64) verifiers.Case { return verifiers.Case{Inputs: [][]uint64{{v}}} }

func set(cases []verifiers.Case) map[string]bool {
	out := map[string]bool{}
	for _, c := range cases {
		out[string(c.Encode())] = true
	}
	return out
}

// Whatever is added and replaced, what is read is what was kept, per contract.
func TestStoreKeepsWhatItIsTold(t *testing.T) {
	t.Parallel()
	values := rapid.SliceOfN(rapid.Uint64Range(0, 4), 0, 2)
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		other := pipeline.SumBytes([]byte("another version"))
		want, regressions := map[string]bool{}, map[string]bool{}
		var before []verifiers.Case
		for range rapid.IntRange(1, 2).Draw(r, "rounds") {
			var after []verifiers.Case
			for _, v := range values.Draw(r, "seeds") {
				after = append(after, one(v))
			}
			c := one(rapid.Uint64().Draw(r, "witness"))
			regressions[string(c.Encode())] = true
			s := Open(dir) // as after a restart
			if err := errors.Join(s.ReplaceSeeds(contract, before, after), s.AddRegression(contract, c)); err != nil {
				r.Fatal(err)
			}
			before, want = after, set(after)
		}
		seeds, err := Open(dir).Seeds(contract)
		if err != nil || fmt.Sprint(set(seeds)) != fmt.Sprint(want) {
			r.Fatalf("got %v, %v, want %v", seeds, err, want)
		}
		witnesses, err := Open(dir).Regressions(contract)
		if err != nil || fmt.Sprint(set(witnesses)) != fmt.Sprint(regressions) {
			r.Fatalf("got %v, %v, want %v", witnesses, err, regressions)
		}
		if none, err := Open(dir).Seeds(other); err != nil || len(none) > 0 {
			r.Fatalf("another contract has %v, %v", none, err)
		}
	})
}

func TestDamageIsNamed(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	if err := s.AddRegression(contract, one(7)); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(s.dir, string(contract), "regression")
	for _, stray := range []string{".replacing-1", "README", "x" + suffix} {
		if err := os.WriteFile(filepath.Join(dir, stray), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Regressions(contract); err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name(one(7).Encode())), one(8).Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Regressions(contract); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
	for _, bad := range []pipeline.Digest{"", "../../etc", "ABC"} {
		if err := s.AddRegression(bad, one(1)); !errors.Is(err, pipeline.ErrDigest) {
			t.Errorf("contract %q: %v", bad, err)
		}
	}
}

func TestOldestGoesFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for v := range uint64(6) {
		if err := write(dir, one(v)); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(int64(1000-v), 0)
		if err := os.Chtimes(filepath.Join(dir, name(one(v).Encode())), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := dropOldest(dir, 2); err != nil {
		t.Fatal(err)
	}
	for v := range uint64(6) {
		_, err := os.Stat(filepath.Join(dir, name(one(v).Encode())))
		if kept := err == nil; kept != (v < 2) {
			t.Errorf("case %d kept: %t", v, kept)
		}
	}
}

// Two runs that use a folder at once lose nothing that the other one added.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all sync.WaitGroup
	for k := range uint64(4) {
		all.Go(func() {
			var mine []verifiers.Case
			for v := range uint64(10) {
				next := append(mine[:len(mine):len(mine)], one(100*k+v))
				if err := Open(dir).ReplaceSeeds(contract, mine, next); err != nil {
					t.Error(err)
				}
				mine = next
			}
		})
	}
	all.Wait()
	if got, err := Open(dir).Seeds(contract); err != nil || len(got) != 40 {
		t.Errorf("%d cases, %v", len(got), err)
	}
}
