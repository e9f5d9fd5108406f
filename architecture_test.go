package genesis_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/hal"
)

const module = "github.com/genesis-network/genesis"

// A rule forbids imports. Both sides are path prefixes: of packages of this
// module (written without the module's path) on the left, of any package on
// the right.
type rule struct {
	from      string   // the room that the rule is about; "" is every package
	except    []string // doors: rooms that may import it all the same
	forbidden []string
	reason    string
}

var arrows = []rule{
	{from: "kernel", forbidden: own("hal", "pipeline", "rollout", "telemetry", "proposers", "verifiers", "shadow", "federation", "lineages", "workflows", "api", "cmd"),
		reason: "the kernel is the bottom: anybody can use a verified module without the pipeline"},
	{from: "kernel/nucleus", forbidden: own("kernel/host", "kernel/wasm", "kernel/tilego", "kernel/contract"),
		reason: "the nucleus asks modules through an interface of its own: it neither loads nor compiles"},
	{from: "hal", forbidden: own("pipeline", "rollout", "proposers", "verifiers", "shadow", "federation", "lineages", "workflows", "api"),
		reason: "a slot is described without the pipeline that improves it"},
	{from: "pipeline", forbidden: own("hal", "rollout", "proposers", "verifiers", "shadow", "federation", "lineages", "workflows", "api"),
		reason: "the nouns know no station"},
	{from: "rollout/trust", forbidden: own("kernel", "hal", "proposers", "verifiers", "shadow", "federation", "lineages", "workflows", "api", "pipeline/store"),
		reason: "trust is a leaf, shared by tile and control plane"},
	{from: "rollout/spec", forbidden: own("kernel", "hal", "pipeline", "rollout/trust", "rollout/fleet", "telemetry", "shadow", "federation", "lineages", "verifiers", "workflows"),
		reason: "a specification is text: what it judges has no part in it"},
	{from: "verifiers", forbidden: own("proposers", "shadow", "federation", "workflows", "api", "rollout", "pipeline/store"),
		reason: "a verifier takes a change in and gives an unsigned statement out"},
	{from: "verifiers/score", forbidden: own("hal", "lineages"),
		reason: "a score knows a contract and modules, no slot"},
	{from: "proposers", forbidden: own("verifiers", "shadow", "federation", "workflows", "api", "rollout", "pipeline/store"),
		reason: "a proposer only proposes"},
	{from: "shadow", forbidden: own("proposers", "verifiers", "federation", "workflows", "api", "pipeline/store"),
		reason: "shadow compares what tiles did"},
	{from: "federation", forbidden: own("proposers", "verifiers", "workflows", "api", "pipeline/store"),
		reason: "federation counts what sites report"},
	{from: "lineages", forbidden: own("proposers", "verifiers", "workflows", "api", "pipeline/store"),
		reason: "lineages are read by stations, not the other way"},
	{from: "examples", forbidden: own("hal", "pipeline", "rollout", "proposers", "verifiers", "shadow", "federation", "lineages", "workflows", "api", "cmd"),
		reason: "an example uses what any program can use"},
	{from: "", except: []string{"cmd", "api", "workflows"}, forbidden: own("workflows"),
		reason: "only the API and the binaries talk to the workflows"},
	{from: "", except: []string{"cmd"}, forbidden: own("api"),
		reason: "the API is the top"},
}

var doors = []rule{
	{except: []string{"kernel/wasm"}, forbidden: []string{"github.com/tetratelabs/wazero"}, reason: "one door to the Wasm runtime"},
	{except: []string{"workflows"}, forbidden: []string{"go.temporal.io"}, reason: "one door to Temporal"},
	{except: []string{"rollout/trust"}, forbidden: []string{"github.com/sigstore", "github.com/secure-systems-lab", "github.com/transparency-dev", "filippo.io/mldsa"}, reason: "one room makes and checks signatures"},
	{except: []string{"proposers"}, forbidden: []string{"github.com/tmc/langchaingo", "github.com/ollama"}, reason: "one room talks to models"},
	{except: []string{"pipeline/store"}, forbidden: []string{"modernc.org/sqlite", "database/sql"}, reason: "one door to the records"},
	{except: []string{"rollout/fleet"}, forbidden: []string{"github.com/nats-io/nats.go"}, reason: "one door to fleet messaging"},
	{except: []string{"rollout/fleet/hub"}, forbidden: []string{"github.com/nats-io/nats-server"}, reason: "one room embeds the messaging server"},
	{except: []string{"verifiers/decide"}, forbidden: []string{"github.com/go-air/gini"}, reason: "one door to the SAT solver"},
	{except: []string{"federation"}, forbidden: []string{"github.com/cloudflare/circl/vdaf"}, reason: "one room shares secrets"},
}

