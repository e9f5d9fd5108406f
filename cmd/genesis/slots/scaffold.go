package slots

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// template is the folder that a new slot starts from. The names of its files
// end in .txt, so that Go does not see them.
//
//go:embed template
var template embed.FS

// ErrExists says that a folder is not empty.
var ErrExists = errors.New("the folder is not empty: name another one")

// Init writes a new slot to a folder, which may not hold anything yet, and
// returns the import path of its contract. It works as it is: its checks pass
// and its module is proven. Where no Go module is around the folder, it becomes
// one.
func Init(name, dir string) (string, error) {
	if wrong := ValidName(name); wrong != "" {
		return "", fmt.Errorf("%.40q: %s", name, wrong)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return "", fmt.Errorf("%s: %w", dir, ErrExists)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	files := map[string][]byte{"load.csv": load()}
	module, below, err := goModule(dir)
	if err != nil {
		return "", err
	}
	if module == "" {
		module = "example.org/" + name
		files["go.mod"] = []byte("module " + module + "\n\ngo 1.26\n")
	}
	importPath := path.Join(module, below)
	replace := strings.NewReplacer("NAME", name, "IMPORT", importPath, "DASHED", strings.ReplaceAll(name, "_", "-"),
		"SHA256", fmt.Sprintf("%x", sha256.Sum256(files["load.csv"])))
	if err := fill(files, replace); err != nil {
		return "", err
	}
	for file, text := range files {
		to := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return "", err
		}
	}
	return importPath, nil
}

// fill reads the template.
func fill(files map[string][]byte, replace *strings.Replacer) error {
	return fs.WalkDir(template, "template", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := template.ReadFile(name)
		if err != nil {
			return err
		}
		to := strings.TrimSuffix(strings.TrimPrefix(name, "template/"), ".txt")
		files[to] = []byte(replace.Replace(string(text)))
		return nil
	})
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+"?([a-z0-9][a-zA-Z0-9._/-]*)"?\s*(//.*)?$`)

// goModule is the path of the Go module around a folder, "" without one, and
// the folder's path in it.
func goModule(dir string) (module, below string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	for at := abs; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			m := moduleLine.FindSubmatch(text)
			if m == nil {
				return "", "", fmt.Errorf("%s/go.mod: no module path that a contract can have", at)
			}
			rel, err := filepath.Rel(at, abs)
			return string(m[1]), filepath.ToSlash(rel), err
		}
		if at == filepath.Dir(at) {
			return "", "", nil
		}
	}
}

// minutes of the made-up load.
const minutes = 66

// load is a made-up load: it wanders, and jumps now and then.
func load() []byte {
	var b bytes.Buffer
	b.WriteString("seconds,load\n")
	r := rand.New(rand.NewPCG(7, 7))
	level, aim := 30.0, 30.0
	for second := range minutes * 60 {
		if r.IntN(45) == 0 {
			aim = r.Float64() * 100
		}
		level += (aim-level)/8 + r.NormFloat64()*3
		level = min(max(level, 0), 100)
		fmt.Fprintf(&b, "%d,%.0f\n", second, level)
	}
	return b.Bytes()
}
