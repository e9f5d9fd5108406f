package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Defaults of a Door. A model on a slow processor reads a long prompt for
// minutes before its first byte.
const (
	DefaultIdle    = 5 * time.Minute  // without a byte
	DefaultTotal   = 30 * time.Minute // for a call
	DefaultRetries = 4                // after the first try
	MaxReply       = 8 << 20          // bytes
)

const (
	firstPause = time.Second
	maxPause   = time.Minute
	maxDetail  = 4 << 10 // bytes
)

// Clock runs a function later. It is injected, so that nobody waits in tests.
type Clock interface {
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type systemClock struct{}

func (systemClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// Options of a Door. Zero values are the defaults.
type Options struct {
	Idle    time.Duration // the longest time without a byte
	Total   time.Duration // the longest time for one try
	Retries int           // further tries when nothing was paid; -1 for none
	Clock   Clock
	HTTP    http.RoundTripper // below the door; nil is one like Go's default
}

// Door is the way to one provider.
type Door struct {
	provider string
	o        Options
}

// NewDoor makes the door to a provider; the name is for errors.
func NewDoor(provider string, o Options) *Door {
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Total == 0 {
		o.Total = DefaultTotal
	}
	if o.Retries == 0 {
		o.Retries = DefaultRetries
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.HTTP == nil {
		// Its own connections: whoever closes the shared ones (a test's server
		// does) would cut a call under way.
		o.HTTP = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Door{provider: provider, o: o}
}

// URL checks the address of a provider.
func URL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		// The address is not repeated: it may hold a key.
		return nil, errors.New("not the address of a provider; write http://host:port or https://host, without user and key")
	}
	return u, nil
}

// Client is for the library that speaks the provider's protocol. It works only
// inside Do.
func (d *Door) Client() *http.Client {
	return &http.Client{
		Transport:     d,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Do makes a call: fn uses the client with the context that it is given, and
// may be run again when nothing was paid. The error is an *Error, or that of
// the context.
func (d *Door) Do(ctx context.Context, fn func(context.Context) error) error {
	for try := 0; ; try++ {
		err := d.once(ctx, fn)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", d.provider, context.Cause(ctx))
		}
		if !err.again() || try >= d.o.Retries {
			return err
		}
		if err := d.wait(ctx, pause(try, err.after)); err != nil {
			return fmt.Errorf("%s: %w", d.provider, err)
		}
	}
}

func pause(try int, asked time.Duration) time.Duration {
	return min(maxPause, max(asked, firstPause<<min(try, 6)))
}

func (d *Door) wait(ctx context.Context, t time.Duration) error {
	done := make(chan struct{})
	stop := d.o.Clock.AfterFunc(t, func() { close(done) })
	defer stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// once makes one try. What the transport saw comes first, because the libraries
// hide it: they drop errors of the body, or turn a status into a text.
func (d *Door) once(ctx context.Context, fn func(context.Context) error) *Error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &call{door: d, cancel: cancel}
	defer c.end()
	stop := d.o.Clock.AfterFunc(d.o.Total, func() { c.fail(d.err(Silent, "no end in "+d.o.Total.String())) })
	defer stop()
	err := fn(context.WithValue(ctx, callKey{}, c))
	if seen := c.failure(); seen != nil {
		return seen
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrCut):
		return d.err(Cut, err.Error())
	default:
		return d.err(Garbage, err.Error())
	}
}

func (d *Door) err(k Kind, detail string) *Error {
	return &Error{Provider: d.provider, Kind: k, Detail: detail[:min(len(detail), maxDetail)]}
}

type callKey struct{}

// call is one try under way.
type call struct {
	door   *Door
	cancel context.CancelCauseFunc

	mu     sync.Mutex
	err    *Error
	stop   func() bool // the idle watch
	ended  bool
	length int64
}

// alive is told of every sign of life.
func (c *call) alive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	if c.stop != nil {
		defer c.stop() // after the next watch stands, so that there always is one
	}
	idle := c.door.o.Idle
	c.stop = c.door.o.Clock.AfterFunc(idle, func() { c.fail(c.door.err(Silent, "no byte for "+idle.String())) })
}

func (c *call) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.stop != nil {
		c.stop()
	}
}

// fail keeps the first failure and ends the try.
func (c *call) fail(e *Error) {
	c.mu.Lock()
	if c.err == nil && !c.ended {
		c.err = e
	}
	c.mu.Unlock()
	c.cancel(e)
}

func (c *call) failure() *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

var errOutside = errors.New("wire: a client was used outside its door")

// RoundTrip implements http.RoundTripper.
func (d *Door) RoundTrip(req *http.Request) (*http.Response, error) {
	c, ok := req.Context().Value(callKey{}).(*call)
	if !ok {
		return nil, errOutside
	}
	c.alive()
	resp, err := d.o.HTTP.RoundTrip(req)
	if err != nil {
		c.fail(d.err(Unreachable, err.Error()))
		return nil, err
	}
	c.alive()
	resp.Body = &body{ReadCloser: resp.Body, call: c}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	e := d.status(resp)
	c.fail(e)
	return nil, e
}

func (d *Door) status(resp *http.Response) *Error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxDetail))
	kind := Refused
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 {
		kind = Busy
	}
	e := d.err(kind, string(text))
	e.Status = resp.StatusCode
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.after = time.Duration(min(s, 3600)) * time.Second
	}
	return e
}

// body watches the bytes of a reply.
type body struct {
	io.ReadCloser
	call *call
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.call.alive()
	}
	b.call.length += int64(n)
	if b.call.length > MaxReply {
		b.call.fail(b.call.door.err(Garbage, "reply above 8 MiB"))
		return n, io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		b.call.fail(b.call.door.err(Cut, err.Error()))
	}
	return n, err
}
