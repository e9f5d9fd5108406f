package pipeline

import (
	"fmt"
	"time"
)

// Duration is a span of time, written as Go writes it ("1m30s"), so that
// documents hold no bare numbers without a unit.
type Duration time.Duration

// ParseDuration reads "30s", "2m" or "1h30m"; negative spans are refused.
func ParseDuration(s string) (Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%.40q: want a span of time such as 30s, 2m or 1h30m", s)
	}
	return Duration(d), nil
}

// String writes the span as [time.Duration] does.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes the span as [Duration.String] does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [ParseDuration] reads.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	*d = v
	return err
}
