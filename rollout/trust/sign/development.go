package sign

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"filippo.io/mldsa"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// DevelopmentValidity is how long development keys and roots are valid: as
// long as anybody will keep a directory of trials.
const DevelopmentValidity = 10 * 365 * 24 * time.Hour

// DevelopmentApprover is the one approver of a development root.
const DevelopmentApprover = "developer"

// DevelopmentOptions say what a development root is made for.
type DevelopmentOptions struct {
	Now   time.Time // from when the keys are valid
	Tiles []string  // tiles that get an identity
	Roles []string  // further roles with one Ed25519 key each, such as "federation/leader"
}

// Development opens the development keys in a directory, and makes them at
// the first run: a root marked `assurance: development`, one member for every
// role, one key for every station, keys of the log and of one witness. The
// directory appears complete or not at all; its files are readable by their
// owner only.
func Development(ctx context.Context, dir string, opts DevelopmentOptions) (*Directory, error) {
	d, err := OpenDirectory(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeDevelopment(ctx, dir, opts); err != nil {
			return nil, fmt.Errorf("sign: development keys in %s: %w", dir, err)
		}
		d, err = OpenDirectory(dir)
	}
	if err != nil {
		return nil, err
	}
	return d, opts.met(d, dir)
}

// ErrOtherFleet says that keys were made for other tiles or roles.
var ErrOtherFleet = errors.New("the keys were made for another fleet")

// met is an error when the root lacks a tile or a role that is asked for.
func (o DevelopmentOptions) met(d *Directory, dir string) error {
	tiles := d.root.Tiles()
	for _, t := range o.Tiles {
		if tiles[t] == "" {
			return fmt.Errorf("sign: tile %q has no key in %s: %w; start with an empty directory", t, dir, ErrOtherFleet)
		}
	}
	for _, r := range o.Roles {
		if len(d.root.Roles[r].Members) == 0 {
			return fmt.Errorf("sign: role %q has no key in %s: %w; start with an empty directory", r, dir, ErrOtherFleet)
		}
	}
	return nil
}

func makeDevelopment(ctx context.Context, dir string, opts DevelopmentOptions) error {
	files, err := DevelopmentFiles(ctx, opts)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".keys-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for name, raw := range files {
		if err := writePrivate(filepath.Join(tmp, filepath.FromSlash(name)), raw); err != nil {
			return err
		}
	}
	err = os.Rename(tmp, dir)
	if errors.Is(err, fs.ErrExist) {
		return nil // somebody else was first; theirs are used
	}
	return err
}

// DevelopmentFiles are the files of development keys, by name: what
// [Development] writes.
func DevelopmentFiles(ctx context.Context, opts DevelopmentOptions) (map[string][]byte, error) {
	m := &maker{opts: opts, signers: map[string][]*Signer{}, files: map[string][]byte{"README": []byte(notice)}}
	m.doc = trust.RootDocument{
		Version: 1, Assurance: trust.Development, Expires: opts.Now.Add(DevelopmentValidity).Unix(),
		Keys: map[pipeline.Digest]trust.Key{}, Roles: map[string]trust.Role{},
	}
	return m.files, m.make(ctx)
}

// maker makes keys and their root.
type maker struct {
	opts    DevelopmentOptions
	doc     trust.RootDocument
	signers map[string][]*Signer // by role
	files   map[string][]byte
}

const notice = `These are DEVELOPMENT keys, made by a program at its first run.
They prove nothing to anybody else: every document that they sign is marked
"assurance: development", and no production root accepts them.
`

func (m *maker) make(ctx context.Context) error {
	hybrid := []trust.Scheme{trust.ECDSAP256, trust.MLDSA65}
	plain := []trust.Scheme{trust.Ed25519}
	for _, role := range []string{trust.RoleRoot, trust.RoleRelease} {
		if err := m.member(role, role+"-1", hybrid); err != nil {
			return err
		}
	}
	for _, role := range []string{trust.RolePolicy, trust.RoleContract, trust.RoleRollout} {
		if err := m.member(role, role+"-1", plain); err != nil {
			return err
		}
	}
	for _, s := range trust.Stations() {
		if err := m.member(trust.StationRole(s), string(s), plain); err != nil {
			return err
		}
	}
	if err := m.member(trust.RoleApprover, DevelopmentApprover, plain); err != nil {
		return err
	}
	return m.rest(ctx, plain)
}

func (m *maker) rest(ctx context.Context, plain []trust.Scheme) error {
	for _, t := range m.opts.Tiles {
		if err := m.member(trust.RoleTile, t, plain); err != nil {
			return err
		}
	}
	for _, role := range m.opts.Roles {
		if err := m.member(role, path.Base(role), plain); err != nil {
			return err
		}
	}
	if err := m.logKeys(); err != nil {
		return err
	}
	root, err := Envelope(ctx, m.doc, m.signers[trust.RoleRoot]...)
	if err != nil {
		return err
	}
	m.files[rootFile] = root
	_, err = trust.OpenRoot(root)
	return err
}

// member makes one member of a role, with a key of each scheme.
func (m *maker) member(role, name string, schemes []trust.Scheme) error {
	member := trust.Member{Name: name}
	for _, scheme := range schemes {
		private, err := generate(scheme)
		if err != nil {
			return err
		}
		s, err := Load(private, trust.Development, m.opts.Now, m.opts.Now.Add(DevelopmentValidity))
		if err != nil {
			return err
		}
		if m.files[keyFile(role, name, scheme)], err = encodeKey(private); err != nil {
			return err
		}
		m.doc.Keys[s.ID()] = s.Key()
		m.signers[role] = append(m.signers[role], s)
		member.Keys = append(member.Keys, s.ID())
	}
	r := m.doc.Roles[role]
	m.doc.Roles[role] = trust.Role{Threshold: 1, Members: append(r.Members, member)}
	return nil
}

// logKeys makes the keys of the log and of its one witness. The origin holds
// random digits, so that the logs of two directories are never mixed up.
func (m *maker) logKeys() error {
	var salt [4]byte
	rand.Read(salt[:])
	origin := hex.EncodeToString(salt[:]) + ".log.genesis.internal"
	logKey, err := m.noteKey("log.key", origin)
	if err != nil {
		return err
	}
	witness, err := m.noteKey("witness.key", "witness-1."+origin)
	if err != nil {
		return err
	}
	if witness, err = fnote.VKeyToCosignatureV1(witness); err != nil {
		return err
	}
	m.doc.Log = trust.LogKeys{Origin: origin, Key: logKey, Witnesses: []string{witness}, Quorum: 1}
	return nil
}

func (m *maker) noteKey(file, name string) (string, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", err
	}
	m.files[file] = []byte(skey)
	return vkey, nil
}

func generate(scheme trust.Scheme) (crypto.PrivateKey, error) {
	switch scheme {
	case trust.Ed25519:
		_, priv, err := ed25519.GenerateKey(rand.Reader)
		return priv, err
	case trust.ECDSAP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case trust.MLDSA65:
		return mldsa.GenerateKey(mldsa.MLDSA65())
	}
	return nil, fmt.Errorf("scheme %q is not known", scheme)
}
