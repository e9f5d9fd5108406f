package trust

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is what the log and a quorum of witnesses say that the log holds.
type Checkpoint struct {
	Size uint64          // entries
	Root pipeline.Digest // Merkle tree hash
	Time time.Time       // the latest time that a quorum of witnesses vouches for
}

// OpenCheckpoint reads a checkpoint: signed by the root's log, cosigned by a
// quorum of the root's witnesses, and without a line by anybody else (so that
// no byte of it goes unchecked; see [TrimCheckpoint]).
func (r *Root) OpenCheckpoint(raw []byte) (*Checkpoint, error) {
	if len(raw) > MaxCheckpoint {
		return nil, refuse(CodeChainSize, "checkpoint of %d bytes, limit %d", len(raw), MaxCheckpoint)
	}
	cp, _, n, err := flog.ParseCheckpoint(raw, r.Log.Origin, r.log, r.witnesses...)
	if err != nil {
		return nil, refuseErr(CodeLogCheckpoint, err, "checkpoint is not the log's")
	}
	if len(n.UnverifiedSigs) > 0 || !bytes.Equal(formatNote(n), raw) || len(cp.Hash) != rfc6962.DefaultHasher.Size() {
		return nil, refuse(CodeLogCheckpoint, "checkpoint is not in its one accepted form, or signed by somebody unknown")
	}
	times, err := r.cosigned(n)
	if err != nil {
		return nil, err
	}
	return &Checkpoint{Size: cp.Size, Root: hexDigest(cp.Hash), Time: times[r.Log.Quorum-1]}, nil
}

// cosigned are the times of the witnesses' cosignatures, latest first: the
// time at index quorum-1 is one that a quorum says has come, so that one
// witness alone cannot push a tile's time floor into the future.
func (r *Root) cosigned(n *note.Note) ([]time.Time, error) {
	var times []time.Time
	for _, w := range r.witnesses {
		i := slices.IndexFunc(n.Sigs, func(s note.Signature) bool { return s.Name == w.Name() && s.Hash == w.KeyHash() })
		if i < 0 {
			continue
		}
		t, err := fnote.CoSigV1Timestamp(n.Sigs[i])
		if err != nil || t.Unix() < 0 || t.Unix() > maxCount {
			return nil, refuse(CodeLogWitness, "cosignature of %s has no time", w.Name())
		}
		times = append(times, t)
	}
	if len(times) < r.Log.Quorum {
		return nil, refuse(CodeLogWitness, "%d of %d needed witnesses cosigned", len(times), r.Log.Quorum)
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	return times, nil
}

// formatNote writes a note in the one form in which it is accepted.
func formatNote(n *note.Note) []byte {
	var b bytes.Buffer
	b.WriteString(n.Text + "\n")
	for _, s := range n.Sigs {
		sig, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil {
			return nil
		}
		fmt.Fprintf(&b, "\u2014 %s %s\n", s.Name, base64.StdEncoding.EncodeToString(sig))
	}
	return b.Bytes()
}

// TrimCheckpoint drops the lines of a checkpoint that neither the root's log
// nor one of its witnesses wrote, such as those of witnesses that other roots
// know. It fails when the log did not sign it.
func (r *Root) TrimCheckpoint(raw []byte) ([]byte, error) {
	if len(raw) > MaxCheckpoint {
		return nil, refuse(CodeChainSize, "checkpoint of %d bytes, limit %d", len(raw), MaxCheckpoint)
	}
	n, err := note.Open(raw, note.VerifierList(append([]note.Verifier{r.log}, r.witnesses...)...))
	if err != nil {
		return nil, refuseErr(CodeLogCheckpoint, err, "checkpoint is not the log's")
	}
	return formatNote(n), nil
}

// Proof shows that an envelope is in the log. Root and size come from the
// signed checkpoint and the leaf from the envelope: nothing here is believed.
type Proof struct {
	Index  uint64            `json:"index"`
	Hashes []pipeline.Digest `json:"hashes"` // from the leaf upwards
}

// includes checks that an envelope is in the log at this checkpoint.
func (c *Checkpoint) includes(envelope []byte, p Proof) error {
	if len(p.Hashes) > MaxProof || p.Index >= c.Size {
		return refuse(CodeLogInclusion, "index %d with %d hashes in a log of %d entries", p.Index, len(p.Hashes), c.Size)
	}
	hashes := make([][]byte, len(p.Hashes))
	for i, h := range p.Hashes {
		raw, err := hex.DecodeString(string(h))
		if err != nil || len(raw) != rfc6962.DefaultHasher.Size() || strings.ToLower(string(h)) != string(h) {
			return refuse(CodeLogInclusion, "hash %d of the proof is not a hash", i)
		}
		hashes[i] = raw
	}
	root, err := hex.DecodeString(string(c.Root))
	if err != nil {
		return refuseErr(CodeLogCheckpoint, err, "root hash")
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(envelope)
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, c.Size, leaf, hashes, root); err != nil {
		return refuse(CodeLogInclusion, "entry %d does not lead to the root of %d entries", p.Index, c.Size)
	}
	return nil
}
