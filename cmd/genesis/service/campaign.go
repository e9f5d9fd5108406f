package service

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/workflows"
	"github.com/genesis-network/genesis/workflows/activities"
)

// Author is who submits the campaign of `genesis run --once`. It is not the
// approver: nobody approves their own.
const Author = "operator"

// Submit records a campaign and starts it.
func (s *Service) Submit(ctx context.Context, text []byte, seed uint64) (store.Campaign, error) {
	spec, err := pipeline.ParseCampaign(text, activities.Catalogue{})
	if err != nil {
		return store.Campaign{}, err
	}
	digest, err := spec.Digest()
	if err != nil {
		return store.Campaign{}, err
	}
	var entropy [10]byte
	rand.Read(entropy[:])
	c := store.Campaign{
		Meta: store.Meta{ID: pipeline.NewID("cmp", time.Now(), entropy)}, State: store.CampaignRunning,
		Spec: spec, Digest: digest, Seed: seed, Author: Author, Ledger: pipeline.NewLedger(spec.Spec.Budget.Amount),
		Results: []store.LineageResult{}, Reproducible: true,
	}
	if c, _, err = s.Store.Campaigns.Create(ctx, c); err != nil {
		return c, err
	}
	return c, s.Client.StartCampaign(ctx, workflows.CampaignInput{ID: c.ID, Lineages: spec.Spec.Lineages})
}

// Unfinished is the campaign that a start goes on with: the newest that has not
// ended. It is store.ErrNotFound when there is none.
func (s *Service) Unfinished(ctx context.Context) (store.Campaign, error) {
	page, err := s.Store.Campaigns.List(ctx, store.Filter{State: string(store.CampaignRunning), Limit: 1})
	if err != nil {
		return store.Campaign{}, err
	}
	if len(page.Items) == 0 {
		return store.Campaign{}, store.ErrNotFound
	}
	return page.Items[0], nil
}

// Await waits until a campaign has ended. It calls see with each event on the
// way.
func (s *Service) Await(ctx context.Context, id string, see func(store.Event)) (store.Campaign, error) {
	last, err := s.Store.LastEvent(ctx)
	if err != nil {
		return store.Campaign{}, err
	}
	for {
		c, err := s.Store.Campaigns.Get(ctx, id)
		if err != nil || api.Ended(c) {
			return c, err
		}
		events, err := s.Store.Wait(ctx, last)
		if err != nil {
			return c, err
		}
		for _, e := range events {
			see(e)
			last = e.Seq
		}
	}
}

// ApproveAll approves every change that waits for it, with the development
// approver's key, until the context ends. It is for laboratories.
func (s *Service) ApproveAll(ctx context.Context, said func(change string, err error)) {
	tick := time.NewTicker(approveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.approveWaiting(ctx, said)
		}
	}
}

// approveEvery is how often the development approver looks for work.
const approveEvery = 500 * time.Millisecond

func (s *Service) approveWaiting(ctx context.Context, said func(change string, err error)) {
	page, err := s.Store.Changes.List(ctx, store.Filter{State: string(pipeline.AwaitingApproval), Limit: store.MaxLimit})
	if err != nil {
		return
	}
	for _, c := range page.Items {
		err := s.approve(ctx, c)
		var early *workflows.Refusal
		if errors.Is(err, workflows.ErrNotRunning) || errors.As(err, &early) {
			continue // the workflow is about to get there
		}
		said(c.ID, err)
	}
}

func (s *Service) approve(ctx context.Context, c store.Change) error {
	desk, err := s.Works.Desk(ctx, c.ID)
	if err != nil {
		return err
	}
	if desk.State != pipeline.AwaitingApproval {
		return nil
	}
	envelope, err := s.Keys.Authority().Sign(ctx, trust.Approval{
		Decision: pipeline.Approval{
			Change: c.Digest, Evidence: desk.Evidence, Plan: desk.Plan, Policy: desk.Policy,
			Approver: sign.DevelopmentApprover, Approve: true, Comment: "approved by the development key, unseen",
		},
		As: trust.RoleApprover, Expires: time.Now().Add(24 * time.Hour).Unix(),
	})
	if err != nil {
		return err
	}
	_, err = s.Client.Decide(ctx, c.ID, workflows.Decision{
		Approve: true, Evidence: desk.Evidence, Plan: desk.Plan, Policy: desk.Policy, Envelope: envelope, By: sign.DevelopmentApprover,
	})
	return err
}
