package trust_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fixed is a digest that says what it stands for.
func fixed(name string) pipeline.Digest { return pipeline.SumBytes([]byte(name)) }

// documents are one of each kind, with nothing random in them.
func documents() map[string]trust.Document {
	module := pipeline.ModuleRef{
		Code:  pipeline.Code{Slot: "thermal", Contract: fixed("contract"), IR: fixed("ir"), Compiler: "tilego/1", Schema: fixed("schema")},
		Proof: fixed("proof"),
	}
	change := pipeline.Change{Lineage: "alder", Base: fixed("base"), Modules: []pipeline.ModuleRef{module}}
	release := trust.Release{
		Serial: 5, Epoch: 1, Issued: 1_800_000_000, Expires: 1_800_600_000, Class: "edge", Lineage: "alder",
		Slots: []trust.Slot{{Module: module, Source: fixed("source")}}, Changed: []string{"thermal"}, Base: fixed("base"), Change: change.Digest(),
		Reason: trust.Forward, Policy: fixed("policy"), Plan: fixed("plan"), Proposer: "evolve",
		Evidence: []pipeline.Digest{fixed("evidence")}, Approvals: []pipeline.Digest{}, Assurance: trust.Development,
	}
	return map[string]trust.Document{
		"release":   release,
		"escape":    release.Back(fixed("release"), release.Slots, 1),
		"order":     trust.Order{Release: fixed("release"), Plan: fixed("plan"), Wave: 1, Tiles: []string{"alder-1", "alder-2"}, NotBefore: 1_800_000_000, Expires: 1_800_003_600},
		"halt":      trust.Halt{Release: fixed("release"), Reason: "two tiles failed", Causes: []pipeline.Digest{fixed("telemetry")}},
		"commit":    trust.Commit{Release: fixed("release"), Tiles: []string{"alder-1"}},
		"session":   trust.Session{Change: change.Digest(), Document: fixed("document"), Expires: 1_800_000_600},
		"approval":  trust.Approval{Decision: pipeline.Approval{Change: change.Digest(), Evidence: fixed("evidence root"), Plan: fixed("plan"), Policy: fixed("policy"), Approver: "ada", Approve: true}, As: trust.RoleApprover, Expires: 1_800_086_400},
		"policy":    trust.Policy{Policy: pipeline.DevelopmentPolicy(nil), Expires: 1_810_000_000},
		"contracts": trust.Contracts{Version: 1, List: []trust.ListedContract{{Slot: "thermal", Name: "thermal", Version: 1, Digest: fixed("contract")}}},
		"evidence": trust.Evidence{
			Station: pipeline.Coq, Subject: pipeline.Subject{Kind: pipeline.SubjectModule, Digest: module.Digest()}, Outcome: pipeline.Pass,
			Summary: "proven", Tools: []pipeline.Tool{{Name: "coq", Version: "8.16.1"}}, Inputs: map[string]pipeline.Digest{"contract": fixed("contract")},
		},
	}
}

// The statements that are signed are formats that others verify for years:
// their bytes change only on purpose.
func TestStatementsAreFixed(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	docs := documents()
	for _, kind := range slices.Sorted(func(yield func(string) bool) {
		for k := range docs {
			if !yield(k) {
				return
			}
		}
	}) {
		raw, err := trust.Payload(docs[kind])
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString(kind + " " + string(pipeline.SumBytes(raw)) + "\n" + string(raw) + "\n\n")
	}
	const golden = "testdata/statements.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("statements differ from %s; a new form needs a new version in its type\n%s", golden, got.Bytes())
	}
}

// Every type of predicate is an absolute URI under one base and names one role.
func TestTypes(t *testing.T) {
	t.Parallel()
	for kind, d := range documents() {
		if !strings.HasPrefix(d.Type(), trust.Base) || !strings.HasSuffix(d.Type(), "/v1") || d.Role() == "" || len(d.Subjects()) == 0 {
			t.Errorf("%s: type %q, role %q, subjects %v", kind, d.Type(), d.Role(), d.Subjects())
		}
	}
	if trust.EvidenceType(pipeline.Coq) != "https://genesis-network.github.io/evidence/coq/v1" {
		t.Error(trust.EvidenceType(pipeline.Coq))
	}
}

