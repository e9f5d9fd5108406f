package evolve

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/genesis-network/genesis/pipeline"
)

// ErrJournal says that a journal is damaged, or of another search.
var ErrJournal = errors.New("evolve: journal does not fit")

// entry is one line of a journal: the results of an epoch, and the digest of
// the state after it. The digests chain the lines.
type entry struct {
	Epoch   int             `json:"epoch"`
	Results []Result        `json:"results"`
	Digest  pipeline.Digest `json:"digest"`
}

// maxEntry bounds one line of a journal in bytes.
const maxEntry = 16 << 20

// Record writes the line of the epoch that was just applied with these
// results. The writer decides when it is durable.
func (s *Search) Record(w io.Writer, results []Result) error {
	line, err := json.Marshal(entry{Epoch: s.epoch, Results: results, Digest: s.chain})
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// Replay applies the epochs of a journal to a new search: candidates are made
// again, results are read. It returns the number of bytes that hold whole
// epochs; what follows is the torn line of a crash, and is to be cut off. A
// journal of another search, or one that was changed, is refused.
func (s *Search) Replay(r io.Reader) (whole int64, err error) {
	lines := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > maxEntry {
			return whole, fmt.Errorf("%w: line of %d bytes", ErrJournal, len(line))
		}
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
		if err := s.replayLine(line); err != nil {
			return whole, err
		}
		whole += int64(len(line))
	}
}

func (s *Search) replayLine(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("%w: epoch %d: %w", ErrJournal, s.epoch+1, err)
	}
	if err := s.Apply(s.Next(), e.Results); err != nil {
		return fmt.Errorf("%w: epoch %d: %w", ErrJournal, s.epoch+1, err)
	}
	if e.Epoch != s.epoch || e.Digest != s.chain {
		return fmt.Errorf("%w: epoch %d has digest %s, computed %s", ErrJournal, e.Epoch, e.Digest.Short(), s.chain.Short())
	}
	return nil
}
