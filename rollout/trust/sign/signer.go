package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/mldsa"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/sigstore/sigstore/pkg/signature"
)

// Signer signs with one key; it is go-securesystemslib's dsse.Signer.
type Signer struct {
	key   trust.Key
	inner signature.Signer
}

var _ dsse.Signer = (*Signer)(nil)

// NewSigner makes a signer of any sigstore signer (file, KMS, token). The key
// is valid in the given window, to the second.
func NewSigner(inner signature.Signer, assurance trust.Assurance, from, until time.Time) (*Signer, error) {
	pub, err := inner.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("sign: public key: %w", err)
	}
	scheme, raw, err := trust.PublicBytes(pub)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	k := trust.Key{Scheme: scheme, Public: raw, Assurance: assurance, From: from.Unix(), Until: until.Unix()}
	return &Signer{key: k, inner: inner}, nil
}

// Load makes a signer of a private key that is at hand: *ecdsa.PrivateKey on
// P-256, ed25519.PrivateKey or *mldsa.PrivateKey (ML-DSA-65).
func Load(private crypto.PrivateKey, assurance trust.Assurance, from, until time.Time) (*Signer, error) {
	inner, err := load(private)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return NewSigner(inner, assurance, from, until)
}

func load(private crypto.PrivateKey) (signature.Signer, error) {
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		return signature.LoadECDSASigner(p, crypto.SHA256)
	case ed25519.PrivateKey:
		return signature.LoadED25519Signer(p)
	case *mldsa.PrivateKey:
		return mldsaSigner{p}, nil
	}
	return nil, fmt.Errorf("private key of type %T: want ECDSA P-256, Ed25519 or ML-DSA-65", private)
}

// Key is the public key, as a root lists it.
func (s *Signer) Key() trust.Key { return s.key }

// ID is the key's id.
func (s *Signer) ID() pipeline.Digest { return s.key.ID() }

// KeyID is the key's id.
func (s *Signer) KeyID() (string, error) { return string(s.ID()), nil }

// Sign signs a message (not a digest of it).
func (s *Signer) Sign(_ context.Context, data []byte) ([]byte, error) {
	sig, err := s.inner.SignMessage(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("sign: key %s: %w", s.ID().Short(), err)
	}
	return sig, nil
}

// mldsaSigner makes ML-DSA-65 a sigstore signer. It signs deterministically,
// so that equal statements have equal envelopes.
type mldsaSigner struct{ key *mldsa.PrivateKey }

func (m mldsaSigner) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	return m.key.PublicKey(), nil
}

// maxMessage bounds what is signed at once: more than any statement.
const maxMessage = 1 << 20

func (m mldsaSigner) SignMessage(message io.Reader, _ ...signature.SignOption) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(message, maxMessage+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxMessage {
		return nil, fmt.Errorf("message above %d bytes", maxMessage)
	}
	return m.key.SignDeterministic(raw, nil)
}

// ErrNoKey says that no key of a role is at hand.
var ErrNoKey = errors.New("no key of this role is at hand")

// Envelope says a document and signs it with every given key.
func Envelope(ctx context.Context, doc trust.Document, signers ...*Signer) ([]byte, error) {
	payload, err := trust.Payload(doc)
	if err != nil {
		return nil, err
	}
	return seal(ctx, payload, signers)
}

func seal(ctx context.Context, payload []byte, signers []*Signer) ([]byte, error) {
	if len(signers) == 0 {
		return nil, fmt.Errorf("sign: %w", ErrNoKey)
	}
	list := make([]dsse.Signer, len(signers))
	for i, s := range signers {
		list[i] = s
	}
	es, err := dsse.NewEnvelopeSigner(list...)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	env, err := es.SignPayload(ctx, trust.PayloadType, payload)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	sigs := make([]trust.Signature, len(env.Signatures))
	for i, s := range env.Signatures {
		raw, err := base64.StdEncoding.DecodeString(s.Sig)
		if err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
		sigs[i] = trust.Signature{KeyID: s.KeyID, Sig: raw}
	}
	return trust.Seal(payload, sigs)
}
