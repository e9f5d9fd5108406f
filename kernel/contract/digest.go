package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Digest names the contract by those of its files that give it meaning: it is
// SHA-256 over "genesis/contract/v1\n" and the canonical JSON of the files'
// names with the SHA-256 of their contents. Evidence, releases and verified
// modules name contracts so.
func (c *Contract) Digest() string {
	parts := map[string]string{}
	for name, content := range c.Files {
		sum := sha256.Sum256(content)
		parts[name] = hex.EncodeToString(sum[:])
	}
	text, err := json.Marshal(parts) // keys in order, plain ASCII: the canonical form
	if err != nil {
		panic("contract: " + err.Error()) // a map of strings
	}
	sum := sha256.Sum256(append([]byte("genesis/contract/v1\n"), text...))
	return hex.EncodeToString(sum[:])
}
