package trust

import (
	"encoding/base64"
	"fmt"
	"sort"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/transparency-dev/merkle/rfc6962"
)

// PayloadType is the type of every payload: an in-toto statement.
const PayloadType = "application/vnd.in-toto+json"

// Envelope is a DSSE envelope. Its one accepted spelling is canonical JSON
// with the signatures in strictly ascending order of their key ids.
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     []byte      `json:"payload"`
	Signatures  []Signature `json:"signatures"`
}

// Signature is one signature of an envelope.
type Signature struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
}

// PAE is the text that is signed (DSSE's pre-authentication encoding).
func PAE(payload []byte) []byte { return dsse.PAE(PayloadType, payload) }

// Seal makes an envelope's bytes from a payload and the signatures over its
// [PAE]. It fails when the envelope could not be read back: too large, no
// signature, or two by one key.
func Seal(payload []byte, sigs []Signature) ([]byte, error) {
	sorted := append([]Signature(nil), sigs...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].KeyID < sorted[j].KeyID })
	raw, err := pipeline.Canonical(Envelope{PayloadType: PayloadType, Payload: payload, Signatures: sorted})
	if err != nil {
		return nil, fmt.Errorf("trust: seal: %w", err)
	}
	if _, err := ParseEnvelope(raw); err != nil {
		return nil, fmt.Errorf("trust: seal: %w", err)
	}
	return raw, nil
}

// ParseEnvelope reads an envelope of at most [MaxRoot] bytes, the largest
// kind. It is total: any input gives an envelope or an error. No signature is
// checked.
func ParseEnvelope(raw []byte) (*Envelope, error) {
	if len(raw) > MaxRoot {
		return nil, fmt.Errorf("envelope of %d bytes, limit %d", len(raw), MaxRoot)
	}
	var e Envelope
	if err := pipeline.Decode(raw, &e); err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	if e.PayloadType != PayloadType {
		return nil, fmt.Errorf("envelope: payload type %.60q, want %q", e.PayloadType, PayloadType)
	}
	if n := len(e.Signatures); n == 0 || n > MaxSignatures {
		return nil, fmt.Errorf("envelope: %d signatures, want 1 to %d", n, MaxSignatures)
	}
	for i := 1; i < len(e.Signatures); i++ {
		if e.Signatures[i-1].KeyID >= e.Signatures[i].KeyID {
			return nil, fmt.Errorf("envelope: key ids are not strictly ascending at signature %d", i)
		}
	}
	return &e, nil
}

// Digest names what the envelope says, whoever signed it.
func (e *Envelope) Digest() pipeline.Digest { return pipeline.SumBytes(e.Payload) }

// StatementDigest is the digest of what an envelope says, as orders, escapes,
// halts and commits name a release.
func StatementDigest(envelope []byte) (pipeline.Digest, error) {
	e, err := ParseEnvelope(envelope)
	if err != nil {
		return "", err
	}
	return e.Digest(), nil
}

// LeafHash is the hash of an envelope as a leaf of the log (RFC 6962), as
// releases name their evidence. It covers every byte, signatures included.
func LeafHash(envelope []byte) pipeline.Digest {
	return hexDigest(rfc6962.DefaultHasher.HashLeaf(envelope))
}

// dsse is the envelope in go-securesystemslib's form.
func (e *Envelope) dsse() *dsse.Envelope {
	out := &dsse.Envelope{PayloadType: e.PayloadType, Payload: base64.StdEncoding.EncodeToString(e.Payload)}
	for _, s := range e.Signatures {
		out.Signatures = append(out.Signatures, dsse.Signature{KeyID: s.KeyID, Sig: base64.StdEncoding.EncodeToString(s.Sig)})
	}
	return out
}
