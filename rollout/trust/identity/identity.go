// Package identity is the one key that a tile holds: Ed25519, its name on the
// network and what it signs its reports with. A tile links it; it signs no
// document that package trust opens.
//
// A key says who speaks, not what it means: every protocol that uses it signs
// messages that no other protocol could take for its own. The private half is
// never printed. A Key is safe for concurrent use.
package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
)

// Key is a private key.
type Key struct{ private ed25519.PrivateKey }

// ErrKey says that a file holds no Ed25519 key.
var ErrKey = errors.New("not an Ed25519 key in PKCS #8, PEM")

// Open reads a key from a PEM file (PKCS #8), as rollout/trust/sign writes it.
func Open(path string) (*Key, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	k, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("identity: %s: %w", path, err)
	}
	return k, nil
}

func parse(raw []byte) (*Key, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, ErrKey
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	k, ok := private.(ed25519.PrivateKey)
	if !ok {
		return nil, ErrKey
	}
	return &Key{private: k}, nil
}

// New makes a key that lives as long as the process.
func New() (*Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return &Key{private: private}, nil
}

// Public is the public key in lower-case hexadecimal.
func (k *Key) Public() string {
	return hex.EncodeToString(k.private.Public().(ed25519.PublicKey))
}

// Sign signs a message.
func (k *Key) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.private, message), nil }

// String is the public key, so that the private one is never printed.
func (k *Key) String() string { return "identity " + k.Public() }

// GoString is the public key too.
func (k *Key) GoString() string { return k.String() }

// LogValue is the public key too.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
