package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
)

// ErrPolicyFloor says that a policy would take the place of one that is as new.
var ErrPolicyFloor = errors.New("tiles take no older policy, and no other one of the same version: raise its version")

// openPolicy decides which policy is in force: the one in cfg.Policy, else the one
// that was given to an earlier start, else that of a laboratory.
func (s *Service) openPolicy(_, _ context.Context) error {
	p, err := policyInForce(s.path("policy.yaml"), s.cfg.Policy, laboratory())
	s.policy = trust.Policy{Policy: p, Expires: s.Keys.Root().Expires}
	return err
}

// policyInForce keeps the document at path, and holds a new one to be newer.
func policyInForce(path string, asked []byte, usual pipeline.Policy) (pipeline.Policy, error) {
	kept, err := keptPolicy(path, usual)
	if err != nil || asked == nil {
		return kept, err
	}
	p, err := pipeline.ParsePolicy(asked)
	if err != nil {
		return kept, err
	}
	newer, err := replaces(p, kept)
	if err != nil || !newer {
		return kept, err
	}
	return p, durable.Replace(path, asked)
}

func keptPolicy(path string, usual pipeline.Policy) (pipeline.Policy, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return usual, nil
	}
	if err != nil {
		return usual, err
	}
	p, err := pipeline.ParsePolicy(text)
	if err != nil {
		return usual, fmt.Errorf("%s, which an earlier start wrote, is damaged: %w", filepath.Base(path), err)
	}
	return p, nil
}

// replaces says whether a policy differs from the one in force, and may.
func replaces(p, kept pipeline.Policy) (bool, error) {
	was, err := kept.Digest()
	is, also := p.Digest()
	if err := errors.Join(err, also); err != nil || was == is {
		return false, err
	}
	if p.Version <= kept.Version {
		return false, fmt.Errorf("policy %s, version %d, while %s, version %d, is in force: %w", p.Name, p.Version, kept.Name, kept.Version, ErrPolicyFloor)
	}
	return true, nil
}

// laboratory is the policy of a laboratory, as its tiles demand it.
func laboratory() pipeline.Policy {
	classes := map[string]pipeline.SlotClass{}
	for _, slot := range hal.Slots() {
		classes[slot.Name] = pipeline.DeviceSlot
	}
	return pipeline.DevelopmentPolicy(classes)
}
