package fleet

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/google/go-cmp/cmp"
)

var (
	someDigest = pipeline.SumBytes([]byte("something"))
	someBytes  = Artefact{Digest: someDigest, Size: 9}
)

// bodies has one valid body of every kind.
var bodies = []Body{
	Stage{Release: someDigest, Chain: someBytes},
	Activate{Release: someDigest, Wave: 2, Chain: someBytes},
	Commit{Release: someDigest, Envelope: []byte("e")},
	Halt{Release: someDigest, Envelope: []byte("e")},
	Fault{Name: "fan-stuck", Slot: "thermal"},
	Shadow{Change: someDigest, IR: someBytes, Calls: 3000},
	Federate{Change: someDigest, IR: someBytes, Session: []byte("s")},
}

func roundTrip[T Body](t *testing.T, want Body) {
	t.Helper()
	c, err := NewCommand("k", want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read[T](c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, Body(got)); diff != "" {
		t.Errorf("%s:\n%s", c.Kind, diff)
	}
}

func TestEveryKindIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	roundTrip[Stage](t, bodies[0])
	roundTrip[Activate](t, bodies[1])
	roundTrip[Commit](t, bodies[2])
	roundTrip[Halt](t, bodies[3])
	roundTrip[Fault](t, bodies[4])
	roundTrip[Shadow](t, bodies[5])
	roundTrip[Federate](t, bodies[6])
	for _, b := range bodies {
		if lanes[b.kind()] == "" {
			t.Errorf("%s has no lane", b.kind())
		}
	}
	if len(lanes) != len(bodies) {
		t.Errorf("%d kinds have lanes, %d have bodies", len(lanes), len(bodies))
	}
}

func TestNewCommandRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		key  string
		body Body
	}{
		"key with dot":       {"a.b", bodies[4]},
		"no key":             {"", bodies[4]},
		"no release":         {"k", Stage{Chain: someBytes}},
		"chain too large":    {"k", Stage{Release: someDigest, Chain: Artefact{Digest: someDigest, Size: MaxArtefact + 1}}},
		"empty envelope":     {"k", Halt{Release: someDigest}},
		"slot is a wildcard": {"k", Fault{Name: "x", Slot: ">"}},
		"too large":          {"k", Federate{Change: someDigest, IR: someBytes, Session: make([]byte, MaxCommand)}},
		"no calls":           {"k", Shadow{Change: someDigest, IR: someBytes}},
		"bad window":         {"k", Shadow{Change: someDigest, IR: someBytes, Calls: 1, Window: Artefact{Digest: "x"}}},
	}
	for name, c := range cases {
		if _, err := NewCommand(c.key, c.body); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: got %v, want %v", name, err, ErrMessage)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]Command{
		"other kind":    {Kind: KindStage, Body: []byte(`{}`)},
		"unknown field": {Kind: KindFault, Body: []byte(`{"name":"x","slot":"y","z":1}`)},
		"bad name":      {Kind: KindFault, Body: []byte(`{"name":"X","slot":"y"}`)},
		"two values":    {Kind: KindFault, Body: []byte(`{"name":"x","slot":"y"}{}`)},
		"no JSON":       {Kind: KindFault, Body: []byte(`{`)},
	}
	for name, c := range cases {
		if _, err := Read[Fault](c); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: got %v, want %v", name, err, ErrMessage)
		}
	}
}

func TestCommandsAreToldApartByTileKeyAndBody(t *testing.T) {
	t.Parallel()
	seen := map[pipeline.Digest]string{}
	for _, tile := range []string{"one", "two"} {
		for _, k := range []string{"k", "l"} {
			for _, b := range bodies {
				c, err := NewCommand(k, b)
				if err != nil {
					t.Fatal(err)
				}
				id, err := c.Digest(tile)
				if err != nil {
					t.Fatal(err)
				}
				what := tile + " " + k + " " + string(c.Kind)
				if seen[id] != "" {
					t.Errorf("%s is the same as %s", what, seen[id])
				}
				seen[id] = what
			}
		}
	}
	c, err := NewCommand("k", bodies[0])
	if err != nil {
		t.Fatal(err)
	}
	spaced := c
	spaced.Body = append([]byte(" "), c.Body...)
	first, _ := c.Digest("one")
	if second, err := spaced.Digest("one"); err != nil || first != second {
		t.Errorf("white space makes another command: %v", err)
	}
}

func FuzzReadCommand(f *testing.F) {
	for _, b := range bodies {
		c, err := NewCommand("k", b)
		if err != nil {
			f.Fatal(err)
		}
		raw, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c Command
		if strict(raw, MaxCommand, &c) != nil {
			return
		}
		if _, err := Read[Fault](c); err == nil {
			if _, err := c.Digest("one"); err != nil {
				t.Errorf("accepted command has no digest: %v", err)
			}
		}
	})
}

func TestRefusalIsBounded(t *testing.T) {
	t.Parallel()
	a, err := readAnswer(answerTo(someDigest, nil, errors.New(strings.Repeat("x", MaxAnswer))), someDigest)
	if err != nil || len(a.Message) != maxMessage || a.Code != CodeRefused {
		t.Errorf("code %q, %d bytes, %v", a.Code, len(a.Message), err)
	}
	if _, err := readAnswer(answerTo(someDigest, nil, nil), pipeline.SumBytes([]byte("other"))); !errors.Is(err, ErrMessage) {
		t.Errorf("answer to another command: got %v, want %v", err, ErrMessage)
	}
}

type signer struct{ ed25519.PrivateKey }

func (s signer) Public() string                { return hex.EncodeToString(s.PrivateKey.Public().(ed25519.PublicKey)) }
func (s signer) Sign(m []byte) ([]byte, error) { return ed25519.Sign(s.PrivateKey, m), nil }

// TestServerGetsNoSignatureOverADocument: a tile's identity key signs other
// things too.
func TestServerGetsNoSignatureOverADocument(t *testing.T) {
	t.Parallel()
	key := signer{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{4}, 32))}
	for _, nonce := range []string{"", "genesis/federation-report/v1\n{}", strings.Repeat("a", 65), "with space", "{}"} {
		if _, err := signNonce(key, []byte(nonce)); !errors.Is(err, errNonce) {
			t.Errorf("%q: got %v, want %v", nonce, err, errNonce)
		}
	}
	if _, err := signNonce(key, []byte("9OaRkIzXrfrn_A-")); err != nil {
		t.Error(err)
	}
}

func TestTilePermissionsNameOneTile(t *testing.T) {
	t.Parallel()
	publish, subscribe := TilePermissions("one")
	for _, subject := range slices.Concat(publish, subscribe) {
		if subject != subjectFetch && !strings.Contains(subject, "one") {
			t.Errorf("%s is not the tile's own", subject)
		}
	}
}
