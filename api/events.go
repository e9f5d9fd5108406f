package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/genesis-network/genesis/pipeline/store"
)

// Heartbeat is how often a silent stream says that it lives.
const Heartbeat = 15 * time.Second

type eventsInput struct {
	Last  string `header:"Last-Event-ID" maxLength:"20" doc:"Resume after this event, as browsers do by themselves"`
	After int64  `query:"after" minimum:"-1" default:"-1" doc:"Resume after this event; 0 is from the beginning, -1 is from now on"`
}

func (s *service) eventRoutes() {
	op := get("stream-events", "/v1/events", "events", "Everything that changes, as server-sent events; their ids have no gaps")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "One event a change",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[store.Event](), true, "Event")}},
	}}
	route(s, op, func(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
		after, err := s.resumeAt(ctx, in)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "text/event-stream")
			c.SetHeader("X-Accel-Buffering", "no")
			s.stream(ctx, c, after)
		}}, nil
	})
}

func (s *service) resumeAt(ctx context.Context, in *eventsInput) (int64, error) {
	after := in.After
	if in.Last != "" {
		if _, err := fmt.Sscanf(in.Last, "%d", &after); err != nil {
			return 0, problem(http.StatusBadRequest, "event.id", "", "Last-Event-ID %.20q is not one of ours", in.Last)
		}
	}
	if after >= 0 {
		return after, nil
	}
	return s.Store.LastEvent(ctx)
}

// stream writes events until the client goes, which ends ctx.
func (s *service) stream(ctx context.Context, c huma.Context, after int64) {
	w := c.BodyWriter()
	flusher, _ := w.(http.Flusher)
	say := func(format string, args ...any) bool {
		_, err := fmt.Fprintf(w, format, args...)
		if flusher != nil {
			flusher.Flush()
		}
		return err == nil
	}
	if !say("retry: 2000\n: resumed after %d\n\n", after) {
		return
	}
	for ctx.Err() == nil {
		events, err := s.nextEvents(ctx, after)
		if err != nil || len(events) == 0 && !say(": heartbeat\n\n") {
			return
		}
		for _, e := range events {
			text, err := json.Marshal(e)
			if err != nil || !say("id: %d\ndata: %s\n\n", e.Seq, text) {
				return
			}
			after = e.Seq
		}
	}
}

// nextEvents waits for events, for one heartbeat at most; none is a reason for
// one.
func (s *service) nextEvents(ctx context.Context, after int64) ([]store.Event, error) {
	beat, cancel := context.WithTimeout(ctx, Heartbeat)
	defer cancel()
	events, err := s.Store.Wait(beat, after)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, nil
	}
	return events, err
}
