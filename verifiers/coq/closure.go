package coq

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/genesis-network/genesis/pipeline"
)

// closing has the closure checked by one caller at a time: the others find it done.
var closing sync.Mutex

// closure has coqchk check the theory with all that it stands on of the standard
// library, once for each version of both: the mark of it is named by their
// compiled files and by the checker. That takes about 40 s of processor time.
func (p *prover) closure(ctx context.Context) error {
	closing.Lock()
	defer closing.Unlock()
	library, err := p.tools.libraryDigest()
	if err != nil {
		return err
	}
	mark := filepath.Join(p.cache, "closure", string(sum("coq-closure", map[string]pipeline.Digest{
		"library": library, "coqchk": p.tools.coqchk.digest, "theory": pipeline.SumBytes([]byte(p.theory.manifest())),
	})))
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	dir, err := os.MkdirTemp("", "genesis-coqchk-")
	if err != nil {
		return fmt.Errorf("coq: %w", err)
	}
	defer os.RemoveAll(dir)
	against, err := p.coqchk(ctx, dir, fullFactor*p.timeout, []string{"K.GoSolve"}, []compiled{p.theory}, nil)
	switch {
	case err != nil:
		return err
	case against != nil && (against.code == "coq.timeout" || against.code == "coq.memory"):
		return &shortage{against.code, "coqchk on the standard library"}
	case against != nil:
		return fmt.Errorf("coq: %s: %w: %s", p.tools.library, errLibrary, clip(against.message+": "+against.detail, 500))
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(mark), 0o700), os.WriteFile(mark, nil, 0o600)); err != nil {
		return fmt.Errorf("coq: cache: %w", err)
	}
	return nil
}

// errLibrary says that no proof of this installation can be believed.
var errLibrary = errors.New("coqchk refuses the standard library of this Coq; install it anew")

// libraryDigest names the compiled standard library by the content of its files.
func (t *tools) libraryDigest() (pipeline.Digest, error) {
	parts := map[string]pipeline.Digest{}
	root := filepath.Join(t.library, "theories")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".vo") {
			return err
		}
		parts[strings.TrimPrefix(path, root)], err = hashFile(path)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("coq: standard library: %w", err)
	}
	return sum("coq-library", parts), nil
}
