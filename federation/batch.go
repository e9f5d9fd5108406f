package federation

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cloudflare/circl/vdaf/prio3/sumvec"
	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
)

// Verifier checks signatures for an aggregator; rollout/trust makes one.
type Verifier interface {
	// Session returns the document inside a session that the control plane
	// signed.
	Session(signed []byte) (document []byte, err error)
	// Report checks a tile's signature; the tile is its public key as cohorts
	// name it.
	Report(tile string, message, signature []byte) error
}

// batch is what one aggregator holds of one session.
type batch struct {
	mu       sync.Mutex // guards what changes: accepted, order, end, journal
	document []byte     // the session, after its signature was checked
	session  *client.Session
	id       pipeline.Digest
	place    uint8 // of the aggregator in the VDAF: 0 leader, 1 helper
	vdaf     *sumvec.SumVec
	verify   sumvec.VerifyKey // known to both aggregators, to no tile
	peer     []byte           // authenticates messages between the aggregators
	collect  []byte           // authenticates the collector
	key      *Key
	accepted map[string]accepted // by nonce
	order    []string            // nonces as they came
	end      *ending
	journal  *journal
}

// newBatch makes an empty batch; role is client.RoleLeader or RoleHelper.
func newBatch(role string, key *Key, s *client.Session) (*batch, error) {
	b := &batch{session: s, key: key, accepted: map[string]accepted{}}
	own, other := s.Leader, s.Helper
	if role == client.RoleHelper {
		own, other, b.place = s.Helper, s.Leader, 1
	}
	if own != key.Party() {
		return nil, ErrParty
	}
	var err error
	if b.id, err = s.Digest(); err != nil {
		return nil, because(ErrSession, err)
	}
	if b.vdaf, err = s.VDAF(); err != nil {
		return nil, because(ErrSession, err)
	}
	return b, b.deriveSecrets(role, other)
}

func (b *batch) deriveSecrets(role string, other client.Party) error {
	verify, err := b.key.agree(other, b.id, "verify key", len(b.verify))
	if err != nil {
		return err
	}
	copy(b.verify[:], verify)
	if b.peer, err = b.key.agree(other, b.id, "aggregators", 32); err != nil {
		return err
	}
	b.collect, err = b.key.agree(b.session.Collector, b.id, "collector "+role, 32)
	return err
}

func (b *batch) role() string {
	if b.place == 0 {
		return client.RoleLeader
	}
	return client.RoleHelper
}

// restore replays the journal's records after the first.
func (b *batch) restore(records []record) error {
	for _, r := range records {
		switch {
		case r.Report != nil:
			b.remember(*r.Report)
		case r.End != nil:
			b.end = r.End
		default:
			return errDamaged
		}
	}
	if b.end != nil { // a crash may have come before it was forgotten
		return b.forget()
	}
	return nil
}

func (b *batch) remember(a accepted) {
	b.accepted[a.Nonce] = a
	b.order = append(b.order, a.Nonce)
}

// checkHeader accepts only what the tile of this cohort signed for this
// session.
func (b *batch) checkHeader(v Verifier, h client.Header, signature []byte) error {
	switch {
	case h.Session != b.id:
		return ErrSession
	case !b.session.Has(h.Tile):
		return ErrTile
	case h.Nonce != client.NonceOf(h.Tile, b.id):
		return ErrNonce
	}
	message, err := h.Message()
	if err != nil {
		return because(ErrSignature, err)
	}
	if err := v.Report(h.Tile, message, signature); err != nil {
		return because(ErrSignature, err)
	}
	return nil
}

// prepare opens the own share and computes the own half of the proof.
func (b *batch) prepare(h client.Header, sealed []byte, want pipeline.Digest) (*sumvec.PrepState, *sumvec.PrepShare, error) {
	if len(sealed) == 0 {
		return nil, nil, fmt.Errorf("%s: %w", b.role(), ErrMissing)
	}
	if pipeline.SumBytes(sealed) != want {
		return nil, nil, fmt.Errorf("%s: %w: its digest is not the signed one", b.role(), ErrSealed)
	}
	raw, err := b.key.open(client.ShareInfo(b.role(), h), sealed)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", b.role(), because(ErrSealed, err))
	}
	state, share, err := b.verifyShare(h, raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", b.role(), because(ErrShare, err))
	}
	return state, share, nil
}

