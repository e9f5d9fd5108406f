package coqgen_test

import (
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen/coqgentest"
)

func TestRefutationAsksUnderTheTheoremsConditions(t *testing.T) {
	t.Parallel()
	text, err := coqgen.Refutation(coqgentest.Counter(), coqgentest.Counting(), coqgen.Run{Clause: coqgen.ClausePost, State: []uint64{1, 2}, Input: []uint64{3, ^uint64(0)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Definition s : State := (mkState 1 2).", "Definition i : Input := (mkInput 3 (-1)).", "Inv s && Wf i && match Step s i"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, err := coqgen.Refutation(coqgentest.Counter(), coqgentest.Counting(), coqgen.Run{Clause: coqgen.ClauseInv, State: []uint64{1}}); err == nil {
		t.Error("a state of another shape was printed")
	}
}
