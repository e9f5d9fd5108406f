// Package ollama speaks to an Ollama server by its own protocol, through the
// package api of Ollama and nothing else of it: which models are there, pull,
// warm up, unload, and chat with answers that follow a JSON schema.
//
// It keeps true: a call ends in time; what was refused without having worked
// (429, 5xx, no connection) is asked again after a pause; a stream without its
// end mark is an error, although the library reports none; a question that does
// not fit into the window is refused by the server instead of cut; keys and
// prompts are in no text and no log.
//
// What it does not do: it installs and starts no server, and has no prompts
// (see agent). A Client is safe for concurrent use.
package ollama

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ollama/ollama/api"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/agent"
	"github.com/genesis-network/genesis/proposers/internal/wire"
)

// DefaultURL is where Ollama listens unless told otherwise.
const DefaultURL = "http://127.0.0.1:11434"

// DefaultContext is the size of the window that is asked for, in tokens.
const DefaultContext = 16384

// maxPull is how long a pull may take altogether, as long as bytes come.
const maxPull = 24 * time.Hour

// Error is a call that failed.
type Error = wire.Error

// Options are time-outs, retries and the clock of the calls.
type Options = wire.Options

// Config says where the server is. The zero value is a local one.
type Config struct {
	URL     string
	Context int // tokens; 0 is DefaultContext
	Options Options
}

// Client speaks to one server.
type Client struct {
	door   *wire.Door
	pull   *wire.Door // the same with more patience
	api    *api.Client
	window int
}

// New prepares a client. It does not connect.
func New(c Config) (*Client, error) {
	if c.URL == "" {
		c.URL = DefaultURL
	}
	u, err := wire.URL(c.URL)
	if err != nil {
		return nil, fmt.Errorf("ollama: %w", err)
	}
	if c.Context == 0 {
		c.Context = DefaultContext
	}
	door := wire.NewDoor("ollama", c.Options)
	c.Options.Total = maxPull
	return &Client{door: door, pull: wire.NewDoor("ollama", c.Options), api: api.NewClient(u, door.Client()), window: c.Context}, nil
}

// Local is a model that the server has.
type Local struct {
	Name   string
	Size   int64  // bytes on disk
	Digest string // of the model, by Ollama
	Params string // such as "7.6B"
	Quant  string // such as "Q4_K_M"
}

// List names the models that the server has.
func (c *Client) List(ctx context.Context) ([]Local, error) {
	var out []Local
	err := c.door.Do(ctx, func(ctx context.Context) error {
		resp, err := c.api.List(ctx)
		if err != nil {
			return err
		}
		out = make([]Local, len(resp.Models))
		for i, m := range resp.Models {
			out[i] = Local{m.Name, m.Size, m.Digest, m.Details.ParameterSize, m.Details.QuantizationLevel}
		}
		return nil
	})
	return out, err
}

// Progress is how far a pull has come.
type Progress struct {
	Status      string
	Done, Total int64 // bytes of the layer under way
}

// Pull loads a model onto the server; progress may be nil. The server keeps
// what it has when a pull ends early, and goes on from there.
func (c *Client) Pull(ctx context.Context, model string, progress func(Progress)) error {
	return c.pull.Do(ctx, func(ctx context.Context) error {
		last := ""
		err := c.api.Pull(ctx, &api.PullRequest{Model: model}, func(p api.ProgressResponse) error {
			last = p.Status
			if progress != nil {
				progress(Progress{p.Status, p.Completed, p.Total})
			}
			return nil
		})
		if err == nil && last != "success" {
			return wire.ErrCut
		}
		return err
	})
}

// Warm loads a model into memory and keeps it there for a while.
func (c *Client) Warm(ctx context.Context, model string, keep time.Duration) error {
	return c.load(ctx, model, keep)
}

// Unload takes a model out of memory.
func (c *Client) Unload(ctx context.Context, model string) error { return c.load(ctx, model, 0) }

// load is a chat without messages, which only sets how long a model stays.
func (c *Client) load(ctx context.Context, model string, keep time.Duration) error {
	_, err := c.Chat(ctx, model, agent.Request{}, &keep, nil)
	return err
}

// Chat asks a model; each part of the answer goes to part as it comes, unless
// it is nil. keep says how long the model stays in memory after; nil is the
// server's own choice. The error is an *Error or that of the context.
func (c *Client) Chat(ctx context.Context, model string, req agent.Request, keep *time.Duration, part func(string)) (agent.Reply, error) {
	var reply agent.Reply
	err := c.door.Do(ctx, func(ctx context.Context) error {
		s := stream{part: part}
		if err := c.api.Chat(ctx, c.chat(model, req, keep), s.take); err != nil {
			return err
		}
		var err error
		reply, err = s.reply()
		return err
	})
	return reply, err
}

func (c *Client) chat(model string, req agent.Request, keep *time.Duration) *api.ChatRequest {
	no := false
	out := &api.ChatRequest{Model: model, Messages: []api.Message{}, Format: req.Schema, Truncate: &no, Shift: &no}
	for _, m := range req.Messages {
		out.Messages = append(out.Messages, api.Message{Role: string(m.Role), Content: m.Text})
	}
	if keep != nil {
		out.KeepAlive = &api.Duration{Duration: *keep}
	}
	out.Options = map[string]any{"num_ctx": c.window}
	if len(req.Messages) > 0 {
		out.Options["temperature"] = float64(req.Temperature) / float64(pipeline.One)
		out.Options["num_predict"] = req.MaxTokens
	}
	return out
}

// stream puts an answer together.
type stream struct {
	part func(string)
	text strings.Builder
	last api.ChatResponse
}

var errAfterEnd = errors.New("a part after the end")

func (s *stream) take(r api.ChatResponse) error {
	if s.last.Done {
		return errAfterEnd
	}
	s.last = r
	s.text.WriteString(r.Message.Content)
	if s.part != nil && r.Message.Content != "" {
		s.part(r.Message.Content)
	}
	return nil
}

func (s *stream) reply() (agent.Reply, error) {
	if !s.last.Done {
		return agent.Reply{}, wire.ErrCut
	}
	return agent.Reply{Text: s.text.String(), In: max(s.last.PromptEvalCount, 0), Out: max(s.last.EvalCount, 0),
		Model: s.last.Model, Cut: s.last.DoneReason == "length"}, nil
}

// Model asks one model of a server.
type Model struct {
	Client *Client
	Name   string
}

var _ agent.Model = Model{}

// Complete asks the model.
func (m Model) Complete(ctx context.Context, req agent.Request) (agent.Reply, error) {
	return m.Client.Chat(ctx, m.Name, req, nil, nil)
}
