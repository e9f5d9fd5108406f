package command

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

// published is a service's data with the chain of a change from birch's
// governor to alder's.
func published(t *testing.T, edit func(*trusttest.Story)) (data, change string) {
	t.Helper()
	world := trusttest.New(t)
	s := world.Story()
	slot, _ := hal.Lookup("thermal")
	s.Artefacts, s.Evidence = map[pipeline.Digest][]byte{}, nil
	put := func(lineage string) trust.Slot {
		g, err := lineages.Load(lineage, "thermal")
		if err != nil {
			t.Fatal(err)
		}
		m, err := g.Compile(slot.Contract)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{m.IR, m.Proof, m.Source} {
			s.Artefacts[pipeline.SumBytes(b)] = b
		}
		return trust.Slot{Module: m.Ref, Source: pipeline.SumBytes(m.Source)}
	}
	s.Previous, s.Slots = []trust.Slot{put("birch")}, []trust.Slot{put("alder")}
	contract := pipeline.ContractDigest(slot.Contract.Files)
	s.Contract = map[pipeline.Digest]map[string][]byte{contract: slot.Contract.Files}
	s.Contracts.List = []trust.ListedContract{{Slot: "thermal", Name: "thermal", Version: 1, Digest: contract}}
	if edit != nil {
		edit(s)
	}
	s.Witness(pipeline.Propose, pipeline.Agree, pipeline.Coq, pipeline.TLA, pipeline.Fuzz, pipeline.Benchmark, pipeline.Shadow, pipeline.Federate)
	data, change = t.TempDir(), pipeline.ChangeID(s.Change().Digest())
	if err := os.Mkdir(filepath.Join(data, "chains"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := trust.WriteChain(filepath.Join(data, "chains", change), s.Chain()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "root.json"), world.Keys.RootEnvelope(), 0o644); err != nil {
		t.Fatal(err)
	}
	return data, change
}

func genesis(t *testing.T, args ...string) (code Exit, stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	code = Exit(Main(context.WithoutCancel(t.Context()), args, strings.NewReader(""), &out, &errOut))
	return code, out.String(), errOut.String()
}

func TestVerifyOffline(t *testing.T) {
	t.Parallel()
	data, change := published(t, nil)
	code, out, errOut := genesis(t, "verify", change, "--offline", "--data", data)
	if code != ExitOK || !strings.Contains(out, "everything matches") || !strings.Contains(out, "release.derived") {
		t.Fatalf("exit %d:\n%s%s", code, out, errOut)
	}
	if code, out, _ := genesis(t, "verify", filepath.Join(data, "chains", change), "--data", data, "-o", "json"); code != ExitOK || !strings.Contains(out, `"ok": true`) {
		t.Errorf("by folder: exit %d:\n%s", code, out)
	}
	if code, _, _ := genesis(t, "verify", strings.Repeat("0", 64), "--data", data); code != ExitNotFound {
		t.Errorf("unknown change: exit %d", code)
	}
	other, _ := published(t, nil)
	if code, out, _ := genesis(t, "verify", change, "--data", data, "--root-file", filepath.Join(other, "root.json")); code != ExitRefused || !strings.Contains(out, "FAIL  root.pinned") {
		t.Errorf("root of strangers: exit %d:\n%s", code, out)
	}
}

// One flipped byte anywhere makes it fail, and the part is named.
func TestVerifyNamesWhatWasAltered(t *testing.T) {
	t.Parallel()
	data, change := published(t, nil)
	dir := filepath.Join(data, "chains", change)
	alder, err := lineages.Load("alder", "thermal")
	if err != nil {
		t.Fatal(err)
	}
	source := string(pipeline.SumBytes(alder.Source))
	for file, part := range map[string]string{
		"release.json":        "release",
		"evidence/000.json":   "evidence",
		"orders/000.json":     "order",
		"artefacts/" + source: "artefact",
		"release.proof.json":  "log",
		"policy.json":         "policy",
	} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		altered := bytes.Clone(raw)
		altered[len(altered)/2] ^= 1
		if err := os.WriteFile(path, altered, 0o644); err != nil {
			t.Fatal(err)
		}
		code, out, errOut := genesis(t, "verify", change, "--data", data)
		if code != ExitRefused || !strings.Contains(out+errOut, part) || strings.Contains(out, "everything matches") {
			t.Errorf("%s altered: exit %d:\n%s%s", file, code, out, errOut)
		}
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A release whose signatures are all valid, but that says of its IR what no
// tile would derive from it.
func TestVerifyDerivesAgain(t *testing.T) {
	t.Parallel()
	data, change := published(t, func(s *trusttest.Story) {
		s.Slots[0].Module.Code.Schema = pipeline.SumBytes([]byte("another schema"))
	})
	code, out, _ := genesis(t, "verify", change, "--data", data)
	if code != ExitRefused || !strings.Contains(out, "FAIL  release.derived") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}
