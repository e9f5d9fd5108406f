package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// Server is what the API is made of. Fill it, then call [Server.Handler].
type Server struct {
	Store     *store.Store
	Workflows Workflows
	Catalogue pipeline.Catalogue
	// Policy is the one in force.
	Policy func(context.Context) (pipeline.Policy, error)
	Access *Access

	// Approver signs decisions for the person at the screen; nil when nobody
	// allowed that, and decisions come signed.
	Approver Approver
	Faults   Faults   // nil: no fault can be injected
	Lineages Lineages // nil: no lineages are listed

	// Goals are what a round chooses from whose document names none.
	Goals []pipeline.CampaignSpec

	// Assurance of the keys that sign here, shown on every page.
	Assurance pipeline.Assurance
	// Assets is a folder of npm packages (node_modules); nil, or one without
	// htmx, makes pages that do not update by themselves.
	Assets fs.FS
	Log    *slog.Logger     // nil is silent
	Now    func() time.Time // nil is the real clock
}

// Workflows is what the API asks of the workflow engine; [*workflows.Client] is
// one.
type Workflows interface {
	CampaignWorkflows
	ChangeWorkflows
	RoundWorkflows
}

// CampaignWorkflows starts and steers campaigns.
type CampaignWorkflows interface {
	StartCampaign(context.Context, workflows.CampaignInput) error
	StopCampaign(ctx context.Context, id string) error
	PauseCampaign(context.Context, workflows.CampaignInput) error
	ResumeCampaign(context.Context, workflows.CampaignInput) error
}

// ChangeWorkflows carries changes, and takes a person's word on one.
type ChangeWorkflows interface {
	StartChange(context.Context, workflows.ChangeInput) error
	Decide(ctx context.Context, change string, d workflows.Decision) (workflows.Advanced, error)
	AbortRollout(ctx context.Context, change, reason string) error
}

// RoundWorkflows keeps the schedules of rounds.
type RoundWorkflows interface {
	CreateRound(context.Context, workflows.RoundSchedule) error
	ListRounds(context.Context) ([]workflows.ScheduledRound, error)
	RoundSteering
}

// RoundSteering changes a schedule that is there.
type RoundSteering interface {
	RunRoundNow(ctx context.Context, id string) error
	PauseRound(ctx context.Context, id, why string) error
	ResumeRound(ctx context.Context, id, why string) error
	RescheduleRound(ctx context.Context, id string, every time.Duration) error
}

var _ Workflows = (*workflows.Client)(nil)

// Faults puts a fault into a tile's surroundings, to see what happens.
type Faults interface {
	Kinds() []string
	// Inject fails with [ErrUnknownFault] for a kind that the tile cannot have.
	Inject(ctx context.Context, tile, kind string) error
}

// ErrUnknownFault says that a tile cannot have such a fault.
var ErrUnknownFault = errors.New("no such fault")

// service is a server with its defaults filled in.
type service struct {
	Server
	api huma.API
}

// Title of the API, and the version of its description.
const (
	Title   = "Genesis"
	Version = "1"
)

// Handler is the whole service: API, events, dashboard.
func (s Server) Handler() (http.Handler, error) {
	svc, mux, err := s.build()
	if err != nil {
		return nil, err
	}
	if err := svc.pages(mux); err != nil {
		return nil, fmt.Errorf("api: dashboard: %w", err)
	}
	return svc.guard(mux), nil
}

// OpenAPI is the description of the API as YAML.
func OpenAPI() ([]byte, error) {
	svc := service{}
	svc.routes(http.NewServeMux())
	return svc.api.OpenAPI().YAML()
}

func (s Server) build() (*service, *http.ServeMux, error) {
	if s.Store == nil || s.Workflows == nil || s.Catalogue == nil || s.Policy == nil || s.Access == nil {
		return nil, nil, errors.New("api: a server needs a store, workflows, a catalogue, a policy and access")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	svc, mux := &service{Server: s}, http.NewServeMux()
	svc.routes(mux)
	return svc, mux, nil
}

func (s *service) routes(mux *http.ServeMux) {
	config := huma.DefaultConfig(Title, Version)
	config.OpenAPI.Info.Description = "Carries each change of a tile's module from an idea to the fleet, and back."
	config.DocsPath = "" // the library's page loads from a public network
	config.SchemasPath = ""
	config.CreateHooks = nil // no $schema in answers
	config.RejectUnknownQueryParameters = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	config.Transformers = []huma.Transformer{func(ctx huma.Context, _ string, v any) (any, error) {
		if p, ok := v.(*Problem); ok {
			p.Instance = requestID(ctx.Context())
		}
		return v, nil
	}}
	s.api = humago.New(mux, config)
	s.campaignRoutes()
	s.changeRoutes()
	s.decisionRoutes()
	s.rolloutRoutes()
	s.tileRoutes()
	s.roundRoutes()
	s.lineageRoutes()
	s.eventRoutes()
	s.artefactRoutes()
}

// schemaName keeps the names of documents that people write apart from those of
// the records about them.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	switch {
	case path.Base(t.PkgPath()) == "pipeline" && (name == "Campaign" || name == "Change" || name == "Evidence" || name == "Fall" || name == "Round"):
		return name + "Content"
	case path.Base(t.PkgPath()) == "rollout":
		return "Rollout" + name
	}
	return name
}

// route adds an operation. Its errors become problems; what nobody foresaw is
// logged and not told.
func route[I, O any](s *service, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	op.MaxBodyBytes = MaxBody
	if op.Method != http.MethodGet {
		op.Security = []map[string][]string{{"token": {}}}
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.told(ctx, err)
		}
		return out, nil
	})
}

func (s *service) told(ctx context.Context, err error) *Problem {
	p := asProblem(err)
	if p.Status == http.StatusInternalServerError {
		s.Log.ErrorContext(ctx, "request failed", slog.String("request", requestID(ctx)), slog.Any("error", err))
	}
	return p
}

func (s *service) log(ctx context.Context, msg string, attrs ...slog.Attr) {
	s.Log.LogAttrs(ctx, slog.LevelInfo, msg, append(attrs, slog.String("request", requestID(ctx)))...)
}

// writeProblem answers outside the framework.
func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.Instance = requestID(r.Context())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone: nobody to tell
}

func get(id, path, tag, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tag}, Summary: summary}
}

func post(id, path, tag, summary string) huma.Operation {
	op := get(id, path, tag, summary)
	op.Method = http.MethodPost
	return op
}

// body is an answer without headers.
type body[T any] struct{ Body T }

func answer[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{v}, nil
}

// Paging is how lists are asked for.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items on a page"`
	Cursor string `query:"cursor" maxLength:"64" doc:"nextCursor of the page before"`
}

// listing is a page of a list; the next one is also in the Link header.
type listing[T any] struct {
	Link string `header:"Link"`
	Body store.Page[T]
}

func list[T any](path string, page store.Page[T], err error) (*listing[T], error) {
	if err != nil {
		return nil, err
	}
	out := &listing[T]{Body: page}
	if page.NextCursor != "" {
		out.Link = fmt.Sprintf(`<%s?cursor=%s>; rel="next"`, path, page.NextCursor)
	}
	return out, nil
}

// Preview is the answer to "what would happen": set in a dry run only.
type Preview struct {
	Would []string `json:"would,omitempty" doc:"In a dry run: what would happen. Nothing did."`
}

func trimmed(s string) string { return strings.TrimSpace(s) }
