// Package warrant says which federation sessions are believed: those that the
// federate station's key signed under the pinned root. It joins federation,
// which checks no signatures, with rollout/trust, which knows no sessions.
//
// A signed session is the document beside an envelope that names its digest, so
// that a large cohort fits. Tiles and aggregators open the same bytes in the
// same way. It opens no connection and keeps nothing.
package warrant

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
)

// Signer signs documents with the keys of their role (rollout/trust/sign).
type Signer interface {
	Sign(ctx context.Context, doc trust.Document) ([]byte, error)
}

// signed is a session on its way.
type signed struct {
	Document []byte `json:"document"`
	Envelope []byte `json:"envelope"`
}

// Sign makes a signed session that is taken until it expires. The same session
// may be signed again; its digest does not change.
func Sign(ctx context.Context, signer Signer, s *client.Session, expires time.Time) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("warrant: %w", err)
	}
	document, err := pipeline.Canonical(s)
	if err != nil {
		return nil, fmt.Errorf("warrant: %w", err)
	}
	envelope, err := signer.Sign(ctx, trust.Session{Change: s.Change, Document: pipeline.SumBytes(document), Expires: expires.Unix()})
	if err != nil {
		return nil, fmt.Errorf("warrant: %w", err)
	}
	return json.Marshal(signed{Document: document, Envelope: envelope})
}

// errOther says that the envelope is about something else.
var errOther = errors.New("warrant: the envelope is about another session")

// Verifier checks signatures for tiles and aggregators.
type Verifier struct {
	Root func() *trust.Root // the pinned root, as it is now
	Now  func() time.Time   // the clock that expiry is compared with
}

// Session returns the document inside a signed session. It is a
// [client.Open].
func (v Verifier) Session(raw []byte) ([]byte, error) {
	var s signed
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("warrant: %w", err)
	}
	said, err := trust.OpenSession(v.Root(), s.Envelope, v.Now())
	if err != nil {
		return nil, fmt.Errorf("warrant: %w", err)
	}
	if said.Document != pipeline.SumBytes(s.Document) {
		return nil, errOther
	}
	if err := sameChange(s.Document, said.Change); err != nil {
		return nil, err
	}
	return s.Document, nil
}

// sameChange refuses a warrant that was given for another change than the
// session's own.
func sameChange(document []byte, change pipeline.Digest) error {
	s, err := client.ParseSession(document)
	if err != nil {
		return fmt.Errorf("warrant: %w", err)
	}
	if s.Change != change {
		return errOther
	}
	return nil
}

// Report checks a tile's signature over its report.
func (v Verifier) Report(tile string, message, signature []byte) error {
	public, err := hex.DecodeString(tile)
	if err != nil {
		return fmt.Errorf("warrant: tile %.80q: %w", tile, err)
	}
	return trust.VerifyTile(public, message, signature)
}
