package tlog

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/genesis-network/genesis/internal/durable"
	flog "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// Witness cosigns the checkpoints of one log, as long as each grows out of
// the one before. It remembers the last in a file, and cosigns nothing that
// it has not remembered first. Safe for concurrent use.
type Witness struct {
	dir    string
	origin string
	log    note.Verifier
	signer note.Signer

	mu   sync.Mutex
	seen flog.Checkpoint // the zero value before the first
	raw  []byte
}

var _ http.Handler = (*Witness)(nil)

// Why a witness does not cosign.
var (
	ErrUnknownLog  = errors.New("tlog: witness: the checkpoint is not of the log that is witnessed")
	ErrConflict    = errors.New("tlog: witness: the old size is not the size that was cosigned last")
	ErrSplitView   = errors.New("tlog: witness: two trees of one size: the log shows different people different histories")
	ErrNotGrown    = errors.New("tlog: witness: the new tree does not grow out of the old one")
	errWitnessForm = errors.New("tlog: witness: request is not well formed")
)

// NewWitness opens a witness of the log with this verifier key, which
// remembers what it saw in a directory of its own.
func NewWitness(dir, logKey string, signer note.Signer) (*Witness, error) {
	v, err := note.NewVerifier(logKey)
	if err != nil {
		return nil, fmt.Errorf("tlog: witness: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("tlog: witness: %w", err)
	}
	w := &Witness{dir: dir, origin: v.Name(), log: v, signer: signer}
	raw, err := os.ReadFile(w.path("seen"))
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return nil, fmt.Errorf("tlog: witness: %w", err)
	}
	cp, _, _, err := flog.ParseCheckpoint(raw, w.origin, w.log)
	if err != nil {
		return nil, fmt.Errorf("tlog: witness: what it remembers in %s: %w", w.path("seen"), err)
	}
	w.seen, w.raw = *cp, raw
	return w, nil
}

func (w *Witness) path(name string) string { return filepath.Join(w.dir, name) }

// Cosign checks a checkpoint against the last one, given a proof of
// consistency from the old size, and returns the cosignature line. A split
// view is kept as a pair of checkpoints, each signed by the log: proof against
// it.
func (w *Witness) Cosign(old uint64, hashes [][]byte, checkpoint []byte) ([]byte, error) {
	cp, _, n, err := flog.ParseCheckpoint(checkpoint, w.origin, w.log)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknownLog, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.grows(old, hashes, cp, checkpoint); err != nil {
		return nil, err
	}
	if err := w.remember(cp, checkpoint); err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: n.Text}, w.signer)
	if err != nil {
		return nil, fmt.Errorf("tlog: witness: %w", err)
	}
	_, line, _ := bytes.Cut(signed, []byte("\n\n"))
	return line, nil
}

func (w *Witness) grows(old uint64, hashes [][]byte, cp *flog.Checkpoint, raw []byte) error {
	switch {
	case old > cp.Size:
		return errWitnessForm
	case w.seen.Size == cp.Size && len(w.seen.Hash) > 0 && !bytes.Equal(w.seen.Hash, cp.Hash):
		return errors.Join(ErrSplitView, w.keepPair(raw))
	case old != w.seen.Size:
		return ErrConflict
	case old == 0:
		return nil
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, old, cp.Size, hashes, w.seen.Hash, cp.Hash); err != nil {
		return fmt.Errorf("%w: %w", ErrNotGrown, err)
	}
	return nil
}

// keepPair keeps the evidence of a split view.
func (w *Witness) keepPair(raw []byte) error {
	pair := fmt.Appendf(nil, "%s\n----\n%s", w.raw, raw)
	return os.WriteFile(w.path(fmt.Sprintf("split-view-%d", w.seen.Size)), pair, 0o600)
}

func (w *Witness) remember(cp *flog.Checkpoint, raw []byte) error {
	if err := durable.Replace(w.path("seen"), raw); err != nil {
		return fmt.Errorf("tlog: witness: %w", err)
	}
	w.seen, w.raw = *cp, bytes.Clone(raw)
	return nil
}

// maxRequest bounds a request: a checkpoint and 63 hashes.
const maxRequest = 64 << 10

// ServeHTTP is the protocol's add-checkpoint.
func (w *Witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/add-checkpoint") {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	old, hashes, checkpoint, err := parseRequest(body)
	if err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	line, err := w.Cosign(old, hashes, checkpoint)
	if err != nil {
		w.refuse(rw, err)
		return
	}
	rw.Write(line) //nolint:errcheck // the caller is gone: nothing to tell it
}

func (w *Witness) refuse(rw http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, ErrConflict):
		w.mu.Lock()
		size := w.seen.Size
		w.mu.Unlock()
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintf(rw, "%d\n", size)
	case errors.Is(err, ErrSplitView):
		rw.WriteHeader(http.StatusConflict)
	case errors.Is(err, ErrUnknownLog):
		rw.WriteHeader(http.StatusForbidden)
	case errors.Is(err, ErrNotGrown):
		rw.WriteHeader(http.StatusUnprocessableEntity)
	case errors.Is(err, errWitnessForm):
		rw.WriteHeader(http.StatusBadRequest)
	default:
		rw.WriteHeader(http.StatusInternalServerError)
	}
}

// parseRequest reads "old N", the hashes of the proof, an empty line, and the
// checkpoint.
func parseRequest(body []byte) (old uint64, hashes [][]byte, checkpoint []byte, err error) {
	head, checkpoint, ok := bytes.Cut(body, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	size, isOld := strings.CutPrefix(lines[0], "old ")
	if !ok || !isOld || len(lines) > 64 {
		return 0, nil, nil, errWitnessForm
	}
	if old, err = strconv.ParseUint(size, 10, 63); err != nil {
		return 0, nil, nil, errWitnessForm
	}
	for _, line := range lines[1:] {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return 0, nil, nil, errWitnessForm
		}
		hashes = append(hashes, h)
	}
	return old, hashes, checkpoint, nil
}
