package refute_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/refute"
)

// A run is a witness exactly when it is allowed and breaks its clause.
func TestReplay(t *testing.T) {
	t.Parallel()
	c, r := load(t)
	late := compile(t, c, strings.Replace(honest, "in.Temp >= Critical", "in.Temp > Critical", 1))
	right := compile(t, c, honest)
	critical, cool := []uint64{950, 0, 0}, []uint64{20, 0, 0}
	for name, test := range map[string]struct {
		run   refute.Run
		wrong bool // of the late module
	}{
		"at once":               {refute.Run{Clause: refute.Post, Input: critical}, true},
		"behind a path":         {refute.Run{Clause: refute.Post, Path: [][]uint64{cool, critical}, Input: critical}, true},
		"from a state":          {refute.Run{Clause: refute.Post, State: []uint64{9}, Input: critical}, true},
		"outside Inv":           {refute.Run{Clause: refute.Post, State: []uint64{10}, Input: critical}, false},
		"outside Wf":            {refute.Run{Clause: refute.Post, Input: []uint64{1501, 0, 0}}, false},
		"path outside Wf":       {refute.Run{Clause: refute.Post, Path: [][]uint64{{1501, 0, 0}}, Input: critical}, false},
		"promise kept":          {refute.Run{Clause: refute.Post, Input: cool}, false},
		"another clause":        {refute.Run{Clause: refute.Inv, Input: critical}, false},
		"related":               {refute.Run{Clause: refute.RelPost, Input: cool, Input2: critical}, false},
		"related the wrong way": {refute.Run{Clause: refute.RelPost, Input: critical, Input2: cool}, false},
	} {
		w, err := r.Replay(late, test.run)
		if err != nil || (w != nil) != test.wrong {
			t.Errorf("%s: %v, %v", name, w, err)
		}
		if w != nil && (w.Clause != test.run.Clause || w.Reachable != (test.run.State == nil)) {
			t.Errorf("%s: %s, reachable %v", name, w, w.Reachable)
		}
		if w, err := r.Replay(right, test.run); w != nil || err != nil {
			t.Errorf("%s: the honest module: %v, %v", name, w, err)
		}
	}
	if _, err := r.Replay(right, refute.Run{Clause: refute.Post, Input: []uint64{1}}); !errors.Is(err, refute.ErrModule) {
		t.Errorf("an input of another length: %v", err)
	}
}
