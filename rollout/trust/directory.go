package trust

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
)

// A chain's directory holds one file for every part, so that what does not
// match can be named:
//
//	FORMAT                     genesis/chain/v1
//	root.json                  the root's envelope
//	checkpoint                 the signed and cosigned head of the log
//	release.json               an envelope, and
//	release.proof.json         its place in the log; likewise
//	escape, policy, contracts, orders/000, evidence/000, approvals/000, ...
//	artefacts/<digest>         IR, proof, source, logs and reports
//	contract/<digest>/<name>   the files of a contract
const (
	formatFile     = "FORMAT"
	rootFile       = "root.json"
	checkpointFile = "checkpoint"
)

// WriteChain writes a chain as a directory, which must not exist yet; it
// appears complete or not at all.
func WriteChain(dir string, c *Chain) error {
	if err := c.limits(); err != nil {
		return err
	}
	files, err := c.files()
	if err != nil {
		return err
	}
	dir = filepath.Clean(dir)
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".chain-*")
	if err != nil {
		return fmt.Errorf("trust: chain: %w", err)
	}
	defer os.RemoveAll(tmp)
	for name, b := range files {
		if err := writeUnder(tmp, name, b); err != nil {
			return fmt.Errorf("trust: chain: %w", err)
		}
	}
	if err := errors.Join(os.Chmod(tmp, 0o755), os.Rename(tmp, dir)); err != nil {
		return fmt.Errorf("trust: chain: %w", err)
	}
	return nil
}

func writeUnder(dir, name string, b []byte) error {
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	return os.WriteFile(full, b, 0o644)
}

// files are the files of the chain's directory.
func (c *Chain) files() (map[string][]byte, error) {
	out := map[string][]byte{formatFile: []byte(c.Format + "\n"), rootFile: c.Root, checkpointFile: c.Checkpoint}
	for _, p := range c.parts() {
		raw, err := pipeline.Canonical(p.logged.Proof)
		if err != nil {
			return nil, fmt.Errorf("trust: chain: %s: %w", p.name, err)
		}
		out[p.name+".json"], out[p.name+".proof.json"] = p.logged.Envelope, raw
	}
	for d, b := range c.Artefacts {
		if err := checkDigests(d); err != nil {
			return nil, refuseErr(CodeChainFormat, err, "artefact")
		}
		out["artefacts/"+string(d)] = b
	}
	for d, files := range c.Contract {
		for name, b := range files {
			if err := errors.Join(checkDigests(d), checkFileName(name)); err != nil {
				return nil, refuseErr(CodeChainFormat, err, "contract")
			}
			out["contract/"+string(d)+"/"+name] = b
		}
	}
	return out, nil
}

// checkFileName allows names such as contract.go and Spec.v.
func checkFileName(name string) error {
	return checkName("file", strings.ToLower(name))
}

// ReadChain reads a chain's directory. It follows no link out of it, reads no
// file above its limit and refuses files that belong to nothing. It believes
// nothing.
func ReadChain(dir string) (*Chain, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("trust: chain: %w", err)
	}
	defer root.Close()
	r := chainReader{fsys: root.FS(), unread: map[string]bool{}}
	if err := r.list(); err != nil {
		return nil, err
	}
	c, err := r.chain()
	if err != nil {
		return nil, err
	}
	for name := range r.unread {
		return nil, &Refusal{Code: CodeChainExtra, Part: name, Why: "a file that belongs to nothing"}
	}
	return c, c.limits()
}

type chainReader struct {
	fsys   fs.FS
	unread map[string]bool
	total  int64
}

// maxFiles bounds the files of a chain's directory.
const maxFiles = 8 * MaxStatements

func (r *chainReader) list() error {
	err := fs.WalkDir(r.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if len(r.unread) >= maxFiles {
			return refuse(CodeChainSize, "more than %d files", maxFiles)
		}
		if !d.Type().IsRegular() {
			return &Refusal{Code: CodeChainExtra, Part: name, Why: "not a regular file"}
		}
		r.unread[name] = true
		return nil
	})
	if err != nil {
		return fmt.Errorf("trust: chain: %w", err)
	}
	return nil
}

// read reads one file of at most limit bytes, and all files together of at
// most MaxChain.
func (r *chainReader) read(name string, limit int64) ([]byte, error) {
	delete(r.unread, name)
	f, err := r.fsys.Open(name)
	if err != nil {
		return nil, refuseErr(CodeChainFormat, err, "a part is missing").at(name)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, refuseErr(CodeChainFormat, err, "a part cannot be read").at(name)
	}
	r.total += int64(len(b))
	if int64(len(b)) > limit || r.total > MaxChain {
		return nil, refuse(CodeChainSize, "more than %d bytes, or the whole above %d", limit, MaxChain).at(name)
	}
	return b, nil
}

func (r *chainReader) chain() (*Chain, error) {
	c := &Chain{Artefacts: map[pipeline.Digest][]byte{}, Contract: map[pipeline.Digest]map[string][]byte{}}
	format, err := r.read(formatFile, 64)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(format, []byte(ChainFormat+"\n")) {
		return nil, refuse(CodeChainFormat, "format %.40q, want %q", format, ChainFormat).at(formatFile)
	}
	c.Format = ChainFormat
	if c.Root, err = r.read(rootFile, MaxRoot); err != nil {
		return nil, err
	}
	if c.Checkpoint, err = r.read(checkpointFile, MaxCheckpoint); err != nil {
		return nil, err
	}
	c.Orders = make([]Logged, r.count(orderName))
	c.Evidence = make([]Logged, r.count(evidenceName))
	c.Approvals = make([]Logged, r.count(approvalName))
	at := c.Logged()
	for i, p := range c.parts() {
		if *at[i], err = r.logged(p.name); err != nil {
			return nil, err
		}
	}
	return c, r.artefacts(c)
}

// count is how many numbered files there are without a gap.
func (r *chainReader) count(name func(int) string) int {
	n := 0
	for n < MaxStatements && r.unread[name(n)+".json"] {
		n++
	}
	return n
}

func (r *chainReader) logged(name string) (Logged, error) {
	var l Logged
	var err error
	if l.Envelope, err = r.read(name+".json", MaxEnvelope); err != nil {
		return l, err
	}
	raw, err := r.read(name+".proof.json", MaxEnvelope)
	if err != nil {
		return l, err
	}
	if err := pipeline.Decode(raw, &l.Proof); err != nil {
		return l, refuseErr(CodeLogInclusion, err, "the log proof cannot be read").at(name + ".proof")
	}
	return l, nil
}

func (r *chainReader) artefacts(c *Chain) error {
	var names []string
	for name := range r.unread {
		names = append(names, name)
	}
	for _, name := range names {
		dir, file := path.Split(name)
		switch parts := strings.Split(strings.TrimSuffix(dir, "/"), "/"); {
		case dir == "artefacts/" && checkDigests(pipeline.Digest(file)) == nil:
			b, err := r.read(name, MaxArtefact)
			if err != nil {
				return err
			}
			c.Artefacts[pipeline.Digest(file)] = b
		case len(parts) == 2 && parts[0] == "contract" && checkDigests(pipeline.Digest(parts[1])) == nil && checkFileName(file) == nil:
			b, err := r.read(name, MaxArtefact)
			if err != nil {
				return err
			}
			c.addContract(pipeline.Digest(parts[1]), file, b)
		}
	}
	return nil
}

func (c *Chain) addContract(d pipeline.Digest, file string, b []byte) {
	if c.Contract[d] == nil {
		c.Contract[d] = map[string][]byte{}
	}
	c.Contract[d][file] = b
}
