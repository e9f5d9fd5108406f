package trust_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

// rootFrom alters a root and has its own root key sign it.
func rootFrom(w *trusttest.World, alter func(*trust.RootDocument)) ([]byte, error) {
	doc := w.Keys.Root().RootDocument
	doc.Keys, doc.Roles = maps.Clone(doc.Keys), maps.Clone(doc.Roles)
	alter(&doc)
	return w.Auth.Sign(w.T.Context(), doc)
}

// Row 12: a key below its role's threshold, or of another role, signs nothing.
func TestEveryKeyAlone(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	s := w.Story()
	chain := s.Chain()
	v := w.Verifier("alder-1")
	root := w.Keys.Root()
	a := &tale{World: w}
	docs := map[string]struct {
		at    *[]byte
		roles []string
	}{
		"release":   {&chain.Release.Envelope, []string{trust.RoleRelease}},
		"escape":    {&chain.Escape.Envelope, []string{trust.RoleRelease}},
		"order":     {&chain.Orders[0].Envelope, []string{trust.RoleRollout}},
		"policy":    {&chain.Policy.Envelope, []string{trust.RolePolicy}},
		"contracts": {&chain.Contracts.Envelope, []string{trust.RoleContract}},
		"evidence":  {&chain.Evidence[0].Envelope, []string{"station/propose"}},
		"approval":  {&chain.Approvals[0].Envelope, []string{trust.RoleApprover}},
	}
	for kind, d := range docs {
		good := *d.at
		for _, role := range root.RoleNames() {
			for _, m := range root.Roles[role].Members {
				if slices.Contains(d.roles, role) {
					continue
				}
				*d.at = a.signed(payload(t, good), [2]string{role, m.Name})
				w.Log.Fill(chain) // even logged and witnessed
				_, err := v.Verify(s.Installed(), chain, w.Now)
				if code := string(trust.CodeOf(err)); !strings.HasSuffix(code, ".signature") && code != string(trust.CodeEvidenceSet) && code != string(trust.CodeApprovalSet) {
					t.Errorf("%s signed by %s of role %s: %v", kind, m.Name, role, err)
				}
			}
		}
		*d.at = good
	}
}

