package durable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ErrLocked says that a running process holds the lock.
var ErrLocked = errors.New("another process holds it")

// retry is how long a waiting process sleeps between two attempts: the holder
// it waits for is one that was just killed.
const retry = 10 * time.Millisecond

// Lock takes the lock file at path and writes this process's id into it. The
// lock lasts until the file is closed, also by the kernel when the process is
// killed; a child that inherits the file holds it too. While another process
// holds it Lock waits, until the context ends ([ErrLocked]).
func Lock(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := wait(ctx, f); err != nil {
		holder, _ := os.ReadFile(path)
		return nil, errors.Join(fmt.Errorf("lock %s: %w (process %.20s)", path, err, holder), f.Close())
	}
	if err := f.Truncate(0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := fmt.Fprintf(f, "%d", os.Getpid()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func wait(ctx context.Context, f *os.File) error {
	again := time.NewTicker(retry)
	defer again.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		select {
		case <-ctx.Done():
			return ErrLocked
		case <-again.C:
		}
	}
}
