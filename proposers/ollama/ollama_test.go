package ollama_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/agent"
	"github.com/genesis-network/genesis/proposers/internal/ollamatest"
	"github.com/genesis-network/genesis/proposers/internal/wire"
	"github.com/genesis-network/genesis/proposers/ollama"
)

const text = `{"idea":"fan later","source":"package thermal\n"}`

var question = agent.Request{
	Messages:    []agent.Message{{Role: agent.System, Text: "role"}, {Role: agent.User, Text: "why is the sky blue?"}},
	Schema:      agent.Schema,
	Temperature: pipeline.One / 2,
	MaxTokens:   100,
}

func client(t *testing.T, s *ollamatest.Server, clock *ollamatest.Clock) *ollama.Client {
	t.Helper()
	c, err := ollama.New(ollama.Config{URL: s.URL, Options: ollama.Options{Idle: clock.Idle, Clock: clock}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newClock() *ollamatest.Clock { return &ollamatest.Clock{Idle: 5 * time.Minute} }

func TestChat(t *testing.T) {
	t.Parallel()
	for _, m := range []ollamatest.Manner{ollamatest.Whole, ollamatest.Torn} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			s := ollamatest.New(t, m, text)
			var streamed strings.Builder
			got, err := client(t, s, newClock()).Chat(t.Context(), "llama3.2", question, nil, func(p string) { streamed.WriteString(p) })
			want := agent.Reply{Text: text, In: ollamatest.TokensIn, Out: ollamatest.TokensOut, Model: "llama3.2"}
			if err != nil || got != want || streamed.String() != text {
				t.Fatalf("%+v, %v; streamed %q", got, err, streamed.String())
			}
			sent := s.Chats()[0]
			if diff := cmp.Diff(json.RawMessage(sent.Format), agent.Schema); diff != "" {
				t.Error(diff)
			}
			options := map[string]any{"num_ctx": 16384.0, "temperature": 0.5, "num_predict": 100.0}
			if diff := cmp.Diff(sent.Options, options); diff != "" {
				t.Error(diff)
			}
			if *sent.Truncate || sent.Messages[0].Role != "system" || sent.Messages[1].Content != question.Messages[1].Text {
				t.Errorf("%+v", sent)
			}
		})
	}
}

func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		manner ollamatest.Manner
		kind   wire.Kind
		posts  int
	}{
		{ollamatest.CutLine, wire.Garbage, 1},
		{ollamatest.CutBetween, wire.Cut, 1},
		{ollamatest.Dropped, wire.Cut, 1},
		{ollamatest.Failing, wire.Busy, 1 + wire.DefaultRetries},
		{ollamatest.Nonsense, wire.Garbage, 1},
		{ollamatest.Complains, wire.Garbage, 1},
		{ollamatest.Hanging, wire.Silent, 1},
		{ollamatest.Mute, wire.Silent, 1},
	}
	for _, tt := range tests {
		t.Run(string(tt.manner), func(t *testing.T) {
			t.Parallel()
			s, clock := ollamatest.New(t, tt.manner, text), newClock()
			go fireWhenHung(t.Context(), s, clock)
			got, err := client(t, s, clock).Chat(t.Context(), "llama3.2", question, nil, nil)
			var e *ollama.Error
			if !errors.As(err, &e) || e.Kind != tt.kind {
				t.Fatalf("error %v, want kind %q", err, tt.kind)
			}
			if got != (agent.Reply{}) || s.Posts() != tt.posts {
				t.Errorf("reply %+v after %d posts", got, s.Posts())
			}
			if strings.Contains(err.Error(), "sky") || strings.Contains(err.Error(), "runner") {
				t.Errorf("provider's words or the prompt in %v", err)
			}
		})
	}
}

func fireWhenHung(ctx context.Context, s *ollamatest.Server, clock *ollamatest.Clock) {
	select {
	case <-s.Hung:
		clock.Fire()
	case <-ctx.Done():
	}
}

func TestContextEndsAChat(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t, ollamatest.Hanging, text)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-s.Hung; cancel() }()
	if _, err := client(t, s, newClock()).Chat(ctx, "llama3.2", question, nil, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	got, err := client(t, ollamatest.New(t, ollamatest.Whole, ""), newClock()).List(t.Context())
	want := []ollama.Local{{Name: "llama3.2:latest", Size: 2019393189, Digest: "a80c4f17acd5", Params: "3.2B", Quant: "Q4_K_M"}}
	if diff := cmp.Diff(got, want); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestPull(t *testing.T) {
	t.Parallel()
	tests := []struct {
		manner ollamatest.Manner
		kind   wire.Kind
		last   string
	}{
		{ollamatest.Torn, "", "success"},
		{ollamatest.CutBetween, wire.Cut, "pulling dde5aa3fc5ff"},
	}
	for _, tt := range tests {
		t.Run(string(tt.manner), func(t *testing.T) {
			t.Parallel()
			var last ollama.Progress
			var most int64
			err := client(t, ollamatest.New(t, tt.manner, ""), newClock()).Pull(t.Context(), "llama3.2", func(p ollama.Progress) { last, most = p, max(most, p.Done) })
			var e *ollama.Error
			if tt.kind == "" && err != nil || tt.kind != "" && (!errors.As(err, &e) || e.Kind != tt.kind) {
				t.Error(err)
			}
			if last.Status != tt.last || most != 2142590208 {
				t.Errorf("%+v, %d bytes", last, most)
			}
		})
	}
}

func TestWarmAndUnload(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t, ollamatest.Whole, "")
	c := client(t, s, newClock())
	if err := errors.Join(c.Warm(t.Context(), "llama3.2", time.Hour), c.Unload(t.Context(), "llama3.2")); err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Duration{time.Hour, 0} {
		if got := s.Chats()[i]; len(got.Messages) != 0 || got.KeepAlive == nil || got.KeepAlive.Duration != want {
			t.Errorf("%+v, want keep alive %v", got, want)
		}
	}
}
