package identity_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/identity"
	"github.com/genesis-network/genesis/rollout/trust/sign"
)

func TestTileKey(t *testing.T) {
	t.Parallel()
	dir, now := filepath.Join(t.TempDir(), "keys"), time.Now()
	keys, err := sign.Development(t.Context(), dir, sign.DevelopmentOptions{Now: now, Tiles: []string{"alder-1", "alder-2"}})
	if err != nil {
		t.Fatal(err)
	}
	key, err := identity.Open(filepath.Join(dir, sign.IdentityFile(trust.RoleTile, "alder-1")))
	if err != nil {
		t.Fatal(err)
	}
	root := keys.Root()
	if got := root.Tiles()["alder-1"]; got != key.Public() {
		t.Errorf("the root knows %q, the key is %q", got, key.Public())
	}
	message := []byte("report 1")
	sig, err := key.Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := stranger.Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, tile string
		message    string
		sig        []byte
		want       trust.Code
	}{
		{"its own", key.Public(), "report 1", sig, ""},
		{"another message", key.Public(), "report 2", sig, trust.CodeTileSignature},
		{"as another tile", root.Tiles()["alder-2"], "report 1", sig, trust.CodeTileSignature},
		{"by a stranger", stranger.Public(), "report 1", foreign, trust.CodeTileSignature},
		{"by a stranger as the tile", key.Public(), "report 1", foreign, trust.CodeTileSignature},
		{"by nobody", "", "report 1", nil, trust.CodeTileSignature},
	} {
		if err := root.VerifyTile(c.tile, []byte(c.message), c.sig, now); trust.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if err := root.VerifyTile(key.Public(), message, sig, now.Add(sign.DevelopmentValidity)); trust.CodeOf(err) != trust.CodeTileSignature {
		t.Errorf("expired key: %v", err)
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	t.Parallel()
	key, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, key); got != "identity "+key.Public() {
			t.Errorf("%s prints %q", format, got)
		}
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := sign.Development(t.Context(), dir, sign.DevelopmentOptions{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README", "release/release-1.ecdsa-p256.pem", "release/release-1.ml-dsa-65.pem"} {
		if _, err := identity.Open(filepath.Join(dir, file)); !errors.Is(err, identity.ErrKey) {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := identity.Open(filepath.Join(dir, "no such file")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := sign.Development(t.Context(), dir, sign.DevelopmentOptions{Now: time.Now(), Tiles: []string{"alder-9"}}); !errors.Is(err, sign.ErrOtherFleet) {
		t.Errorf("a tile without a key: %v", err)
	}
}
