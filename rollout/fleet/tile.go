package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Handler does what a command asks for and returns the body of the answer. An
// error is a refusal: it is answered, with its code when it has a method Code.
// When the context ends before the work does, nothing is answered and the
// command comes again.
type Handler func(ctx context.Context, c Command) (body any, err error)

// Tile is a tile's end.
type Tile struct {
	name string
	conn *nats.Conn
	js   jetstream.JetStream
	log  *slog.Logger
}

// DialTile connects the tile of that name; see [Dial] for where. It returns
// before the server was reached and goes on trying.
func DialTile(where, name string, key Key, log *slog.Logger) (*Tile, error) {
	log = orSilent(log)
	if err := CheckName(name); err != nil {
		return nil, fmt.Errorf("fleet: tile: %w", err)
	}
	conn, js, err := dial(where, name, key, log)
	if err != nil {
		return nil, err
	}
	return &Tile{name: name, conn: conn, js: js, log: log}, nil
}

func dial(where, name string, key Key, log *slog.Logger) (*nats.Conn, jetstream.JetStream, error) {
	conn, err := connect(where, name, key, log)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(conn) // asks the server nothing yet
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("fleet: %w", err)
	}
	return conn, js, nil
}

// Close ends the connection.
func (t *Tile) Close() { t.conn.Close() }

// Report tells the control plane what the tile does: at its start, at every
// heartbeat and whenever something changed. A report tells the whole state, so
// losing one loses nothing. It returns when the server has it.
func (t *Tile) Report(ctx context.Context, r rollout.Report) error {
	r.Tile = t.name
	if err := checkReport(r); err != nil {
		return fmt.Errorf("fleet: report: %w: %w", ErrMessage, err)
	}
	raw, err := encode(r, MaxReport)
	if err != nil {
		return fmt.Errorf("fleet: report: %w", err)
	}
	if _, err := t.js.Publish(ctx, reportSubject(t.name), raw); err != nil {
		return fmt.Errorf("fleet: report: %w", err)
	}
	return nil
}

// Serve answers commands until the context ends: one at a time of what must
// not wait, and one at a time of longer work.
func (t *Tile) Serve(ctx context.Context, h Handler) error {
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i, lane := range []string{laneNow, laneWork} {
		both.Go(func() { errs[i] = t.serveLane(ctx, lane, h) })
	}
	both.Wait()
	return errors.Join(errs...)
}

func (t *Tile) serveLane(ctx context.Context, lane string, h Handler) error {
	messages, err := t.subscribe(ctx, lane)
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()): // stopped before the server had answered
		return nil
	case err != nil:
		return err
	}
	defer messages.Stop()
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	for {
		m, err := messages.Next()
		switch {
		case ctx.Err() != nil, errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return nil
		case err != nil: // the connection comes back by itself
			t.log.WarnContext(ctx, "fleet: commands", slog.String("lane", lane), slog.Any("error", err))
		default:
			t.take(ctx, m, h)
		}
	}
}

// subscribe waits until the server knows the tile.
func (t *Tile) subscribe(ctx context.Context, lane string) (jetstream.MessagesContext, error) {
	again := time.NewTicker(retryWait)
	defer again.Stop()
	for {
		consumer, err := t.js.Consumer(ctx, streamCommands, consumerOf(t.name, lane))
		if err == nil {
			return consumer.Messages(jetstream.PullMaxMessages(1))
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("fleet: tile %s is not admitted: %w", t.name, err)
		case <-again.C:
		}
	}
}

// take answers one delivered command, unless it was answered before.
func (t *Tile) take(ctx context.Context, m jetstream.Msg, h Handler) {
	id, c, err := t.read(m)
	if err != nil { // nobody waits for an answer to this
		t.log.WarnContext(ctx, "fleet: command refused", slog.Any("error", err))
		t.settle(ctx, m.Term())
		return
	}
	if t.answered(ctx, id) {
		t.settle(ctx, m.Ack())
		return
	}
	answer, ok := t.do(ctx, m, id, c, h)
	if !ok {
		t.settle(ctx, m.Nak())
		return
	}
	if _, err := t.js.Publish(ctx, answerSubject(t.name, id), answer); err != nil {
		t.log.WarnContext(ctx, "fleet: answer", slog.String("command", id.Short()), slog.Any("error", err))
		t.settle(ctx, m.Nak())
		return
	}
	t.settle(ctx, m.Ack())
}

