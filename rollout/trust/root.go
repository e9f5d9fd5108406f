package trust

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// The roles. Each station has its own (see [StationRole]); people who approve
// are members of [RoleApprover] or of a role below it, such as
// "approver/safety".
const (
	RoleRoot     = "root"
	RoleRelease  = "release"
	RolePolicy   = "policy"
	RoleContract = "contract"
	RoleRollout  = "rollout"
	RoleApprover = "approver"
	RoleTile     = "tile"
)

// StationRole is the role of a station's own key.
func StationRole(s pipeline.Station) string { return "station/" + string(s) }

// Member is one holder in a role. All of a member's keys must have signed for
// the member to count: two keys, one classical and one ML-DSA, are a hybrid.
type Member struct {
	Name string            `json:"name"`
	Keys []pipeline.Digest `json:"keys"` // ids
}

// Role says how many of which members must sign.
type Role struct {
	Threshold int      `json:"threshold"` // at least 1
	Members   []Member `json:"members"`
}

// LogKeys say which log is believed, and which witnesses must have seen the
// same log.
type LogKeys struct {
	Origin    string   `json:"origin"`    // also the host name in sigstore's terms
	Key       string   `json:"key"`       // note verifier key, Ed25519
	Witnesses []string `json:"witnesses"` // verifier keys for cosignature/v1
	Quorum    int      `json:"quorum"`    // at least 1
}

// RootDocument is the list of all keys and what each may sign.
type RootDocument struct {
	Version   uint64                  `json:"version"` // from 1, by one
	Assurance Assurance               `json:"assurance"`
	Expires   int64                   `json:"expires"` // Unix seconds
	Keys      map[pipeline.Digest]Key `json:"keys"`    // by id
	Roles     map[string]Role         `json:"roles"`
	Log       LogKeys                 `json:"log"`
}

// Type is the predicate type of roots.
func (RootDocument) Type() string { return documentType("root") }

// Role is whose keys sign roots.
func (RootDocument) Role() string { return RoleRoot }

// Subjects is the root itself.
func (r RootDocument) Subjects() []Subject {
	d, err := pipeline.Sum("root", r)
	if err != nil {
		return nil // Validate has refused numbers that cannot be encoded
	}
	return []Subject{about("root", d)}
}

// Validate checks the root by itself: every key named is listed under its own
// id, every role can be fulfilled, no key counts for two members of a role,
// and development keys are in development roots only.
func (r RootDocument) Validate() error {
	if r.Version == 0 || r.Version > maxCount || r.Expires <= 0 || r.Expires > maxCount {
		return fmt.Errorf("root: version %d, expires %d: out of range", r.Version, r.Expires)
	}
	if r.Assurance != Development && r.Assurance != Production {
		return fmt.Errorf("root: assurance %.40q is not known", r.Assurance)
	}
	for id, k := range r.Keys {
		if err := r.validKey(id, k); err != nil {
			return fmt.Errorf("root: key %s: %w", id.Short(), err)
		}
	}
	for _, name := range []string{RoleRoot, RoleRelease, RolePolicy, RoleContract, RoleRollout} {
		if _, ok := r.Roles[name]; !ok {
			return fmt.Errorf("root: role %q is missing", name)
		}
	}
	for name, role := range r.Roles {
		if err := errors.Join(validRoleName(name), r.validRole(role)); err != nil {
			return fmt.Errorf("root: role %.80q: %w", name, err)
		}
	}
	return r.hybridRelease()
}

func (r RootDocument) validKey(id pipeline.Digest, k Key) error {
	if k.ID() != id {
		return fmt.Errorf("listed under an id that is not its own")
	}
	if k.Assurance != r.Assurance {
		return refuse(CodeAssurance, "key of assurance %.40q in a root of assurance %q", k.Assurance, r.Assurance)
	}
	if k.From < -maxCount || k.Until > maxCount {
		return fmt.Errorf("valid from %d until %d: out of range", k.From, k.Until)
	}
	return nil
}

