package tlog_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/tlog"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

// world is a root, its keys, and the directories of its log and witness.
type world struct {
	*trusttest.World
	dir string
}

func newWorld(t testing.TB) *world {
	return &world{World: trusttest.New(t), dir: t.TempDir()}
}

func (w *world) witness() *tlog.Witness {
	w.T.Helper()
	signer, err := w.Keys.WitnessSigner()
	if err != nil {
		w.T.Fatal(err)
	}
	witness, err := tlog.NewWitness(filepath.Join(w.dir, "witness"), w.Keys.Root().Log.Key, signer)
	if err != nil {
		w.T.Fatal(err)
	}
	return witness
}

func (w *world) open() *tlog.Log {
	w.T.Helper()
	signer, err := w.Keys.LogSigner()
	if err != nil {
		w.T.Fatal(err)
	}
	l, err := tlog.Open(w.T.Context(), filepath.Join(w.dir, "log"), tlog.Options{Root: w.Keys.Root(), Signer: signer, Witness: w.witness()})
	if err != nil {
		w.T.Fatal(err)
	}
	return l
}

func (w *world) close(l *tlog.Log) {
	w.T.Helper()
	if err := l.Close(context.WithoutCancel(w.T.Context())); err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) append(l *tlog.Log, envelopes ...[]byte) []tlog.Entry {
	w.T.Helper()
	list, err := l.Append(w.T.Context(), envelopes...)
	if err != nil {
		w.T.Fatal(err)
	}
	return list
}

func TestChainThroughTheRealLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.open()
	defer w.close(l)
	s := w.Story()
	chain := s.Chain()
	for _, p := range chain.Logged() {
		p.Proof = trust.Proof{}
	}
	if err := l.Fill(t.Context(), chain); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Verifier("alder-1").Verify(s.Installed(), chain, time.Now()); err != nil {
		t.Errorf("a tile refuses the chain: %v", err)
	}
	if err := l.Fsck(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSameWorkIsLoggedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.open()
	s := w.Story()
	first := w.append(l, w.Sign(trust.Evidence(s.Evidence[0])))[0]
	again := s.Evidence[0]
	again.Summary = "the same work, measured again after a crash"
	release := s.Chain().Release.Envelope
	var hedged []byte // the same release with other ECDSA signatures
	for hedged == nil || bytes.Equal(hedged, release) {
		doc, _, err := trust.OpenRelease(w.Keys.Root(), release, w.Now)
		if err != nil {
			t.Fatal(err)
		}
		hedged = w.Sign(doc)
	}
	list := w.append(l, w.Sign(trust.Evidence(again)), w.Sign(trust.Evidence(s.Evidence[1])), release, hedged)
	check := func(name string, got tlog.Entry, index uint64, known bool, envelope []byte) {
		t.Helper()
		if got.Index != index || got.Known != known || !bytes.Equal(got.Envelope, envelope) {
			t.Errorf("%s: index %d, known %v", name, got.Index, got.Known)
		}
	}
	check("work done again", list[0], first.Index, true, first.Envelope)
	check("other work", list[1], list[1].Index, false, list[1].Envelope)
	check("the same release signed again", list[3], list[2].Index, true, release)
	w.close(l)

	l = w.open()
	defer w.close(l)
	check("after a restart", w.append(l, w.Sign(trust.Evidence(again)))[0], first.Index, true, first.Envelope)
	if size, err := l.Size(t.Context()); err != nil || size != 3 {
		t.Errorf("size %d, %v", size, err)
	}
}

func TestEntriesAreOneStatementEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.open()
	defer w.close(l)
	raw := w.Sign(trust.Evidence(w.Story().Evidence[0]))
	done := make(chan uint64)
	for range 8 {
		go func() {
			list, err := l.Append(t.Context(), raw)
			if err != nil {
				t.Error(err)
				list = make([]tlog.Entry, 1)
			}
			done <- list[0].Index
		}()
	}
	for range 8 {
		if i := <-done; i != 0 {
			t.Errorf("index %d", i)
		}
	}
	if size, err := l.Size(t.Context()); err != nil || size != 1 {
		t.Errorf("size %d, %v", size, err)
	}
}

