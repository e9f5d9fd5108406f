package checks

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestAssetsAreThoseOfDeploy: what is built in pins the tools that a checkout
// pins. (A folder with a go.mod cannot be embedded, so there are two copies.)
func TestAssetsAreThoseOfDeploy(t *testing.T) {
	t.Parallel()
	for tool, list := range files {
		for name, asset := range list {
			want, err := os.ReadFile(filepath.Join("../../../deploy", tool, name))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := assets.ReadFile(asset); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not deploy/%s/%s: copy it (%v)", asset, tool, name, err)
			}
		}
	}
}

func TestPinsComeFromTheCheckoutOrFromWhatIsBuiltIn(t *testing.T) {
	t.Parallel()
	here := Config{Root: "../../..", Cache: t.TempDir()}
	for tool := range files {
		if dir, err := here.pins(tool); err != nil || dir != filepath.Join("../../..", "deploy", tool) {
			t.Errorf("%s in a checkout: %s, %v", tool, dir, err)
		}
		alone := Config{Root: t.TempDir(), Cache: t.TempDir()}
		dir, err := alone.pins(tool)
		if err != nil || !complete(dir, tool) {
			t.Errorf("%s without one: %s, %v", tool, dir, err)
		}
	}
}
