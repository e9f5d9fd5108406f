package service

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
)

const strict = `apiVersion: genesis/v1
kind: Policy
name: plant
version: 2
classes: {thermal: device}
rules:
  - demand: [agree, coq, tla, fuzz, benchmark, shadow, federate]
    level: 1
    assurance: development
    approvals: 1
    roles: [approver]
    maxShare: 50%
    minAlive: 2
`

// A policy that was put in force stays so: a start without one does not fall back
// to a weaker policy, and nothing older takes its place.
func TestThePolicyInForceStays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if p, err := policyInForce(path, nil, laboratory()); err != nil || p.Name != "development" {
		t.Fatalf("at first: %s, %v", p.Name, err)
	}
	older := strings.Replace(strict, "version: 2", "version: 1", 1)
	if _, err := policyInForce(path, []byte(older), laboratory()); !errors.Is(err, ErrPolicyFloor) {
		t.Errorf("one as old as that of the laboratory: %v", err)
	}
	for _, asked := range [][]byte{[]byte(strict), nil, []byte(strict)} {
		p, err := policyInForce(path, asked, laboratory())
		if err != nil || p.Name != "plant" || p.Rules[0].MinAlive != 2 || p.Rules[0].MaxShare != pipeline.Whole/2 {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	other := strings.Replace(strict, "minAlive: 2", "minAlive: 1", 1)
	if _, err := policyInForce(path, []byte(other), laboratory()); !errors.Is(err, ErrPolicyFloor) {
		t.Errorf("another one of the same version: %v", err)
	}
	if p, err := policyInForce(path, nil, laboratory()); err != nil || p.Rules[0].MinAlive != 2 {
		t.Errorf("after a refusal: %+v, %v", p, err)
	}
	newer := strings.Replace(other, "version: 2", "version: 3", 1)
	if p, err := policyInForce(path, []byte(newer), laboratory()); err != nil || p.Version != 3 {
		t.Errorf("a newer one: %+v, %v", p, err)
	}
}

func TestAPolicyThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	slip := strings.Replace(strict, "minAlive", "minAlife", 1)
	if _, err := policyInForce(path, []byte(slip), laboratory()); err == nil || !strings.Contains(err.Error(), "line 13") {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(path, []byte("kind: Policy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := policyInForce(path, nil, laboratory()); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged one was passed over: %v", err)
	}
}
