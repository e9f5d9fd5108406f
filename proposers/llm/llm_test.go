package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/agent"
	"github.com/genesis-network/genesis/proposers/internal/ollamatest"
	"github.com/genesis-network/genesis/proposers/internal/wire"
	"github.com/genesis-network/genesis/proposers/llm"
)

const text = `{"idea":"fan later","source":"package thermal\n"}`

var question = agent.Request{
	Messages:    []agent.Message{{Role: agent.System, Text: "role"}, {Role: agent.User, Text: "why is the sky blue?"}},
	Schema:      agent.Schema,
	Temperature: pipeline.One / 2,
	MaxTokens:   100,
}

func client(t *testing.T, model, url string, clock *ollamatest.Clock) *llm.Client {
	t.Helper()
	c, err := llm.New(llm.Config{Model: model, URL: url, Key: "sk-secret", Options: llm.Options{Idle: clock.Idle, Clock: clock}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newClock() *ollamatest.Clock { return &ollamatest.Clock{Idle: 5 * time.Minute} }

func TestOllama(t *testing.T) {
	t.Parallel()
	for _, m := range []ollamatest.Manner{ollamatest.Whole, ollamatest.Torn} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			s := ollamatest.New(t, m, text)
			got, err := client(t, "ollama/llama3.2", s.URL, newClock()).Complete(t.Context(), question)
			want := agent.Reply{Text: text, In: ollamatest.TokensIn, Out: ollamatest.TokensOut, Model: "llama3.2"}
			if err != nil || got != want {
				t.Fatalf("%+v, %v", got, err)
			}
			sent := s.Chats()[0]
			if string(sent.Format) != `"json"` || sent.Options["num_ctx"] != 16384.0 || sent.Options["temperature"] != 0.5 || sent.Options["num_predict"] != 100.0 {
				t.Errorf("%+v", sent)
			}
		})
	}
}

func TestBrokenOllama(t *testing.T) {
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
			_, err := client(t, "ollama/llama3.2", s.URL, clock).Complete(t.Context(), question)
			want(t, err, tt.kind)
			if s.Posts() != tt.posts {
				t.Errorf("%d posts, want %d", s.Posts(), tt.posts)
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

func want(t *testing.T, err error, kind wire.Kind) {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("error %v, want kind %q", err, kind)
	}
	if strings.Contains(err.Error(), "sky") || strings.Contains(err.Error(), "sk-secret") {
		t.Errorf("prompt or key in %v", err)
	}
}

const completion = `{"id":"chatcmpl-123","object":"chat.completion","created":1677652288,"model":"gpt-4o-mini",` +
	`"choices":[{"index":0,"message":{"role":"assistant","content":%q},"finish_reason":"length"}],` +
	`"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}`

func TestOpenAI(t *testing.T) {
	t.Parallel()
	whole := fmt.Sprintf(completion, text)
	tests := []struct {
		name   string
		status int
		body   string
		kind   wire.Kind
		posts  int32
	}{
		{"whole", 200, whole, "", 1},
		{"cut", 200, whole[:len(whole)/2], wire.Cut, 1},
		{"garbage", 200, "<html>", wire.Garbage, 1},
		{"no choices", 200, `{"choices":[]}`, wire.Garbage, 1},
		{"429", 429, `{"error":{"message":"slow down, sk-secret"}}`, wire.Busy, 5},
		{"401", 401, `{"error":{"message":"wrong key sk-secret"}}`, wire.Refused, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var posts atomic.Int32
			var sent map[string]any
			var key string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				posts.Add(1)
				key = r.Header.Get("Authorization")
				_ = json.NewDecoder(r.Body).Decode(&sent)
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			defer srv.Close()
			got, err := client(t, "openai/gpt-4o-mini", srv.URL, newClock()).Complete(t.Context(), question)
			if posts.Load() != tt.posts {
				t.Errorf("%d posts, want %d", posts.Load(), tt.posts)
			}
			if tt.kind != "" {
				want(t, err, tt.kind)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, agent.Reply{Text: text, In: 9, Out: 12, Model: "gpt-4o-mini", Cut: true}); diff != "" {
				t.Error(diff)
			}
			if key != "Bearer sk-secret" || sent["max_completion_tokens"] != 100.0 || sent["temperature"] != 0.5 {
				t.Errorf("%q %v", key, sent)
			}
			var schema any
			_ = json.Unmarshal(agent.Schema, &schema)
			format := sent["response_format"].(map[string]any)["json_schema"].(map[string]any)
			if format["strict"] != true || len(format["schema"].(map[string]any)["properties"].(map[string]any)) != 4 {
				t.Errorf("%v", format)
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "ollama", "ollama/", "anthropic/x", "/x"} {
		if _, err := llm.New(llm.Config{Model: name}); !errors.Is(err, llm.ErrModel) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := llm.New(llm.Config{Model: "openai/org/model", URL: "ftp://x"}); err == nil {
		t.Error("an address that is none was taken")
	}
}

// A key of the environment goes nowhere.
func TestNoKeyFromTheEnvironment(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-of-somebody-else")
	var key string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key = r.Header.Get("Authorization")
		fmt.Fprintf(w, completion, text)
	}))
	defer srv.Close()
	c, err := llm.New(llm.Config{Model: "openai/local", URL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Complete(t.Context(), question); err != nil || key != "Bearer none" {
		t.Errorf("%v, %q", err, key)
	}
}
