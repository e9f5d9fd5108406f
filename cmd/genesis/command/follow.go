package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline/store"
)

// errFollowed ends following without being an error.
var errFollowed = errors.New("followed to the end")

// reconnect is how long following waits before it connects again.
const reconnect = 2 * time.Second

// follow calls on with every event until it says that the end is reached. When
// the stream breaks it is resumed after the last event. At each connection the
// end is looked for first, so that none is missed.
func (a *app) follow(ctx context.Context, ended func() (bool, error), on func(store.Event) (done bool, err error)) error {
	r, err := a.remote()
	if err != nil {
		return err
	}
	f := follower{remote: r, ended: ended, on: on}
	for {
		err := f.stream(ctx)
		var c coded
		switch {
		case errors.Is(err, errFollowed):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &c) || f.last == "" && err != nil:
			return err // refused, or never reached
		}
		fmt.Fprintf(a.errOut, "  the service does not answer; trying again\n")
		select {
		case <-time.After(reconnect):
		case <-ctx.Done():
		}
	}
}

type follower struct {
	remote
	ended func() (bool, error)
	on    func(store.Event) (bool, error)
	last  string // id of the last event; "0" once connected
}

func (f *follower) stream(ctx context.Context) error {
	q := request{path: "/v1/events"}
	if f.last != "" && f.last != "0" {
		q.headers = map[string]string{"Last-Event-ID": f.last}
	}
	resp, err := f.open(ctx, q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if f.last == "" {
		f.last = "0"
	}
	if done, err := f.ended(); done || err != nil {
		return orFollowed(err)
	}
	return f.read(resp)
}

func orFollowed(err error) error {
	if err == nil {
		return errFollowed
	}
	return err
}

func (f *follower) read(resp *http.Response) error {
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			f.last = value
		case "data":
			var e store.Event
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				return err
			}
			if done, err := f.on(e); done || err != nil {
				return orFollowed(err)
			}
		}
	}
	return nil // broken: resume
}
