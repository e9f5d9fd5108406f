// Package llm asks any model that langchaingo can reach: "ollama/NAME" by
// Ollama's protocol, "openai/NAME" at any address that speaks OpenAI's.
//
// It keeps true: a call ends in time; what was refused without being paid (429,
// 5xx, no connection) is asked again after a pause, and nothing else is; every
// failure is an Error; a reply that was cut is never taken for a whole one; keys
// and prompts are in no text and no log; nothing is taken from the environment,
// so that a key goes to the address that it was given for and no other.
//
// What it does not do: it has no prompts (see agent), and it manages no models
// (see ollama). With an ollama model the library cannot pass a JSON schema, only
// ask for JSON; the package ollama can. A Client is safe for concurrent use.
package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/agent"
	"github.com/genesis-network/genesis/proposers/internal/wire"
)

// Addresses used unless Config has one.
const (
	DefaultOllama = "http://127.0.0.1:11434"
	DefaultOpenAI = "https://api.openai.com/v1"
)

// DefaultContext is the size of the window that Ollama is asked for, in tokens:
// its own default cuts a long question silently.
const DefaultContext = 16384

// ErrModel says that a model's name is not provider/model.
var ErrModel = errors.New(`llm: want "ollama/MODEL" or "openai/MODEL"`)

// Error is a call that failed.
type Error = wire.Error

// Secret is a key; it prints and logs as a mark.
type Secret = wire.Secret

// Options are time-outs, retries and the clock of the calls.
type Options = wire.Options

// Config says which model is asked, and where.
type Config struct {
	Model   string // provider/model
	URL     string // "" is the provider's own
	Key     Secret // for openai; may be empty for a server that wants none
	Context int    // tokens; 0 is DefaultContext; ollama only
	Options Options
}

// LogValue leaves out the key, and the address, which may hold one.
func (c Config) LogValue() slog.Value { return slog.GroupValue(slog.String("model", c.Model)) }

// Client asks one model.
type Client struct {
	name string
	door *wire.Door
	open func(schema json.RawMessage) (llms.Model, error)
}

var _ agent.Model = (*Client)(nil)

// New prepares a client. It does not connect.
func New(c Config) (*Client, error) {
	provider, name, _ := strings.Cut(c.Model, "/")
	make, ok := providers[provider]
	if !ok || name == "" {
		return nil, fmt.Errorf("%w, not %q", ErrModel, c.Model)
	}
	if c.URL == "" {
		c.URL = map[string]string{"ollama": DefaultOllama, "openai": DefaultOpenAI}[provider]
	}
	if _, err := wire.URL(c.URL); err != nil {
		return nil, fmt.Errorf("llm: %w", err)
	}
	if c.Context == 0 {
		c.Context = DefaultContext
	}
	door := wire.NewDoor(c.Model, c.Options)
	return &Client{name: name, door: door, open: make(c, name, door)}, nil
}

type opener func(schema json.RawMessage) (llms.Model, error)

var providers = map[string]func(c Config, name string, door *wire.Door) opener{
	"ollama": openOllama,
	"openai": openOpenAI,
}

func openOllama(c Config, name string, door *wire.Door) opener {
	return func(schema json.RawMessage) (llms.Model, error) {
		format := ""
		if len(schema) > 0 {
			format = "json"
		}
		return ollama.New(ollama.WithModel(name), ollama.WithServerURL(c.URL), ollama.WithHTTPClient(door.Client()),
			ollama.WithRunnerNumCtx(c.Context), ollama.WithFormat(format))
	}
}

func openOpenAI(c Config, name string, door *wire.Door) opener {
	key := c.Key.Reveal()
	if key == "" {
		key = "none" // else the library takes the environment's
	}
	return func(schema json.RawMessage) (llms.Model, error) {
		o := []openai.Option{openai.WithModel(name), openai.WithBaseURL(c.URL), openai.WithToken(key),
			openai.WithOrganization(""), openai.WithHTTPClient(door.Client())}
		if len(schema) > 0 {
			f, err := responseFormat(schema)
			if err != nil {
				return nil, err
			}
			o = append(o, openai.WithResponseFormat(f))
		}
		return openai.New(o...)
	}
}

func responseFormat(schema json.RawMessage) (*openai.ResponseFormat, error) {
	var s openai.ResponseFormatJSONSchemaProperty
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil, fmt.Errorf("llm: schema: %w", err)
	}
	return &openai.ResponseFormat{Type: "json_schema", JSONSchema: &openai.ResponseFormatJSONSchema{Name: "answer", Strict: true, Schema: &s}}, nil
}

// Complete asks the model. The error is an *Error or that of the context.
func (c *Client) Complete(ctx context.Context, req agent.Request) (agent.Reply, error) {
	m, err := c.open(req.Schema)
	if err != nil {
		return agent.Reply{}, fmt.Errorf("llm: %w", err)
	}
	var reply agent.Reply
	err = c.door.Do(ctx, func(ctx context.Context) error {
		resp, err := m.GenerateContent(ctx, messages(req), options(req)...)
		if err != nil {
			return ended(err)
		}
		reply, err = c.reply(resp)
		return err
	})
	return reply, err
}

func options(req agent.Request) []llms.CallOption {
	return []llms.CallOption{
		llms.WithMaxTokens(req.MaxTokens),
		llms.WithTemperature(float64(req.Temperature) / float64(pipeline.One)),
	}
}

var roles = map[agent.Role]llms.ChatMessageType{
	agent.System:    llms.ChatMessageTypeSystem,
	agent.User:      llms.ChatMessageTypeHuman,
	agent.Assistant: llms.ChatMessageTypeAI,
}

func messages(req agent.Request) []llms.MessageContent {
	out := make([]llms.MessageContent, len(req.Messages))
	for i, m := range req.Messages {
		out[i] = llms.TextParts(roles[m.Role], m.Text)
	}
	return out
}

// reply takes the answer out of a response. For a stream that ended early the
// library gives an empty answer, and no error.
func (c *Client) reply(resp *llms.ContentResponse) (agent.Reply, error) {
	if len(resp.Choices) == 0 {
		return agent.Reply{}, wire.ErrCut
	}
	choice := resp.Choices[0]
	r := agent.Reply{Text: choice.Content, Model: c.name, Cut: choice.StopReason == "length",
		In: count(choice, "PromptTokens"), Out: count(choice, "CompletionTokens")}
	if r.Text == "" && r.In == 0 && r.Out == 0 {
		return agent.Reply{}, wire.ErrCut
	}
	return r, nil
}

func count(c *llms.ContentChoice, key string) int {
	n, _ := c.GenerationInfo[key].(int)
	return max(n, 0)
}

// ended tells a reply that stops in the middle from one that makes no sense.
func ended(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return wire.ErrCut
	}
	return err
}
