package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/genesis-network/genesis/federation/client"
)

// maxBody bounds what either side reads of one message.
const maxBody = 4 << 20

// The paths of the protocol, each a POST with a JSON body but pathParty.
const (
	pathParty   = "/v1/party" // GET: the aggregator's public key
	pathOpen    = "/v1/sessions"
	pathSubmit  = "/v1/reports"
	pathPrepare = "/v1/prepare"
	pathEnd     = "/v1/end"
)

// wireError is a refused or failed request.
type wireError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// aggregator is what both roles serve.
type aggregator interface {
	Open(ctx context.Context, signed []byte) error
	End(ctx context.Context, request Stamped[EndRequest]) (Stamped[EndReply], error)
	Party() client.Party
}

// Handler serves the leader over HTTP.
func (l *Leader) Handler() http.Handler {
	mux := handlerFor(l)
	mux.HandleFunc("POST "+pathSubmit, serve(func(ctx context.Context, r client.Report) (struct{}, error) {
		return struct{}{}, l.Submit(ctx, r)
	}))
	return mux
}

// Handler serves the helper over HTTP.
func (h *Helper) Handler() http.Handler {
	mux := handlerFor(h)
	mux.HandleFunc("POST "+pathPrepare, serve(h.Prepare))
	return mux
}

func handlerFor(a aggregator) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathParty, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, a.Party()) })
	mux.HandleFunc("POST "+pathEnd, serve(a.End))
	mux.HandleFunc("POST "+pathOpen, serve(func(ctx context.Context, signed []byte) (struct{}, error) {
		return struct{}{}, a.Open(ctx, signed)
	}))
	return mux
}

// serve turns a method into an HTTP handler: JSON in, JSON out.
func serve[In, Out any](f func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil {
			writeJSON(w, http.StatusBadRequest, wireError{Code: "request", Message: err.Error()})
			return
		}
		out, err := f(r.Context(), in)
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, out)
	}
}

func writeError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if errors.Is(err, ErrPeer) {
		status = http.StatusBadGateway
	}
	if r, ok := errors.AsType[*Refusal](err); ok {
		status = r.http
	}
	writeJSON(w, status, wireError{Code: Code(err), Message: err.Error()})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader is gone: nobody to tell
}

// Remote is an aggregator in another process.
type Remote struct {
	name   string
	where  string
	client *http.Client
}

var _ Preparer = (*Remote)(nil)

// Dial names an aggregator for messages to people and says where it is: a URL
// (http://127.0.0.1:4000), or @FILE, a file whose content is the URL and which
// is read anew for each message, so that the aggregator may move when it is
// restarted. No connection is made yet.
func Dial(name, where string) *Remote {
	transport := &http.Transport{MaxIdleConnsPerHost: 8} // no proxy: both ends are on this machine or in one pod
	return &Remote{name: name, where: where, client: &http.Client{Transport: transport}}
}

// Close drops idle connections.
func (r *Remote) Close() { r.client.CloseIdleConnections() }

// Party asks for the aggregator's public key.
func (r *Remote) Party(ctx context.Context) (client.Party, error) {
	var p client.Party
	return p, r.do(ctx, http.MethodGet, pathParty, nil, &p)
}

// Open takes part in the signed session; see [Leader] and [Helper].
func (r *Remote) Open(ctx context.Context, signed []byte) error {
	return r.do(ctx, http.MethodPost, pathOpen, signed, &struct{}{})
}

// Submit sends a report to a leader.
func (r *Remote) Submit(ctx context.Context, report client.Report) error {
	return r.do(ctx, http.MethodPost, pathSubmit, report, &struct{}{})
}

// Prepare implements [Preparer] for a helper.
func (r *Remote) Prepare(ctx context.Context, request Stamped[PrepareRequest]) (reply Stamped[PrepareReply], err error) {
	return reply, r.do(ctx, http.MethodPost, pathPrepare, request, &reply)
}

// End releases or aborts a session.
func (r *Remote) End(ctx context.Context, request Stamped[EndRequest]) (reply Stamped[EndReply], err error) {
	return reply, r.do(ctx, http.MethodPost, pathEnd, request, &reply)
}

func (r *Remote) base() (string, error) {
	file, isFile := strings.CutPrefix(r.where, "@")
	if !isFile {
		return r.where, nil
	}
	raw, err := os.ReadFile(file)
	return strings.TrimSpace(string(raw)), err
}

// do sends one message. Failures to reach the other side wrap [ErrPeer].
func (r *Remote) do(ctx context.Context, method, path string, in, out any) error {
	status, body, err := r.exchange(ctx, method, path, in)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", r.name, ErrPeer, err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: %w", r.name, remoteError(status, body))
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s: %w: answer: %w", r.name, ErrPeer, err)
	}
	return nil
}

func (r *Remote) exchange(ctx context.Context, method, path string, in any) (status int, body []byte, err error) {
	base, err := r.base()
	if err != nil {
		return 0, nil, err
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	response, err := r.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxBody))
	return response.StatusCode, body, err
}

// remoteError gives a refusal its identity back.
func remoteError(status int, body []byte) error {
	var e wireError
	if json.Unmarshal(body, &e) != nil || e.Message == "" {
		return fmt.Errorf("%w: status %d", ErrPeer, status)
	}
	if r := refusals[e.Code]; r != nil {
		return fmt.Errorf("%w (%s)", r, e.Message)
	}
	return fmt.Errorf("%w: %s", ErrPeer, e.Message)
}
