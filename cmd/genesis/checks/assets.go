package checks

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/verifiers/tla"
)

// assets are what pins the tools that are built or installed at first use:
// copies of deploy/fuzz and deploy/npm, for machines without a checkout. (A
// folder with a go.mod cannot be embedded, so the names end in .txt.)
//
//go:embed assets
var assets embed.FS

// files of each tool, in the checkout and among the assets.
var files = map[string]map[string]string{
	"fuzz": {"go.mod": "assets/fuzz/go.mod.txt", "go.sum": "assets/fuzz/go.sum.txt"},
	"npm":  {"package.json": "assets/npm/package.json", "package-lock.json": "assets/npm/package-lock.json"},
}

// pins is the folder that pins a tool: that of the checkout, or one in the cache
// that is written from what is built in.
func (c Config) pins(tool string) (string, error) {
	dir := filepath.Join(c.Root, "deploy", tool)
	if complete(dir, tool) {
		return dir, nil
	}
	dir = filepath.Join(c.Cache, "deploy", tool)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for name, asset := range files[tool] {
		text, err := assets.ReadFile(asset)
		if err != nil {
			return "", err
		}
		if err := durable.Replace(filepath.Join(dir, name), text); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func complete(dir, tool string) bool {
	for name := range files[tool] {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// openChecker opens tla-checker where npm put it, or says what to type.
func (c Config) openChecker() (*tla.Checker, error) {
	dir, err := c.pins("npm")
	if err != nil {
		return nil, err
	}
	checker, err := tla.OpenChecker(filepath.Join(dir, "node_modules"))
	if errors.Is(err, tla.ErrMissing) {
		return nil, fmt.Errorf("tla-checker, the second model checker, is %w; type: npm ci --ignore-scripts --prefix '%s'", tla.ErrMissing, dir)
	}
	return checker, err
}
