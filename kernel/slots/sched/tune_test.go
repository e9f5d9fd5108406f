package sched_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/telemetry"
)

// knobs are the constants of each textbook policy, and what is tried of each.
var knobs = map[string][]knob{
	"round-robin":    {{"Slice", []int{400, 450, 500, 550, 600, 800}}},
	"fixed-priority": {{"Slice", []int{300, 400, 450, 500, 600, 1000}}},
	"stride":         {{"Slice", []int{400, 450, 500, 550, 600}}, {"LowStride", []int{1, 4, 8}}, {"HighStride", []int{1, 2}}},
	"feedback":       {{"TopSlice", []int{100, 200, 400, 700}}, {"MiddleSlice", []int{200, 500, 1000, 2000}}, {"BottomSlice", []int{400, 500, 600, 1000}}},
}

type knob struct {
	name string
	try  []int
}

// TestTextbookPoliciesAreTuned tries the whole grid of each policy's constants,
// on the parts of all recordings that a search may see: none of it keeps the
// constraints and has a lower sum of the objective than what is written down.
func TestTextbookPoliciesAreTuned(t *testing.T) {
	if os.Getenv("GENESIS_NIGHTLY") == "" {
		t.Skip("takes minutes: set GENESIS_NIGHTLY=1")
	}
	t.Parallel()
	for name, list := range knobs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile("textbook/" + name + "/module.go")
			if err != nil {
				t.Fatal(err)
			}
			broken, least := score(t, source)
			if broken > 0 {
				t.Errorf("breaks a constraint on %d recordings", broken)
			}
			grid(list, nil, func(values []int) {
				changed := source
				for i, k := range list {
					changed = set(t, changed, k.name, values[i])
				}
				if b, s := score(t, changed); b < broken || b == broken && s < least {
					t.Errorf("%v gives %d broken, %.0f us; written is %d, %.0f us", values, b, s, broken, least)
					broken, least = b, s
				}
			})
		})
	}
}

// grid calls f with each choice of values.
func grid(list []knob, chosen []int, f func([]int)) {
	if len(chosen) == len(list) {
		f(chosen)
		return
	}
	for _, v := range list[len(chosen)].try {
		grid(list, append(chosen[:len(chosen):len(chosen)], v), f)
	}
}

// set gives a constant another value.
func set(t *testing.T, source []byte, name string, value int) []byte {
	t.Helper()
	at := regexp.MustCompile(`(?m)^((?:const |\t)` + name + ` += )\d+$`)
	if n := len(at.FindAll(source, -1)); n != 1 {
		t.Fatalf("%s is declared %d times", name, n)
	}
	return at.ReplaceAll(source, []byte(fmt.Sprintf("${1}%s", strconv.Itoa(value))))
}

// score is on how many recordings a policy breaks a constraint, and the sum of
// the objective over them, in microseconds, on the selection part.
func score(t *testing.T, source []byte) (broken int, sum float64) {
	t.Helper()
	for _, name := range recordings {
		c := course(t, name)
		u, err := tilego.Compile(source, c.Slot.Contract.Surface())
		if err != nil {
			t.Fatal(err)
		}
		p, err := vm.New(u)
		if err != nil {
			t.Fatal(err)
		}
		s, err := hal.Interpret(p)
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.MeasureStepper(telemetry.PartSelection, s)
		if err != nil {
			t.Fatal(err)
		}
		if !c.Objective.Feasible(m.Metrics) {
			broken++
		}
		v, err := strconv.ParseFloat(m.Metrics["wake_p99_us"].String(), 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
	}
	return broken, sum
}
