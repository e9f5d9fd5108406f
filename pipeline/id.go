package pipeline

import (
	"encoding/binary"
	"time"
)

// idDigits is the number of digits of a digest that stand in an id: 80 bits.
// Two changes with one id are refused by the store, never mixed.
const idDigits = 20

// ChangeID is a change's name for people and URLs: "chg_" and the first digits
// of its digest.
func ChangeID(change Digest) string { return "chg_" + shorten(change) }

// RolloutID is the name of the one rollout of a change under a plan.
func RolloutID(change, plan Digest) string {
	return "rol_" + shorten(mustSum("rollout", map[string]Digest{"change": change, "plan": plan}))
}

func shorten(d Digest) string {
	if len(d) < idDigits {
		return string(d)
	}
	return string(d[:idDigits])
}

// crockford is the alphabet of ids that people may have to read aloud: no I, L,
// O, U. Lower case, because ids stand in URLs and shells.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// NewID is an id that sorts by time, in the form of a ULID: the prefix, an
// underscore, ten digits of the time in milliseconds and sixteen of entropy.
// Time and entropy come from the caller. Used for what has no digest of its
// own: campaigns ("cmp"), rounds ("rnd").
func NewID(prefix string, at time.Time, entropy [10]byte) string {
	out := make([]byte, 0, len(prefix)+27)
	out = append(append(out, prefix...), '_')
	out = appendBase32(out, uint64(at.UnixMilli()), 10)
	high := binary.BigEndian.Uint64(entropy[:8])
	out = appendBase32(out, high>>24, 8)
	low := high<<16 | uint64(binary.BigEndian.Uint16(entropy[8:]))
	return string(appendBase32(out, low, 8))
}

// appendBase32 appends the low 5*n bits of v as n digits.
func appendBase32(out []byte, v uint64, n int) []byte {
	for i := n - 1; i >= 0; i-- {
		out = append(out, crockford[v>>(5*i)&31])
	}
	return out
}
