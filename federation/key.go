package federation

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
)

// seedSize is the length of the secret that a party's two keys come from.
const seedSize = 32

// Key is the secret of a leader, a helper or a collector.
type Key struct {
	seal    hpke.PrivateKey
	channel *ecdh.PrivateKey
}

// NewKey makes a key from 32 secret bytes.
func NewKey(seed []byte) (*Key, error) {
	if len(seed) != seedSize {
		return nil, fmt.Errorf("federation key: %d bytes, want %d", len(seed), seedSize)
	}
	raw, err := hkdf.Key(sha256.New, seed, nil, "genesis/federation-channel-key/v1", 32)
	if err != nil {
		return nil, err
	}
	k := &Key{}
	if k.channel, err = ecdh.X25519().NewPrivateKey(raw); err != nil {
		return nil, err
	}
	if raw, err = hkdf.Key(sha256.New, seed, nil, "genesis/federation-seal-key/v1", 32); err != nil {
		return nil, err
	}
	k.seal, err = client.KEM().NewPrivateKey(raw)
	return k, err
}

// OpenKey reads the key in the file at path; where there is none it makes one,
// readable by the owner alone.
func OpenKey(path string) (*Key, error) {
	seed, err := readSeed(path)
	if errors.Is(err, fs.ErrNotExist) {
		seed, err = makeSeed(path)
	}
	if err != nil {
		return nil, fmt.Errorf("federation key: %w", err)
	}
	return NewKey(seed)
}

func readSeed(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: others can read it (mode %v); make a new key", path, info.Mode().Perm())
	}
	return os.ReadFile(path)
}

func makeSeed(path string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	seed := make([]byte, seedSize)
	rand.Read(seed) // never fails (crypto/rand)
	return seed, durable.Replace(path, seed)
}

// Party is the public half.
func (k *Key) Party() client.Party {
	return client.Party{
		Seal:    hex.EncodeToString(k.seal.PublicKey().Bytes()),
		Channel: hex.EncodeToString(k.channel.PublicKey().Bytes()),
	}
}

// open decrypts what was sealed to the key with the same info.
func (k *Key) open(info, sealed []byte) ([]byte, error) {
	return hpke.Open(k.seal, client.KDF(), client.AEAD(), info, sealed)
}

// agree derives a secret that only this key's holder and the peer know, for
// one session and one purpose. Nothing has to be exchanged or kept for it.
func (k *Key) agree(peer client.Party, session pipeline.Digest, purpose string, size int) ([]byte, error) {
	public, err := peer.ChannelKey()
	if err != nil {
		return nil, err
	}
	secret, err := k.channel.ECDH(public)
	if err != nil {
		return nil, fmt.Errorf("agree with the peer: %w", err)
	}
	return hkdf.Key(sha256.New, secret, []byte(session), "genesis/federation/v1 "+purpose, size)
}
