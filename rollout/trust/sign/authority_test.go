package sign_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/mldsa"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

// held are keys in memory, as a KMS would hold them, by role and member.
type held map[[2]string][]*sign.Signer

func (h held) Signers(_ context.Context, role, member string) ([]*sign.Signer, error) {
	if s := h[[2]string{role, member}]; len(s) > 0 {
		return s, nil
	}
	return nil, sign.ErrNoKey
}

func (h held) add(t *testing.T, now time.Time, role, member string, privates ...crypto.PrivateKey) {
	t.Helper()
	for _, p := range privates {
		s, err := sign.Load(p, trust.Production, now.Add(-time.Hour), now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		h[[2]string{role, member}] = append(h[[2]string{role, member}], s)
	}
}

func newEd25519(t *testing.T) crypto.PrivateKey {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newECDSA(t *testing.T) crypto.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newMLDSA(t *testing.T) crypto.PrivateKey {
	k, err := mldsa.GenerateKey(mldsa.MLDSA65())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// production is a root as people would keep one: two of three hybrid release
// keys, of either classical kind.
func production(t *testing.T, now time.Time) (*sign.Authority, held) {
	t.Helper()
	keys := held{}
	for i, classical := range []crypto.PrivateKey{newECDSA(t), newEd25519(t), newECDSA(t)} {
		keys.add(t, now, trust.RoleRelease, fmt.Sprintf("release-%d", i+1), classical, newMLDSA(t))
	}
	for _, role := range []string{trust.RoleRoot, trust.RolePolicy, trust.RoleContract, trust.RoleRollout} {
		keys.add(t, now, role, role+"-1", newEd25519(t))
	}
	doc := trust.RootDocument{
		Version: 1, Assurance: trust.Production, Expires: now.Add(time.Hour).Unix(),
		Keys: map[pipeline.Digest]trust.Key{}, Roles: map[string]trust.Role{}, Log: trusttest.New(t).Keys.Root().Log,
	}
	names := make([][2]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b [2]string) int { return strings.Compare(a[1], b[1]) })
	for _, name := range names {
		m := trust.Member{Name: name[1]}
		for _, s := range keys[name] {
			m.Keys = append(m.Keys, s.ID())
			doc.Keys[s.ID()] = s.Key()
		}
		r := doc.Roles[name[0]]
		doc.Roles[name[0]] = trust.Role{Threshold: max(1, len(r.Members)), Members: append(r.Members, m)}
	}
	raw, err := sign.Envelope(t.Context(), doc, keys[[2]string{trust.RoleRoot, "root-1"}]...)
	if err != nil {
		t.Fatal(err)
	}
	root, err := trust.OpenRoot(raw)
	if err != nil {
		t.Fatal(err)
	}
	return sign.NewAuthority(root, keys), keys
}

func release(now time.Time) trust.Release {
	d := pipeline.SumBytes([]byte("x"))
	slot := trust.Slot{Module: pipeline.ModuleRef{Code: pipeline.Code{Slot: "thermal", Contract: d, IR: d, Schema: d}, Proof: d}}
	return trust.Release{
		Serial: 1, Issued: now.Unix(), Expires: now.Add(time.Hour).Unix(), Class: "edge", Lineage: "alder",
		Slots: []trust.Slot{slot}, Changed: []string{"thermal"}, Base: d, Change: d, Reason: trust.Forward,
		Policy: d, Plan: d, Proposer: "evolve", Assurance: trust.Production,
	}
}

// A release needs two of three members, and of each both halves.
func TestHybridThreshold(t *testing.T) {
	t.Parallel()
	now := time.Now()
	auth, keys := production(t, now)
	if got := auth.Root().Roles[trust.RoleRelease].Threshold; got != 2 {
		t.Fatalf("threshold %d", got)
	}
	of := func(i, half int) *sign.Signer {
		return keys[[2]string{trust.RoleRelease, fmt.Sprintf("release-%d", i)}][half]
	}
	for _, c := range []struct {
		name    string
		signers []*sign.Signer
		ok      bool
	}{
		{"ECDSA and Ed25519 members", []*sign.Signer{of(1, 0), of(1, 1), of(2, 0), of(2, 1)}, true},
		{"two ECDSA members", []*sign.Signer{of(1, 0), of(1, 1), of(3, 0), of(3, 1)}, true},
		{"all", []*sign.Signer{of(1, 0), of(1, 1), of(2, 0), of(2, 1), of(3, 0), of(3, 1)}, true},
		{"one and two halves", []*sign.Signer{of(1, 0), of(1, 1), of(2, 0), of(3, 1)}, false},
		{"all classical halves", []*sign.Signer{of(1, 0), of(2, 0), of(3, 0)}, false},
		{"all post-quantum halves", []*sign.Signer{of(1, 1), of(2, 1), of(3, 1)}, false},
		{"one", []*sign.Signer{of(1, 0), of(1, 1)}, false},
	} {
		raw, err := sign.Envelope(t.Context(), release(now), c.signers...)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := trust.OpenRelease(auth.Root(), raw, now); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	raw, err := auth.Sign(t.Context(), release(now))
	if err != nil {
		t.Fatal(err)
	}
	if env, err := trust.ParseEnvelope(raw); err != nil || len(env.Signatures) != 4 {
		t.Errorf("the authority made %+v, %v", env, err)
	}
}

func TestAuthorityRefuses(t *testing.T) {
	t.Parallel()
	now := time.Now()
	auth, keys := production(t, now)
	lab := release(now)
	lab.Assurance = trust.Development
	if _, err := auth.Sign(t.Context(), lab); err == nil {
		t.Error("production keys signed a development release")
	}
	bad := release(now)
	bad.Slots[0].Module.Code.Slot = "../x"
	if _, err := auth.Sign(t.Context(), bad); err == nil {
		t.Error("signed a path")
	}
	long := trust.Evidence{Station: pipeline.Coq, Subject: pipeline.Subject{Kind: pipeline.SubjectModule, Digest: lab.Base}, Outcome: pipeline.Fail, Summary: strings.Repeat("x", trust.MaxPayload)}
	if _, err := sign.Envelope(t.Context(), long, keys[[2]string{trust.RolePolicy, "policy-1"}]...); err == nil || !strings.Contains(err.Error(), "attachments") {
		t.Errorf("a statement above its limit: %v", err)
	}
	delete(keys, [2]string{trust.RoleRollout, "rollout-1"})
	if _, err := auth.Sign(t.Context(), trust.Halt{Release: lab.Base}); !errors.Is(err, sign.ErrNoKey) {
		t.Errorf("without the key: %v", err)
	}
	if _, err := auth.Evidence(t.Context(), pipeline.Statement(trust.Evidence{Station: pipeline.Coq})); err == nil {
		t.Error("a station that the root does not know signed")
	}
	if _, err := sign.Load("no key", trust.Production, now, now); err == nil {
		t.Error("loaded no key")
	}
}

func TestDirectoryMustFitItsRoot(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	keys, err := sign.Development(t.Context(), dir, sign.DevelopmentOptions{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	policy, contract := filepath.Join(dir, "policy/policy-1.ed25519.pem"), filepath.Join(dir, "contract/contract-1.ed25519.pem")
	raw, err := os.ReadFile(contract)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		damage func() error
	}{
		{"another key", func() error { return os.WriteFile(policy, raw, 0o600) }},
		{"no key", func() error { return os.WriteFile(policy, []byte("key"), 0o600) }},
		{"no file", func() error { return os.Remove(policy) }},
	} {
		if err := c.damage(); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Signers(t.Context(), trust.RolePolicy, "policy-1"); err == nil {
			t.Errorf("%s: signers", c.name)
		}
	}
	if _, err := keys.Signers(t.Context(), trust.RolePolicy, "policy-9"); !errors.Is(err, sign.ErrNoKey) {
		t.Error(err)
	}
}

// Equal statements have equal envelopes, so that a station that signs again
// after a crash makes nothing new.
func TestStationsSignDeterministically(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	e := trust.Evidence(w.Story().Evidence[2])
	if a, b := w.Sign(e), w.Sign(e); string(a) != string(b) {
		t.Errorf("two envelopes:\n%s\n%s", a, b)
	}
}
