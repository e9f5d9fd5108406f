package bundle

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/genesis-network/genesis/rollout/trust"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/rekor-tiles/v2/pkg/note"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	sigroot "github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/signature"
)

// MaxBundle bounds a bundle's JSON, in bytes.
const MaxBundle = 256 << 10

// Check checks a bundle with sigstore-go, without a network: signature by a
// release key that is valid now, entry in the root's log, subject the change
// of the release; and that it says what the release's envelope says.
func Check(root *trust.Root, raw, release []byte) error {
	if len(raw) > MaxBundle {
		return fmt.Errorf("bundle: %d bytes, limit %d", len(raw), MaxBundle)
	}
	var b bundle.Bundle
	if err := b.UnmarshalJSON(raw); err != nil {
		return fmt.Errorf("bundle: read: %w", err)
	}
	env, err := trust.ParseEnvelope(release)
	if err != nil {
		return fmt.Errorf("bundle: release: %w", err)
	}
	if !bytes.Equal(b.GetDsseEnvelope().GetPayload(), env.Payload) {
		return fmt.Errorf("bundle: it says something else than release %s", env.Digest().Short())
	}
	doc, _, err := trust.OpenRelease(root, release, time.Time{})
	if err != nil {
		return fmt.Errorf("bundle: release: %w", err)
	}
	change, err := hex.DecodeString(string(doc.Change))
	if err != nil {
		return fmt.Errorf("bundle: change: %w", err)
	}
	return check(root, &b, change)
}

// check runs sigstore-go's verifier. WithCurrentTime is essential: without a
// time it accepts signatures of expired keys.
func check(root *trust.Root, b *bundle.Bundle, change []byte) error {
	material, err := trusted(root)
	if err != nil {
		return err
	}
	v, err := verify.NewVerifier(material, verify.WithTransparencyLog(1), verify.WithCurrentTime())
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	if _, err := v.Verify(b, verify.NewPolicy(verify.WithArtifactDigest("sha256", change), verify.WithKey())); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

// trusted is a root in sigstore's terms: the log, and the classical keys of
// the release role by their ids.
func trusted(root *trust.Root) (sigroot.TrustedMaterial, error) {
	log, err := logKey(root)
	if err != nil {
		return nil, err
	}
	until := time.Unix(root.Expires, 0)
	logs, err := sigroot.NewTrustedRoot(sigroot.TrustedRootMediaType01, nil, nil, nil, map[string]*sigroot.TransparencyLog{
		hex.EncodeToString(log.id): {
			// sigstore-go demands that the checkpoint's origin is this host.
			BaseURL: "https://" + root.Log.Origin, ID: log.id, ValidityPeriodEnd: until,
			HashFunc: crypto.SHA256, PublicKey: log.public, SignatureHashFunc: crypto.SHA256,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("bundle: trusted root: %w", err)
	}
	keys, err := releaseKeys(root)
	if err != nil {
		return nil, err
	}
	return sigroot.TrustedMaterialCollection{logs, sigroot.NewTrustedPublicKeyMaterialFromMapping(keys)}, nil
}

func releaseKeys(root *trust.Root) (map[string]*sigroot.ExpiringKey, error) {
	keys := map[string]*sigroot.ExpiringKey{}
	for id, k := range root.Keys {
		if k.Scheme != trust.ECDSAP256 || !ofRelease(root, id) {
			continue
		}
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), k.Public)
		if err != nil {
			return nil, fmt.Errorf("bundle: key %s: %w", id.Short(), err)
		}
		v, err := signature.LoadECDSAVerifier(pub, crypto.SHA256)
		if err != nil {
			return nil, fmt.Errorf("bundle: key %s: %w", id.Short(), err)
		}
		keys[string(id)] = sigroot.NewExpiringKey(v, time.Unix(k.From, 0), time.Unix(k.Until, 0))
	}
	return keys, nil
}

// namedKey is the log's key as sigstore names it: by 32 bytes of the note
// key's hash, of which notes show four.
type namedKey struct {
	public ed25519.PublicKey
	id     []byte
}

func logKey(root *trust.Root) (namedKey, error) {
	parts := strings.SplitN(root.Log.Key, "+", 3)
	if len(parts) != 3 {
		return namedKey{}, fmt.Errorf("bundle: log key %.80q", root.Log.Key)
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return namedKey{}, fmt.Errorf("bundle: log key %.80q is not Ed25519", root.Log.Key)
	}
	pub := ed25519.PublicKey(raw[1:])
	_, id, err := note.KeyHash(root.Log.Origin, pub)
	if err != nil {
		return namedKey{}, fmt.Errorf("bundle: log key: %w", err)
	}
	return namedKey{public: pub, id: id}, nil
}

// entry is a logged body in sigstore's terms.
func (c *client) entry(body []byte, p trust.Proof, checkpoint []byte) (*protorekor.TransparencyLogEntry, error) {
	hashes := make([][]byte, len(p.Hashes))
	for i, h := range p.Hashes {
		raw, err := hex.DecodeString(string(h))
		if err != nil {
			return nil, fmt.Errorf("bundle: proof: %w", err)
		}
		hashes[i] = raw
	}
	return &protorekor.TransparencyLogEntry{
		LogIndex:          int64(p.Index),
		LogId:             &protocommon.LogId{KeyId: c.id},
		KindVersion:       &protorekor.KindVersion{Kind: "hashedrekord", Version: "0.0.2"},
		CanonicalizedBody: body,
		InclusionProof: &protorekor.InclusionProof{
			LogIndex: int64(p.Index), Hashes: hashes,
			Checkpoint: &protorekor.Checkpoint{Envelope: string(checkpoint)},
		},
	}, nil
}
