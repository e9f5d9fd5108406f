package sign

import (
	"context"
	"crypto"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	mldsax509 "filippo.io/mldsa/x509"
	"github.com/genesis-network/genesis/rollout/trust"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

const rootFile = "root.json"

// Directory is a root with its keys in files: <role>/<member>.<scheme>.pem,
// PKCS #8, unencrypted; log.key and witness.key are note keys.
type Directory struct {
	files    fs.FS
	root     *trust.Root
	envelope []byte
}

var _ Keys = (*Directory)(nil)

// OpenDirectory opens a directory that holds a root; fs.ErrNotExist when it
// does not.
func OpenDirectory(dir string) (*Directory, error) { return OpenFiles(os.DirFS(dir)) }

// OpenFiles opens files that hold a root and its keys, wherever they lie.
func OpenFiles(files fs.FS) (*Directory, error) {
	raw, err := fs.ReadFile(files, rootFile)
	if err != nil {
		return nil, fmt.Errorf("sign: keys: %w", err)
	}
	root, err := trust.OpenRoot(raw)
	if err != nil {
		return nil, fmt.Errorf("sign: keys: %w", err)
	}
	return &Directory{files: files, root: root, envelope: raw}, nil
}

// Root is the root.
func (d *Directory) Root() *trust.Root { return d.root }

// RootEnvelope are the root's bytes: what tiles are installed with.
func (d *Directory) RootEnvelope() []byte { return d.envelope }

// Authority signs with the keys of the directory.
func (d *Directory) Authority() *Authority { return NewAuthority(d.root, d) }

// Signers reads the keys of a member of a role.
func (d *Directory) Signers(_ context.Context, role, member string) ([]*Signer, error) {
	for _, m := range d.root.Roles[role].Members {
		if m.Name != member {
			continue
		}
		var out []*Signer
		for _, id := range m.Keys {
			s, err := d.signer(role, member, d.root.Keys[id])
			if err != nil {
				return nil, err
			}
			if s.ID() != id {
				return nil, fmt.Errorf("sign: the key in %s is not the one that the root lists", keyFile(role, member, s.key.Scheme))
			}
			out = append(out, s)
		}
		return out, nil
	}
	return nil, fmt.Errorf("sign: %s is no member of role %s: %w", member, role, ErrNoKey)
}

func (d *Directory) signer(role, member string, k trust.Key) (*Signer, error) {
	private, err := d.readKey(keyFile(role, member, k.Scheme))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("sign: %s of role %s: %w", member, role, ErrNoKey)
	}
	if err != nil {
		return nil, err
	}
	return Load(private, k.Assurance, time.Unix(k.From, 0), time.Unix(k.Until, 0))
}

// LogSigner signs the log's checkpoints.
func (d *Directory) LogSigner() (note.Signer, error) {
	skey, err := fs.ReadFile(d.files, "log.key")
	if err != nil {
		return nil, fmt.Errorf("sign: log key: %w", err)
	}
	return note.NewSigner(string(skey))
}

// WitnessSigner cosigns checkpoints, with the time.
func (d *Directory) WitnessSigner() (note.Signer, error) {
	skey, err := fs.ReadFile(d.files, "witness.key")
	if err != nil {
		return nil, fmt.Errorf("sign: witness key: %w", err)
	}
	return fnote.NewSignerForCosignatureV1(string(skey))
}

// IdentityFile is where the Ed25519 key of a member of a role lies, relative
// to the directory: what rollout/trust/identity opens.
func IdentityFile(role, member string) string {
	return filepath.FromSlash(keyFile(role, member, trust.Ed25519))
}

// keyFile is where a key lies, relative to the directory. Role and member
// were checked by the root.
func keyFile(role, member string, scheme trust.Scheme) string {
	return path.Join(role, member+"."+string(scheme)+".pem")
}

func encodeKey(private crypto.PrivateKey) ([]byte, error) {
	der, err := mldsax509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	block := &pem.Block{Type: "PRIVATE KEY", Headers: map[string]string{"Assurance": string(trust.Development)}, Bytes: der}
	return pem.EncodeToMemory(block), nil
}

func (d *Directory) readKey(name string) (crypto.PrivateKey, error) {
	raw, err := fs.ReadFile(d.files, name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("sign: %s holds no PEM key", name)
	}
	private, err := mldsax509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("sign: %s: %w", name, err)
	}
	return private, nil
}

// writePrivate writes a new file that only its owner can read, durably.
func writePrivate(name string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Sync(), f.Close())
}
