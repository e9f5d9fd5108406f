package workflows

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
)

// Connection is a connection to the workflow engine, with the workers that this
// process runs for it. Nobody outside this room sees the engine's own types.
type Connection struct {
	engine  client.Client
	workers []worker.Worker
}

// Connect dials the engine; see [Dial].
func Connect(ctx context.Context, address, namespace string, to *slog.Logger) (*Connection, error) {
	engine, err := Dial(ctx, address, namespace, to)
	if err != nil {
		return nil, err
	}
	return &Connection{engine: engine}, nil
}

// Client starts workflows over the connection.
func (c *Connection) Client() *Client { return NewClient(c.engine) }

// Work starts a worker for every task queue.
func (c *Connection) Work(a Activities, capacity Capacity) error {
	for _, w := range Workers(c.engine, a, capacity) {
		if err := w.Start(); err != nil {
			return fmt.Errorf("workflows: worker: %w", err)
		}
		c.workers = append(c.workers, w)
	}
	return nil
}

// Close stops the workers, which give back what they are at, and disconnects.
func (c *Connection) Close() {
	for _, w := range slices.Backward(c.workers) {
		w.Stop()
	}
	c.engine.Close()
}
