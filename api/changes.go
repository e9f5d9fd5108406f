package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

type listChanges struct {
	Paging
	State    string `query:"state" maxLength:"32" enum:"proposed,verifying,shadowing,federating,awaiting-approval,rolling-out,adopted,aborting,rolled-back,rejected,withdrawn,outdated,expired,superseded"`
	Lineage  string `query:"lineage" maxLength:"64"`
	Campaign string `query:"campaign" maxLength:"64"`
}

// ChangeID names a change in a path.
type ChangeID struct {
	ID string `path:"id" maxLength:"128"`
}

type waitChange struct {
	ChangeID
	Wait string `query:"wait" example:"30s" doc:"Wait until it is to be decided or has ended, at most a minute"`
}

// FileDiff is how one module differs from what it replaces.
type FileDiff struct {
	Slot    string          `json:"slot"`
	Before  pipeline.Digest `json:"before,omitempty" doc:"artefact"`
	After   pipeline.Digest `json:"after" doc:"artefact"`
	Kind    string          `json:"kind" enum:"source,proof"`
	Unified string          `json:"unified" doc:"Empty when nothing differs"`
}

// ChangeDiff is how a change differs from its base.
type ChangeDiff struct {
	Change string     `json:"change"`
	Files  []FileDiff `json:"files"`
}

// EvidenceList is all evidence about a change, its modules and their code.
type EvidenceList struct {
	Items []store.Evidence `json:"items"`
}

func (s *service) changeRoutes() {
	route(s, get("list-changes", "/v1/changes", "changes", "List changes, newest first"), func(ctx context.Context, in *listChanges) (*listing[store.Change], error) {
		page, err := s.Store.Changes.List(ctx, store.Filter{State: in.State, Lineage: in.Lineage, Parent: in.Campaign, Limit: in.Limit, Cursor: in.Cursor})
		return list("/v1/changes", page, err)
	})
	route(s, get("get-change", "/v1/changes/{id}", "changes", "Look at a change"), func(ctx context.Context, in *waitChange) (*body[store.Change], error) {
		return answer(await(ctx, s, in.Wait, settled, func(ctx context.Context) (store.Change, error) { return s.Store.Changes.Get(ctx, in.ID) }))
	})
	route(s, get("diff-change", "/v1/changes/{id}/diff", "changes", "How it differs from its base"), func(ctx context.Context, in *ChangeID) (*body[ChangeDiff], error) {
		return answer(s.diff(ctx, in.ID))
	})
	route(s, get("list-evidence", "/v1/changes/{id}/evidence", "changes", "All evidence about it"), func(ctx context.Context, in *ChangeID) (*body[EvidenceList], error) {
		c, err := s.Store.Changes.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := s.Store.EvidenceAbout(ctx, c.Content.Subjects()...)
		return answer(EvidenceList{list}, err)
	})
	transfer := post("transfer-change", "/v1/changes/{id}/transfer", "changes", "Propose to another lineage what this one adopted; it passes every station again")
	transfer.DefaultStatus = http.StatusCreated
	route(s, transfer, func(ctx context.Context, in *transferChange) (*created[Transferred], error) {
		return s.transfer(ctx, in)
	})
	route(s, get("get-verdict", "/v1/changes/{id}/verdict", "changes", "What policy says of it now"), func(ctx context.Context, in *ChangeID) (*body[pipeline.Verdict], error) {
		d, err := s.desk(ctx, in.ID)
		return answer(d.Verdict, err)
	})
}

type transferChange struct {
	ChangeID
	To     string `query:"to" required:"true" maxLength:"64" doc:"The lineage that is proposed to"`
	DryRun bool   `query:"dryRun" doc:"Only say what would happen"`
}

// Transferred is the change that proposes it.
type Transferred struct {
	store.Change
	Preview
}

func (s *service) transfer(ctx context.Context, in *transferChange) (*created[Transferred], error) {
	c, err := s.Lineages.Transfer(ctx, in.ID, in.To, who(ctx).name, in.DryRun)
	if err != nil {
		return nil, err
	}
	out := Transferred{Change: c}
	if in.DryRun {
		out.Would = []string{fmt.Sprintf("propose change %s to %s: %d lines of its %s would differ", c.ID, c.Lineage, c.Origin.Edits, c.Slot)}
		return &created[Transferred]{Status: http.StatusOK, Body: out}, nil
	}
	err = s.Workflows.StartChange(ctx, workflows.ChangeInput{ID: c.ID, Deadline: time.Until(*c.Deadline)})
	return &created[Transferred]{Status: http.StatusCreated, Location: "/v1/changes/" + c.ID, Body: out}, err
}

// settled says whether a change waits for a person or has ended.
func settled(c store.Change) bool { return c.State == pipeline.AwaitingApproval || c.State.Final() }

func (s *service) diff(ctx context.Context, id string) (ChangeDiff, error) {
	c, err := s.Store.Changes.Get(ctx, id)
	if err != nil {
		return ChangeDiff{}, err
	}
	out := ChangeDiff{Change: id, Files: []FileDiff{}}
	for _, f := range c.Files {
		source, err := s.fileDiff(ctx, FileDiff{Slot: f.Slot, Kind: "source", Before: f.BaseSource, After: f.Source})
		if err != nil {
			return out, err
		}
		proof, err := s.fileDiff(ctx, FileDiff{Slot: f.Slot, Kind: "proof", Before: f.BaseProof, After: f.Proof})
		if err != nil {
			return out, err
		}
		out.Files = append(out.Files, source, proof)
	}
	return out, nil
}

// maxDiff bounds what is compared, in bytes of one side: sources are at most
// 64 KiB, proofs may be longer and are then not shown.
const maxDiff = 256 << 10

func (s *service) fileDiff(ctx context.Context, d FileDiff) (FileDiff, error) {
	before, err := s.text(ctx, d.Before)
	if err != nil {
		return d, err
	}
	after, err := s.text(ctx, d.After)
	if err != nil {
		return d, err
	}
	if len(before) > maxDiff || len(after) > maxDiff {
		d.Unified = "too long to compare here: read the artefacts\n"
		return d, nil
	}
	d.Unified = unified(d.Slot+"/"+d.Kind, before, after)
	return d, nil
}

// text reads an artefact; one that is not named, or not here, is empty.
func (s *service) text(ctx context.Context, digest pipeline.Digest) ([]byte, error) {
	if digest == "" {
		return nil, nil
	}
	content, err := s.Store.Artefacts.Get(ctx, digest)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return content, err
}

// unified is the difference in the usual form, without the first line, which
// repeats the command that would make it.
func unified(name string, before, after []byte) string {
	text := diff.Diff("before/"+name, before, "after/"+name, after)
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	return string(rest)
}

type oneArtefact struct {
	Digest string `path:"digest" pattern:"^[0-9a-f]{64}$"`
}

type artefact struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (s *service) artefactRoutes() {
	op := get("get-artefact", "/v1/artefacts/{digest}", "artefacts", "Bytes by their digest, always as plain text")
	op.Errors = []int{http.StatusNotFound}
	route(s, op, func(ctx context.Context, in *oneArtefact) (*artefact, error) {
		content, err := s.Store.Artefacts.Get(ctx, pipeline.Digest(in.Digest))
		if err != nil {
			return nil, err
		}
		return &artefact{ContentType: "text/plain; charset=utf-8", Disposition: `inline; filename="` + in.Digest[:12] + `.txt"`, Body: content}, nil
	})
}
