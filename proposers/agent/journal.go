package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/genesis-network/genesis/pipeline"
)

// ErrRecord says that a journal or a cassette is damaged.
var ErrRecord = errors.New("agent: damaged record")

// ErrNotRecorded says that a cassette without a model was asked something new.
var ErrNotRecorded = errors.New("agent: no recorded reply for this request; the task differs from the recorded one")

// Journal appends attempts to a file, each line chained to the one before.
type Journal struct {
	w    io.Writer
	prev pipeline.Digest
}

type journalLine struct {
	Prev    pipeline.Digest `json:"prev"`
	Attempt Attempt         `json:"attempt"`
}

// NewJournal starts a journal. The writer decides when a line is durable. A run
// that is resumed writes its journal anew: it makes the same attempts again.
func NewJournal(w io.Writer) *Journal { return &Journal{w: w} }

// Append writes one attempt; it is a Task's Journal.
func (j *Journal) Append(a Attempt) error {
	text, err := pipeline.Canonical(journalLine{j.prev, a})
	if err != nil {
		return err
	}
	j.prev = pipeline.SumBytes(text)
	_, err = j.w.Write(append(text, '\n'))
	return err
}

// ReadJournal reads the attempts of a journal. A line that a crash tore at the
// end is left out; any other damage is an ErrRecord.
func ReadJournal(r io.Reader) ([]Attempt, error) {
	var out []Attempt
	var prev pipeline.Digest
	_, err := eachLine(r, func(text []byte) error {
		var l journalLine
		if err := pipeline.Decode(text, &l); err != nil {
			return err
		}
		if l.Prev != prev {
			return errors.New("not the line that followed")
		}
		prev = pipeline.SumBytes(text)
		out = append(out, l.Attempt)
		return nil
	})
	return out, err
}

const maxRecords = 64 << 20 // bytes of a file of records

// eachLine calls f with each whole line, and says how many bytes they are.
func eachLine(r io.Reader, f func([]byte) error) (whole int64, err error) {
	text, err := io.ReadAll(io.LimitReader(r, maxRecords))
	if err != nil {
		return 0, fmt.Errorf("agent: records: %w", err)
	}
	for n := 1; ; n++ {
		l, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok {
			return whole, nil
		}
		if err := f(l); err != nil {
			return whole, fmt.Errorf("%w: line %d: %w", ErrRecord, n, err)
		}
		whole, text = whole+int64(len(l))+1, rest
	}
}

// record is one line of a cassette: a reply, or what a broken call wasted.
type record struct {
	Request pipeline.Digest `json:"request"`
	Reply   *Reply          `json:"reply,omitempty"`
	Waste   int64           `json:"waste,omitempty"`
}

// Cassette is a model that remembers: a request that was answered before gets
// the recorded reply, in the order of recording, and costs nothing; a new one
// goes to the model behind it, and its reply is recorded before it is used. It
// is safe for concurrent use.
type Cassette struct {
	model Model // nil: replay only
	w     io.Writer

	mu      sync.Mutex
	replies map[pipeline.Digest][]Reply
	waste   map[pipeline.Digest]int64
}

var _ Model = (*Cassette)(nil)

// NewCassette reads what was recorded (nil for nothing) and appends to w. whole
// is how many bytes of r are whole lines: what follows is the torn line of a
// crash, and is to be cut off before w appends there.
func NewCassette(m Model, r io.Reader, w io.Writer) (c *Cassette, whole int64, err error) {
	c = &Cassette{model: m, w: w, replies: map[pipeline.Digest][]Reply{}, waste: map[pipeline.Digest]int64{}}
	if r == nil {
		return c, 0, nil
	}
	whole, err = eachLine(r, func(text []byte) error {
		var rec record
		if err := pipeline.Decode(text, &rec); err != nil {
			return err
		}
		c.keep(rec)
		return nil
	})
	return c, whole, err
}

// final is an error that asking again does not mend: what cannot be recorded
// must not be paid for twice.
type final struct{ error }

func (final) Permanent() bool { return true }
func (f final) Unwrap() error { return f.error }

func (c *Cassette) keep(rec record) {
	if rec.Reply != nil {
		c.replies[rec.Request] = append(c.replies[rec.Request], *rec.Reply)
		return
	}
	c.waste[rec.Request] += rec.Waste
}

// Complete answers from the recording, else asks the model.
func (c *Cassette) Complete(ctx context.Context, req Request) (Reply, error) {
	d := req.Digest()
	if reply, ok := c.next(d); ok {
		return reply, nil
	}
	if c.model == nil {
		return Reply{}, final{ErrNotRecorded}
	}
	reply, err := c.model.Complete(ctx, req)
	if err != nil {
		if n := waste(err, req); n > 0 {
			if lost := c.write(record{Request: d, Waste: n}); lost != nil {
				return Reply{}, lost
			}
		}
		return Reply{}, err
	}
	clean := recordable(reply)
	if err := c.write(record{Request: d, Reply: &clean}); err != nil {
		return Reply{}, err
	}
	clean.Wasted = c.wasted(d)
	return clean, nil
}

// recordable makes a reply that can be recorded exactly.
func recordable(r Reply) Reply {
	r.Text, r.Model = string(bytes.ToValidUTF8([]byte(r.Text), []byte("?"))), line(r.Model)
	r.In, r.Out = max(r.In, 0), max(r.Out, 0)
	return r
}

func (c *Cassette) next(d pipeline.Digest) (Reply, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := c.replies[d]
	if len(rest) == 0 {
		return Reply{}, false
	}
	c.replies[d] = rest[1:]
	r := rest[0]
	r.Wasted, c.waste[d] = c.waste[d], 0
	return r, true
}

func (c *Cassette) wasted(d pipeline.Digest) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.waste[d]
	c.waste[d] = 0
	return n
}

func (c *Cassette) write(rec record) error {
	text, err := pipeline.Canonical(rec)
	if err != nil {
		return final{fmt.Errorf("agent: record: %w", err)}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.w.Write(append(text, '\n')); err != nil {
		return final{fmt.Errorf("agent: record: %w", err)}
	}
	return nil
}
