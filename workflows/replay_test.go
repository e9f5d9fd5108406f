package workflows_test

import (
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/genesis-network/genesis/workflows"
)

// Histories of campaigns that really ran must replay: a workflow that was
// started by an older program goes on under this one. A change of a workflow
// that breaks this needs a version, and a new history beside the old one.
func TestHistoriesReplay(t *testing.T) {
	t.Parallel()
	r := worker.NewWorkflowReplayer()
	for name, w := range map[string]any{"Campaign": workflows.Campaign, "Improve": workflows.Improve, "Change": workflows.Change, "Rollout": workflows.Rollout} {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
	files, err := filepath.Glob("testdata/histories/*.json")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d histories, want one of each workflow (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if err := r.ReplayWorkflowHistoryFromJSONFile(nil, file); err != nil {
				t.Error(err)
			}
		})
	}
}