// validRoleName allows names with parts, such as "station/coq".
func validRoleName(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		if err := checkName("role", part); err != nil {
			return err
		}
	}
	return nil
}

func (r RootDocument) validRole(role Role) error {
	if role.Threshold < 1 || role.Threshold > len(role.Members) {
		return fmt.Errorf("threshold %d of %d members", role.Threshold, len(role.Members))
	}
	names, keys := map[string]bool{}, map[pipeline.Digest]bool{}
	for _, m := range role.Members {
		if err := checkName("member", m.Name); err != nil {
			return err
		}
		if names[m.Name] || len(m.Keys) == 0 {
			return fmt.Errorf("member %q: listed twice, or without a key", m.Name)
		}
		names[m.Name] = true
		for _, id := range m.Keys {
			if _, listed := r.Keys[id]; !listed || keys[id] {
				return fmt.Errorf("member %q: key %s is not listed, or counts twice", m.Name, id.Short())
			}
			keys[id] = true
		}
	}
	return nil
}

// hybridRelease demands of every release member both a classical key and one
// that quantum computers do not break.
func (r RootDocument) hybridRelease() error {
	for _, m := range r.Roles[RoleRelease].Members {
		var classical, quantum bool
		for _, id := range m.Keys {
			quantum = quantum || r.Keys[id].Scheme == MLDSA65
			classical = classical || r.Keys[id].Scheme != MLDSA65
		}
		if !classical || !quantum {
			return fmt.Errorf("root: release member %q: want a classical and an %s key", m.Name, MLDSA65)
		}
	}
	return nil
}

// Root is a root that was checked, with its keys parsed.
type Root struct {
	RootDocument
	digest    pipeline.Digest // of its statement
	envelope  pipeline.Digest // of its bytes
	keys      map[string]*publicKey
	log       note.Verifier
	witnesses []note.Verifier
}

// OpenRoot reads a root's envelope and checks that it is signed by its own
// root role. Whether this is the right root, the caller must know: a tile has
// it from its installation.
func OpenRoot(envelope []byte) (*Root, error) {
	env, err := ParseEnvelope(envelope)
	if err != nil {
		return nil, refuseErr(CodeRootFormat, err, "root cannot be read")
	}
	doc, err := parse[RootDocument](env.Payload)
	if code := CodeOf(err); code != "" {
		return nil, err
	}
	if err != nil {
		return nil, refuseErr(CodeRootFormat, err, "root cannot be read")
	}
	r := &Root{RootDocument: doc, digest: env.Digest(), envelope: pipeline.SumBytes(envelope)}
	if err := r.load(); err != nil {
		return nil, refuseErr(CodeRootFormat, err, "root cannot be used")
	}
	if _, err := r.signers(env, RoleRoot, time.Time{}); err != nil {
		return nil, refuseErr(CodeRootSignature, err, "root version %d", r.Version)
	}
	return r, nil
}

// Digest names the root's statement.
func (r *Root) Digest() pipeline.Digest { return r.digest }

// load parses the keys.
func (r *Root) load() error {
	r.keys = make(map[string]*publicKey, len(r.Keys))
	for id, k := range r.Keys {
		p, err := k.parse()
		if err != nil {
			return fmt.Errorf("key %s: %w", id.Short(), err)
		}
		r.keys[string(id)] = p
	}
	return r.loadLog()
}

func (r *Root) loadLog() (err error) {
	if r.Log.Quorum < 1 || r.Log.Quorum > len(r.Log.Witnesses) {
		return fmt.Errorf("quorum %d of %d witnesses", r.Log.Quorum, len(r.Log.Witnesses))
	}
	if r.log, err = note.NewVerifier(r.Log.Key); err != nil {
		return fmt.Errorf("log key: %w", err)
	}
	if r.log.Name() != r.Log.Origin {
		return fmt.Errorf("log key is named %.80q, want the origin %.80q", r.log.Name(), r.Log.Origin)
	}
	seen := map[string]bool{}
	for i, w := range r.Log.Witnesses {
		v, err := fnote.NewVerifierForCosignatureV1(w)
		if err != nil {
			return fmt.Errorf("witness %d: %w", i, err)
		}
		if seen[v.Name()] {
			return fmt.Errorf("witness %.80q is listed twice", v.Name())
		}
		seen[v.Name()] = true
		r.witnesses = append(r.witnesses, v)
	}
	return nil
}

