package main

import (
	"context"
	"sync/atomic"
	"time"
)

// The backend that the limiter protects. The simulator in ../sim.go has the
// same numbers.
const (
	workers     = 4
	serviceTime = 20 * time.Millisecond
)

// backend does one piece of work in a fixed time, a few at once; the rest waits
// in order. It stands for a database with a small pool of connections.
type backend struct {
	places chan struct{}
	open   atomic.Int64 // waiting or worked on
}

func newBackend() *backend { return &backend{places: make(chan struct{}, workers)} }

// enter counts a piece of work that was admitted, before the next request is
// decided; work must follow.
func (b *backend) enter() { b.open.Add(1) }

// work returns when the piece of work is done.
func (b *backend) work(ctx context.Context) error {
	defer b.open.Add(-1)
	select {
	case b.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-b.places }()
	select {
	case <-time.After(serviceTime):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
