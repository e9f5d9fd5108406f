package adapter

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Defaults of a session.
const (
	// DefaultClip is the norm (root of the sum of squares) that one site's
	// difference from the base may have.
	DefaultClip = 1.0
	// MinSites is how many sites a mean is over, at least: with two each would
	// know the other's.
	MinSites = 3
	// MaxSites keeps sums far from a wrap.
	MaxSites = 1 << 16
)

// fixed is the number 1 in fixed point.
const fixed = 1 << 24

// Errors of a session.
var (
	ErrOther  = errors.New("adapter: of another session") // not of this base
	ErrTwice  = errors.New("adapter: this site has sent its share")
	ErrUneven = errors.New("adapter: the servers do not have shares of the same sites")
	ErrFew    = errors.New("adapter: too few sites for a mean")
	ErrNorm   = errors.New("adapter: the mean is beyond the clip: a site did not clip")
)

// Signatures says whether a site's signature over bytes is good.
type Signatures interface {
	Check(site string, signed, signature []byte) error
}

// Session is one round of averaging.
type Session struct {
	Base *Adapter
	Clip float64
}

// Admit takes a site's own file: signed by it, whole, and of the session's base.
// Sites call it before they share, and whoever collects files instead of shares.
func (s Session) Admit(site string, raw, signature []byte, by Signatures) (*Adapter, error) {
	if err := by.Check(site, raw, signature); err != nil {
		return nil, fmt.Errorf("adapter: of %.80q: %w", site, err)
	}
	a, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	return a, s.like(a)
}

// like says whether an adapter differs from the base in B alone.
func (s Session) like(a *Adapter) error {
	if len(a.Tensors) != len(s.Base.Tensors) {
		return fmt.Errorf("%w: %d tensors, the base has %d", ErrOther, len(a.Tensors), len(s.Base.Tensors))
	}
	for i, t := range a.Tensors {
		base := s.Base.Tensors[i]
		switch {
		case t.Name != base.Name || t.Rows != base.Rows || t.Cols != base.Cols:
			return fmt.Errorf("%w: %s of %d x %d, the base has %s of %d x %d", ErrOther, t.Name, t.Rows, t.Cols, base.Name, base.Rows, base.Cols)
		case t.down() && !slices.Equal(t.Values, base.Values):
			return fmt.Errorf("%w: %s was trained; A is frozen", ErrOther, t.Name)
		}
	}
	return nil
}

// update is the difference from the base, clipped.
func (s Session) update(a *Adapter) []float64 {
	var out []float64
	for i, t := range a.Tensors {
		for k, v := range t.Values {
			if !t.down() {
				out = append(out, float64(v)-float64(s.Base.Tensors[i].Values[k]))
			}
		}
	}
	if n := norm(out); n > s.Clip {
		for i := range out {
			out[i] *= s.Clip / n
		}
	}
	return out
}

func norm(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

// Share splits a site's difference: the seed goes to the first server, what comes
// back to the second. The seed must be fresh and random; who has both has all.
func (s Session) Share(a *Adapter, seed [32]byte) ([]uint64, error) {
	if err := s.like(a); err != nil {
		return nil, err
	}
	update := s.update(a)
	out := mask(seed, len(update))
	for i, v := range update {
		out[i] = uint64(int64(math.RoundToEven(v*fixed))) - out[i]
	}
	return out, nil
}

// mask stretches a seed, by AES-256 in counter mode.
func mask(seed [32]byte, n int) []uint64 {
	block, err := aes.NewCipher(seed[:])
	if err != nil {
		panic(err) // of 32 bytes
	}
	stream := make([]byte, 8*n)
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(stream, stream)
	out := make([]uint64, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(stream[8*i:])
	}
	return out
}

// Server sums shares of one kind. Run the two in processes of their own, with
// operators of their own: who has both has every site's difference.
type Server struct {
	sum   []uint64
	sites map[string]bool
}

// Open makes a server of the session.
func (s Session) Open() *Server {
	n := 0
	for _, t := range s.Base.Tensors {
		if !t.down() {
			n += len(t.Values)
		}
	}
	return &Server{sum: make([]uint64, n), sites: map[string]bool{}}
}

// AddSeed takes a site's share at the first server.
func (v *Server) AddSeed(site string, seed [32]byte) error {
	return v.Add(site, mask(seed, len(v.sum)))
}

// Add takes a site's share at the second server.
func (v *Server) Add(site string, share []uint64) error {
	switch {
	case len(share) != len(v.sum):
		return fmt.Errorf("%w: a share of %d numbers, not %d", ErrOther, len(share), len(v.sum))
	case v.sites[site]:
		return fmt.Errorf("%w: %.80q", ErrTwice, site)
	case len(v.sites) == MaxSites:
		return fmt.Errorf("adapter: more than %d sites", MaxSites)
	}
	v.sites[site] = true
	for i, x := range share {
		v.sum[i] += x
	}
	return nil
}

// Mean is the base with the mean of all differences, from the sums of both.
func (s Session) Mean(first, second *Server) (*Adapter, error) {
	n := len(first.sites)
	switch {
	case !maps.Equal(first.sites, second.sites) || len(first.sum) != len(second.sum):
		return nil, fmt.Errorf("%w: %d and %d", ErrUneven, n, len(second.sites))
	case n < MinSites:
		return nil, fmt.Errorf("%w: %d, at least %d", ErrFew, n, MinSites)
	}
	mean := make([]float64, len(first.sum))
	for i := range mean {
		mean[i] = float64(int64(first.sum[i]+second.sum[i])) / fixed / float64(n)
	}
	// Rounding to fixed point moves each number by half a unit at most.
	if got, slack := norm(mean), math.Sqrt(float64(len(mean)))/fixed; got > s.Clip+slack {
		return nil, fmt.Errorf("%w: norm %.3g, clip %.3g", ErrNorm, got, s.Clip)
	}
	return s.moved(mean), nil
}

func (s Session) moved(by []float64) *Adapter {
	out := &Adapter{Tensors: slices.Clone(s.Base.Tensors)}
	for i, t := range out.Tensors {
		if t.down() {
			continue
		}
		out.Tensors[i].Values = make([]float32, len(t.Values))
		for k, v := range t.Values {
			out.Tensors[i].Values[k] = float32(float64(v) + by[k])
		}
		by = by[len(t.Values):]
	}
	return out
}
