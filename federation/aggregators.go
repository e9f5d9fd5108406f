package federation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cloudflare/circl/vdaf/prio3/sumvec"
	"github.com/genesis-network/genesis/federation/client"
)

// Preparer is the helper, as the leader sees it.
type Preparer interface {
	// Prepare checks the helper's share and counts the report at the helper.
	Prepare(ctx context.Context, request Stamped[PrepareRequest]) (Stamped[PrepareReply], error)
}

// Leader takes reports, checks each together with the helper and adds up its
// own shares.
type Leader struct {
	*desk
	helper Preparer
}

// Helper holds the other shares.
type Helper struct{ *desk }

var _ Preparer = (*Helper)(nil)

// NewLeader opens the leader whose sessions are kept in dir.
func NewLeader(dir string, key *Key, verify Verifier, helper Preparer) (*Leader, error) {
	d, err := openDesk(client.RoleLeader, dir, key, verify)
	return &Leader{desk: d, helper: helper}, err
}

// NewHelper opens the helper whose sessions are kept in dir.
func NewHelper(dir string, key *Key, verify Verifier) (*Helper, error) {
	d, err := openDesk(client.RoleHelper, dir, key, verify)
	return &Helper{desk: d}, err
}

// Submit verifies the report in one round with the helper and counts it. A
// report that was counted is refused with [ErrDuplicate] and changes nothing,
// so it may be resent. [ErrPeer] is no refusal: the helper must be asked again.
func (l *Leader) Submit(ctx context.Context, r client.Report) error {
	b, err := l.find(r.Header.Session)
	if err != nil {
		return l.wrap(err)
	}
	b.mu.Lock() // for the whole round: a tile's two reports cannot overtake each other
	defer b.mu.Unlock()
	if err := l.submit(ctx, b, r); err != nil {
		return l.wrap(err)
	}
	return nil
}

func (l *Leader) submit(ctx context.Context, b *batch, r client.Report) error {
	if len(r.LeaderShare) == 0 || len(r.HelperShare) == 0 {
		return ErrMissing
	}
	if err := b.admit(l.verify, r.Header, r.Signature); err != nil {
		return err
	}
	state, prep, err := b.prepare(r.Header, r.LeaderShare, r.Header.Leader)
	if err != nil {
		return err
	}
	other, err := l.ask(ctx, b, r, prep)
	if err != nil {
		return err
	}
	out, err := b.finish(state, prep, other)
	if err != nil {
		return err
	}
	return b.accept(r.Header, out)
}

// admit lets a header pass that is genuine, new, and in time.
func (b *batch) admit(v Verifier, h client.Header, signature []byte) error {
	if err := b.checkHeader(v, h, signature); err != nil {
		return err
	}
	if err := b.known(h); err != nil {
		return err
	}
	return b.ended()
}

// roundTimeout bounds the round with the helper, during which the session
// takes no other report. Leader and helper are near each other.
const roundTimeout = 15 * time.Second

// ask gets the helper's half of the proof.
func (l *Leader) ask(ctx context.Context, b *batch, r client.Report, prep *sumvec.PrepShare) (*sumvec.PrepShare, error) {
	half, err := prep.MarshalBinary()
	if err != nil {
		return nil, err
	}
	request, err := stamp(b.peer, PrepareRequest{Header: r.Header, Signature: r.Signature, Share: r.HelperShare, Prep: half})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	reply, err := l.helper.Prepare(ctx, request)
	if err != nil {
		return nil, err
	}
	m, err := reply.open(b.peer)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(m.Asked, request.Stamp) {
		return nil, fmt.Errorf("%w: answer to another question", ErrChannel)
	}
	return b.decodePrep(m.Prep)
}

// chosen is the set that the leader releases: what it counted, sorted.
func (b *batch) chosen() []string {
	if b.end != nil {
		return b.end.Set
	}
	return slices.Sorted(slices.Values(b.order))
}

// Prepare implements [Preparer]. A report that was counted is answered again
// and not counted again: the leader may have crashed before it heard.
func (h *Helper) Prepare(_ context.Context, request Stamped[PrepareRequest]) (Stamped[PrepareReply], error) {
	b, err := h.find(request.Message.Header.Session)
	if err != nil {
		return Stamped[PrepareReply]{}, h.wrap(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m, err := request.open(b.peer)
	if err != nil {
		return Stamped[PrepareReply]{}, h.wrap(err)
	}
	half, err := h.prepare(b, m)
	if err != nil {
		return Stamped[PrepareReply]{}, h.wrap(err)
	}
	return stamp(b.peer, PrepareReply{Prep: half, Asked: request.Stamp})
}

func (h *Helper) prepare(b *batch, m PrepareRequest) ([]byte, error) {
	err := b.admit(h.verify, m.Header, m.Signature)
	again := err != nil && Code(err) == ErrDuplicate.Code && b.end == nil
	if err != nil && !again {
		return nil, err
	}
	state, prep, err := b.prepare(m.Header, m.Share, m.Header.Helper)
	if err != nil {
		return nil, err
	}
	leader, err := b.decodePrep(m.Prep)
	if err != nil {
		return nil, err
	}
	out, err := b.finish(state, leader, prep)
	if err != nil {
		return nil, err
	}
	if !again {
		if err := b.accept(m.Header, out); err != nil {
			return nil, err
		}
	}
	return prep.MarshalBinary()
}
