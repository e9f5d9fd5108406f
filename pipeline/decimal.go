package pipeline

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Decimal is an exact number with up to six decimals, kept as a count of
// millionths. It spans about ±9.2e12 and is written as a string such as "-1.25"
// in every document, so that no reader rounds it.
type Decimal int64

// One is the Decimal 1.
const One Decimal = 1_000_000

const decimals = 6

// ErrDecimal says that a text is not a decimal number that a Decimal can hold.
var ErrDecimal = errors.New("want a decimal number such as 12 or -0.25, at most six decimals and 9e12 in magnitude")

// ParseDecimal reads digits with an optional sign and up to six decimals.
// Exponents, signs other than '-', and numbers that are too large are refused.
func ParseDecimal(s string) (Decimal, error) {
	body, negative := strings.CutPrefix(s, "-")
	whole, fraction, dot := strings.Cut(body, ".")
	if !digits(whole) || (dot && !digits(fraction)) || len(fraction) > decimals {
		return 0, fmt.Errorf("%.40q: %w", s, ErrDecimal)
	}
	text := whole + fraction + strings.Repeat("0", decimals-len(fraction))
	if negative {
		text = "-" + text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q: %w", s, ErrDecimal)
	}
	return Decimal(n), nil
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// String writes the number without superfluous zeros; equal numbers have equal
// texts.
func (d Decimal) String() string {
	sign, n := "", uint64(d)
	if d < 0 {
		sign, n = "-", -n
	}
	text := sign + strconv.FormatUint(n/uint64(One), 10)
	if rest := n % uint64(One); rest != 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%06d", rest), "0")
	}
	return text
}

// MarshalText writes the number as [Decimal.String] does.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [ParseDecimal] reads.
func (d *Decimal) UnmarshalText(text []byte) error {
	n, err := ParseDecimal(string(text))
	*d = n
	return err
}

// Fraction is num*scale/den, rounded to the nearest millionth, halves away from
// zero. A zero denominator, and a result that does not fit, are errors.
func Fraction(num, scale, den int64) (Decimal, error) {
	if den == 0 {
		return 0, fmt.Errorf("%d*%d/0: %w", num, scale, ErrDecimal)
	}
	if d, ok := fastFraction(num, scale, den); ok {
		return d, nil
	}
	n := new(big.Int).Mul(big.NewInt(num), big.NewInt(scale))
	n.Mul(n, big.NewInt(int64(One)))
	q := divideRounded(n, big.NewInt(den))
	if !q.IsInt64() {
		return 0, fmt.Errorf("%d*%d/%d: %w", num, scale, den, ErrDecimal)
	}
	return Decimal(q.Int64()), nil
}

// fastFraction does the same in 128 bits, without allocation, as far as that
// suffices: it is called for every resample of an interval.
func fastFraction(num, scale, den int64) (Decimal, bool) {
	high, product := bits.Mul64(magnitude(num), magnitude(scale))
	if high != 0 {
		return 0, false
	}
	high, low := bits.Mul64(product, uint64(One))
	d := magnitude(den)
	if high >= d {
		return 0, false
	}
	q, rest := bits.Div64(high, low, d)
	if rest >= d-rest {
		q++
	}
	if q > math.MaxInt64 {
		return 0, false
	}
	if (num < 0) != (scale < 0) != (den < 0) {
		return -Decimal(q), true
	}
	return Decimal(q), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// divideRounded is n/d to the nearest integer, halves away from zero:
// (2|n| + |d|) / 2|d| with the sign put back.
func divideRounded(n, d *big.Int) *big.Int {
	sign := n.Sign() * d.Sign()
	twice := new(big.Int).Abs(n)
	twice.Lsh(twice, 1)
	twice.Add(twice, new(big.Int).Abs(d))
	q := twice.Quo(twice, new(big.Int).Lsh(new(big.Int).Abs(d), 1))
	if sign < 0 {
		q.Neg(q)
	}
	return q
}
