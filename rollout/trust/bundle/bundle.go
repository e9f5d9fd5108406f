// Package bundle is the second opinion on a release: the same payload and the
// same classical signature that the release's envelope holds, as a sigstore
// bundle with an entry of its own in the log, made and checked with
// sigstore-go. The control plane makes and checks one for every release
// before it orders anything; anybody with sigstore's tools can check it too.
//
// It keeps true that both verifiers speak of one signature: nothing is signed
// anew, so the release keys need not be at hand.
//
// A sigstore bundle holds one signature and knows no witnesses: thresholds,
// the post-quantum half and the cosignatures are package trust's part. It is
// never linked into a tile.
package bundle

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/cyberphone/json-canonicalization/go/src/webpki.org/jsoncanonicalizer"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/tlog"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	rekortiles "github.com/sigstore/rekor-tiles/v2/pkg/generated/protobuf"
	"github.com/sigstore/rekor-tiles/v2/pkg/types/hashedrekord"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"github.com/sigstore/sigstore/pkg/signature"
	"google.golang.org/protobuf/encoding/protojson"
)

// Log is the transparency log that a bundle's entry goes to.
type Log interface {
	AppendRaw(ctx context.Context, raw []byte) (tlog.Entry, error)
	Prove(ctx context.Context, indices ...uint64) ([]trust.Proof, []byte, error)
}

var _ Log = (*tlog.Log)(nil)

// ErrNoClassical says that no ECDSA key of the release role signed; only such
// a signature fits into a bundle with a log entry.
var ErrNoClassical = errors.New("bundle: no ECDSA P-256 signature of a release key")

// Make makes the bundle of a release's envelope, as JSON. The same envelope
// has the same log entry, however often it is called.
func Make(ctx context.Context, root *trust.Root, log Log, release []byte) ([]byte, error) {
	env, err := trust.ParseEnvelope(release)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	signed, err := classical(root, env)
	if err != nil {
		return nil, err
	}
	logID, err := logKey(root)
	if err != nil {
		return nil, err
	}
	b, err := sign.Bundle(&sign.DSSEData{Data: env.Payload, PayloadType: trust.PayloadType}, signed, sign.BundleOptions{
		Context:          ctx,
		TransparencyLogs: []sign.Transparency{sign.NewRekor(&sign.RekorOptions{Version: 2, ClientV2: &client{log: log, id: logID.id}})},
	})
	if err != nil {
		return nil, fmt.Errorf("bundle: make: %w", err)
	}
	return protojson.Marshal(b)
}

// given is a sign.Keypair that "signs" by handing out a signature that exists.
type given struct {
	hint   string
	public *ecdsa.PublicKey
	pae    []byte
	sig    []byte
}

var _ sign.Keypair = (*given)(nil)

// classical finds the first ECDSA signature in an envelope that a member of
// the release role made.
func classical(root *trust.Root, env *trust.Envelope) (*given, error) {
	for _, s := range env.Signatures {
		id := pipeline.Digest(s.KeyID)
		k, listed := root.Keys[id]
		if !listed || k.Scheme != trust.ECDSAP256 || !ofRelease(root, id) {
			continue
		}
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), k.Public)
		if err != nil {
			return nil, fmt.Errorf("bundle: key %s: %w", id.Short(), err)
		}
		return &given{hint: s.KeyID, public: pub, pae: trust.PAE(env.Payload), sig: s.Sig}, nil
	}
	return nil, ErrNoClassical
}

func ofRelease(root *trust.Root, id pipeline.Digest) bool {
	for _, m := range root.Roles[trust.RoleRelease].Members {
		for _, k := range m.Keys {
			if k == id {
				return true
			}
		}
	}
	return false
}

func (g *given) GetHashAlgorithm() protocommon.HashAlgorithm {
	return protocommon.HashAlgorithm_SHA2_256
}

func (g *given) GetSigningAlgorithm() protocommon.PublicKeyDetails {
	return protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256
}

func (g *given) GetHint() []byte                { return []byte(g.hint) }
func (g *given) GetKeyAlgorithm() string        { return "ECDSA" }
func (g *given) GetPublicKey() crypto.PublicKey { return g.public }

func (g *given) GetPublicKeyPem() (string, error) {
	der, err := x509.MarshalPKIXPublicKey(g.public)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// SignData hands out the signature, for the message that it was made for.
func (g *given) SignData(_ context.Context, data []byte) ([]byte, []byte, error) {
	if !bytes.Equal(data, g.pae) {
		return nil, nil, errors.New("the signature at hand is for another message")
	}
	digest := sha256.Sum256(data)
	return g.sig, digest[:], nil
}

// client puts hashedrekord entries into our own log; it is sigstore-go's
// RekorV2Client without a Rekor.
type client struct {
	log Log
	id  []byte
}

// Add logs the entry, once, and returns it with its proof.
func (c *client) Add(ctx context.Context, entry any) (*protorekor.TransparencyLogEntry, error) {
	req, ok := entry.(*rekortiles.HashedRekordRequestV002)
	if !ok {
		return nil, fmt.Errorf("entry of type %T, want a hashedrekord", entry)
	}
	body, err := canonicalBody(req)
	if err != nil {
		return nil, err
	}
	logged, err := c.log.AppendRaw(ctx, body)
	if err != nil {
		return nil, err
	}
	proofs, checkpoint, err := c.log.Prove(ctx, logged.Index)
	if err != nil {
		return nil, err
	}
	return c.entry(body, proofs[0], checkpoint)
}

// canonicalBody checks the entry's signature and writes it as it is logged.
func canonicalBody(req *rekortiles.HashedRekordRequestV002) ([]byte, error) {
	registry, err := signature.NewAlgorithmRegistryConfig([]protocommon.PublicKeyDetails{protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256})
	if err != nil {
		return nil, err
	}
	e, err := hashedrekord.ToLogEntry(req, registry)
	if err != nil {
		return nil, err
	}
	raw, err := protojson.Marshal(e)
	if err != nil {
		return nil, err
	}
	return jsoncanonicalizer.Transform(raw)
}
