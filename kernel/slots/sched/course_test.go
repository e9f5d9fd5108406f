package sched_test

import (
	"os"
	"sync"
	"testing"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
)

// recordings are the workloads that are shipped, each with a campaign.
var recordings = []string{"service", "build", "search"}

// courses are the slot's courses by recording, with the goal of the campaigns.
var courses = sync.OnceValues(func() (map[string]*benchmark.Course, error) {
	slot, err := hal.Open(os.DirFS("."))
	if err != nil {
		return nil, err
	}
	goal := pipeline.Objective{Minimize: "wake_p99_us"}
	for _, text := range []string{"overhead_ppm <= 10000", "fairness_permille >= 250", "slowdown_permille <= 15000"} {
		c, err := pipeline.ParseConstraint(text)
		if err != nil {
			return nil, err
		}
		goal.SubjectTo = append(goal.SubjectTo, c)
	}
	out := map[string]*benchmark.Course{}
	for _, name := range recordings {
		trace, err := telemetry.Load(os.DirFS("../../../examples/telemetry"), "sched-"+name+".trace.yaml")
		if err != nil {
			return nil, err
		}
		window, err := trace.Resample(slot.Tick, slot.Block)
		if err != nil {
			return nil, err
		}
		if out[name], err = benchmark.New(slot, goal, window); err != nil {
			return nil, err
		}
	}
	return out, nil
})

func course(t testing.TB, name string) *benchmark.Course {
	t.Helper()
	all, err := courses()
	if err != nil {
		t.Fatal(err)
	}
	return all[name]
}