// Row 13: thresholds that do not bind, keys that count twice.
func TestMalformedRoots(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	role := func(name string, alter func(*trust.Role)) func(*trust.RootDocument) {
		return func(r *trust.RootDocument) {
			x := r.Roles[name]
			x.Members = slices.Clone(x.Members)
			alter(&x)
			r.Roles[name] = x
		}
	}
	for _, c := range []struct {
		name  string
		alter func(*trust.RootDocument)
	}{
		{"threshold 0", role(trust.RolePolicy, func(r *trust.Role) { r.Threshold = 0 })},
		{"threshold below 0", role(trust.RolePolicy, func(r *trust.Role) { r.Threshold = -1 })},
		{"threshold above the members", role(trust.RolePolicy, func(r *trust.Role) { r.Threshold = 2 })},
		{"one key as two members", role(trust.RolePolicy, func(r *trust.Role) {
			r.Threshold = 2
			r.Members = append(r.Members, trust.Member{Name: "policy-2", Keys: r.Members[0].Keys})
		})},
		{"one member twice", role(trust.RolePolicy, func(r *trust.Role) { r.Members = append(r.Members, r.Members[0]) })},
		{"a member without keys", role(trust.RolePolicy, func(r *trust.Role) { r.Members[0].Keys = nil })},
		{"a key that is not listed", role(trust.RolePolicy, func(r *trust.Role) {
			r.Members[0].Keys = []pipeline.Digest{pipeline.SumBytes(nil)}
		})},
		{"a key under another id", func(r *trust.RootDocument) {
			ids := slices.Sorted(maps.Keys(r.Keys))
			r.Keys[ids[0]] = r.Keys[ids[1]]
		}},
		{"release without a post-quantum key", role(trust.RoleRelease, func(r *trust.Role) { r.Members[0].Keys = r.Members[0].Keys[:1] })},
		{"a role missing", func(r *trust.RootDocument) { delete(r.Roles, trust.RoleRelease) }},
		{"a path for a role", func(r *trust.RootDocument) { r.Roles["station/../../x"] = r.Roles[trust.RolePolicy] }},
		{"a path for a member", role(trust.RolePolicy, func(r *trust.Role) { r.Members[0].Name = "../x" })},
		{"version 0", func(r *trust.RootDocument) { r.Version = 0 }},
		{"unknown assurance", func(r *trust.RootDocument) { r.Assurance = "trust-me" }},
	} {
		if _, err := rootFrom(w, c.alter); err == nil {
			t.Errorf("%s: signed", c.name)
		}
	}
	for _, c := range []struct {
		name  string
		alter func(*trust.LogKeys)
	}{
		{"quorum 0", func(l *trust.LogKeys) { l.Quorum = 0 }},
		{"quorum above the witnesses", func(l *trust.LogKeys) { l.Quorum = 2 }},
		{"one witness twice", func(l *trust.LogKeys) { l.Witnesses = append(slices.Clone(l.Witnesses), l.Witnesses[0]); l.Quorum = 2 }},
		{"another origin", func(l *trust.LogKeys) { l.Origin = "other" }},
	} {
		raw, err := rootFrom(w, func(r *trust.RootDocument) { c.alter(&r.Log) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trust.OpenRoot(raw); trust.CodeOf(err) != trust.CodeRootFormat {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Development keys and roots never count as production.
func TestDevelopmentIsNotProduction(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	if _, err := rootFrom(w, func(r *trust.RootDocument) { r.Assurance = trust.Production }); trust.CodeOf(err) != trust.CodeAssurance {
		t.Errorf("development keys in a production root: %v", err)
	}
	r := trust.Release{Assurance: trust.Production}
	if _, err := w.Auth.Sign(t.Context(), r); err == nil {
		t.Error("development keys signed a production release")
	}
	raw, err := rootFrom(w, func(r *trust.RootDocument) { r.Version++ })
	if err != nil {
		t.Fatal(err)
	}
	relabelled := *w.Keys.Root()
	relabelled.Assurance = trust.Production
	if _, err := relabelled.Rotate(raw); trust.CodeOf(err) != trust.CodeAssurance {
		t.Errorf("a production root was followed by a development root: %v", err)
	}
	report := trust.VerifyOffline(w.Story().Chain(), &relabelled, trust.Options{Now: w.Now})
	if !slices.ContainsFunc(report.Failed(), func(c trust.Check) bool { return c.Code == trust.CodeAssurance }) {
		t.Errorf("a development release under a production root: %+v", report.Failed())
	}
}

// Row 16: a root follows only its predecessor, by old and new keys.
func TestRootRotation(t *testing.T) {
	t.Parallel()
	w, other := trusttest.New(t), trusttest.New(t)
	next := func(version uint64) []byte {
		raw, err := rootFrom(w, func(r *trust.RootDocument) { r.Version = version })
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	usurper, err := rootFrom(other, func(r *trust.RootDocument) { r.Version = 2 })
	if err != nil {
		t.Fatal(err)
	}
	many := make([][]byte, trust.MaxRotations+1)
	for _, c := range []struct {
		name string
		raws [][]byte
		want trust.Code
	}{
		{"in order", [][]byte{next(2), next(3)}, ""},
		{"skipped", [][]byte{next(3)}, trust.CodeRootVersion},
		{"the same again", [][]byte{next(1)}, trust.CodeRootVersion},
		{"signed by new keys only", [][]byte{usurper}, trust.CodeRootSignature},
		{"too many", many, trust.CodeRootVersion},
		{"nothing", [][]byte{nil}, trust.CodeRootFormat},
	} {
		if _, err := w.Keys.Root().Rotate(c.raws...); trust.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// Row 22: keys that have expired sign nothing, though the root still stands.
func TestExpiredKeys(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	s := w.Story()
	chain := s.Chain()
	for _, role := range []string{trust.RoleRelease, trust.RoleRollout, trust.RolePolicy, trust.RoleContract, "station/coq", trust.RoleApprover} {
		raw, err := rootFrom(w, func(r *trust.RootDocument) {
			for _, m := range r.Roles[role].Members {
				for _, id := range m.Keys {
					k := r.Keys[id]
					k.Until = w.Now.Add(-time.Second).Unix()
					r.Keys[id] = k
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		root, err := trust.OpenRoot(raw)
		if err != nil {
			t.Fatal(err)
		}
		v, err := trust.NewVerifier(root, trust.Self{Tile: "alder-1", Class: trusttest.Class, Lineage: trusttest.Lineage})
		if err != nil {
			t.Fatal(err)
		}
		chain.Root = raw
		if _, err := v.Verify(s.Installed(), chain, w.Now); !strings.HasSuffix(string(trust.CodeOf(err)), ".signature") {
			t.Errorf("expired keys of %s: %v", role, err)
		}
	}
}

func TestDevelopmentKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "keys")
	opts := sign.DevelopmentOptions{Now: time.Now(), Tiles: []string{"alder-1"}, Roles: []string{"federation/leader"}}
	first, err := sign.Development(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	second, err := sign.Development(t.Context(), dir, opts)
	if err != nil || first.Root().Digest() != second.Root().Digest() {
		t.Errorf("a second run made other keys: %v", err)
	}
	if first.Root().Assurance != trust.Development || len(first.Root().Roles["federation/leader"].Members) != 1 {
		t.Errorf("root: %+v", first.Root().RootDocument.Roles)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		raw, readErr := os.ReadFile(path)
		if readErr == nil && strings.HasSuffix(path, ".pem") && !strings.Contains(string(raw), "Assurance: development") {
			t.Errorf("%s is not marked", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
