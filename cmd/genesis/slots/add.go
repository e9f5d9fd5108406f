package slots

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/genesis-network/genesis/hal"
)

// Limits of what is added.
const (
	maxFile  = 64 << 20 // bytes; traces are the largest
	maxFiles = 200
)

// parts are the files of a folder that belong to a slot. Whatever else lies
// there, such as a program that uses it, stays where it is.
var parts = []string{
	"contract.go", "contract.yaml", "env.go", "Spec.v", "sim.go", "sim.yaml", "README.md", "campaign.yaml", "LICENSE*",
	"*.trace.yaml", "*.csv", "textbook/*/module.go", "lineages/*/module.go", "lineages/*/proof.v", "mutants/*/module.go",
}

// Add copies a slot to the data directory, where every command finds it by its
// name, and returns where. A slot that is there is replaced in one step; a
// shipped one is not ([hal.ErrTaken]).
func Add(dir, data string) (hal.Slot, string, error) {
	s, err := hal.Open(os.DirFS(dir))
	if err != nil {
		return s, "", fmt.Errorf("%s: %w", dir, err)
	}
	to := filepath.Join(Store(data), s.Name)
	if err := hal.Register(s); err != nil {
		return s, "", fmt.Errorf("%w: choose another in contract.yaml", err)
	}
	if err := os.MkdirAll(Store(data), 0o700); err != nil {
		return s, "", err
	}
	tmp, err := os.MkdirTemp(Store(data), ".adding-")
	if err != nil {
		return s, "", err
	}
	defer os.RemoveAll(tmp)
	if err := copyParts(dir, tmp); err != nil {
		return s, "", err
	}
	if _, err := hal.Open(os.DirFS(tmp)); err != nil { // what was copied, not what was there a moment ago
		return s, "", fmt.Errorf("%s: %w", dir, err)
	}
	return s, to, replace(tmp, to)
}

// replace puts a complete folder in the place of another.
func replace(from, to string) error {
	old := from + ".old"
	if err := os.Rename(to, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return errors.Join(err, os.Rename(old, to))
	}
	return os.RemoveAll(old)
}

func copyParts(from, to string) error {
	root, err := os.OpenRoot(from) // a link cannot lead out of the folder
	if err != nil {
		return err
	}
	defer root.Close()
	var files []string
	for _, pattern := range parts {
		found, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	if len(files) > maxFiles {
		return fmt.Errorf("%s: %d files of a slot: at most %d", from, len(files), maxFiles)
	}
	for _, name := range files {
		if err := copyFile(root, name, filepath.Join(to, name)); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(from, name), err)
		}
	}
	return nil
}

func copyFile(root *os.Root, name, to string) error {
	in, err := root.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return errors.Join(err, fmt.Errorf("not a plain file of at most %d bytes", maxFile))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

var slotName = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`)

// reserved are names that Go or the language would not take as a package.
var reserved = []string{"main", "bits", "type", "func", "map", "range", "select", "package", "import", "interface", "struct", "chan", "const", "var", "go",
	"if", "else", "for", "switch", "case", "default", "defer", "return", "break", "continue", "goto", "fallthrough", "module", "subject"}

// ValidName says what is wrong with the name of a new slot; "" when nothing is.
func ValidName(name string) string {
	if !slotName.MatchString(name) || slices.Contains(reserved, name) {
		return "a slot's name is a Go package of lower-case letters and digits, at most 32"
	}
	return ""
}
