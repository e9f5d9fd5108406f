package telemetry

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// nano is the number of parts of one in which decimals are kept while they are
// converted: nine decimal places.
const (
	nano       = 1_000_000_000
	nanoPlaces = 9
)

var (
	errDecimal = errors.New("not a decimal number")
	errRange   = errors.New("number out of range")
)

// maxDecimal is the longest text that can be a number: what the longest
// printers of 64-bit floats write, with room to spare.
const maxDecimal = 40

// parseNano reads decimal text, such as 12.5 or -1.2e3, as an integer number of
// thousand-millionths, rounded half away from zero. It uses no float, so that
// the result is the same everywhere.
func parseNano(text string) (int64, error) {
	if len(text) > maxDecimal {
		return 0, errDecimal
	}
	mantissa, exponent, err := cutExponent(text)
	if err != nil {
		return 0, err
	}
	mantissa, negative := cutSign(mantissa)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" {
		return 0, errDecimal
	}
	n, err := scaleDigits(digits, len(whole)+exponent+nanoPlaces)
	if negative {
		n = -n
	}
	return n, err
}

func cutSign(text string) (rest string, negative bool) {
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		return rest, true
	}
	return strings.TrimPrefix(text, "+"), false
}

func cutExponent(text string) (mantissa string, exponent int, err error) {
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return text, 0, nil
	}
	exponent, err = strconv.Atoi(text[i+1:])
	if err != nil || exponent < -maxDecimal || exponent > maxDecimal {
		return "", 0, errDecimal
	}
	return text[:i], exponent, nil
}

// scaleDigits is the number whose decimal digits are given and whose point
// stands after the first point digits, rounded half up.
func scaleDigits(digits string, point int) (int64, error) {
	var n int64
	for i := range max(len(digits), point) {
		d := byte('0')
		if i < len(digits) {
			d = digits[i]
		}
		if d < '0' || d > '9' {
			return 0, errDecimal
		}
		if i < point {
			if n > (math.MaxInt64-9)/10 {
				return 0, errRange
			}
			n = n*10 + int64(d-'0')
		}
	}
	if point >= 0 && point < len(digits) && digits[point] >= '5' {
		n++
	}
	return n, nil
}
