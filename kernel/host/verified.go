package host

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Verified is a module with the name of what was checked, as
// `genesis module check --out FILE` writes it when every station passed. It is
// data, not a signature: it is worth as much as the place that it comes from,
// such as a repository whose changes are reviewed. Where the place is not to be
// trusted, pin the digest of the code in the program ([WithCode]), or check the
// signed chain (see docs/trust.md).
type Verified struct {
	APIVersion string   `json:"apiVersion"` // genesis/v1
	Kind       string   `json:"kind"`       // Verified
	Slot       string   `json:"slot"`
	Contract   string   `json:"contract"` // digest of the contract that it was checked against
	Code       string   `json:"code"`     // digest of slot, contract, IR, compiler and state schema
	Module     string   `json:"module"`   // digest of code and proof: the subject of station coq
	Stations   []string `json:"stations"` // that passed
	IR         []byte   `json:"ir"`       // canonical encoding
}

// Stations are those that a module passes before it is verified.
var Stations = []string{"agree", "coq", "tla", "fuzz"}

// Errors of verified modules.
var (
	ErrVerified = errors.New("not a verified module")
	ErrDigest   = errors.New("not the module that was verified")
)

// maxVerified bounds the file, in bytes.
const maxVerified = 4 << 20

// ParseVerified reads what `genesis module check --out` wrote. It checks the
// form only; [LoadVerified] believes none of it. Errors wrap [ErrVerified].
func ParseVerified(text []byte) (Verified, error) {
	var v Verified
	if len(text) > maxVerified {
		return v, fmt.Errorf("host: %w: larger than %d bytes", ErrVerified, maxVerified)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return Verified{}, fmt.Errorf("host: %w: %w: write it with genesis module check --out FILE", ErrVerified, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Verified{}, fmt.Errorf("host: %w: something follows it", ErrVerified)
	}
	if v.APIVersion != "genesis/v1" || v.Kind != "Verified" {
		return Verified{}, fmt.Errorf("host: %w: %.40q of %.40q, want Verified of genesis/v1", ErrVerified, v.Kind, v.APIVersion)
	}
	return v, nil
}

// LoadVerified loads a verified module for a contract. It computes both digests
// by itself: another contract (another version of it, too), other code, or a
// module that another compiler made is [ErrDigest]; a station that is missing is
// [ErrVerified]. Other errors are those of [Load].
func LoadVerified(ctx context.Context, v Verified, c *contract.Contract, opts ...Option) (*Module, error) {
	o := collect(opts)
	if v.Contract != c.Digest() {
		return nil, fmt.Errorf("host: slot %s: checked against contract %s, this is %s: %w: run genesis module check again", c.Slot, brief(v.Contract), brief(c.Digest()), ErrDigest)
	}
	for _, s := range o.stations {
		if !slices.Contains(v.Stations, s) {
			return nil, fmt.Errorf("host: slot %s: %w: station %s is missing, passed are: %s", c.Slot, ErrVerified, s, strings.Join(v.Stations, ", "))
		}
	}
	return Load(ctx, v.IR, For(c), append(slices.Clip(opts), WithCode(v.Code))...)
}

// For is what modules of a contract must fit.
func For(c *contract.Contract) Contract {
	return Contract{Unit: c.Unit, Budget: uint64(c.Budget), Entry: c.Entry.Name, Digest: c.Digest()}
}

// CodeDigest names what runs: a slot's code under a contract, as evidence and
// releases name it. Encoded is the canonical IR, schema the digest of the
// state's schema ([Module.Schema]).
func CodeDigest(slot, contract string, encoded []byte, schema string) string {
	sum := sha256.Sum256(encoded)
	text, err := json.Marshal(map[string]string{ // keys in order, plain ASCII: the canonical form
		"slot": slot, "contract": contract, "ir": hex.EncodeToString(sum[:]), "compiler": tilego.CompilerVersion, "schema": schema,
	})
	if err != nil {
		panic("host: " + err.Error()) // a map of strings
	}
	sum = sha256.Sum256(append([]byte("genesis/code/v1\n"), text...))
	return hex.EncodeToString(sum[:])
}

// is checks that a module is one of those that a caller expects.
func (m *Module) is(codes []string) error {
	for _, want := range codes {
		if m.Code != want {
			return fmt.Errorf("code %s, expected is %s: %w", brief(m.Code), brief(want), ErrDigest)
		}
	}
	return nil
}

// name computes the digest of the code. Only the canonical encoding counts.
func (m *Module) name(contract string) error {
	encoded, err := ir.Encode(m.Unit)
	if err != nil {
		return err
	}
	m.Code = CodeDigest(m.Unit.Slot, contract, encoded, m.Schema)
	return nil
}

// brief is the beginning of a digest, for people.
func brief(digest string) string { return digest[:min(len(digest), 12)] }