// A process that is killed never calls Close: what Append returned is there,
// under the same index, when the log is opened again.
func TestAppendedSurvivesAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys, err := sign.Development(t.Context(), filepath.Join(dir, "keys"), sign.DevelopmentOptions{Now: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var told []string // "n index", of which the child was sure
	lines := bufio.NewScanner(out)
	for len(told) < 5 && lines.Scan() {
		told = append(told, lines.Text())
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil || len(told) < 5 {
		t.Fatalf("the child ended by itself after %q", told)
	}
	w := &world{World: trusttest.Of(t, keys), dir: dir}
	l := w.open()
	defer w.close(l)
	for _, line := range told {
		var n int
		var index uint64
		if _, err := fmt.Sscan(line, &n, &index); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if e := w.append(l, w.numbered(n))[0]; e.Index != index || !e.Known {
			t.Errorf("entry %d: index %d, was %d; known %v", n, e.Index, index, e.Known)
		}
	}
	if err := l.Fsck(t.Context()); err != nil {
		t.Error(err)
	}
}

const childDir = "GENESIS_TLOG_TEST_DIR"

// numbered is the evidence of the n-th piece of work.
func (w *world) numbered(n int) []byte {
	s := w.Story().Evidence[0]
	s.Inputs = map[string]pipeline.Digest{"n": pipeline.SumBytes(fmt.Append(nil, n))}
	return w.Sign(trust.Evidence(s))
}

// TestChild is the process that is killed: it appends until it is.
func TestChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("runs as a child of TestAppendedSurvivesAKill")
	}
	keys, err := sign.OpenDirectory(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{World: trusttest.Of(t, keys), dir: dir}
	l := w.open()
	for n := 0; ; n++ {
		fmt.Println(n, w.append(l, w.numbered(n))[0].Index)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.open()
	signer, err := w.Keys.LogSigner()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	opts := tlog.Options{Root: w.Keys.Root(), Signer: signer, Witness: w.witness()}
	if _, err := tlog.Open(ctx, filepath.Join(w.dir, "log"), opts); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	w.close(l)
	w.close(w.open())
}

func TestFsckFindsAFlippedByte(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.open()
	defer w.close(l)
	e := w.append(l, w.Sign(trust.Evidence(w.Story().Evidence[0])))[0]
	if _, _, err := l.Prove(t.Context(), e.Index); err != nil {
		t.Fatal(err)
	}
	if err := l.Fsck(t.Context()); err != nil {
		t.Fatal(err)
	}
	flipped := 0
	err := filepath.WalkDir(filepath.Join(w.dir, "log", "tiles"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "entries") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		raw[len(raw)/2] ^= 1
		flipped++
		return os.WriteFile(path, raw, 0o644)
	})
	if err != nil || flipped == 0 {
		t.Fatalf("flipped %d files, %v", flipped, err)
	}
	if err := l.Fsck(t.Context()); err == nil {
		t.Error("fsck did not see it")
	}
}

func TestProofsNeedAnEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.open()
	defer w.close(l)
	if _, _, err := l.Prove(t.Context(), 7); err == nil {
		t.Error("proved an entry that is not there")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Append(ctx, w.Sign(trust.Evidence(w.Story().Evidence[0]))); err == nil {
		t.Error("a cancelled caller was kept waiting")
	}
}

func BenchmarkAppendAndProve(b *testing.B) {
	w := newWorld(b)
	l := w.open()
	defer w.close(l)
	n := 0
	for b.Loop() {
		n++
		e := w.append(l, w.numbered(n))[0]
		if _, _, err := l.Prove(b.Context(), e.Index); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend is the log's throughput with many writers waiting.
func BenchmarkAppend(b *testing.B) {
	w := newWorld(b)
	l := w.open()
	defer w.close(l)
	const batch = 256
	envelopes := make([][]byte, 0, batch*b.N)
	for n := range cap(envelopes) {
		envelopes = append(envelopes, w.numbered(n))
	}
	b.ResetTimer()
	for i := range b.N {
		w.append(l, envelopes[i*batch:(i+1)*batch]...)
	}
	b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "entries/s")
}
