package fuzz

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
)

// measureEnv is the variable that makes the test binary measure.
const measureEnv = "GENESIS_MEASURE"

// block is a run of statements of the module without a branch in it.
type block struct {
	function    string
	first, last int // lines of the source, from 1
	statements  int
	hit         bool
}

// measured is what inputs reach.
type measured struct {
	blocks   []block
	features [][]uint32 // of each input: a block, and how often it ran as a power of two
	broken   []bool     // by an input
}

var errMeasure = errors.New("the program that measures coverage wrote what it does not write")

// measure runs the test binary on inputs.
func (t *Target) measure(ctx context.Context, inputs [][]byte) (*measured, error) {
	dir, err := t.folder("measure")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "inputs")
	var tape []byte
	for _, in := range inputs {
		tape = append(binary.LittleEndian.AppendUint32(tape, uint32(len(in))), in...)
	}
	if err := os.WriteFile(path, tape, 0o600); err != nil {
		return nil, fmt.Errorf("fuzz: %w", err)
	}
	r, err := sandbox.Run(ctx, sandbox.Command{
		Name: "coverage", Path: t.tests, Dir: dir, Read: []string{filepath.Dir(t.tests)}, Env: []string{measureEnv + "=" + path},
		Wall: bootstrap, CPU: bootstrap, Memory: maxMemory, FileSize: maxFile,
	})
	if err != nil {
		return nil, fmt.Errorf("fuzz: %w", err)
	}
	if r.End != sandbox.Exited || r.Code != 0 {
		return nil, fmt.Errorf("fuzz: coverage: status %d: %.300s", r.Code, r.Stderr)
	}
	info, err := os.Lstat(path + ".out")
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("fuzz: %w", errMeasure)
	}
	out, err := os.ReadFile(path + ".out")
	if err != nil {
		return nil, fmt.Errorf("fuzz: %w", err)
	}
	return t.parse(out, len(inputs))
}

// parse reads the words that the program writes: the number of blocks, three
// words with the place of each, its statements, and for each input whether it
// broke something and how often each block ran.
func (t *Target) parse(out []byte, inputs int) (*measured, error) {
	words := make([]uint32, len(out)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(out[4*i:])
	}
	if len(words) == 0 || uint64(len(words)) != 1+4*uint64(words[0])+uint64(inputs)*(1+uint64(words[0])) {
		return nil, fmt.Errorf("fuzz: %d words for %d inputs: %w", len(words), inputs, errMeasure)
	}
	n := int(words[0])
	m := &measured{blocks: make([]block, n), features: make([][]uint32, inputs), broken: make([]bool, inputs)}
	for i := range m.blocks {
		m.blocks[i] = block{first: int(words[1+3*i]), last: int(words[2+3*i]), statements: int(words[1+3*n+i])}
	}
	for i, rest := 0, words[1+4*n:]; i < inputs; i, rest = i+1, rest[1+n:] {
		m.broken[i] = rest[0] != 0
		for k, count := range rest[1 : 1+n] {
			if count > 0 {
				m.blocks[k].hit = true
				m.features[i] = append(m.features[i], uint32(k)<<8|uint32(bits.Len32(count)))
			}
		}
	}
	return m, m.name(filepath.Join(t.Dir, "tests", "subject", "module.go"))
}

// name finds the function of each block. What go tool cover wrote keeps the
// lines of the source, where each line starts as it did.
func (m *measured) name(path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "module.go", source, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("fuzz: coverage: %w", err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first, last := set.Position(f.Pos()).Line, set.Position(f.End()).Line
		for i, b := range m.blocks {
			if first <= b.first && b.last <= last {
				m.blocks[i].function = f.Name.Name
			}
		}
	}
	return nil
}

// totals are the statements of the module's functions, and those reached.
func (m *measured) totals() (reached, all int) {
	for _, b := range m.blocks {
		all += b.statements
		if b.hit {
			reached += b.statements
		}
	}
	return reached, all
}

// perFunction says for each function what share was reached, and the lines that
// were not.
func (m *measured) perFunction() map[string]string {
	type share struct {
		reached, all int
		missed       []string
	}
	shares := map[string]*share{}
	for _, b := range m.blocks {
		s := shares[b.function]
		if s == nil {
			s = &share{}
			shares[b.function] = s
		}
		s.all += b.statements
		if b.hit {
			s.reached += b.statements
		} else if b.statements > 0 {
			s.missed = append(s.missed, lines(b.first, b.last))
		}
	}
	out := map[string]string{}
	for name, s := range shares {
		out[name] = fmt.Sprintf("%d of %d statements", s.reached, s.all)
		if len(s.missed) > 0 {
			const shown = 20
			out[name] += "; not reached: module.go:" + strings.Join(s.missed[:min(len(s.missed), shown)], ", ")
		}
	}
	return out
}

func lines(first, last int) string {
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d-%d", first, last)
}

// choose picks, from inputs in order of preference, those that add a feature to
// what the first ones have: old ones all stay while there is room.
func (m *measured) choose(old, limit int) []int {
	seen := map[uint32]bool{}
	var useful, spare []int
	for i := range m.features {
		adds := slices.ContainsFunc(m.features[i], func(f uint32) bool { return !seen[f] })
		for _, f := range m.features[i] {
			seen[f] = true
		}
		switch {
		case m.broken[i]: // a witness is no seed
		case adds:
			useful = append(useful, i)
		case i < old:
			spare = append(spare, i)
		}
	}
	useful = useful[:min(len(useful), limit)]
	return append(useful, spare[:min(len(spare), limit-len(useful))]...)
}