func (t *Tile) settle(ctx context.Context, err error) {
	if err != nil {
		t.log.WarnContext(ctx, "fleet: acknowledge", slog.Any("error", err))
	}
}

func (t *Tile) read(m jetstream.Msg) (pipeline.Digest, Command, error) {
	var c Command
	if err := strict(m.Data(), MaxCommand+1<<10, &c); err != nil {
		return "", c, err
	}
	if lanes[c.Kind] == "" {
		return "", c, fmt.Errorf("%w: kind %.20q", ErrMessage, c.Kind)
	}
	id, err := c.Digest(t.name)
	return id, c, err
}

func (t *Tile) answered(ctx context.Context, id pipeline.Digest) bool {
	_, err := stored(ctx, t.conn, t.name, id)
	return err == nil
}

// do runs the handler and keeps the server from delivering the command again
// meanwhile. It is not ok when the work was cut short.
func (t *Tile) do(ctx context.Context, m jetstream.Msg, id pipeline.Digest, c Command, h Handler) ([]byte, bool) {
	working, done := context.WithCancel(ctx)
	var alive sync.WaitGroup
	alive.Go(func() { t.keepAlive(working, m) })
	body, err := h(ctx, c)
	done()
	alive.Wait()
	if ctx.Err() != nil {
		return nil, false
	}
	return answerTo(id, body, err), true
}

func (t *Tile) keepAlive(ctx context.Context, m jetstream.Msg) {
	tick := time.NewTicker(ackWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			t.settle(ctx, m.InProgress())
		}
	}
}

// The codes of refusals that have none of their own.
const (
	CodeRefused = "refused"
	CodeAnswer  = "answer" // the answer could not be sent
)

// coded is a refusal with a stable code.
type coded interface{ Code() string }

func answerTo(id pipeline.Digest, body any, err error) []byte {
	a := Answer{Command: id}
	if err == nil {
		a.Body, err = encode(body, MaxAnswer)
		if err != nil {
			a.Code = CodeAnswer
		}
	}
	if err != nil {
		a = refusal(a, err)
	}
	raw, err := json.Marshal(a)
	if err != nil { // strings and checked JSON always encode
		panic("fleet: answer: " + err.Error())
	}
	return raw
}

// maxMessage bounds a refusal's text.
const maxMessage = 4 << 10

func refusal(a Answer, err error) Answer {
	var c coded
	if errors.As(err, &c) && a.Code == "" {
		a.Code = c.Code()
	}
	if a.Code == "" {
		a.Code = CodeRefused
	}
	a.Message, a.Body = fmt.Sprintf("%.*s", maxMessage, err.Error()), nil
	return a
}

// Fetch gets an artefact from the control plane and checks its digest.
func (t *Tile) Fetch(ctx context.Context, a Artefact) ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("fleet: fetch: %w: %w", ErrMessage, err)
	}
	whole := make([]byte, 0, a.Size)
	for int64(len(whole)) < a.Size {
		part, err := t.part(ctx, a.Digest, len(whole))
		if err != nil {
			return nil, fmt.Errorf("fleet: fetch %s at %d: %w", a.Digest.Short(), len(whole), err)
		}
		whole = append(whole, part...)
	}
	if got := pipeline.SumBytes(whole); got != a.Digest {
		return nil, fmt.Errorf("fleet: fetch %s: %w: its bytes have the digest %s", a.Digest.Short(), ErrMessage, got.Short())
	}
	return whole, nil
}

// The headers of a request for a part of an artefact, and of a failed one.
const (
	headerDigest = "Genesis-Digest"
	headerOffset = "Genesis-Offset"
	headerError  = "Genesis-Error"
)

func (t *Tile) part(ctx context.Context, d pipeline.Digest, offset int) ([]byte, error) {
	m := nats.NewMsg(subjectFetch)
	m.Header.Set(headerDigest, string(d))
	m.Header.Set(headerOffset, strconv.Itoa(offset))
	reply, err := t.conn.RequestMsgWithContext(ctx, m)
	if err != nil {
		return nil, err
	}
	if text := reply.Header.Get(headerError); text != "" {
		return nil, errors.New(text)
	}
	if len(reply.Data) == 0 {
		return nil, fmt.Errorf("%w: it ends there", ErrMessage)
	}
	return reply.Data, nil
}
