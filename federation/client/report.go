package client

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/cloudflare/circl/vdaf/prio3/sumvec"
	"github.com/genesis-network/genesis/pipeline"
)

// The roles that a share is sealed for, and their places in the VDAF.
const (
	RoleLeader    = "leader"
	RoleHelper    = "helper"
	RoleCollector = "collector"
)

// MaxReport is the most bytes of a report in JSON.
const MaxReport = 1 << 20

// Header is the part of a report that both aggregators see and that the tile
// signs. It names both sealed shares, so neither can be exchanged.
type Header struct {
	Session pipeline.Digest `json:"session"`
	Tile    string          `json:"tile"`   // the tile's public key, hexadecimal
	Nonce   string          `json:"nonce"`  // see NonceOf
	Public  []byte          `json:"public"` // public share of the VDAF
	Leader  pipeline.Digest `json:"leader"` // SumBytes of the sealed share
	Helper  pipeline.Digest `json:"helper"`
}

// Report is what one tile says in one session. Its shares are sealed, its
// header is signed: whoever carries it learns and changes nothing.
type Report struct {
	Header      Header `json:"header"`
	LeaderShare []byte `json:"leaderShare"`
	HelperShare []byte `json:"helperShare"`
	Signature   []byte `json:"signature"` // over Header.Message, by the tile
}

// Message is what the tile signs.
func (h Header) Message() ([]byte, error) {
	c, err := pipeline.Canonical(h)
	return append([]byte("genesis/federation-report/v1\n"), c...), err
}

// Digest names the report.
func (h Header) Digest() (pipeline.Digest, error) { return pipeline.Sum("federation-report", h) }

// NonceOf is the only nonce that a tile can use in a session: a second report
// of the same tile is always recognised.
func NonceOf(tile string, session pipeline.Digest) string {
	h := sha256.Sum256(fmt.Appendf(nil, "genesis/federation-nonce/v1\n%s\n%s", tile, session))
	return hex.EncodeToString(h[:16])
}

// ParseNonce is the nonce in the form of the VDAF.
func ParseNonce(text string) (*sumvec.Nonce, error) {
	raw, err := fixedHex(text, len(sumvec.Nonce{}))
	if err != nil {
		return nil, fmt.Errorf("nonce: %w", err)
	}
	return (*sumvec.Nonce)(raw), nil
}

// ErrRange says that a vector has an entry outside the session's range.
var ErrRange = errors.New("vector out of range")

// Signer signs with the tile's identity key.
type Signer interface {
	// Public is the key in lower-case hexadecimal, as cohorts name it.
	Public() string
	Sign(message []byte) ([]byte, error)
}

// Shard splits the vector into a sealed and signed report.
func Shard(s *Session, vector []uint64, signer Signer) (Report, error) {
	id, err := s.Digest()
	if err != nil {
		return Report{}, err
	}
	h := Header{Session: id, Tile: signer.Public(), Nonce: NonceOf(signer.Public(), id)}
	leader, helper, err := split(s, &h, vector)
	if err != nil {
		return Report{}, err
	}
	return assemble(s, h, leader, helper, signer)
}

// split makes the two input shares and fills in the header's public share.
func split(s *Session, h *Header, vector []uint64) (leader, helper []byte, err error) {
	for i, v := range vector {
		if v >= 1<<s.Bits {
			return nil, nil, fmt.Errorf("%w: entry %d is %d, at most 2^%d-1", ErrRange, i, v, s.Bits)
		}
	}
	vdaf, err := s.VDAF()
	if err != nil {
		return nil, nil, err
	}
	params := vdaf.Params()
	seed := make([]byte, params.RandSize())
	rand.Read(seed) // never fails (crypto/rand)
	nonce, err := ParseNonce(h.Nonce)
	if err != nil {
		return nil, nil, err
	}
	public, shares, err := vdaf.Shard(vector, nonce, seed)
	if err != nil {
		return nil, nil, fmt.Errorf("shard the vector: %w", err)
	}
	if h.Public, err = public.MarshalBinary(); err != nil {
		return nil, nil, err
	}
	return encodeShares(shares)
}

func encodeShares(shares []sumvec.InputShare) (leader, helper []byte, err error) {
	if leader, err = shares[0].MarshalBinary(); err != nil {
		return nil, nil, err
	}
	helper, err = shares[1].MarshalBinary()
	return leader, helper, err
}

// assemble seals the shares and signs the header.
func assemble(s *Session, h Header, leader, helper []byte, signer Signer) (Report, error) {
	r := Report{Header: h}
	var err error
	if r.LeaderShare, err = s.Leader.SealTo(ShareInfo(RoleLeader, h), leader); err != nil {
		return Report{}, fmt.Errorf("seal the leader's share: %w", err)
	}
	if r.HelperShare, err = s.Helper.SealTo(ShareInfo(RoleHelper, h), helper); err != nil {
		return Report{}, fmt.Errorf("seal the helper's share: %w", err)
	}
	r.Header.Leader, r.Header.Helper = pipeline.SumBytes(r.LeaderShare), pipeline.SumBytes(r.HelperShare)
	message, err := r.Header.Message()
	if err != nil {
		return Report{}, err
	}
	r.Signature, err = signer.Sign(message)
	return r, err
}
