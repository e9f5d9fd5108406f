package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Control is the control plane's end.
type Control struct {
	conn *nats.Conn
	js   jetstream.JetStream
	log  *slog.Logger
}

// Dial connects the control plane. Where is a URL (nats://127.0.0.1:4222) or
// @FILE, a file whose content is the URL and which is read for each attempt,
// so that the server may move when it is restarted.
func Dial(where string, key Key, log *slog.Logger) (*Control, error) {
	log = orSilent(log)
	conn, js, err := dial(where, controlName, key, log)
	if err != nil {
		return nil, err
	}
	return &Control{conn: conn, js: js, log: log}, nil
}

// Close ends the connection.
func (c *Control) Close() { c.conn.Close() }

// Prepare makes the streams, or brings them up to date.
func (c *Control) Prepare(ctx context.Context) error {
	for _, s := range streams() {
		if _, err := c.js.CreateOrUpdateStream(ctx, s); err != nil {
			return fmt.Errorf("fleet: stream %s: %w", s.Name, err)
		}
	}
	return nil
}

// Admit lets the tile take commands. What it was sent before stays.
func (c *Control) Admit(ctx context.Context, tile string) error {
	if err := CheckName(tile); err != nil {
		return fmt.Errorf("fleet: admit: %w", err)
	}
	for _, config := range consumers(tile) {
		if _, err := c.js.CreateOrUpdateConsumer(ctx, streamCommands, config); err != nil {
			return fmt.Errorf("fleet: admit %s: %w", tile, err)
		}
	}
	return nil
}

// Command sends the command to the tile and waits for its answer; *[Refused]
// when the tile refuses. The command is void when the context ends before the
// tile takes it up. The same command again finds the answer and is not done
// again.
func (c *Control) Command(ctx context.Context, tile string, command Command) (Answer, error) {
	answer, err := c.command(ctx, tile, command)
	if err != nil {
		return Answer{}, fmt.Errorf("fleet: %s to tile %s: %w", command.Kind, tile, err)
	}
	if answer.Code != "" {
		return answer, &Refused{Tile: tile, Code: answer.Code, Message: answer.Message}
	}
	return answer, nil
}

func (c *Control) command(ctx context.Context, tile string, command Command) (Answer, error) {
	if err := CheckName(tile); err != nil {
		return Answer{}, err
	}
	id, err := command.Digest(tile)
	if err != nil {
		return Answer{}, err
	}
	answers, err := c.conn.SubscribeSync(answerSubject(tile, id)) // before it can be given
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = answers.Unsubscribe() }() // the connection is gone: so is the subscription
	raw, err := stored(ctx, c.conn, tile, id)
	if errors.Is(err, errNoAnswer) {
		raw, err = c.send(ctx, tile, command, answers)
	}
	if err != nil {
		return Answer{}, err
	}
	return readAnswer(raw, id)
}

func (c *Control) send(ctx context.Context, tile string, command Command, answers *nats.Subscription) ([]byte, error) {
	raw, err := encode(command, MaxCommand+1<<10)
	if err != nil {
		return nil, err
	}
	_, err = c.js.Publish(ctx, commandSubject(tile, lanes[command.Kind]), raw, jetstream.WithMsgTTL(life(ctx)))
	if err != nil {
		return nil, err
	}
	return c.await(ctx, tile, command, answers)
}

// await hears the answer when it is given; when the connection was lost
// meanwhile, it finds the kept one.
func (c *Control) await(ctx context.Context, tile string, command Command, answers *nats.Subscription) ([]byte, error) {
	id, err := command.Digest(tile)
	if err != nil {
		return nil, err
	}
	for {
		patience, cancel := context.WithTimeout(ctx, ackWait)
		m, err := answers.NextMsgWithContext(patience)
		cancel()
		if err == nil {
			return m.Data, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("no answer: %w", context.Cause(ctx))
		}
		if raw, err := stored(ctx, c.conn, tile, id); err == nil {
			return raw, nil
		}
	}
}

// life is how long a command may wait for the tile: as long as its sender, in
// whole seconds, as the server counts.
func life(ctx context.Context) time.Duration {
	end, bounded := ctx.Deadline()
	if !bounded {
		return commandLife
	}
	left := time.Until(end).Truncate(time.Second)
	return min(max(left, time.Second), commandLife)
}

func readAnswer(raw []byte, id pipeline.Digest) (Answer, error) {
	var a Answer
	if err := strict(raw, MaxAnswer+maxMessage+1<<10, &a); err != nil {
		return Answer{}, err
	}
	if a.Command != id {
		return Answer{}, fmt.Errorf("%w: answer to command %.12s", ErrMessage, a.Command)
	}
	return a, nil
}

// Result decodes the body of an answer.
func Result[T any](a Answer) (T, error) {
	var body T
	err := strict(a.Body, MaxAnswer, &body)
	return body, err
}

