package trust

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"filippo.io/mldsa"
	"github.com/genesis-network/genesis/pipeline"
)

// Scheme is a signature scheme.
type Scheme string

// The schemes. A hybrid is not a scheme: it is a member of a role with two
// keys (see [Member]).
const (
	Ed25519   Scheme = "ed25519"    // public: 32 bytes
	ECDSAP256 Scheme = "ecdsa-p256" // public: uncompressed point, 65 bytes; SHA-256, ASN.1
	MLDSA65   Scheme = "ml-dsa-65"  // public: 1,952 bytes; empty context (FIPS 204)
)

// Assurance says how keys were made and kept.
type Assurance = pipeline.Assurance

// The assurances of keys. Development keys are made by a program at its first
// run and lie in files; no production root accepts them or what they signed.
const (
	Development = pipeline.Development
	Production  = pipeline.Production
)

// Key is a public key as a root lists it.
type Key struct {
	Scheme    Scheme    `json:"scheme"`
	Public    []byte    `json:"public"` // form: see [Scheme]
	Assurance Assurance `json:"assurance"`
	From      int64     `json:"from"`  // first second of validity, Unix time
	Until     int64     `json:"until"` // first second after it
}

// ID names the key: a digest over scheme, public key and assurance, so that
// one key cannot be listed twice and a development key cannot be relabelled
// without losing its name.
func (k Key) ID() pipeline.Digest {
	d, err := pipeline.Sum("key", map[string]any{"scheme": k.Scheme, "public": k.Public, "assurance": k.Assurance})
	if err != nil {
		panic("trust: digest of key: " + err.Error()) // strings and bytes always encode
	}
	return d
}

var (
	errKeyForm   = errors.New("public key is not well formed")
	errKeyWindow = errors.New("key is outside its time of validity")
	errSignature = errors.New("signature does not verify")
)

// publicKey is a parsed key; it is go-securesystemslib's dsse.Verifier.
type publicKey struct {
	id     string
	public crypto.PublicKey
	check  func(message, sig []byte) bool
	from   time.Time
	until  time.Time
}

// Verify checks one signature over data.
func (p *publicKey) Verify(_ context.Context, data, sig []byte) error {
	if !p.check(data, sig) {
		return errSignature
	}
	return nil
}

// KeyID is the key's name.
func (p *publicKey) KeyID() (string, error) { return p.id, nil }

// Public is the parsed public key.
func (p *publicKey) Public() crypto.PublicKey { return p.public }

func (p *publicKey) validAt(at time.Time) bool {
	return !at.Before(p.from) && at.Before(p.until)
}

// parse reads the public key.
func (k Key) parse() (*publicKey, error) {
	p := &publicKey{id: string(k.ID()), from: time.Unix(k.From, 0), until: time.Unix(k.Until, 0)}
	var err error
	switch k.Scheme {
	case Ed25519:
		p.public, p.check, err = parseEd25519(k.Public)
	case ECDSAP256:
		p.public, p.check, err = parseECDSA(k.Public)
	case MLDSA65:
		p.public, p.check, err = parseMLDSA(k.Public)
	default:
		err = fmt.Errorf("scheme %.40q is not known: %w", k.Scheme, errKeyForm)
	}
	if err == nil && k.From >= k.Until {
		err = fmt.Errorf("from %d until %d: %w", k.From, k.Until, errKeyWindow)
	}
	return p, err
}

type checkFunc = func(message, sig []byte) bool

func parseEd25519(raw []byte) (crypto.PublicKey, checkFunc, error) {
	if len(raw) != ed25519.PublicKeySize {
		return nil, nil, errKeyForm
	}
	pub := ed25519.PublicKey(raw)
	return pub, func(m, sig []byte) bool { return ed25519.Verify(pub, m, sig) }, nil
}

func parseECDSA(raw []byte) (crypto.PublicKey, checkFunc, error) {
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return nil, nil, errKeyForm
	}
	return pub, func(m, sig []byte) bool {
		h := sha256.Sum256(m)
		return ecdsa.VerifyASN1(pub, h[:], sig)
	}, nil
}

func parseMLDSA(raw []byte) (crypto.PublicKey, checkFunc, error) {
	pub, err := mldsa.NewPublicKey(mldsa.MLDSA65(), raw)
	if err != nil {
		return nil, nil, errKeyForm
	}
	return pub, func(m, sig []byte) bool { return mldsa.Verify(pub, m, sig, nil) == nil }, nil
}

// PublicBytes is the form in which a [Key] holds a public key, and its scheme.
func PublicBytes(pub crypto.PublicKey) (Scheme, []byte, error) {
	switch p := pub.(type) {
	case ed25519.PublicKey:
		return Ed25519, p, nil
	case *ecdsa.PublicKey:
		raw, err := p.Bytes()
		if err == nil && p.Curve != elliptic.P256() {
			err = errKeyForm
		}
		return ECDSAP256, raw, err
	case *mldsa.PublicKey:
		return MLDSA65, p.Bytes(), nil
	}
	return "", nil, fmt.Errorf("trust: key of type %T: %w", pub, errKeyForm)
}
