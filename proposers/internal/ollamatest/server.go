// Package ollamatest is an Ollama server for tests, built on the types of
// Ollama's own package api and the streams of its published examples: it
// answers whole, in torn packets, half, with nonsense, or not at all.
//
// It has no model: the answer is given. It is for tests only.
package ollamatest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ollama/ollama/api"
)

// Manner is how the server behaves.
type Manner string

// The manners.
const (
	Whole      Manner = "whole"        // a stream as published
	Torn       Manner = "torn"         // the same in packets of 7 bytes: lines come in parts
	CutLine    Manner = "cut line"     // ends within a line, as if whole
	CutBetween Manner = "cut between"  // ends behind a line, without the end mark
	Dropped    Manner = "dropped"      // the connection breaks in the middle
	Failing    Manner = "status 500"   // always
	Nonsense   Manner = "garbage"      // not JSON
	Complains  Manner = "error inside" // an error as a line of the stream
	Hanging    Manner = "hanging"      // some parts, then nothing
	Mute       Manner = "mute"         // nothing at all
)

// Server is a server that answers chats with given texts, in order; the last
// one stays.
type Server struct {
	URL    string
	Hung   chan struct{} // told when the server has gone silent
	manner Manner
	texts  []string

	mu    sync.Mutex
	chats []api.ChatRequest
	posts int
}

// New starts a server that ends with the test.
func New(t testing.TB, m Manner, texts ...string) *Server {
	t.Helper()
	s := &Server{manner: m, texts: texts, Hung: make(chan struct{}, 8)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/tags", s.tags)
	mux.HandleFunc("POST /api/pull", s.pull)
	mux.HandleFunc("POST /api/chat", s.chat)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

// Chats are the questions that came.
func (s *Server) Chats() []api.ChatRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chats
}

// Posts is the number of requests that came.
func (s *Server) Posts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts
}

func (s *Server) tags(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(api.ListResponse{Models: []api.ListModelResponse{{
		Name: "llama3.2:latest", Model: "llama3.2:latest", Size: 2019393189, Digest: "a80c4f17acd5",
		ModifiedAt: stamp, Details: api.ModelDetails{Format: "gguf", Family: "llama", ParameterSize: "3.2B", QuantizationLevel: "Q4_K_M"},
	}}})
}

var stamp = time.Date(2023, 8, 4, 19, 22, 45, 499127000, time.UTC)

func (s *Server) pull(w http.ResponseWriter, r *http.Request) {
	s.play(w, r, lines(
		api.ProgressResponse{Status: "pulling manifest"},
		api.ProgressResponse{Status: "pulling dde5aa3fc5ff", Digest: "sha256:dde5aa3fc5ff", Total: 2142590208, Completed: 241970},
		api.ProgressResponse{Status: "pulling dde5aa3fc5ff", Digest: "sha256:dde5aa3fc5ff", Total: 2142590208, Completed: 2142590208},
		api.ProgressResponse{Status: "verifying sha256 digest"},
		api.ProgressResponse{Status: "writing manifest"},
		api.ProgressResponse{Status: "success"},
	))
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	var req api.ChatRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	text := s.texts[min(len(s.chats), len(s.texts)-1)]
	s.chats = append(s.chats, req)
	s.mu.Unlock()
	s.play(w, r, answer(req, text))
}

// Tokens of every answer, as in the published example.
const (
	TokensIn  = 26
	TokensOut = 282
)

func answer(req api.ChatRequest, text string) []string {
	end := api.ChatResponse{Model: req.Model, CreatedAt: stamp, Message: api.Message{Role: "assistant"}, Done: true, DoneReason: "stop"}
	if len(req.Messages) == 0 {
		end.DoneReason = "load"
		return lines(end)
	}
	end.Metrics = api.Metrics{TotalDuration: 4883583458, LoadDuration: 1334875, PromptEvalCount: TokensIn, PromptEvalDuration: 342546000, EvalCount: TokensOut, EvalDuration: 4535599000}
	var parts []any
	for part := range chunks(text, 12) {
		parts = append(parts, api.ChatResponse{Model: req.Model, CreatedAt: stamp, Message: api.Message{Role: "assistant", Content: part}})
	}
	return lines(append(parts, end)...)
}

func lines(parts ...any) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		text, err := json.Marshal(p)
		if err != nil {
			panic(err) // the types are Ollama's own
		}
		out[i] = string(text) + "\n"
	}
	return out
}

func chunks(s string, n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > 0 {
			k := min(n, len(s))
			if !yield(s[:k]) {
				return
			}
			s = s[k:]
		}
	}
}

// play sends the lines in the server's manner.
func (s *Server) play(w http.ResponseWriter, r *http.Request, all []string) {
	s.mu.Lock()
	s.posts++
	s.mu.Unlock()
	half := strings.Join(all[:len(all)/2], "")
	switch s.manner {
	case Failing:
		w.WriteHeader(http.StatusInternalServerError)
		send(w, `{"error":"model runner has unexpectedly stopped"}`)
	case Nonsense:
		send(w, "<html>proxy</html>\n")
	case Complains:
		send(w, all[0], `{"error":"an error was encountered while running the model"}`+"\n")
	case Torn:
		for part := range chunks(strings.Join(all, ""), 7) {
			send(w, part)
		}
	case CutLine:
		send(w, half, all[len(all)/2][:9])
	case CutBetween:
		send(w, half)
	case Dropped:
		send(w, half)
		panic(http.ErrAbortHandler)
	case Hanging:
		send(w, half)
		s.hang(r)
	case Mute:
		s.hang(r)
	default:
		send(w, all...)
	}
}

func (s *Server) hang(r *http.Request) {
	s.Hung <- struct{}{}
	<-r.Context().Done()
}

func send(w http.ResponseWriter, parts ...string) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	for _, p := range parts {
		_, _ = w.Write([]byte(p))
		_ = http.NewResponseController(w).Flush()
	}
}

// Clock is a clock that stands still until it is told: pauses between tries are
// over at once, and the watch for silence ends when Fire is called.
type Clock struct {
	Idle time.Duration // which waits Fire ends

	mu     sync.Mutex
	armed  map[int]func()
	next   int
	Pauses []time.Duration
}

// AfterFunc implements the clock of the clients.
func (c *Clock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d != c.Idle {
		if d <= time.Minute {
			c.Pauses = append(c.Pauses, d)
			go f()
		}
		return func() bool { return true }
	}
	if c.armed == nil {
		c.armed = map[int]func(){}
	}
	id := c.next
	c.next++
	c.armed[id] = f
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, ok := c.armed[id]
		delete(c.armed, id)
		return ok
	}
}

// Fire lets the idle time pass.
func (c *Clock) Fire() {
	c.mu.Lock()
	var due []func()
	for id, f := range c.armed {
		due = append(due, f)
		delete(c.armed, id)
	}
	c.mu.Unlock()
	for _, f := range due {
		f()
	}
}