// A document of one kind is not taken for one of another, whoever signed it.
func TestKindsAreNotMixed(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	c := w.Story().Chain()
	raws := map[string][]byte{
		"release": c.Release.Envelope, "order": c.Orders[0].Envelope, "policy": c.Policy.Envelope,
		"contract": c.Contracts.Envelope, "evidence": c.Evidence[0].Envelope, "approval": c.Approvals[0].Envelope,
	}
	root := w.Keys.Root()
	open := map[string]func([]byte) error{
		"release":  func(raw []byte) error { _, _, err := trust.OpenRelease(root, raw, w.Now); return err },
		"order":    func(raw []byte) error { _, err := trust.OpenOrder(root, raw, w.Now); return err },
		"policy":   func(raw []byte) error { _, err := trust.OpenPolicy(root, raw, w.Now); return err },
		"contract": func(raw []byte) error { _, err := trust.OpenContracts(root, raw, w.Now); return err },
		"evidence": func(raw []byte) error { _, err := trust.OpenEvidence(root, raw, w.Now); return err },
		"approval": func(raw []byte) error { _, _, err := trust.OpenApproval(root, raw, w.Now); return err },
	}
	for want, f := range open {
		for kind, raw := range raws {
			err := f(raw)
			if (err == nil) != (kind == want) {
				t.Errorf("a %s opened as %s: %v", kind, want, err)
			}
			if err != nil && trust.CodeOf(err) != trust.Code(want+".format") {
				t.Errorf("a %s opened as %s: code %s", kind, want, trust.CodeOf(err))
			}
		}
	}
}

func TestEveryCodeHasAMeaning(t *testing.T) {
	t.Parallel()
	for _, c := range trust.Codes() {
		if c.Meaning() == "" || strings.HasSuffix(c.Meaning(), ".") {
			t.Errorf("%s: %q", c, c.Meaning())
		}
	}
}

// What a tile links: nothing of sigstore, of the log's server, of x509.
func TestLean(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("SKIPPED: the go command does not list dependencies here: %v", err)
	}
	forbidden := map[string]string{
		"github.com/sigstore/":                              "signing and sigstore's bundles are the control plane's part",
		"github.com/transparency-dev/tessera":               "the log's server is the control plane's part",
		"google.golang.org/protobuf":                        "no second encoding on the tile",
		"net/http":                                          "the verifier opens no connection",
		"github.com/genesis-network/genesis/rollout/trust/": "a leaf",
	}
	for dep := range strings.Lines(string(out)) {
		for prefix, why := range forbidden {
			if strings.HasPrefix(dep, prefix) {
				t.Errorf("imports %s: %s", strings.TrimSpace(dep), why)
			}
		}
	}
}

func FuzzParseEnvelope(f *testing.F) {
	w := trusttest.New(f)
	c := w.Story().Chain()
	for _, l := range c.Logged() {
		f.Add(l.Envelope)
	}
	f.Add([]byte(`{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"","sig":""}]}`))
	root := w.Keys.Root()
	f.Fuzz(func(t *testing.T, raw []byte) {
		env, err := trust.ParseEnvelope(raw)
		if err != nil {
			return
		}
		again, err := trust.Seal(env.Payload, env.Signatures)
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("accepted %q, but it is written %q, %v", raw, again, err)
		}
		// Whatever it says, reading it as any kind ends without a panic.
		trust.OpenRelease(root, raw, w.Now)
		trust.OpenEvidence(root, raw, w.Now)
		trust.OpenApproval(root, raw, w.Now)
		trust.OpenPolicy(root, raw, w.Now)
		trust.OpenContracts(root, raw, w.Now)
		trust.OpenRoot(raw)
		trust.Identity(raw)
	})
}

// FuzzPayload signs whatever the fuzzer makes up, so that the parsers behind
// the signature check are reached.
func FuzzPayload(f *testing.F) {
	w := trusttest.New(f)
	for _, l := range w.Story().Chain().Logged() {
		f.Add(payload(f, l.Envelope))
	}
	root := w.Keys.Root()
	f.Fuzz(func(t *testing.T, raw []byte) {
		a := &tale{World: w.Fresh(t)}
		if len(raw) > trust.MaxPayload || !json.Valid(raw) {
			return
		}
		for _, member := range [][2]string{releaser, roller, {"station/coq", "coq"}, {trust.RoleApprover, "developer"}} {
			env := a.signed(raw, member)
			if r, _, err := trust.OpenRelease(root, env, w.Now); err == nil {
				if _, err := trust.Payload(r); err != nil {
					t.Errorf("accepted a release that cannot be said: %v", err)
				}
			}
			trust.OpenEvidence(root, env, w.Now)
			trust.OpenOrder(root, env, w.Now)
			trust.OpenApproval(root, env, w.Now)
		}
	})
}

func FuzzDecodeChain(f *testing.F) {
	w := trusttest.New(f)
	c := w.Story().Chain()
	raw, err := c.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"format":"genesis/chain/v1"}`))
	root := w.Keys.Root()
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := trust.DecodeChain(raw)
		if err != nil {
			return
		}
		again, err := c.Encode()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("a chain is not written as it was read: %v", err)
		}
		trust.VerifyOffline(c, root, trust.Options{Now: w.Now})
	})
}

func FuzzCheckpoint(f *testing.F) {
	w := trusttest.New(f)
	c := w.Story().Chain()
	f.Add(c.Checkpoint)
	root := w.Keys.Root()
	f.Fuzz(func(t *testing.T, raw []byte) {
		cp, err := root.OpenCheckpoint(raw)
		if err == nil && !bytes.Equal(raw, c.Checkpoint) {
			t.Errorf("accepted another checkpoint: %+v", cp)
		}
	})
}
