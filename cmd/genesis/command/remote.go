package command

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/api"
)

// defaultAddress is where `genesis run` listens unless told otherwise.
const defaultAddress = "http://127.0.0.1:8750"

// The environment of commands that talk to a service.
const (
	envAddress = "GENESIS_ADDRESS"
	envToken   = "GENESIS_TOKEN"
	envData    = "GENESIS_DATA"
)

// remote is a service, as commands reach it: by its API, as everybody does.
type remote struct {
	address, token string
}

// noun makes the parent of a thing's commands, with the flags that say where
// the service is.
func (a *app) noun(name, short string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, Args: exactly(0), RunE: func(cmd *cobra.Command, _ []string) error {
		return withCode(ExitUsage, errors.Join(fmt.Errorf("%s: say what to do", cmd.CommandPath()), cmd.Usage()))
	}}
	f := cmd.PersistentFlags()
	f.StringVar(&a.address, "address", "", "of the service (or "+envAddress+"; else what the data directory says)")
	f.StringVar(&a.data, "data", "", "data directory of the service, for its address and token (or "+envData+"; else .genesis)")
	cmd.AddCommand(verbs...)
	return cmd
}

// remote finds the service: flags, then the environment, then the data
// directory.
func (a *app) remote() (remote, error) {
	dir := cmp.Or(a.data, os.Getenv(envData), ".genesis")
	address, token, err := api.Contact(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return remote{}, err
	}
	r := remote{address: cmp.Or(a.address, os.Getenv(envAddress), address, defaultAddress), token: cmp.Or(os.Getenv(envToken), token)}
	u, err := url.Parse(r.address)
	if err != nil || u.Host == "" {
		return r, withCode(ExitUsage, fmt.Errorf("address %q: want one such as %s", r.address, defaultAddress))
	}
	r.address = strings.TrimSuffix(r.address, "/")
	return r, nil
}

// request is one question to the service.
type request struct {
	method, path string
	query        url.Values
	headers      map[string]string
	body         []byte
}

func query(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out.Set(pairs[i], pairs[i+1])
		}
	}
	return out
}

// once makes sending a request twice the same as sending it once.
func once() string { return rand.Text() }

// open sends a request; the caller closes the body.
func (r remote) open(ctx context.Context, q request) (*http.Response, error) {
	u := r.address + q.path
	if len(q.query) > 0 {
		u += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, cmp.Or(q.method, http.MethodGet), u, bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if len(q.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range q.headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("no service at %s (%w): start it with genesis run, or name it with --address or --data", r.address, errors.Unwrap(err))
	}
	if resp.StatusCode >= http.StatusBadRequest {
		defer resp.Body.Close()
		return nil, refusal(resp)
	}
	return resp, nil
}

// refusal is a problem with the exit code that it means.
func refusal(resp *http.Response) error {
	p := &api.Problem{Status: resp.StatusCode}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, api.MaxBody))
	if err != nil || json.Unmarshal(raw, p) != nil || p.Detail == "" {
		p.Detail = fmt.Sprintf("the service answered %s", resp.Status)
	}
	codes := map[int]Exit{
		http.StatusBadRequest: ExitUsage, http.StatusUnprocessableEntity: ExitUsage, http.StatusRequestEntityTooLarge: ExitUsage, http.StatusPreconditionRequired: ExitUsage,
		http.StatusNotFound: ExitNotFound, http.StatusForbidden: ExitRefused, http.StatusConflict: ExitRefused, http.StatusPreconditionFailed: ExitRefused,
		http.StatusGatewayTimeout: ExitTimeout,
	}
	return withCode(cmp.Or(codes[resp.StatusCode], ExitError), p)
}

// answer is what the service said: its own JSON, and what that means.
type answer[T any] struct {
	raw    []byte
	value  T
	header http.Header
}

// ask sends a request and reads the answer.
func ask[T any](ctx context.Context, a *app, q request) (answer[T], error) {
	var out answer[T]
	r, err := a.remote()
	if err != nil {
		return out, err
	}
	resp, err := r.open(ctx, q)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	out.header = resp.Header
	if out.raw, err = io.ReadAll(resp.Body); err != nil {
		return out, fmt.Errorf("answer of %s: %w", r.address, err)
	}
	if err := json.Unmarshal(out.raw, &out.value); err != nil {
		return out, fmt.Errorf("answer of %s: %w", r.address, err)
	}
	return out, nil
}

// tell prints an answer: the API's own JSON, or text.
func tell[T any](a *app, got answer[T], text func(w io.Writer, v T)) error {
	if a.format != "json" {
		text(a.out, got.value)
		return nil
	}
	var b bytes.Buffer
	if err := json.Indent(&b, got.raw, "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out, strings.TrimSpace(b.String()))
	return err
}

// askAndTell is a command that only looks.
func askAndTell[T any](ctx context.Context, a *app, q request, text func(w io.Writer, v T)) error {
	got, err := ask[T](ctx, a, q)
	if err != nil {
		return err
	}
	return tell(a, got, text)
}

// would prints what a dry run says.
func would(w io.Writer, list []string) bool {
	for _, line := range list {
		fmt.Fprintln(w, "would", line)
	}
	return len(list) > 0
}
