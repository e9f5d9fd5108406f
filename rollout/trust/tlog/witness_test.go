package tlog_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/rollout/trust/tlog"
	flog "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// tree is a checkpoint of a log whose leaves are the given texts.
func (w *world) tree(leaves ...string) []byte {
	w.T.Helper()
	var hash []byte
	switch h := rfc6962.DefaultHasher; len(leaves) {
	case 0:
		hash = h.EmptyRoot()
	case 1:
		hash = h.HashLeaf([]byte(leaves[0]))
	case 2:
		hash = h.HashChildren(h.HashLeaf([]byte(leaves[0])), h.HashLeaf([]byte(leaves[1])))
	default:
		w.T.Fatalf("no tree of %d leaves", len(leaves))
	}
	return w.checkpoint(uint64(len(leaves)), hash, w.Log.LogSigner())
}

func (w *world) checkpoint(size uint64, hash []byte, signer note.Signer) []byte {
	w.T.Helper()
	cp := flog.Checkpoint{Origin: w.Keys.Root().Log.Origin, Size: size, Hash: hash}
	raw, err := note.Sign(&note.Note{Text: string(cp.Marshal())}, signer)
	if err != nil {
		w.T.Fatal(err)
	}
	return raw
}

func leaf(s string) []byte { return rfc6962.DefaultHasher.HashLeaf([]byte(s)) }

func TestWitness(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cosign := func(name string, old uint64, hashes [][]byte, cp []byte, want error) {
		t.Helper()
		// A new witness each time: what counts is what it remembers.
		line, err := w.witness().Cosign(old, hashes, cp)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if want == nil && !strings.HasPrefix(string(line), "\u2014 witness-1.") {
			t.Errorf("%s: cosignature %q", name, line)
		}
	}
	witness, err := w.Keys.WitnessSigner()
	if err != nil {
		t.Fatal(err)
	}
	cosign("first", 0, nil, w.tree("a"), nil)
	cosign("the same again", 1, nil, w.tree("a"), nil)
	cosign("another log's key", 1, nil, w.checkpoint(1, leaf("a"), witness), tlog.ErrUnknownLog)
	cosign("stale old size", 0, nil, w.tree("a", "b"), tlog.ErrConflict)
	cosign("split view", 1, nil, w.tree("z"), tlog.ErrSplitView)
	cosign("split view, old size forgotten", 0, nil, w.tree("z"), tlog.ErrSplitView)
	cosign("grown, wrong proof", 1, [][]byte{leaf("c")}, w.tree("a", "b"), tlog.ErrNotGrown)
	cosign("grown from another history", 1, [][]byte{leaf("b")}, w.tree("z", "b"), tlog.ErrNotGrown)
	cosign("grown", 1, [][]byte{leaf("b")}, w.tree("a", "b"), nil)
	cosign("shrunk", 1, nil, w.tree("a"), tlog.ErrConflict)

	pair, err := os.ReadFile(filepath.Join(w.dir, "witness", "split-view-1"))
	if err != nil {
		t.Fatal("the two checkpoints of the split view were not kept:", err)
	}
	if !bytes.Contains(pair, w.tree("a")) || !bytes.Contains(pair, w.tree("z")) {
		t.Errorf("kept:\n%s", pair)
	}
}

func TestWitnessProtocol(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	request := func(old uint64, cp []byte, proof ...[]byte) string {
		var b strings.Builder
		fmt.Fprintf(&b, "old %d\n", old)
		for _, h := range proof {
			b.WriteString(base64.StdEncoding.EncodeToString(h) + "\n")
		}
		return b.String() + "\n" + string(cp)
	}
	witness := w.witness()
	for _, c := range []struct {
		name, body string
		status     int
		answer     string
	}{
		{"nothing", "", http.StatusBadRequest, ""},
		{"no size", "old x\n\n" + string(w.tree("a")), http.StatusBadRequest, ""},
		{"proof of no base64", "old 0\n!!\n\n" + string(w.tree("a")), http.StatusBadRequest, ""},
		{"old above new", request(2, w.tree("a")), http.StatusBadRequest, ""},
		{"not signed", request(0, bytes.Replace(w.tree("a"), []byte("\n1\n"), []byte("\n2\n"), 1)), http.StatusForbidden, ""},
		{"first", request(0, w.tree("a")), http.StatusOK, "\u2014 witness-1."},
		{"conflict tells the size", request(0, w.tree("a", "b")), http.StatusConflict, "1\n"},
		{"split view", request(1, w.tree("z")), http.StatusConflict, ""},
		{"not grown", request(1, w.tree("a", "b"), leaf("q")), http.StatusUnprocessableEntity, ""},
		{"grown", request(1, w.tree("a", "b"), leaf("b")), http.StatusOK, "\u2014 witness-1."},
	} {
		rec := httptest.NewRecorder()
		witness.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/add-checkpoint", strings.NewReader(c.body)))
		if rec.Code != c.status || !strings.HasPrefix(rec.Body.String(), c.answer) {
			t.Errorf("%s: %d %q, want %d %q", c.name, rec.Code, rec.Body, c.status, c.answer)
		}
	}
}
