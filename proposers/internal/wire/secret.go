package wire

import "log/slog"

// Secret is a key. It prints, logs and marshals as a mark.
type Secret string

const mark = "[redacted]"

// String is a mark.
func (Secret) String() string { return mark }

// GoString is a mark.
func (Secret) GoString() string { return mark }

// LogValue is a mark.
func (Secret) LogValue() slog.Value { return slog.StringValue(mark) }

// MarshalText is a mark.
func (Secret) MarshalText() ([]byte, error) { return []byte(mark), nil }

// Reveal is the key itself, for the header that needs it.
func (s Secret) Reveal() string { return string(s) }