// The tile's binary stays small and cannot reach what it must not believe.
var tileForbidden = []rule{
	{forbidden: []string{"go.temporal.io"}, reason: "a tile takes no orders from a workflow engine"},
	{forbidden: []string{"database/sql", "modernc.org/sqlite"}, reason: "a tile keeps files, not a database"},
	{forbidden: []string{"github.com/nats-io/nats-server"}, reason: "a tile is a client of the messaging server"},
	{forbidden: []string{"github.com/danielgtaylor/huma"}, reason: "a tile serves no HTTP API"},
	{forbidden: []string{"github.com/tmc/langchaingo", "github.com/ollama"}, reason: "a tile asks no model"},
	{forbidden: []string{"github.com/sigstore/sigstore-go", "github.com/transparency-dev/tessera"}, reason: "a tile links the lean verifier only"},
	{forbidden: own("verifiers", "proposers", "workflows", "api", "pipeline/store"), reason: "a tile checks evidence, it makes none"},
}

func own(rooms ...string) []string {
	out := make([]string, len(rooms))
	for i, r := range rooms {
		out[i] = module + "/" + r
	}
	return out
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Dir        string
	GoFiles    []string
}

func listPackages(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps,Dir,GoFiles"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	return pkgs
}

func inRoom(path string, rooms []string) bool {
	return slices.ContainsFunc(rooms, func(r string) bool { return under(path, module+"/"+r) })
}

func under(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	pkgs := listPackages(t, "./...")
	for _, r := range append(slices.Clone(arrows), doors...) {
		for _, p := range pkgs {
			if r.from != "" && !inRoom(p.ImportPath, []string{r.from}) || inRoom(p.ImportPath, r.except) {
				continue
			}
			reportForbidden(t, p.ImportPath, p.Imports, r)
		}
	}
}

func TestTileLinksOnlyWhatItMayBelieve(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t, "./cmd/tile") {
		for _, r := range tileForbidden {
			reportForbidden(t, p.ImportPath, p.Deps, r)
		}
	}
}

func reportForbidden(t *testing.T, from string, imports []string, r rule) {
	t.Helper()
	for _, imp := range imports {
		for _, f := range r.forbidden {
			if under(imp, f) && !under(from, f) {
				t.Errorf("%s must not import %s: %s", from, imp, r.reason)
			}
		}
	}
}

// mayName are the places that may name a slot that is shipped: its own folder,
// the list of what is shipped, lineages that fill it, and what shows it.
var mayName = []string{"hal/shipped.go", "lineages/", "examples/"}

// TestNothingNamesASlot: the pipeline finds slots by registration and by folder,
// so that somebody's own slot goes every way that a shipped one goes.
func TestNothingNamesASlot(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range hal.Slots() {
		names = append(names, regexp.QuoteMeta(s.Name))
	}
	if len(names) == 0 {
		t.Fatal("no slots")
	}
	named := regexp.MustCompile(`\b(` + strings.Join(names, "|") + `)\b`)
	for _, p := range listPackages(t, "./...") {
		if strings.HasSuffix(p.ImportPath, "test") { // support of tests
			continue
		}
		for _, name := range p.GoFiles {
			file, err := filepath.Rel(mustAbs(t, "."), filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(mayName, func(place string) bool { return strings.HasPrefix(file, place) }) || ofASlot(file, names) {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if at := named.FindIndex(source); at != nil {
				t.Errorf("%s:%d names the slot %s: find slots with package hal", file, 1+strings.Count(string(source[:at[0]]), "\n"), source[at[0]:at[1]])
			}
		}
	}
}

// ofASlot reports whether a file is in the folder of a shipped slot.
func ofASlot(file string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(file, "hal/"+n+"/") })
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t, "./...") {
		if len(p.GoFiles) > 0 && !documented(t, p) {
			t.Errorf("%s has no package documentation", p.ImportPath)
		}
	}
}

func documented(t *testing.T, p pkg) bool {
	t.Helper()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			return true
		}
	}
	return false
}
