package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
)

// Limits of messages in bytes of JSON. What is larger travels as an artefact.
const (
	MaxCommand = 1 << 20
	MaxAnswer  = 1 << 20
	MaxReport  = 64 << 10
	// MaxArtefact is the most that Fetch takes; an encoded chain is the largest.
	MaxArtefact = 32 << 20
)

// ErrMessage says that a message is not well formed or too large.
var ErrMessage = errors.New("not a well-formed fleet message")

// Kind says what a command asks for.
type Kind string

// The kinds. Each tile works on two commands at a time, one of each lane:
// "now" is for what takes milliseconds and must not wait, "work" for the rest.
const (
	KindStage     Kind = "stage"
	KindActivate  Kind = "activate"
	KindCommit    Kind = "commit"
	KindHalt      Kind = "halt"
	KindFault     Kind = "fault"
	KindShadow    Kind = "shadow"
	KindFederate  Kind = "federate"
	laneNow            = "now"
	laneWork           = "work"
	maxNameLength      = 64
)

var lanes = map[Kind]string{
	KindStage: laneWork, KindShadow: laneWork, KindFederate: laneWork,
	KindActivate: laneNow, KindCommit: laneNow, KindHalt: laneNow, KindFault: laneNow,
}

// Artefact names bytes that the receiver fetches and checks by digest.
type Artefact struct {
	Digest pipeline.Digest `json:"digest"` // SumBytes
	Size   int64           `json:"size"`
}

// Body is what a command of one kind says.
type Body interface {
	kind() Kind
	check() error
}

// Stage asks a tile to fetch a release, check its chain, and prepare it, so
// that it can be activated at once.
type Stage struct {
	Release pipeline.Digest `json:"release"` // digest of the release's statement
	Chain   Artefact        `json:"chain"`   // encoded chain
}

// Activate brings an order: the chain with the order in it.
type Activate struct {
	Release pipeline.Digest `json:"release"`
	Wave    int             `json:"wave"`
	Chain   Artefact        `json:"chain"`
}

// Commit brings the signed document that ends a trial.
type Commit struct {
	Release  pipeline.Digest `json:"release"`
	Envelope []byte          `json:"envelope"`
}

// Halt brings a signed halt: the tile goes back through the escape.
type Halt struct {
	Release  pipeline.Digest `json:"release"`
	Envelope []byte          `json:"envelope"`
}

// Fault asks a tile to behave as if something were broken, or to stop that.
// Tiles that are not started for it refuse.
type Fault struct {
	Name  string `json:"name"` // such as fan-stuck
	Slot  string `json:"slot"`
	Clear bool   `json:"clear,omitempty"`
}

// Shadow asks a tile to run incumbent and candidate on the same inputs.
type Shadow struct {
	Change    pipeline.Digest    `json:"change"`
	Candidate pipeline.ModuleRef `json:"candidate"`
	IR        Artefact           `json:"ir"`
	Window    Artefact           `json:"window"` // recorded inputs; empty digest: live ones
	Calls     int64              `json:"calls"`  // at least
}

// Federate asks a tile to replay the candidate on its own telemetry and to
// answer with a report of the signed session (federation/client).
type Federate struct {
	Change    pipeline.Digest    `json:"change"`
	Candidate pipeline.ModuleRef `json:"candidate"`
	IR        Artefact           `json:"ir"`
	Session   []byte             `json:"session"`
}

func (Stage) kind() Kind    { return KindStage }
func (Activate) kind() Kind { return KindActivate }
func (Commit) kind() Kind   { return KindCommit }
func (Halt) kind() Kind     { return KindHalt }
func (Fault) kind() Kind    { return KindFault }
func (Shadow) kind() Kind   { return KindShadow }
func (Federate) kind() Kind { return KindFederate }

func (b Stage) check() error    { return errors.Join(digest(b.Release), b.Chain.check()) }
func (b Activate) check() error { return errors.Join(digest(b.Release), b.Chain.check()) }
func (b Commit) check() error   { return errors.Join(digest(b.Release), filled(b.Envelope)) }
func (b Halt) check() error     { return errors.Join(digest(b.Release), filled(b.Envelope)) }
func (b Fault) check() error    { return errors.Join(CheckName(b.Name), CheckName(b.Slot)) }
func (b Federate) check() error {
	return errors.Join(digest(b.Change), b.IR.check(), filled(b.Session))
}

