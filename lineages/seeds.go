package lineages

import (
	"embed"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed testdata/mutants/*.go
var seeded embed.FS

// Seed is a wrong module that people wrote, to test a contract by.
type Seed struct {
	Name   string
	Source []byte
}

// Seeds are the wrong modules of the contract with that import path, by name.
// Some are refused by the language already.
func Seeds(importPath string) ([]Seed, error) { return SeedsIn(seeded, "testdata/mutants", importPath) }

// SeedsIn are the files NAME.go and NAME/module.go of a folder that import a
// contract, as seeds.
func SeedsIn(fsys fs.FS, dir, importPath string) ([]Seed, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var out []Seed
	for _, e := range entries {
		file := path.Join(dir, e.Name())
		if e.IsDir() {
			file = path.Join(file, "module.go")
		}
		src, err := read(fsys, file)
		if path.Ext(file) != ".go" || e.IsDir() && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if imports(src, importPath) {
			out = append(out, Seed{strings.TrimSuffix(e.Name(), ".go"), src})
		}
	}
	return out, nil
}

func imports(src []byte, importPath string) bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ImportsOnly)
	if err != nil {
		return false
	}
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil && p == importPath {
			return true
		}
	}
	return false
}