func (b *batch) verifyShare(h client.Header, raw []byte) (*sumvec.PrepState, *sumvec.PrepShare, error) {
	params := b.vdaf.Params()
	var public sumvec.PublicShare
	if err := public.New(&params).UnmarshalBinary(h.Public); err != nil {
		return nil, nil, err
	}
	var share sumvec.InputShare
	if err := share.New(&params, uint(b.place)).UnmarshalBinary(raw); err != nil {
		return nil, nil, err
	}
	nonce, err := client.ParseNonce(h.Nonce)
	if err != nil {
		return nil, nil, err
	}
	return b.vdaf.PrepInit(&b.verify, nonce, b.place, public, share)
}

// finish checks the proof over both halves and returns the output share.
func (b *batch) finish(state *sumvec.PrepState, leader, helper *sumvec.PrepShare) ([]byte, error) {
	message, err := b.vdaf.PrepSharesToPrep([]sumvec.PrepShare{*leader, *helper})
	if err != nil {
		return nil, because(ErrProof, err)
	}
	out, err := b.vdaf.PrepNext(state, message)
	if err != nil {
		return nil, because(ErrShare, err)
	}
	return out.MarshalBinary()
}

func (b *batch) decodePrep(raw []byte) (*sumvec.PrepShare, error) {
	params := b.vdaf.Params()
	var share sumvec.PrepShare
	if err := share.New(&params).UnmarshalBinary(raw); err != nil {
		return nil, because(ErrShare, err)
	}
	return &share, nil
}

// known says whether a report was counted: [ErrDuplicate] for the same one,
// [ErrConflict] for another one of the same tile.
func (b *batch) known(h client.Header) error {
	a, found := b.accepted[h.Nonce]
	if !found {
		return nil
	}
	if id, err := h.Digest(); err != nil || a.Report != id {
		return ErrConflict
	}
	return ErrDuplicate
}

// accept counts the report, durably.
func (b *batch) accept(h client.Header, out []byte) error {
	id, err := h.Digest()
	if err != nil {
		return err
	}
	a := accepted{Nonce: h.Nonce, Report: id, Out: out}
	if err := b.journal.append(record{Report: &a}); err != nil {
		return err
	}
	b.remember(a)
	return nil
}

// ended says why the session takes no more reports, nil while it does.
func (b *batch) ended() error {
	switch {
	case b.end == nil:
		return nil
	case b.end.Aborted:
		return ErrAborted
	}
	return ErrClosed
}

// release closes the session over the set of nonces and returns the aggregate
// share. A second release gives the same share; another set is refused.
func (b *batch) release(set []string) ([]byte, error) {
	if b.end != nil {
		return b.releasedOver(set)
	}
	if len(set) < b.session.MinTiles {
		return nil, fmt.Errorf("%w: %d of %d", ErrTooFew, len(set), b.session.MinTiles)
	}
	share, err := b.sum(set)
	if err != nil {
		return nil, err
	}
	return share, b.finishWith(&ending{Set: set, Share: share})
}

func (b *batch) releasedOver(set []string) ([]byte, error) {
	if b.end.Aborted {
		return nil, ErrAborted
	}
	if !slices.Equal(b.end.Set, set) {
		return nil, ErrReleased
	}
	return b.end.Share, nil
}

// sum adds the output shares of a set of different, accepted reports.
func (b *batch) sum(set []string) ([]byte, error) {
	params := b.vdaf.Params()
	total := b.vdaf.AggregateInit()
	for i, nonce := range set {
		a, found := b.accepted[nonce]
		if !found || i > 0 && nonce <= set[i-1] {
			return nil, ErrSet
		}
		var out sumvec.OutShare
		if err := out.New(&params).UnmarshalBinary(a.Out); err != nil {
			return nil, errors.Join(errDamaged, err)
		}
		b.vdaf.AggregateUpdate(&total, &out)
	}
	return total.MarshalBinary()
}

// abort ends the session without a release. A released one stays released.
func (b *batch) abort() error {
	switch {
	case b.end == nil:
		return b.finishWith(&ending{Aborted: true})
	case b.end.Aborted:
		return nil
	}
	return ErrClosed
}

// finishWith ends the session and forgets the tiles' output shares: from now
// on nothing but this sum can be had here.
func (b *batch) finishWith(end *ending) error {
	if err := b.journal.append(record{End: end}); err != nil {
		return err
	}
	b.end = end
	return b.forget()
}

// forget drops output shares from memory and file.
func (b *batch) forget() error {
	records := []record{{Session: b.document}}
	for _, nonce := range b.order {
		a := b.accepted[nonce]
		a.Out = nil
		b.accepted[nonce] = a
		records = append(records, record{Report: &a})
	}
	return b.journal.replace(append(records, record{End: b.end}))
}
