package native

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
)

// ErrSource says that the source of a subject is not what its IR was made from.
var ErrSource = errors.New("source and IR of the subject differ")

// importPath is what a contract may call itself, for a go.mod to be made of it.
var importPath = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9._-]*(/[a-zA-Z0-9_][a-zA-Z0-9._-]*)*$`)

// Write writes a Go module to a directory: the contract at its root, the module
// in the folder subject, each with a file that opens it to a program:
//
//	contract: Genesis_SetInput(*Input, []uint64), Genesis_Wf(*Input) bool, Genesis_Post(*Input, []uint64) bool
//	          and where it has them Genesis_Rel(a, b *Input) bool, Genesis_RelPost(a, b []uint64) bool
//	subject:  Genesis_SetState(*State, []uint64), Genesis_GetState(*State, []uint64), Genesis_Init(*State),
//	          Genesis_Inv(*State) bool, Genesis_Step(*State, *Input, []uint64)
//
// Values are flat and canonical. Files are further files, by their path.
func Write(dir string, s verifiers.Subject, files map[string]string) error {
	return write(dir, []verifiers.Subject{s}, func(int) string { return "subject" }, files)
}

// WriteAll writes a Go module as [Write] does, of several modules of one
// contract, in the folders subject0, subject1 and so on.
func WriteAll(dir string, subjects []verifiers.Subject, files map[string]string) error {
	return write(dir, subjects, func(i int) string { return fmt.Sprintf("subject%d", i) }, files)
}

func write(dir string, subjects []verifiers.Subject, folder func(int) string, files map[string]string) error {
	all, err := contractFiles(subjects[0].Contract)
	if err != nil {
		return fmt.Errorf("native: %w", err)
	}
	for i, s := range subjects {
		src, err := source(s)
		if err != nil {
			return fmt.Errorf("native: %w", err)
		}
		places, err := statePlaces(s, src)
		if err != nil {
			return fmt.Errorf("native: %w", err)
		}
		all[folder(i)+"/module.go"] = string(src)
		all[folder(i)+"/genesis_door.go"] = subjectDoor(s, places)
	}
	maps.Copy(all, files)
	return writeAll(dir, all)
}

// contractFiles are a contract as the root of a Go module.
func contractFiles(c *contract.Contract) (map[string]string, error) {
	if !importPath.MatchString(c.Import) {
		return nil, fmt.Errorf("contract %s: import path %q cannot be that of a Go module", c.Name, c.Import)
	}
	name, err := packageName(c.Files["contract.go"])
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", c.Name, err)
	}
	all := map[string]string{
		"go.mod":          "module " + c.Import + "\n\ngo 1.26\n",
		"contract.go":     string(c.Files["contract.go"]),
		"genesis_door.go": contractDoor(name, c.Unit),
	}
	if env := c.Files["env.go"]; env != nil {
		all["env.go"] = string(env)
	}
	return all, nil
}

// statePlaces says where the source has the fields of the state.
func statePlaces(s verifiers.Subject, src []byte) ([]place, error) {
	selectors, err := tilego.StatePlaces(src, s.Contract.Surface())
	if err != nil {
		return nil, err
	}
	if len(selectors) != len(s.Unit.State) {
		return nil, ErrSource
	}
	out := make([]place, len(selectors))
	for i, p := range selectors {
		out[i] = place{p, s.Unit.State[i].Type}
	}
	return out, nil
}

func writeAll(dir string, files map[string]string) error {
	for path, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return fmt.Errorf("native: %w", err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			return fmt.Errorf("native: %w", err)
		}
	}
	return nil
}

// source is the module's source in package subject: as proposed, if that is
// what the IR was made from, or printed from the IR where none was given.
func source(s verifiers.Subject) ([]byte, error) {
	if len(s.Source) == 0 {
		return tilego.Format(s.Unit, s.Contract.Import, "subject")
	}
	u, err := tilego.Compile(s.Source, s.Contract.Surface())
	if err != nil {
		return nil, err
	}
	want, err := ir.Encode(s.Unit)
	if err != nil {
		return nil, err
	}
	if got, err := ir.Encode(u); err != nil || !bytes.Equal(got, want) {
		return nil, errors.Join(ErrSource, err)
	}
	return renamed(s.Source)
}

// renamed gives the source the package name subject, whatever it was: names
// such as main mean something to Go.
func renamed(src []byte) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "module.go", src, parser.PackageClauseOnly)
	if err != nil {
		return nil, err
	}
	at := fset.Position(f.Name.Pos()).Offset
	return bytes.Join([][]byte{src[:at], src[at+len(f.Name.Name):]}, []byte("subject")), nil
}

func packageName(src []byte) (string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "contract.go", src, parser.PackageClauseOnly)
	if err != nil {
		return "", err
	}
	return f.Name.Name, nil
}
