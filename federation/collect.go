package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cloudflare/circl/vdaf/prio3/sumvec"
	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
)

// Aggregator is what the collector asks of the helper.
type Aggregator interface {
	Open(ctx context.Context, signed []byte) error
	End(ctx context.Context, request Stamped[EndRequest]) (Stamped[EndReply], error)
}

// Intake is what it asks of the leader: the same, and to take reports.
type Intake interface {
	Aggregator
	Submit(ctx context.Context, report client.Report) error
}

var (
	_ Intake     = (*Leader)(nil)
	_ Intake     = (*Remote)(nil)
	_ Aggregator = (*Helper)(nil)
)

// errAnswer says that an aggregator's answer does not fit the question.
var errAnswer = errors.New("aggregators do not agree on what was released")

// collector ends sessions and recovers the sum.
type collector struct {
	key     *Key
	session *client.Session
	id      pipeline.Digest
	leader  Aggregator
	helper  Aggregator
}

// collect releases the session and returns the sum with the nonces of the
// reports in it.
func (c collector) collect(ctx context.Context) (sum []uint64, set []string, err error) {
	first, set, err := c.share(ctx, client.RoleLeader, nil)
	if err != nil {
		return nil, nil, err
	}
	second, same, err := c.share(ctx, client.RoleHelper, set)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Equal(set, same) || len(set) < c.session.MinTiles {
		return nil, nil, errAnswer
	}
	sum, err = c.unshard(first, second, uint(len(set)))
	return sum, set, err
}

// abort ends the session without a release at both aggregators.
func (c collector) abort(ctx context.Context) error {
	_, first := c.end(ctx, client.RoleLeader, EndRequest{Session: c.id, Abort: true})
	_, second := c.end(ctx, client.RoleHelper, EndRequest{Session: c.id, Abort: true})
	return errors.Join(first, second)
}

func (c collector) share(ctx context.Context, role string, set []string) ([]byte, []string, error) {
	reply, err := c.end(ctx, role, EndRequest{Session: c.id, Set: set})
	if err != nil {
		return nil, nil, err
	}
	share, err := c.key.open(collectInfo(role, c.id), reply.Share)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w: %w", role, errAnswer, err)
	}
	return share, reply.Set, nil
}

func (c collector) end(ctx context.Context, role string, m EndRequest) (EndReply, error) {
	party, other := c.session.Leader, c.leader
	if role == client.RoleHelper {
		party, other = c.session.Helper, c.helper
	}
	secret, err := c.key.agree(party, c.id, "collector "+role, 32)
	if err != nil {
		return EndReply{}, err
	}
	request, err := stamp(secret, m)
	if err != nil {
		return EndReply{}, err
	}
	answer, err := other.End(ctx, request)
	if err != nil {
		return EndReply{}, err
	}
	reply, err := answer.open(secret)
	if err == nil && !slices.Equal(reply.Asked, request.Stamp) {
		err = fmt.Errorf("%w: answer to another question", ErrChannel)
	}
	return reply, err
}

func (c collector) unshard(leader, helper []byte, reports uint) ([]uint64, error) {
	vdaf, err := c.session.VDAF()
	if err != nil {
		return nil, err
	}
	params := vdaf.Params()
	shares := make([]sumvec.AggShare, 2)
	for i, raw := range [][]byte{leader, helper} {
		if err := shares[i].New(&params).UnmarshalBinary(raw); err != nil {
			return nil, fmt.Errorf("%w: %w", errAnswer, err)
		}
	}
	sum, err := vdaf.Unshard(shares, reports)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return *sum, nil
}
