package federation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/internal/durable"
)

// DefaultListen is a free port of the loopback interface: aggregators are not
// reached from elsewhere unless somebody says so.
const DefaultListen = "127.0.0.1:0"

// The files in an aggregator's directory.
const (
	KeyFile     = "key"      // 32 secret bytes
	AddressFile = "address"  // URL of the running process
	LockFile    = "lock"     // held while the process runs
	sessionsDir = "sessions" // journals
)

// Config says what one aggregator process is.
type Config struct {
	Role   string // client.RoleLeader or client.RoleHelper
	Dir    string // its own directory: key, address, journals
	Listen string // host:port; empty is DefaultListen
	Peer   string // leader only: where the helper is, see Dial
	Verify Verifier
	Ready  func(url string, party client.Party) // called once when it serves; may be nil
}

// Serve runs one aggregator until the context ends. It makes its key at the
// first start and goes on with its sessions at every other. While it serves,
// the file "address" in its directory holds its URL.
func Serve(ctx context.Context, cfg Config) error {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("federation %s: %w", cfg.Role, err)
	}
	patience, cancel := context.WithTimeout(ctx, takeover)
	defer cancel()
	lock, err := durable.Lock(patience, filepath.Join(cfg.Dir, LockFile))
	if err != nil {
		return fmt.Errorf("federation %s: %w", cfg.Role, err)
	}
	defer lock.Close()
	return serveLocked(ctx, cfg)
}

// takeover is how long a new process waits for one that was killed to be gone.
const takeover = 5 * time.Second

func serveLocked(ctx context.Context, cfg Config) error {
	key, err := OpenKey(filepath.Join(cfg.Dir, KeyFile))
	if err != nil {
		return err
	}
	a, err := cfg.open(key)
	if err != nil {
		return err
	}
	err = cfg.listen(ctx, a, key.Party())
	return errors.Join(err, a.Close())
}

type servant interface {
	Handler() http.Handler
	Close() error
}

func (cfg Config) open(key *Key) (servant, error) {
	dir := filepath.Join(cfg.Dir, sessionsDir)
	switch {
	case cfg.Role == client.RoleLeader && cfg.Peer == "":
		return nil, errors.New("federation leader: where is the helper? give its URL, or @FILE with its address file")
	case cfg.Role == client.RoleLeader:
		return NewLeader(dir, key, cfg.Verify, Dial(client.RoleHelper, cfg.Peer))
	case cfg.Role == client.RoleHelper:
		return NewHelper(dir, key, cfg.Verify)
	}
	return nil, fmt.Errorf("federation role %.20q: want %s or %s", cfg.Role, client.RoleLeader, client.RoleHelper)
}

func (cfg Config) listen(ctx context.Context, a servant, party client.Party) error {
	address := cfg.Listen
	if address == "" {
		address = DefaultListen
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("federation %s: %w", cfg.Role, err)
	}
	url := "http://" + listener.Addr().String()
	if err := durable.Replace(filepath.Join(cfg.Dir, AddressFile), []byte(url+"\n")); err != nil {
		return errors.Join(err, listener.Close())
	}
	if cfg.Ready != nil {
		cfg.Ready(strings.TrimSpace(url), party)
	}
	return serveUntil(ctx, listener, a.Handler())
}

const (
	drain       = time.Second      // for requests that are under way when the process is asked to stop
	readTimeout = 30 * time.Second // for one request's body; reports are some 100 kB
	idleTimeout = 2 * time.Minute
)

func serveUntil(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) { // connections that were opened and never used
		err = server.Close()
	}
	<-served
	return err
}
