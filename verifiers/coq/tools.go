package coq

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/genesis-network/genesis/internal/child"
	"github.com/genesis-network/genesis/pipeline"
)

// ErrMissing says that Coq is not installed.
var ErrMissing = errors.New("coqc and coqchk are not installed")

// tool is a program of Coq.
type tool struct {
	name    string
	path    string
	version string
	digest  pipeline.Digest // of the program
}

func (t tool) statement() pipeline.Tool {
	return pipeline.Tool{Name: t.name, Version: t.version + " sha256:" + string(t.digest)}
}

// tools are the programs of one installation, and where its library is.
type tools struct {
	coqc, coqchk tool
	library      string
}

// Version is the version of the installed coqc, and of coqchk if it differs.
// The error is ErrMissing when one of them is not there.
func Version(o Options) (string, error) {
	t, err := find(o)
	if err != nil {
		return "", err
	}
	if t.coqc.version != t.coqchk.version {
		return t.coqc.version + ", coqchk " + t.coqchk.version, nil
	}
	return t.coqc.version, nil
}

// find looks for the programs; ErrMissing if one is not there.
func find(o Options) (*tools, error) {
	coqc, err := locate("coqc", o.Coqc)
	if err != nil {
		return nil, err
	}
	coqchk, err := locate("coqchk", o.Coqchk)
	if err != nil {
		return nil, err
	}
	return known.look(coqc, coqchk)
}

func locate(name, path string) (string, error) {
	if path == "" {
		path = name
	}
	path, err := exec.LookPath(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMissing, err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// register remembers the installations that were looked at, so that a program
// is hashed once as long as it is the same file.
type register struct {
	sync.Mutex
	seen map[string]*tools
}

var known = register{seen: map[string]*tools{}}

func (r *register) look(coqc, coqchk string) (*tools, error) {
	key := ""
	for _, path := range []string{coqc, coqchk} {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("coq: %w", err)
		}
		key += fmt.Sprintf("%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	}
	r.Lock()
	defer r.Unlock()
	if t := r.seen[key]; t != nil {
		return t, nil
	}
	t, err := inspect(coqc, coqchk)
	if err == nil {
		r.seen[key] = t
	}
	return t, err
}

var versionPattern = regexp.MustCompile(`version ([0-9][0-9A-Za-z.+~-]*)`)

func inspect(coqc, coqchk string) (*tools, error) {
	t := &tools{coqc: tool{name: "coqc", path: coqc}, coqchk: tool{name: "coqchk", path: coqchk}}
	for _, x := range []*tool{&t.coqc, &t.coqchk} {
		out, err := ask(x.path, "--version")
		if err != nil {
			return nil, err
		}
		m := versionPattern.FindStringSubmatch(out)
		if m == nil {
			return nil, fmt.Errorf("coq: %s does not tell its version", x.path)
		}
		x.version = m[1]
		if x.digest, err = hashFile(x.path); err != nil {
			return nil, err
		}
	}
	where, err := ask(coqc, "-where")
	t.library = strings.TrimSpace(where)
	return t, err
}

// ask runs a program that is trusted with a fixed question.
func ask(path, question string) (string, error) {
	out, _, err := child.Run(context.Background(), child.Tool{Name: filepath.Base(path), Path: path, Args: []string{question}, Env: []string{"PATH=/usr/bin:/bin"}})
	if err != nil {
		return "", fmt.Errorf("coq: %w", err)
	}
	return string(out), nil
}

func hashFile(path string) (pipeline.Digest, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("coq: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("coq: hash %s: %w", path, err)
	}
	return pipeline.Digest(hex.EncodeToString(h.Sum(nil))), nil
}

// readable are the folders outside the system's that the programs need, for an
// installation in somebody's home.
func (t *tools) readable() []string {
	return []string{filepath.Dir(t.coqc.path), filepath.Dir(t.coqchk.path), t.library, filepath.Dir(t.library)}
}
