// Package theory embeds the Coq files that printed models are made of and
// proven with. It holds their text only; who compiles them is not its concern.
package theory

import _ "embed"

var (
	// GoSem is the meaning of Tile Go, trusted.
	//
	//go:embed GoSem.v
	GoSem []byte
	// GoRules are facts about GoSem.
	//
	//go:embed GoRules.v
	GoRules []byte
	// GoSolve is the tactic library.
	//
	//go:embed GoSolve.v
	GoSolve []byte
)
