package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestABriefIsTheSameWheneverItIsAsked(t *testing.T) {
	t.Parallel()
	campaign := filepath.Join(repository, "examples/limiter/campaign.yaml")
	ask := func(data string) string {
		code, out, errOut := genesis(t, "campaign", "brief", campaign, "--data", data, "-o", "json")
		if code != ExitOK {
			t.Fatalf("exit %d: %s", code, errOut)
		}
		return out
	}
	site := t.TempDir()
	first := ask(site)
	var told []lineageBrief
	if err := json.Unmarshal([]byte(first), &told); err != nil || len(told) != 1 || told[0].Brief.Blocks < 10 || told[0].Text == "" {
		t.Fatalf("%v: %s", err, first)
	}
	if again := ask(site); again != first {
		t.Errorf("asked again: %s", again)
	}
	if ask(t.TempDir()) == first {
		t.Error("another site has the same noise")
	}
	info, err := os.Stat(filepath.Join(site, "brief.secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestABriefIsRefused(t *testing.T) {
	t.Parallel()
	campaign := filepath.Join(repository, "examples/limiter/campaign.yaml")
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "brief.secret"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"an epsilon that is no number": {"--epsilon", "much", "--data", t.TempDir()},
		"an epsilon without noise":     {"--epsilon", "1000", "--data", t.TempDir()},
		"no such module":               {"--since", "nowhere.go", "--data", t.TempDir()},
		"a damaged secret":             {"--data", damaged},
	} {
		if code, out, errOut := genesis(t, append([]string{"campaign", "brief", campaign}, args...)...); code == ExitOK || out != "" || errOut == "" {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errOut)
		}
	}
}
