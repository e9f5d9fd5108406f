package brief

import (
	"crypto/hmac"
	"crypto/sha256"
	"math/rand/v2"
)

// noise draws from the discrete Laplace distribution: P(x) is proportional to
// exp(-|x|/t). It uses whole numbers alone, so that equal seeds give equal noise
// on every machine, and no rounding of a float leaks what was hidden.
type noise struct{ r *rand.Rand }

// newNoise is seeded by what nobody outside knows, and by what is asked.
func newNoise(secret []byte, asked string) noise {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(asked))
	return noise{rand.New(rand.NewChaCha8([32]byte(h.Sum(nil))))}
}

// laplace draws with scale t, at least 1.
func (n noise) laplace(t uint64) int64 {
	for {
		u := n.r.Uint64N(t)
		if !n.expBelow1(u, t) {
			continue
		}
		v := int64(0)
		for n.expBelow1(1, 1) {
			v++
		}
		x := int64(u) + int64(t)*v
		if n.r.Uint64N(2) == 0 {
			return x
		}
		if x != 0 { // zero has one sign only
			return -x
		}
	}
}

// expBelow1 is true with probability exp(-a/b), for a/b in [0, 1]: the first k at
// which a coin of probability a/(b*k) falls the other way is odd.
func (n noise) expBelow1(a, b uint64) bool {
	k := uint64(1)
	for n.r.Uint64N(b*k) < a {
		k++
	}
	return k%2 == 1
}
