package trust

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Session lets the tiles of a cohort report once in one federated validation.
// The session itself is too long for a statement: it is named by digest.
type Session struct {
	Change   pipeline.Digest `json:"change"`
	Document pipeline.Digest `json:"document"` // SumBytes of the session document
	Expires  int64           `json:"expires"`  // Unix seconds
}

// Type is the predicate type of sessions.
func (Session) Type() string { return documentType("session") }

// Role is whose keys sign sessions: those of the station that runs them.
func (Session) Role() string { return StationRole(pipeline.Federate) }

// Subjects is the change that is validated.
func (s Session) Subjects() []Subject { return []Subject{about("change", s.Change)} }

// Validate checks the session by itself.
func (s Session) Validate() error {
	if s.Expires <= 0 {
		return fmt.Errorf("session: expires %d: want Unix seconds", s.Expires)
	}
	return checkDigests(s.Change, s.Document)
}

// OpenSession reads a session from its envelope.
func OpenSession(r *Root, envelope []byte, at time.Time) (Session, error) {
	o, err := open[Session](r, "session", envelope, at)
	if err != nil {
		return Session{}, err
	}
	if at.Unix() >= o.doc.Expires {
		return Session{}, refuse(CodeSessionExpired, "session expired at %s", clock(o.doc.Expires))
	}
	return o.doc, nil
}

// VerifyTile checks a plain signature by a tile's identity key (Ed25519) over a
// message that names its own protocol in its first line.
func VerifyTile(public, message, signature []byte) error {
	if len(public) != ed25519.PublicKeySize {
		return errKeyForm
	}
	if !ed25519.Verify(ed25519.PublicKey(public), message, signature) {
		return errSignature
	}
	return nil
}
