package coq

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"sync"
)

// Budget bounds the memory that the runs of Coq in this process may be given at
// once. A run waits until its share ([Options].Memory) is free. Runs that share
// a budget share the limit; nothing else is known of: two processes have two
// budgets.
type Budget struct {
	total int64

	mu    sync.Mutex
	taken int64
	freed chan struct{} // closed and made anew whenever something is given back
}

// NewBudget is a budget of so many bytes. A run that asks for more than all of
// it runs alone.
func NewBudget(bytes int64) *Budget { return &Budget{total: bytes, freed: make(chan struct{})} }

// DefaultBudget is shared by all runs that name no budget: three quarters of
// the machine's memory.
var DefaultBudget = NewBudget(machineMemory() * 3 / 4)

// take waits for a share and returns how to give it back.
func (b *Budget) take(ctx context.Context, share int64) (release func(), err error) {
	share = min(share, b.total)
	for {
		b.mu.Lock()
		if b.taken+share <= b.total {
			b.taken += share
			b.mu.Unlock()
			return sync.OnceFunc(func() { b.give(share) }), nil
		}
		freed := b.freed
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-freed:
		}
	}
}

func (b *Budget) give(share int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken -= share
	close(b.freed)
	b.freed = make(chan struct{})
}

// machineMemory is what the kernel says this machine has, in bytes; where it
// says nothing, enough for one run.
func machineMemory() int64 {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 2 * DefaultMemory
	}
	fields := bytes.Fields(raw) // MemTotal: N kB
	if len(fields) < 2 {
		return 2 * DefaultMemory
	}
	kib, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 2 * DefaultMemory
	}
	return kib << 10
}
