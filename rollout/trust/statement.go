package trust

import (
	"encoding/hex"
	"fmt"

	"github.com/genesis-network/genesis/pipeline"
)

// Base is where every type URI of Genesis lies.
const Base = "https://genesis-network.github.io/"

// StatementType is the type of in-toto statements, version 1.
const StatementType = "https://in-toto.io/Statement/v1"

// EvidenceType is the predicate type of a station's evidence.
func EvidenceType(s pipeline.Station) string { return Base + "evidence/" + string(s) + "/v1" }

func documentType(kind string) string { return Base + "document/" + kind + "/v1" }

// Subject is what an in-toto statement is about.
type Subject struct {
	Name   string    `json:"name"`
	Digest DigestSet `json:"digest"`
}

// DigestSet is in-toto's set of digests, with the one algorithm in use.
type DigestSet struct {
	SHA256 pipeline.Digest `json:"sha256"`
}

func about(name string, d pipeline.Digest) Subject { return Subject{Name: name, Digest: DigestSet{d}} }

// Document is what an envelope can say.
type Document interface {
	// Type is the predicate type URI.
	Type() string
	// Role is whose keys sign it (see [Root]).
	Role() string
	// Subjects are what it is about.
	Subjects() []Subject
	// Validate checks what can be checked without anything else.
	Validate() error
}

// statement is an in-toto statement v1 with a predicate of a known type.
type statement[T any] struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     T         `json:"predicate"`
}

// Payload is the in-toto statement that says a document, in canonical form,
// ready to be signed.
func Payload(d Document) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("trust: %s: %w", d.Type(), err)
	}
	raw, err := pipeline.Canonical(statement[Document]{
		Type: StatementType, Subject: d.Subjects(), PredicateType: d.Type(), Predicate: d,
	})
	if err != nil {
		return nil, fmt.Errorf("trust: %s: %w", d.Type(), err)
	}
	if limit := payloadLimit(d); len(raw) > limit {
		return nil, fmt.Errorf("trust: %s: statement of %d bytes, limit %d: move the long parts to attachments", d.Type(), len(raw), limit)
	}
	return raw, nil
}

// payloadLimit is the limit on what a document says; the envelope is larger by
// base64 and the signatures.
func payloadLimit(d Document) int {
	if _, root := d.(RootDocument); root {
		return MaxRoot / 2
	}
	return MaxPayload
}

// parse reads a statement whose predicate is a T. It is total.
func parse[T Document](payload []byte) (T, error) {
	var s statement[T]
	if err := pipeline.Decode(payload, &s); err != nil {
		return s.Predicate, fmt.Errorf("statement: %w", err)
	}
	d := s.Predicate
	if s.Type != StatementType {
		return d, fmt.Errorf("statement: type %.60q, want %q", s.Type, StatementType)
	}
	if s.PredicateType != d.Type() {
		return d, fmt.Errorf("statement: predicate type %.80q, want %q", s.PredicateType, d.Type())
	}
	if err := d.Validate(); err != nil {
		return d, err
	}
	return d, sameSubjects(s.Subject, d.Subjects())
}

func sameSubjects(got, want []Subject) error {
	if len(got) != len(want) {
		return fmt.Errorf("statement: %d subjects, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Errorf("statement: subject %d is %.40q, want %q", i, got[i].Name, want[i].Name)
		}
	}
	return nil
}

func hexDigest(b []byte) pipeline.Digest { return pipeline.Digest(hex.EncodeToString(b)) }

// checkDigests checks the form of digests.
func checkDigests(ds ...pipeline.Digest) error {
	for _, d := range ds {
		if _, err := pipeline.ParseDigest(string(d)); err != nil {
			return err
		}
	}
	return nil
}

// checkName allows what can be a file name everywhere and means nothing to a
// shell: lower-case letters, digits, and . _ @ - inside, at most 64.
func checkName(what, s string) error {
	if s == "" || len(s) > 64 {
		return fmt.Errorf("%s %.80q: want 1 to 64 characters", what, s)
	}
	for i, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		inside := i > 0 && (c == '-' || c == '.' || c == '_' || c == '@')
		if !letter && !inside {
			return fmt.Errorf("%s %.80q: only a-z, 0-9, and . _ @ - inside", what, s)
		}
	}
	return nil
}
