package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode/utf16"
)

// Digest names a thing by its content: 64 lower-case hexadecimal digits of a
// SHA-256 (see [Sum]).
type Digest string

// ErrDigest says that a text is not a digest.
var ErrDigest = errors.New("not a digest: want 64 lower-case hexadecimal digits")

// Short is the digest's first 12 digits, for people.
func (d Digest) Short() string {
	if len(d) < 12 {
		return string(d)
	}
	return string(d[:12])
}

// ParseDigest checks the form of a digest.
func ParseDigest(s string) (Digest, error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != sha256.Size || strings.ToLower(s) != s {
		return "", fmt.Errorf("%.80q: %w", s, ErrDigest)
	}
	return Digest(s), nil
}

// SumBytes is the digest of an artefact's bytes: SHA-256 and nothing else.
func SumBytes(b []byte) Digest {
	h := sha256.Sum256(b)
	return Digest(hex.EncodeToString(h[:]))
}

// Sum is the digest of a value of the given kind: SHA-256 over
// "genesis/<kind>/v1\n" followed by the value's canonical JSON.
func Sum(kind string, v any) (Digest, error) {
	c, err := Canonical(v)
	if err != nil {
		return "", fmt.Errorf("pipeline: digest of %s: %w", kind, err)
	}
	return SumBytes(append([]byte("genesis/"+kind+"/v1\n"), c...)), nil
}

// ErrFloat says that a value holds a number that is not an integer. Decimals
// are written as strings.
var ErrFloat = errors.New("canonical JSON holds integers only; write decimals as strings")

// ErrText says that a string is not valid UTF-8 (RFC 8785, section 3.2.2.2).
var ErrText = errors.New("canonical JSON holds valid UTF-8 only")

// ErrForm says that bytes are not the canonical form of the value in them.
var ErrForm = errors.New("not canonical JSON of this type")

// Canonical is the RFC 8785 form of a value made of integers (below 2^53 in
// magnitude), strings, booleans, lists and objects. Fractions and text that is
// not UTF-8 are refused.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := writeCanonical(&out, tree); err != nil {
		return nil, err
	}
	// encoding/json replaces what is not UTF-8; that would give two texts one
	// digest.
	if replacements(raw) != replacements(out.Bytes()) {
		return nil, ErrText
	}
	return out.Bytes(), nil
}

// replacements counts U+FFFD written as itself.
func replacements(b []byte) int { return bytes.Count(b, []byte("\uFFFD")) }

// Decode reads the canonical form of a value into v. Anything else is refused
// with [ErrForm]: unknown fields, other orders of keys, blanks, trailing bytes.
// So what is accepted encodes to the same bytes again, and a digest over the
// bytes is a digest over the value.
func Decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %w", ErrForm, err)
	}
	again, err := Canonical(v)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForm, err)
	}
	if !bytes.Equal(again, data) {
		return ErrForm
	}
	return nil
}

// contractFiles are the files that give a contract its meaning. The simulator
// and the README are not among them: a better simulator leaves proofs valid.
var contractFiles = []string{"contract.go", "env.go", "contract.yaml", "Spec.v"}

// ContractDigest names a contract by those of its files that give it meaning:
// contract.go, env.go, contract.yaml and Spec.v, as far as they are there.
// Other files of the folder may be in the map and do not count.
func ContractDigest(files map[string][]byte) Digest {
	parts := map[string]Digest{}
	for _, name := range contractFiles {
		if content, ok := files[name]; ok {
			parts[name] = SumBytes(content)
		}
	}
	return mustSum("contract", parts)
}

func writeCanonical(out *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		fmt.Fprintf(out, "%t", v)
	case json.Number:
		return writeInteger(out, v)
	case string:
		writeString(out, v)
	case []any:
		return writeList(out, v)
	case map[string]any:
		return writeObject(out, v)
	}
	return nil
}

// maxExact is the largest integer that every JSON reader keeps exactly
// (RFC 8785, section 3.2.2.3).
const maxExact = 1<<53 - 1

func writeInteger(out *bytes.Buffer, n json.Number) error {
	i, err := n.Int64()
	if err != nil || i > maxExact || i < -maxExact {
		return fmt.Errorf("%s: %w", n, ErrFloat)
	}
	fmt.Fprintf(out, "%d", i)
	return nil
}

func writeList(out *bytes.Buffer, list []any) error {
	out.WriteByte('[')
	for i, e := range list {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeCanonical(out, e); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

func writeObject(out *bytes.Buffer, obj map[string]any) error {
	keys := make([]string, 0, len(obj))
	for k := range obj {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return lessUTF16(keys[i], keys[j]) })
	out.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			out.WriteByte(',')
		}
		writeString(out, k)
		out.WriteByte(':')
		if err := writeCanonical(out, obj[k]); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

// lessUTF16 orders keys by UTF-16 code units (RFC 8785, section 3.2.3).
func lessUTF16(a, b string) bool {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := 0; i < len(x) && i < len(y); i++ {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return len(x) < len(y)
}

var shortEscapes = map[rune]string{
	'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`,
}

func writeString(out *bytes.Buffer, s string) {
	out.WriteByte('"')
	for _, r := range s {
		if esc, ok := shortEscapes[r]; ok {
			out.WriteString(esc)
		} else if r < 0x20 {
			fmt.Fprintf(out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}
