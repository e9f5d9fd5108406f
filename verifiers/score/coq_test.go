package score_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq"
	"github.com/genesis-network/genesis/verifiers/decide"
	"github.com/genesis-network/genesis/verifiers/score"
)

const limiterContract = `package limiter

type Input struct{ Want uint8 }

const Top = 9

func Wf(in *Input) bool { return in.Want <= 100 }

func Post(in *Input, got uint8) bool { return got <= in.Want && got <= Top }
`

const limiterYAML = `apiVersion: genesis/v1
kind: Contract
name: limiter
slot: limiter
version: 1
import: example.org/limiter
summary: Grants at most what is wanted.
cost: {budget: 1000}
limits: {source: 65536, state: 65536}
metrics:
  - {name: granted, unit: units, direction: max, counter: granted, about: what was granted}
`

const limiter = `package limiter

import . "example.org/limiter"

type State struct{ Used uint8 }

func Inv(s *State) bool { return s.Used <= Top }

func Step(s *State, in *Input) (got uint8) {
	grant := min(in.Want, Top-s.Used)
	s.Used += grant
	return grant
}
`

// Coq is asked blindly about mutants that a witness refutes, and proves none. By
// night about all of them, and about those of a shipped module.
func TestCoqRefusesWhatAWitnessRefutes(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: takes some seconds")
	}
	t.Parallel()
	c, err := contract.Load(fstest.MapFS{"contract.go": {Data: []byte(limiterContract)}, "contract.yaml": {Data: []byte(limiterYAML)}})
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile([]byte(limiter), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	proofs := 2
	if os.Getenv("GENESIS_NIGHTLY") != "" {
		proofs = score.All
		thermal := load(t, "../../hal/thermal")
		blind(t, thermal, shipped(t, thermal, "alder"), 24)
	}
	blind(t, c, []score.Module{{Name: "limiter", Unit: u}}, proofs)
}

func blind(t *testing.T, c *contract.Contract, accepted []score.Module, proofs int) {
	t.Helper()
	user, err := os.UserCacheDir()
	if err != nil {
		user = os.TempDir()
	}
	o := coq.Options{Blind: true, Cache: filepath.Join(user, "genesis-test", "score")} // the theory is compiled once
	prover := func(ctx context.Context, _ string, u *ir.Unit) (pipeline.Outcome, error) {
		raw, err := ir.Encode(u)
		if err != nil {
			return "", err
		}
		s := verifiers.Subject{Contract: c, Unit: u, IR: raw, Ref: pipeline.ModuleRef{Code: pipeline.Code{
			Slot: c.Slot, Contract: pipeline.ContractDigest(c.Files), IR: pipeline.SumBytes(raw)}}}
		r, err := coq.Prove(ctx, s, o)
		if len(r.Statement.Findings) > 0 && r.Statement.Findings[0].Code == "coq.missing" {
			return "", coq.ErrMissing
		}
		return r.Statement.Outcome, err
	}
	r, err := score.Run(t.Context(), c, score.Options{Accepted: accepted, Proofs: proofs, Prover: prover, Decide: decide.Options{Time: 5 * time.Minute}})
	if errors.Is(err, coq.ErrMissing) {
		t.Skipf("SKIPPED, nothing was proven: %v; run: apt-get install coq", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.CoqRefuted == 0 || r.CoqUnsound > 0 || r.CoqProven == 0 {
		t.Errorf("of %d that break the theorem %d are proven, of %d that keep it %d: %q", r.CoqRefuted, r.CoqUnsound, r.CoqAccepted, r.CoqProven, r.Problems)
	}
	t.Logf("%s: %d refuted and refused, %d of %d accepted ones proven", c.Name, r.CoqRefuted, r.CoqProven, r.CoqAccepted)
}
