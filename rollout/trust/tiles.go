package trust

import (
	"encoding/hex"
	"time"
)

// Tiles are the tiles that the root knows: their public keys (Ed25519,
// lower-case hexadecimal) by name.
func (r *Root) Tiles() map[string]string {
	out := map[string]string{}
	for _, m := range r.Roles[RoleTile].Members {
		for _, id := range m.Keys {
			if k := r.Keys[id]; k.Scheme == Ed25519 {
				out[m.Name] = hex.EncodeToString(k.Public)
			}
		}
	}
	return out
}

// VerifyTile checks a signature by a tile's identity key, given as the public
// key in hexadecimal. Keys that the root does not list as a tile's, or that
// are not valid at that time, sign nothing.
func (r *Root) VerifyTile(public string, message, signature []byte, at time.Time) error {
	for name, key := range r.Tiles() {
		if key != public {
			continue
		}
		k := r.tileKey(name)
		if !k.validAt(at) {
			return refuseErr(CodeTileSignature, errKeyWindow, "key of tile %q at %s", name, clock(at.Unix()))
		}
		if !k.check(message, signature) {
			return refuseErr(CodeTileSignature, errSignature, "message of tile %q", name)
		}
		return nil
	}
	return refuse(CodeTileSignature, "%.80q is no tile of root version %d", public, r.Version)
}

func (r *Root) tileKey(name string) *publicKey {
	for _, m := range r.Roles[RoleTile].Members {
		if m.Name == name {
			return r.keys[string(m.Keys[0])]
		}
	}
	return nil
}
