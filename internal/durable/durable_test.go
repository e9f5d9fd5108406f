package durable

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestReplaceIsWholeAndPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	for _, content := range []string{"one", "", "three"} {
		if err := Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("got %q, %v; want %q", got, err, content)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := Replace(filepath.Join(t.TempDir(), "none", "state"), nil); err == nil {
		t.Error("a missing directory is no error")
	}
}

func TestLockIsFreeWhenItsHolderIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Lock(over, path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "process") {
		t.Errorf("got %v, want %v and the holder", err, ErrLocked)
	}
	waiting := make(chan error)
	go func() {
		f, err := Lock(t.Context(), path)
		if err == nil {
			err = f.Close()
		}
		waiting <- err
	}()
	first.Close()
	if err := <-waiting; err != nil {
		t.Errorf("waiting: %v", err)
	}
}

func TestChildHoldsAnInheritedLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	mine, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command("cat")
	child.ExtraFiles = []*os.File{mine}
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	mine.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Lock(over, path); !errors.Is(err, ErrLocked) {
		t.Errorf("child runs: got %v, want %v", err, ErrLocked)
	}
	in.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
