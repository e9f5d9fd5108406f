package command

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/genesis-network/genesis/api/apitest"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"genesis": func() { os.Exit(Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

type worldKey struct{}

// TestScripts reads like an operator's terminal, against a service in this
// process whose workflows only note what they were asked.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			w := apitest.New(t).Tell(t)
			e.Setenv("ADOPTED", w.Descend(t))
			e.Setenv("GENESIS_ADDRESS", w.Serve(t))
			e.Setenv("GENESIS_DATA", w.Dir)
			e.Setenv("NO_COLOR", "1")
			e.Setenv("CAMPAIGN", w.Campaign)
			e.Setenv("WAITING", w.Waiting)
			e.Setenv("ROLLED", w.Rolled)
			e.Setenv("MOVING", w.Moving)
			e.Values[worldKey{}] = w
			return os.WriteFile(e.WorkDir+"/campaign.yaml", []byte(apitest.CampaignText), 0o600)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"asked": func(ts *testscript.TestScript, _ bool, args []string) {
				w := ts.Value(worldKey{}).(*apitest.World)
				for _, call := range append(w.Workflows.Calls(), w.Faults.Injected()...) {
					if call == args[0] || len(call) > len(args[0]) && call[:len(args[0])] == args[0] {
						return
					}
				}
				ts.Fatalf("nobody asked %q but %q", args[0], append(w.Workflows.Calls(), w.Faults.Injected()...))
			},
			"damage": func(ts *testscript.TestScript, _ bool, args []string) {
				damage(ts, ts.Value(worldKey{}).(*apitest.World), args[0])
			},
			"finish": func(ts *testscript.TestScript, _ bool, _ []string) { finish(ts, ts.Value(worldKey{}).(*apitest.World)) },
		},
	})
}

// damage flips a bit of the newest source of a lineage, in the store.
func damage(ts *testscript.TestScript, w *apitest.World, lineage string) {
	list, err := w.Store.Ancestry(context.Background(), lineage)
	ts.Check(err)
	d := string(list[len(list)-1].Modules[0].Source)
	path := filepath.Join(w.Dir, "store", "artefacts", d[:2], d)
	content, err := os.ReadFile(path)
	ts.Check(err)
	content[7] ^= 1
	ts.Check(os.Chmod(path, 0o600))
	ts.Check(os.WriteFile(path, content, 0o600))
}

// finish ends the story's campaign with an adopted change.
func finish(ts *testscript.TestScript, w *apitest.World) {
	_, err := w.Store.Campaigns.Update(context.Background(), w.Campaign, store.AnyVersion, func(c *store.Campaign) error {
		c.State = store.CampaignDone
		c.Result("alder").Outcome = store.OutcomeAdopted
		return nil
	})
	ts.Check(err)
	_, err = w.Store.Changes.Update(context.Background(), w.Moving, store.AnyVersion, func(c *store.Change) error {
		return c.Apply(pipeline.Withdraw, pipeline.Facts{}, "smoke")
	})
	ts.Check(err)
}
