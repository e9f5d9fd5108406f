package store_test

import (
	"context"
	"fmt"
	"os"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// A change is created, moved by the table of its life, and every step leaves an
// event to resume from.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	change, _, err := s.Changes.Create(ctx, store.NewChange(exampleChange("proof")))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Changes.Update(ctx, change.ID, change.Version, func(c *store.Change) error {
		return c.Apply(pipeline.Started, pipeline.Facts{BaseHolds: true}, "a worker took it up")
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	events, err := s.Events(ctx, 0)
	for _, e := range events {
		fmt.Println(e.Seq, e.Type, e.Version, e.State)
	}
	fmt.Println(err)
	// Output:
	// 1 change.created 1 proposed
	// 2 change.updated 2 verifying
	// <nil>
}
