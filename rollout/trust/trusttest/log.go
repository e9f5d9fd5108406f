package trusttest

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	flog "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// Log is a transparency log in memory, with its witness.
type Log struct {
	t       testing.TB
	origin  string
	signers []note.Signer
	leaves  [][]byte
	index   map[pipeline.Digest]uint64 // by LeafHash
}

func newLog(t testing.TB, d *sign.Directory) *Log {
	t.Helper()
	key, err := d.LogSigner()
	if err != nil {
		t.Fatal(err)
	}
	witness, err := d.WitnessSigner()
	if err != nil {
		t.Fatal(err)
	}
	return &Log{t: t, origin: key.Name(), signers: []note.Signer{key, witness}, index: map[pipeline.Digest]uint64{}}
}

// Append logs an envelope; the same one is logged once.
func (l *Log) Append(envelope []byte) uint64 {
	leaf := trust.LeafHash(envelope)
	if i, ok := l.index[leaf]; ok {
		return i
	}
	l.leaves = append(l.leaves, rfc6962.DefaultHasher.HashLeaf(envelope))
	l.index[leaf] = uint64(len(l.leaves) - 1)
	return l.index[leaf]
}

// Fill appends what is missing of a chain, and gives it proofs and a
// checkpoint.
func (l *Log) Fill(c *trust.Chain) {
	l.t.Helper()
	for _, e := range c.Logged() {
		l.Append(e.Envelope)
	}
	for _, e := range c.Logged() {
		i := l.index[trust.LeafHash(e.Envelope)]
		e.Proof = trust.Proof{Index: i, Hashes: path(int(i), l.leaves)}
	}
	c.Checkpoint = l.Checkpoint(l.signers...)
}

// Checkpoint signs the log's head with the given keys, by default the log's
// and the witness's.
func (l *Log) Checkpoint(signers ...note.Signer) []byte {
	l.t.Helper()
	if len(signers) == 0 {
		signers = l.signers
	}
	cp := flog.Checkpoint{Origin: l.origin, Size: uint64(len(l.leaves)), Hash: root(l.leaves)}
	raw, err := note.Sign(&note.Note{Text: string(cp.Marshal())}, signers...)
	if err != nil {
		l.t.Fatal(err)
	}
	return raw
}

// LogSigner is the log's own key.
func (l *Log) LogSigner() note.Signer { return l.signers[0] }

// root is the Merkle tree hash of RFC 6962, section 2.1.
func root(leaves [][]byte) []byte {
	switch len(leaves) {
	case 0:
		h := sha256.Sum256(nil)
		return h[:]
	case 1:
		return leaves[0]
	}
	k := split(len(leaves))
	return rfc6962.DefaultHasher.HashChildren(root(leaves[:k]), root(leaves[k:]))
}

// path is the inclusion proof of RFC 6962, section 2.1.1.
func path(i int, leaves [][]byte) []pipeline.Digest {
	if len(leaves) <= 1 {
		return []pipeline.Digest{}
	}
	k := split(len(leaves))
	if i < k {
		return append(path(i, leaves[:k]), digest(root(leaves[k:])))
	}
	return append(path(i-k, leaves[k:]), digest(root(leaves[:k])))
}

// split is the largest power of two below n.
func split(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}

func digest(b []byte) pipeline.Digest { return pipeline.Digest(hex.EncodeToString(b)) }
