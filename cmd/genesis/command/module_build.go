package command

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/tlagen"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
)

func (a *app) moduleBuild() *cobra.Command {
	var contract, out string
	cmd := &cobra.Command{
		Use: "build DIR", Short: "print a module as IR, Wasm, Coq and TLA+", Args: exactly(1),
		Long: "Compile a module (a folder with module.go, or a file) to its canonical IR and print from it what tiles run, what is proven\n" +
			"and what is model-checked. Equal sources give equal bytes, on every machine.\n\n" +
			"A release carries module.ir only: a tile derives the rest itself.\n\n" +
			"Exit code: 0 built, 2 no such module or contract, 3 the source is refused, 1 the files could not be written.",
		RunE: func(_ *cobra.Command, args []string) error { return a.build(args[0], contract, out) },
	}
	cmd.Flags().StringVar(&contract, "contract", "", contractFlag)
	cmd.Flags().StringVar(&out, "out", "build", "folder to write to")
	return cmd
}

// built is what `genesis module build` prints.
type built struct {
	Module   string          `json:"module"` // path
	Slot     string          `json:"slot"`
	Contract pipeline.Digest `json:"contract"`
	Code     pipeline.Digest `json:"code"`
	Ref      pipeline.Digest `json:"ref"`    // of the module: code and proof
	Schema   pipeline.Digest `json:"schema"` // of the state
	Compiler string          `json:"compiler"`
	Folder   string          `json:"folder"`
	Files    []builtFile     `json:"files"`
	LeftOut  []leftOut       `json:"left_out,omitempty"`
}

type builtFile struct {
	Name   string          `json:"name"`
	Bytes  int             `json:"bytes"`
	Digest pipeline.Digest `json:"digest"`
	About  string          `json:"about"`

	content []byte
}

type leftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

func (b *built) add(name, about string, content []byte) {
	b.Files = append(b.Files, builtFile{Name: name, Bytes: len(content), Digest: pipeline.SumBytes(content), About: about, content: content})
}

func (b *built) leave(name string, why error) {
	b.LeftOut = append(b.LeftOut, leftOut{name, why.Error()})
}

func (a *app) build(path, contract, out string) error {
	m, err := a.compiled(path, contract)
	if err != nil {
		return err
	}
	b, err := printAll(m)
	if err != nil {
		return err
	}
	b.Module, b.Folder = path, out
	if err := b.write(); err != nil {
		return err
	}
	return a.print(b, b.text)
}

// printAll prints a module in every form.
func printAll(m lineages.Module) (*built, error) {
	code := m.Ref.Code
	b := &built{Slot: m.Contract.Slot, Contract: code.Contract, Code: code.Digest(), Ref: m.Ref.Digest(), Schema: code.Schema, Compiler: code.Compiler}
	b.add("module.ir", "canonical IR: what a release carries", m.IR)
	wasm, err := wasmgen.Generate(m.Unit)
	if err != nil {
		return nil, err
	}
	b.add("module.wasm", "what tiles derive and run", wasm.Bytes())
	model, err := coqgen.Model(m.Unit, m.Contract.Unit)
	if err != nil {
		return nil, err
	}
	promises, err := coqgen.Contract(m.Contract.Unit)
	if err != nil {
		return nil, err
	}
	b.add("Contract.v", "the contract for Coq", promises)
	b.add("Model.v", "the module for Coq", model)
	b.specification(m)
	return b, nil
}

// specification prints module and surroundings as TLA+, where that is possible.
func (b *built) specification(m lineages.Module) {
	const name = tlagen.Module + ".tla"
	c := m.Contract
	if c.Env == nil {
		b.leave(name, fmt.Errorf("the contract has no surroundings (env.go)"))
		return
	}
	sys, err := joint.New(m.Unit, c.Unit, c.Env, c.Model.Consts)
	if err != nil {
		b.leave(name, err)
		return
	}
	spec, err := tlagen.Generate(sys)
	if err != nil {
		b.leave(name, err)
		return
	}
	b.add(name, "module and surroundings for model checkers, with the contract's small constants", []byte(spec.Text))
	b.add(tlagen.Module+".cfg", "what model checkers check", []byte(spec.Config))
}

// write writes the files that are not there already.
func (b *built) write() error {
	if err := os.MkdirAll(b.Folder, 0o755); err != nil {
		return err
	}
	for _, f := range b.Files {
		file := filepath.Join(b.Folder, f.Name)
		if have, err := os.ReadFile(file); err == nil && bytes.Equal(have, f.content) {
			continue
		}
		if err := os.WriteFile(file, f.content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (b *built) text(w io.Writer) {
	fmt.Fprintf(w, "slot %s, %s\ncode   %s\nmodule %s\nschema %s\n\n", b.Slot, b.Compiler, b.Code, b.Ref, b.Schema)
	t := newTable(w, "FILE", "BYTES", "SHA-256", "WHAT IT IS")
	for _, f := range b.Files {
		t.add(filepath.Join(b.Folder, f.Name), fmt.Sprint(f.Bytes), string(f.Digest), f.About)
	}
	t.flush()
	for _, l := range b.LeftOut {
		fmt.Fprintf(w, "left out: %s: %s\n", l.Name, l.Why)
	}
}
