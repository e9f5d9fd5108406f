package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/genesis-network/genesis/examples/limiter"
	"github.com/genesis-network/genesis/kernel/host"
)

// classes are the values of the header X-Class. In earnest the class follows
// from who the client proves to be.
var classes = map[string]uint8{"gold": limiter.Gold, "silver": limiter.Silver, "bulk": limiter.Bulk}

// server is the HTTP service.
type server struct {
	door    *door
	backend *backend
	demand  *demand // nil when nothing is recorded
}

// public is what clients see.
func (s *server) public() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /work", s.work)
	return mux
}

// admin is what operators see, on an address of its own: who can put a policy
// there says what runs.
func (s *server) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /policy", s.status)
	mux.HandleFunc("PUT /policy", s.swap)
	mux.HandleFunc("POST /policy/back", s.back)
	return mux
}

func (s *server) work(w http.ResponseWriter, r *http.Request) {
	class, known := classes[r.Header.Get("X-Class")]
	if !known {
		class = limiter.Bulk
	}
	if s.demand != nil {
		s.demand.count(class)
	}
	d := s.door.ask(r.Context(), class)
	if !d.Admit {
		w.Header().Set("Retry-After", strconv.Itoa(int(d.Retry+999)/1000)) // seconds
		http.Error(w, "busy: try again in "+strconv.Itoa(int(d.Retry))+" ms", http.StatusTooManyRequests)
		return
	}
	if err := s.backend.work(r.Context()); err != nil {
		http.Error(w, "gave up", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "done\n") // to a client that may be gone
}

func (s *server) status(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.door.port.Status())
}

// maxPolicy bounds a verified module, in bytes.
const maxPolicy = 1 << 20

// swap takes another verified module, between two requests.
func (s *server) swap(w http.ResponseWriter, r *http.Request) {
	verified, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPolicy))
	if err != nil {
		answer(w, http.StatusBadRequest, problem(err))
		return
	}
	report, err := s.door.port.Swap(r.Context(), verified)
	if errors.Is(err, host.ErrSchema) { // it remembers other things: start it afresh
		report, err = s.door.port.Replace(r.Context(), verified)
	}
	reply(w, report, err)
}

func (s *server) back(w http.ResponseWriter, r *http.Request) {
	report, err := s.door.port.Back(r.Context())
	reply(w, report, err)
}

func reply(w http.ResponseWriter, r host.Report, err error) {
	if err != nil {
		answer(w, http.StatusConflict, problem(err))
		return
	}
	answer(w, http.StatusOK, map[string]any{"pauseNanos": r.Pause.Nanoseconds(), "carriedBytes": r.Carried})
}

func problem(err error) map[string]string { return map[string]string{"error": err.Error()} }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // to a client that may be gone
}
