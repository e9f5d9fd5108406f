package coq

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

// However many ask, no more is taken at once than there is, and everybody gets
// a turn.
func TestABudgetIsNeverExceeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(10)
		var mu sync.Mutex
		var now, most, served int64
		var wg sync.WaitGroup
		for i := range int64(40) {
			share := 1 + i%7
			wg.Go(func() {
				release, err := b.take(t.Context(), share)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				now += share
				most, served = max(most, now), served+1
				now -= share
				mu.Unlock()
				release()
				release() // once counts
			})
		}
		wg.Wait()
		if most > 10 || served != 40 || b.taken != 0 {
			t.Errorf("%d at once, %d served, %d still taken", most, served, b.taken)
		}
	})
}

func TestWhoWaitsForABudgetCanLeave(t *testing.T) {
	t.Parallel()
	b := NewBudget(10)
	release, err := b.take(t.Context(), 100) // more than all of it runs alone
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.take(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