// Rotate follows roots, each signed by enough keys of its predecessor and of
// itself, each one version up, of the same assurance. It returns the last.
func (r *Root) Rotate(envelopes ...[]byte) (*Root, error) {
	if len(envelopes) > MaxRotations {
		return nil, refuse(CodeRootVersion, "%d rotations, limit %d", len(envelopes), MaxRotations)
	}
	at := r
	for _, raw := range envelopes {
		next, err := OpenRoot(raw)
		if err != nil {
			return nil, err
		}
		if err := at.precedes(next, raw); err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

func (r *Root) precedes(next *Root, raw []byte) error {
	if next.Version != r.Version+1 {
		return refuse(CodeRootVersion, "root version %d after %d", next.Version, r.Version)
	}
	if next.Assurance != r.Assurance {
		return refuse(CodeAssurance, "a root of assurance %q follows one of assurance %q", next.Assurance, r.Assurance)
	}
	env, err := ParseEnvelope(raw)
	if err != nil {
		return refuseErr(CodeRootFormat, err, "root cannot be read")
	}
	if _, err := r.signers(env, RoleRoot, time.Time{}); err != nil {
		return refuseErr(CodeRootSignature, err, "root version %d is not signed by version %d", next.Version, r.Version)
	}
	return nil
}

// accepted are the ids of the root's keys that signed an envelope. A listed
// key whose signature is wrong, or that is not valid at that time, makes the
// whole envelope invalid; keys that are not listed are passed over. The zero
// time asks for no validity.
func (r *Root) accepted(env *Envelope, at time.Time) (map[pipeline.Digest]bool, error) {
	var verifiers []dsse.Verifier
	for _, s := range env.Signatures {
		k, listed := r.keys[s.KeyID]
		if !listed {
			continue
		}
		if !at.IsZero() && !k.validAt(at) {
			return nil, fmt.Errorf("key %s at %s: %w", pipeline.Digest(s.KeyID).Short(), at.UTC().Format(time.RFC3339), errKeyWindow)
		}
		verifiers = append(verifiers, k)
	}
	if len(verifiers) == 0 {
		return nil, fmt.Errorf("no signature by a key of root version %d", r.Version)
	}
	v, err := dsse.NewMultiEnvelopeVerifier(len(verifiers), verifiers...)
	if err != nil {
		return nil, err
	}
	keys, err := v.Verify(context.Background(), env.dsse())
	if err != nil {
		return nil, err
	}
	out := make(map[pipeline.Digest]bool, len(keys))
	for _, k := range keys {
		out[pipeline.Digest(k.KeyID)] = true
	}
	return out, nil
}

// signers are the names of the members of a role that signed an envelope; an
// error when they are fewer than the role's threshold.
func (r *Root) signers(env *Envelope, role string, at time.Time) ([]string, error) {
	keys, err := r.accepted(env, at)
	if err != nil {
		return nil, err
	}
	names := r.members(role, keys)
	if want := r.Roles[role].Threshold; len(names) < want || want < 1 {
		return nil, fmt.Errorf("%d of %d needed members of role %.80q signed", len(names), want, role)
	}
	return names, nil
}

// members are the names of a role's members all of whose keys are given.
func (r *Root) members(role string, keys map[pipeline.Digest]bool) []string {
	var names []string
	for _, m := range r.Roles[role].Members {
		if !slices.ContainsFunc(m.Keys, func(id pipeline.Digest) bool { return !keys[id] }) {
			names = append(names, m.Name)
		}
	}
	sort.Strings(names)
	return names
}

// RoleNames are the root's roles, sorted.
func (r RootDocument) RoleNames() []string {
	return slices.Sorted(maps.Keys(r.Roles))
}
