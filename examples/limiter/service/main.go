// Command service is a small HTTP service in front of a backend that takes
// little: a module of the slot limiter decides which requests pass. The module
// is proven; another one takes its place while requests come, and none is lost.
//
//	GET  /work          a request of a client (header X-Class: gold, silver or bulk)
//	GET  /policy        what runs, and what the monitor of its contract saw (admin address)
//	PUT  /policy        a verified module: genesis module check DIR --out FILE wrote it
//	POST /policy/back   the module before
//
// With -record FILE the demand is recorded, for the simulator.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/genesis-network/genesis/examples/limiter"
)

// home is the module that the service starts with.
//
//go:embed home.verified.json
var home []byte

// options are the command line.
type options struct {
	address, admin, policy, record string
}

func main() {
	var o options
	flag.StringVar(&o.address, "address", "127.0.0.1:8080", "for clients")
	flag.StringVar(&o.admin, "admin", "127.0.0.1:8081", "for operators")
	flag.StringVar(&o.policy, "policy", "", "verified module to start with (default: the one that is built in)")
	flag.StringVar(&o.record, "record", "", "file to write the demand to, at the end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(ctx, o, log); err != nil {
		log.Error("the service ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, log *slog.Logger) error {
	verified, err := home, error(nil)
	if o.policy != "" {
		verified, err = os.ReadFile(o.policy)
	}
	if err != nil {
		return err
	}
	b := newBackend()
	d, err := openDoor(ctx, limiter.Folder, verified, b, log)
	if err != nil {
		return err
	}
	defer d.port.Close(context.WithoutCancel(ctx))
	s := &server{door: d, backend: b}
	if o.record != "" {
		s.demand = &demand{start: time.Now()}
	}
	log.Info("serving", "clients", o.address, "operators", o.admin, "policy", d.port.Status().Code)
	if err := serve(ctx, map[string]http.Handler{o.address: s.public(), o.admin: s.admin()}); err != nil {
		return err
	}
	return s.keep(o.record)
}

// grace is how long requests may take after the service was told to end.
const grace = 10 * time.Second

// serve serves until the context ends, and then ends every request.
func serve(ctx context.Context, at map[string]http.Handler) error {
	ended := make(chan error, len(at))
	var servers []*http.Server
	for address, h := range at {
		s := &http.Server{Addr: address, Handler: h, ReadHeaderTimeout: 5 * time.Second}
		servers = append(servers, s)
		go func() { ended <- s.ListenAndServe() }()
	}
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(within))
	}
	return err
}

// keep writes the recording.
func (s *server) keep(file string) error {
	if s.demand == nil {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(s.demand.write(f), f.Close())
}
