package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/proposers/evolve"
)

// journal is a file of epochs. The searches of one command follow each other in
// it, in a fixed order, so that it is read front to back: each search takes its
// lines until it is done or the file ends, and appends after that.
type journal struct {
	file  *os.File // nil: nothing is kept
	lock  *os.File
	lines *bufio.Reader
	whole int64 // bytes of whole epochs read
	ended bool  // what was read is behind; from here on it is written
}

// openJournal opens or creates a journal. While another process has it the
// command refuses to start.
func openJournal(path string) (*journal, error) {
	if path == "" {
		return &journal{ended: true}, nil
	}
	wait, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	lock, err := durable.Lock(wait, path+".lock")
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &journal{file: f, lock: lock, lines: bufio.NewReader(f)}, nil
}

// replay brings a new search to where the journal left it.
func (j *journal) replay(s *evolve.Search) error {
	for !j.ended && !s.Done() {
		line, err := j.lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return j.cut()
		}
		if err != nil {
			return err
		}
		n, err := s.Replay(bytes.NewReader(line))
		if err != nil {
			return withCode(ExitUsage, fmt.Errorf("journal %s at byte %d: %w (another campaign, seed, lineage or version?)", j.file.Name(), j.whole, err))
		}
		j.whole += n
	}
	return nil
}

// cut removes the torn line of a crash and turns from reading to writing.
func (j *journal) cut() error {
	j.ended = true
	if err := j.file.Truncate(j.whole); err != nil {
		return err
	}
	_, err := j.file.Seek(j.whole, io.SeekStart)
	return err
}

// Write appends the line of an epoch, which survives a crash of the machine
// when Write returns.
func (j *journal) Write(line []byte) (int, error) {
	if j.file == nil {
		return len(line), nil
	}
	n, err := j.file.Write(line)
	if err != nil {
		return n, err
	}
	return n, j.file.Sync()
}

// finish says whether the journal holds more than the searches that were made.
func (j *journal) finish() error {
	if j.ended {
		return nil
	}
	rest, err := j.lines.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return j.cut()
	}
	if err != nil {
		return err
	}
	return withCode(ExitUsage, fmt.Errorf("journal %s: %w: %d bytes and more after the last search, from byte %d", j.file.Name(), evolve.ErrJournal, len(rest), j.whole))
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return errors.Join(j.file.Close(), j.lock.Close())
}
