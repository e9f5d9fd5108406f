package federation

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
)

// desk is what leader and helper have in common: the key, the sessions, the
// directory of journals.
type desk struct {
	role   string
	key    *Key
	verify Verifier
	dir    string

	mu      sync.Mutex
	batches map[pipeline.Digest]*batch
}

// openDesk reads the sessions that dir holds; their journals continue.
func openDesk(role, dir string, key *Key, verify Verifier) (*desk, error) {
	d := &desk{role: role, key: key, verify: verify, dir: dir, batches: map[pipeline.Digest]*batch{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("federation %s: %w", role, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.journal"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := d.restore(file); err != nil {
			return nil, fmt.Errorf("federation %s: %w", role, err)
		}
	}
	return d, nil
}

func (d *desk) restore(file string) error {
	j, records, err := openJournal(file)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return fmt.Errorf("%s: %w", file, errDamaged)
	}
	b, err := d.empty(records[0].Session) // its signature was checked when it was written; by now it may have expired
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if string(b.id) != strings.TrimSuffix(filepath.Base(file), ".journal") {
		return fmt.Errorf("%s: %w: it holds session %s", file, errDamaged, b.id.Short())
	}
	b.journal = j
	d.batches[b.id] = b
	return b.restore(records[1:])
}

// parse checks a signed session and makes an empty batch for it.
func (d *desk) parse(signed []byte) (*batch, error) {
	if len(signed) > 2*client.MaxDocument { // a signed envelope carries the document in base64
		return nil, ErrSession
	}
	document, err := d.verify.Session(signed)
	if err != nil {
		return nil, because(ErrUnsigned, err)
	}
	return d.empty(document)
}

// empty makes a batch without reports.
func (d *desk) empty(document []byte) (*batch, error) {
	s, err := client.ParseSession(document)
	if err != nil {
		return nil, because(ErrSession, err)
	}
	b, err := newBatch(d.role, d.key, s)
	if err != nil {
		return nil, err
	}
	b.document = document
	return b, nil
}

// Open takes part in the signed session. A session that is known goes on; it
// is not opened anew. Refusals: [ErrUnsigned], [ErrSession], [ErrParty].
func (d *desk) Open(_ context.Context, signed []byte) error {
	b, err := d.parse(signed)
	if err != nil {
		return d.wrap(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.batches[b.id] != nil {
		return nil
	}
	b.journal, err = createJournal(filepath.Join(d.dir, string(b.id)+".journal"), record{Session: b.document})
	if err != nil {
		return d.wrap(err)
	}
	d.batches[b.id] = b
	return nil
}

// find returns the batch of an open or ended session.
func (d *desk) find(id pipeline.Digest) (*batch, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.batches[id]; b != nil {
		return b, nil
	}
	return nil, ErrSession
}

func (d *desk) wrap(err error) error { return fmt.Errorf("federation %s: %w", d.role, err) }

// Party is the aggregator's public key, as sessions name it.
func (d *desk) Party() client.Party { return d.key.Party() }

// Close closes the journals.
func (d *desk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first error
	for _, b := range d.batches {
		b.mu.Lock()
		if err := b.journal.close(); err != nil && first == nil {
			first = err
		}
		b.mu.Unlock()
	}
	return first
}

// End releases or aborts the session for its collector. Asked again it answers
// the same. Refusals: [ErrSession], [ErrChannel], [ErrTooFew], [ErrReleased],
// [ErrSet], [ErrAborted]; an abort after a release: [ErrClosed].
func (d *desk) End(_ context.Context, request Stamped[EndRequest]) (Stamped[EndReply], error) {
	b, err := d.find(request.Message.Session)
	if err != nil {
		return Stamped[EndReply]{}, d.wrap(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m, err := request.open(b.collect)
	if err != nil {
		return Stamped[EndReply]{}, d.wrap(err)
	}
	reply, err := b.endAs(m)
	if err != nil {
		return Stamped[EndReply]{}, d.wrap(err)
	}
	reply.Asked = request.Stamp
	return stamp(b.collect, reply)
}

func (b *batch) endAs(m EndRequest) (EndReply, error) {
	if m.Abort {
		return EndReply{}, b.abort()
	}
	set := m.Set
	if b.place == 0 {
		set = b.chosen()
	}
	share, err := b.release(set)
	if err != nil {
		return EndReply{}, err
	}
	sealed, err := b.session.Collector.SealTo(collectInfo(b.role(), b.id), share)
	return EndReply{Set: set, Share: sealed}, err
}

// collectInfo binds a sealed aggregate share to its aggregator and session.
func collectInfo(role string, id pipeline.Digest) []byte {
	return fmt.Appendf(nil, "genesis/federation-aggregate/v1\n%s\n%s", role, id)
}
