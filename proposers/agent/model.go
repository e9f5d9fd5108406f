package agent

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/genesis-network/genesis/pipeline"
)

// Model answers a question. An error that says Permanent() true stops a run at
// once; one that says MayHaveCost() true is counted as if it had used all that
// was reserved for it.
type Model interface {
	Complete(ctx context.Context, req Request) (Reply, error)
}

// Role is who speaks in a message.
type Role string

// The roles.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is a part of a conversation.
type Message struct {
	Role Role   `json:"role"`
	Text string `json:"text"`
}

// LogValue leaves out the text.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("role", string(m.Role)), slog.Int("chars", len(m.Text)))
}

// Request is a question to a model.
type Request struct {
	Messages    []Message
	Schema      json.RawMessage  // JSON schema that the reply follows; nil for free text
	Temperature pipeline.Decimal // 0 to 2
	MaxTokens   int              // of the reply
}

// LogValue leaves out the texts.
func (r Request) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("messages", len(r.Messages)), slog.Int("chars", r.chars()),
		slog.Int("maxTokens", r.MaxTokens), slog.String("digest", r.Digest().Short()))
}

// Digest names the request.
func (r Request) Digest() pipeline.Digest {
	d, err := pipeline.Sum("model-request", map[string]any{
		"messages": r.Messages, "schema": string(r.Schema), "temperature": r.Temperature, "maxTokens": r.MaxTokens,
	})
	if err != nil {
		// Only text that is not UTF-8 gets here; such a request has no canonical form.
		return pipeline.SumBytes([]byte(err.Error()))
	}
	return d
}

func (r Request) chars() int {
	n := 0
	for _, m := range r.Messages {
		n += len(m.Text)
	}
	return n
}

// Most is the most tokens that the request can cost, in and out. Code has
// about three characters in a token; two is counted.
func (r Request) Most() int64 { return int64(r.chars()/2 + r.MaxTokens) }

// Reply is an answer.
type Reply struct {
	Text   string `json:"text"`
	In     int    `json:"in"`  // tokens of the request; 0 when the provider does not say
	Out    int    `json:"out"` // tokens of the reply
	Model  string `json:"model"`
	Cut    bool   `json:"cut,omitempty"`    // ended by the limit of tokens
	Wasted int64  `json:"wasted,omitempty"` // tokens of earlier sessions' calls for it that broke
}

// LogValue leaves out the text.
func (r Reply) LogValue() slog.Value {
	return slog.GroupValue(slog.String("model", r.Model), slog.Int("chars", len(r.Text)), slog.Int("in", r.In), slog.Int("out", r.Out))
}

// cost is what the reply counts for; without the provider's word, all that was
// reserved.
func (r Reply) cost(reserved int64) int64 {
	if r.In <= 0 && r.Out <= 0 {
		return reserved + r.Wasted
	}
	return int64(max(r.In, 0)) + int64(max(r.Out, 0)) + r.Wasted
}

// permanent says whether asking again is of no use.
func permanent(err error) bool {
	p, ok := find[interface{ Permanent() bool }](err)
	return ok && p.Permanent()
}

// waste is what a call that failed is counted for.
func waste(err error, req Request) int64 {
	if p, ok := find[interface{ MayHaveCost() bool }](err); ok && p.MayHaveCost() {
		return req.Most()
	}
	return 0
}