// errNoAnswer says that no answer is kept.
var errNoAnswer = errors.New("no answer is kept")

// stored gets the kept answer to a command.
func stored(ctx context.Context, conn *nats.Conn, tile string, id pipeline.Digest) ([]byte, error) {
	const noMessage = "404"
	m, err := conn.RequestWithContext(ctx, "$JS.API.DIRECT.GET."+streamAnswers+"."+answerSubject(tile, id), nil)
	if err != nil {
		return nil, err
	}
	switch m.Header.Get("Status") {
	case "":
		return m.Data, nil
	case noMessage:
		return nil, errNoAnswer
	}
	return nil, fmt.Errorf("kept answer: %s %s", m.Header.Get("Status"), m.Header.Get("Description"))
}

// Sighting is a tile's report and when the server got it.
type Sighting struct {
	Report rollout.Report
	At     time.Time
}

// Watch calls see with the last report of every tile, then with each new one,
// until the context ends. It passes over reports that are not well formed.
func (c *Control) Watch(ctx context.Context, see func(Sighting)) error {
	consumer, err := c.js.OrderedConsumer(ctx, streamReports, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy})
	if err != nil {
		return fmt.Errorf("fleet: watch: %w", err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fmt.Errorf("fleet: watch: %w", err)
	}
	defer messages.Stop()
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	for {
		m, err := messages.Next()
		if ctx.Err() != nil || errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("fleet: watch: %w", err)
		}
		c.sight(ctx, m, see)
	}
}

func (c *Control) sight(ctx context.Context, m jetstream.Msg, see func(Sighting)) {
	var r rollout.Report
	err := strict(m.Data(), MaxReport, &r)
	if err == nil {
		err = checkReport(r)
	}
	if err == nil && m.Subject() != reportSubject(r.Tile) { // the server vouches for the subject only
		err = fmt.Errorf("%w: it speaks for tile %.64s", ErrMessage, r.Tile)
	}
	meta, other := m.Metadata()
	if err = errors.Join(err, other); err != nil {
		c.log.WarnContext(ctx, "fleet: report refused", slog.String("subject", m.Subject()), slog.Any("error", err))
		return
	}
	see(Sighting{Report: r, At: meta.Timestamp})
}

// Artefacts is where the control plane keeps what tiles fetch.
type Artefacts interface {
	Artefact(ctx context.Context, d pipeline.Digest) ([]byte, error)
}

// partSize is how much of an artefact one message carries.
const partSize = 512 << 10

// ServeArtefacts answers tiles that fetch, until the context ends.
func (c *Control) ServeArtefacts(ctx context.Context, from Artefacts) error {
	requests, err := c.conn.SubscribeSync(subjectFetch)
	if err != nil {
		return fmt.Errorf("fleet: artefacts: %w", err)
	}
	defer func() { _ = requests.Unsubscribe() }() // the connection is gone: so is the subscription
	parts := partsOf{from: from}
	for {
		m, err := requests.NextMsgWithContext(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("fleet: artefacts: %w", err)
		}
		if err := m.RespondMsg(parts.reply(ctx, m.Header)); err != nil {
			c.log.WarnContext(ctx, "fleet: artefacts", slog.Any("error", err))
		}
	}
}

// partsOf keeps the artefact that was asked for last: its other parts are
// asked for next.
type partsOf struct {
	from   Artefacts
	digest pipeline.Digest
	whole  []byte
}

func (p *partsOf) reply(ctx context.Context, asked nats.Header) *nats.Msg {
	reply := nats.NewMsg("")
	part, err := p.read(ctx, asked)
	if err != nil {
		reply.Header.Set(headerError, strings.Join(strings.Fields(err.Error()), " ")) // headers have one line
		return reply
	}
	reply.Data = part
	return reply
}

func (p *partsOf) read(ctx context.Context, asked nats.Header) ([]byte, error) {
	d, err := pipeline.ParseDigest(asked.Get(headerDigest))
	if err != nil {
		return nil, err
	}
	offset, err := strconv.Atoi(asked.Get(headerOffset))
	if err != nil || offset < 0 {
		return nil, fmt.Errorf("%w: offset %.20q", ErrMessage, asked.Get(headerOffset))
	}
	if d != p.digest {
		whole, err := p.from.Artefact(ctx, d)
		if err != nil {
			return nil, err
		}
		p.digest, p.whole = d, whole
	}
	if offset >= len(p.whole) {
		return nil, fmt.Errorf("%w: offset %d of %d", ErrMessage, offset, len(p.whole))
	}
	return p.whole[offset:min(offset+partSize, len(p.whole))], nil
}

// Pending is how many commands wait for tiles or are being worked on.
func (c *Control) Pending(ctx context.Context) (uint64, error) {
	stream, err := c.js.Stream(ctx, streamCommands)
	if err != nil {
		return 0, fmt.Errorf("fleet: pending: %w", err)
	}
	return stream.CachedInfo().State.Msgs, nil
}
