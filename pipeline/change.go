package pipeline

// Code names what a tile runs: the canonical IR of a module and what gives it
// meaning. Its digest is the subject of agree, fuzz and tla.
type Code struct {
	Slot     string `json:"slot"`
	Contract Digest `json:"contract"` // of the contract's folder
	IR       Digest `json:"ir"`       // SumBytes of the canonical encoding
	Compiler string `json:"compiler"` // version of the Wasm printer, cost and layout
	Schema   Digest `json:"schema"`   // of the state's layout
}

// Digest names the code.
func (c Code) Digest() Digest { return mustSum("code", c) }

// ModuleRef names a module: its code and its proof.
type ModuleRef struct {
	Code  Code   `json:"code"`
	Proof Digest `json:"proof"` // SumBytes of the proof text
}

// Digest names the module; it is the subject of coq.
func (m ModuleRef) Digest() Digest {
	return mustSum("module", map[string]Digest{"code": m.Code.Digest(), "proof": m.Proof})
}

// Change is a proposed set of modules (one today) for one lineage, on one base.
type Change struct {
	Lineage string      `json:"lineage"`
	Base    Digest      `json:"base"` // Base of the modules that it replaces
	Modules []ModuleRef `json:"modules"`
}

// Digest names the change; it is the subject of benchmark, shadow, federate,
// approve, wave and rollback.
func (c Change) Digest() Digest {
	return mustSum("change", map[string]any{"lineage": c.Lineage, "base": c.Base, "modules": moduleDigests(c.Modules)})
}

// Base names what a lineage runs: the set of its modules.
func Base(lineage string, modules []ModuleRef) Digest {
	return mustSum("base", map[string]any{"lineage": lineage, "modules": moduleDigests(modules)})
}

func moduleDigests(modules []ModuleRef) []Digest {
	out := make([]Digest, len(modules))
	for i, m := range modules {
		out[i] = m.Digest()
	}
	return out
}

// mustSum is for values whose type cannot fail to encode: strings, and lists
// and maps of strings.
func mustSum(kind string, v any) Digest {
	d, err := Sum(kind, v)
	if err != nil {
		panic("pipeline: digest of " + kind + ": " + err.Error())
	}
	return d
}
