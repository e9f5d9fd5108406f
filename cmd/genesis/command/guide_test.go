package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// guide is the text whose commands a test runs, in order, with the output that
// it shows.
const guide = "docs/your-own-slot.md"

// maxCommands is how many commands the guide may take.
const maxCommands = 12

// offline are the commands of the guide that need a network, and what stands for
// them here: the same things from this checkout.
var offline = map[string]string{
	"go install github.com/genesis-network/genesis/cmd/genesis@latest": "exec go -C $REPO install -trimpath ./cmd/genesis",
	"go get github.com/genesis-network/genesis@latest":                 "exec go work init . $REPO",
}

var block = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// script turns the guide into a testscript: every command is run, and every line
// of output that is shown is demanded.
func script(t *testing.T, text string) (commands int, out string) {
	t.Helper()
	var b, files strings.Builder
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		switch language, body := m[1], m[2]; language {
		case "console":
			for line := range strings.Lines(body) {
				line = strings.TrimSuffix(line, "\n")
				if command, ok := strings.CutPrefix(line, "$ "); ok {
					commands++
					b.WriteString(step(command))
				} else if line != "..." {
					fmt.Fprintf(&b, "stdout '%s'\n", shown(line))
				}
			}
		case "go":
			b.WriteString("mkdir app\ncp $WORK/main.go app/main.go\n")
			fmt.Fprintf(&files, "-- main.go --\n%s", body)
		}
	}
	return commands, b.String() + files.String()
}

func step(command string) string {
	if instead, ok := offline[command]; ok {
		return instead + "\n"
	}
	if strings.HasPrefix(command, "cd ") {
		return command + "\n"
	}
	return "exec " + command + "\n"
}

// shown is a line of output as a pattern.
func shown(line string) string {
	pattern := regexp.QuoteMeta(strings.TrimRight(line, " "))
	pattern = strings.ReplaceAll(pattern, `\.\.\.`, ".*")
	return "(?m)^" + regexp.MustCompile(` +`).ReplaceAllString(pattern, " +")
}

// TestTheGuideIsTrue installs genesis into an empty folder and goes through the
// guide in another one that holds nothing else: no checkout, no service.
func TestTheGuideIsTrue(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"go", "coqc", "coqchk"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("without %s: %v", tool, err)
		}
	}
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, guide))
	if err != nil {
		t.Fatal(err)
	}
	commands, steps := script(t, string(text))
	if commands == 0 || commands > maxCommands {
		t.Errorf("%s takes %d commands, want 1 to %d", guide, commands, maxCommands)
	}
	if strings.Contains(string(text), "Qed") || strings.Contains(steps, "proof.v") {
		t.Errorf("%s has its reader type Coq", guide)
	}
	fetchModuleGraph(t, root)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "guide.txtar"), []byte(steps), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("REPO", root)
			e.Setenv("GOBIN", filepath.Join(e.WorkDir, "bin"))
			e.Setenv("PATH", filepath.Join(e.WorkDir, "bin")+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("CGO_ENABLED", "0")
			e.Setenv("GOPROXY", "off")
			e.Setenv("GOFLAGS", "-buildvcs=false")
			return shareCaches(e)
		},
	})
}

// fetchModuleGraph fetches the go.mod files of the whole graph: a workspace
// reads them all, a build of the repository alone does not, and the guide runs
// without a module proxy.
func fetchModuleGraph(t *testing.T, root string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "all")
	list.Dir = root
	if out, err := list.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", list, err, out)
	}
}
