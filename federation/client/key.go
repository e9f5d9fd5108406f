package client

import (
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
)

// TileKeySize is the length of a tile's public key (Ed25519) in bytes.
const TileKeySize = 32

// KEM, KDF and AEAD are the HPKE suite of all seals. The KEM is a hybrid, so
// that shares recorded today stay closed when X25519 falls.
func KEM() hpke.KEM { return hpke.MLKEM768X25519() }

// KDF is the key derivation of all seals.
func KDF() hpke.KDF { return hpke.HKDFSHA256() }

// AEAD is the cipher of all seals.
func AEAD() hpke.AEAD { return hpke.AES128GCM() }

func fixedHex(text string, size int) ([]byte, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != size || strings.ToLower(text) != text {
		return nil, fmt.Errorf("%.80q: want %d bytes in lower-case hexadecimal", text, size)
	}
	return raw, nil
}

func (p Party) check() error {
	if _, err := p.sealKey(); err != nil {
		return err
	}
	_, err := p.ChannelKey()
	return err
}

func (p Party) sealKey() (hpke.PublicKey, error) {
	if len(p.Seal) > 1<<13 {
		return nil, fmt.Errorf("seal key of %d digits", len(p.Seal))
	}
	raw, err := hex.DecodeString(p.Seal)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return KEM().NewPublicKey(raw)
}

// ChannelKey is the key that authenticates messages to and from the party.
func (p Party) ChannelKey() (*ecdh.PublicKey, error) {
	raw, err := fixedHex(p.Channel, 32)
	if err != nil {
		return nil, fmt.Errorf("channel key: %w", err)
	}
	return ecdh.X25519().NewPublicKey(raw)
}

// SealTo encrypts text to the party. It opens only with the same info.
func (p Party) SealTo(info, text []byte) ([]byte, error) {
	key, err := p.sealKey()
	if err != nil {
		return nil, err
	}
	return hpke.Seal(key, KDF(), AEAD(), info, text)
}

// ShareInfo binds a sealed share to its place: role, session, tile, nonce and
// public share. A share moved anywhere else does not open.
func ShareInfo(role string, h Header) []byte {
	return fmt.Appendf(nil, "genesis/federation-share/v1\n%s\n%s\n%s\n%s\n%s",
		role, h.Session, h.Tile, h.Nonce, pipeline.SumBytes(h.Public))
}