func (b Shadow) check() error {
	err := errors.Join(digest(b.Change), b.IR.check())
	if b.Calls < 1 {
		err = errors.Join(err, fmt.Errorf("%d calls: want 1 or more", b.Calls))
	}
	if b.Window.Digest != "" {
		err = errors.Join(err, b.Window.check())
	}
	return err
}

func (a Artefact) check() error {
	if a.Size < 0 || a.Size > MaxArtefact {
		return fmt.Errorf("artefact of %d bytes, at most %d", a.Size, MaxArtefact)
	}
	return digest(a.Digest)
}

func digest(d pipeline.Digest) error {
	_, err := pipeline.ParseDigest(string(d))
	return err
}

func filled(raw []byte) error {
	if len(raw) == 0 {
		return errors.New("document is empty")
	}
	return nil
}

// CheckName refuses what is no name of a tile, slot, fault or key: those become
// parts of subjects.
func CheckName(name string) error {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_-"
	if name == "" || len(name) > maxNameLength || strings.Trim(name, alphabet) != "" {
		return fmt.Errorf("%.80q: want 1 to %d lower-case letters, digits, - or _", name, maxNameLength)
	}
	return nil
}

// Command is a message to one tile.
type Command struct {
	Kind Kind            `json:"kind"`
	Key  string          `json:"key"` // tells apart commands that say the same: two commands with equal tile, key and body are one
	Body json.RawMessage `json:"body"`
}

// NewCommand makes a command. The key is chosen by the sender and must not
// change when the same work is tried again, say "wave-2" or a workflow's id.
func NewCommand(key string, body Body) (Command, error) {
	if err := errors.Join(CheckName(key), body.check()); err != nil {
		return Command{}, fmt.Errorf("%w: %s: %w", ErrMessage, body.kind(), err)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return Command{}, fmt.Errorf("%w: %s: %w", ErrMessage, body.kind(), err)
	}
	if len(raw) > MaxCommand {
		return Command{}, fmt.Errorf("%w: %s of %d bytes, at most %d", ErrMessage, body.kind(), len(raw), MaxCommand)
	}
	return Command{Kind: body.kind(), Key: key, Body: raw}, nil
}

// Read decodes the body of a command of the kind that T is for.
func Read[T Body](c Command) (T, error) {
	var body T
	if c.Kind != body.kind() {
		return body, fmt.Errorf("%w: %.20q, want %s", ErrMessage, c.Kind, body.kind())
	}
	if err := strict(c.Body, MaxCommand, &body); err != nil {
		return body, err
	}
	if err := body.check(); err != nil {
		return body, fmt.Errorf("%w: %s: %w", ErrMessage, c.Kind, err)
	}
	return body, nil
}

// Digest names the command to the tile.
func (c Command) Digest(tile string) (pipeline.Digest, error) {
	return pipeline.Sum("fleet-command", map[string]any{"tile": tile, "command": c})
}

// Answer is what a tile says to one command.
type Answer struct {
	Command pipeline.Digest `json:"command"`
	Code    string          `json:"code,omitempty"`    // of the refusal; empty when it was done
	Message string          `json:"message,omitempty"` // of the refusal, for people
	Body    json.RawMessage `json:"body,omitempty"`    // of the answer; its form depends on the kind
}

// Refused is a tile's refusal, as the control plane sees it.
type Refused struct {
	Tile, Code, Message string
}

func (r *Refused) Error() string {
	return fmt.Sprintf("tile %s refused (%s): %s", r.Tile, r.Code, r.Message)
}

// checkReport refuses a report whose names could not be subjects or labels.
func checkReport(r rollout.Report) error {
	err := errors.Join(CheckName(r.Tile), CheckName(r.Class), CheckName(r.Lineage))
	if r.Site != "" {
		err = errors.Join(err, CheckName(r.Site))
	}
	return err
}

// strict decodes JSON of limited size without unknown fields or trailing data.
func strict(raw []byte, limit int, v any) error {
	if len(raw) > limit {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrMessage, len(raw), limit)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: data after the message", ErrMessage)
	}
	return nil
}

// encode marshals within a limit.
func encode(v any, limit int) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if len(raw) > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMessage, len(raw), limit)
	}
	return raw, nil
}
