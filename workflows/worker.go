package workflows

import (
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// ActivityNames are the names by which workflows ask for work.
func ActivityNames() []string {
	return []string{actOpenSearch, actSearchEpoch, actFinalists, actCloseLineage, actCloseCampaign,
		actRunStation, actAdvance, actTakeDecision, actRelease, actOrder, actGate, actCommit, actHalt, actRestored,
		actChooseGoals}
}

// Registry is where workflows and activities are made known: a worker, or a
// test's environment.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register makes the workflows and an implementation of their activities known.
func Register(r Registry, a Activities) {
	registerWorkflows(r)
	registerActivities(r, a)
}

func registerWorkflows(r Registry) {
	for name, w := range map[string]any{"Campaign": Campaign, "Improve": Improve, "Change": Change, "Rollout": Rollout, "Round": Round} {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
}

func registerActivities(r Registry, a Activities) {
	for name, f := range map[string]any{
		actOpenSearch: a.OpenSearch, actSearchEpoch: a.SearchEpoch, actFinalists: a.Finalists,
		actCloseLineage: a.CloseLineage, actCloseCampaign: a.CloseCampaign,
		actRunStation: a.RunStation, actAdvance: a.Advance, actTakeDecision: a.TakeDecision,
		actRelease: a.Release, actOrder: a.Order, actGate: a.Gate, actCommit: a.Commit,
		actHalt: a.Halt, actRestored: a.Restored, actChooseGoals: a.ChooseGoals,
	} {
		r.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
}

// Capacity is how much a worker does at once. The engine gives one machine's
// worker no more than it can bear.
type Capacity struct {
	Search int // epochs
	Verify int // stations
	Fleet  int // conversations with tiles
}

// Workers makes a worker per task queue. They share nothing, so a machine may
// run those it is fit for.
func Workers(c client.Client, a Activities, cap Capacity) []worker.Worker {
	queues := []struct {
		name string
		n    int
	}{{QueueControl, 16}, {QueueSearch, cap.Search}, {QueueVerify, cap.Verify}, {QueueFleet, cap.Fleet}}
	out := make([]worker.Worker, len(queues))
	for i, q := range queues {
		out[i] = worker.New(c, q.name, worker.Options{
			Interceptors:                       []interceptor.WorkerInterceptor{&pulse{}},
			MaxConcurrentActivityExecutionSize: q.n, DisableWorkflowWorker: q.name != QueueControl,
		})
		if q.name == QueueControl {
			registerWorkflows(out[i])
		}
		registerActivities(out[i], a)
	}
	return out
}
