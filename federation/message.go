package federation

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
)

// Stamped is a message between two parties, authenticated with a secret that
// only they know.
type Stamped[T any] struct {
	Message T      `json:"message"`
	Stamp   []byte `json:"stamp"`
}

// PrepareRequest is what the leader sends to the helper about one report.
type PrepareRequest struct {
	Header    client.Header `json:"header"`
	Signature []byte        `json:"signature"` // the tile's
	Share     []byte        `json:"share"`     // sealed to the helper
	Prep      []byte        `json:"prep"`      // the leader's half of the proof
}

// PrepareReply is the helper's half of the proof; it says that the helper
// counted the report.
type PrepareReply struct {
	Prep  []byte `json:"prep"`
	Asked []byte `json:"asked"` // stamp of the request
}

// EndRequest ends a session: the collector asks for the sum, or aborts.
type EndRequest struct {
	Session pipeline.Digest `json:"session"`
	Set     []string        `json:"set,omitempty"` // nonces to sum: none for the leader, who chooses; the helper is told
	Abort   bool            `json:"abort,omitempty"`
}

// EndReply carries an aggregate share, sealed to the collector. After an abort
// it is empty.
type EndReply struct {
	Set   []string `json:"set,omitempty"`
	Share []byte   `json:"share,omitempty"`
	Asked []byte   `json:"asked"` // stamp of the request
}

func (PrepareRequest) kind() string { return "federation-prepare" }
func (PrepareReply) kind() string   { return "federation-prepared" }
func (EndRequest) kind() string     { return "federation-end" }
func (EndReply) kind() string       { return "federation-ended" }

type message interface{ kind() string }

func stamp[T message](secret []byte, m T) (Stamped[T], error) {
	mac, err := authenticate(secret, m)
	return Stamped[T]{Message: m, Stamp: mac}, err
}

// open returns the message, or [ErrChannel] when the other party did not send
// it.
func (s Stamped[T]) open(secret []byte) (m T, err error) {
	want, err := authenticate(secret, any(s.Message).(message))
	if err != nil {
		return m, because(ErrChannel, err)
	}
	if !hmac.Equal(want, s.Stamp) {
		return m, ErrChannel
	}
	return s.Message, nil
}

func authenticate(secret []byte, m message) ([]byte, error) {
	sum, err := pipeline.Sum(m.kind(), m)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(sum))
	return mac.Sum(nil), nil
}
