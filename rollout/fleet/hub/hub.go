// Package hub embeds the messaging server of a fleet that runs on one machine:
// NATS with JetStream, its streams kept in one directory.
//
// What it keeps true: it listens on the loopback interface only; whoever
// connects proves a key, and a tile's key may use the subjects of that tile
// alone; one server per directory; commands, answers and last reports survive
// kill -9.
//
// What it does not do: it has no TLS and no cluster. A fleet on a network
// connects to a NATS cluster by its address instead; rollout/fleet does not
// notice the difference.
package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/nats-io/nats-server/v2/server"
)

// DefaultListen is the port of the last run, or a free one.
const DefaultListen = "127.0.0.1:0"

// The files in the hub's directory.
const (
	AddressFile = "address" // URL; also says which port to try again
	LockFile    = "lock"
	storeDir    = "jetstream"
)

// What the server keeps and takes, and how long its start may last.
const (
	maxStore   = 1 << 30 // bytes on disk
	maxMemory  = 64 << 20
	maxPayload = 2 << 20
	takeover   = 10 * time.Second // for a killed predecessor to be gone
	startup    = 15 * time.Second
)

// Config says where the hub is and who controls it.
type Config struct {
	Dir     string
	Listen  string       // host:port on a loopback address; empty is DefaultListen
	Control string       // public key of the control plane, hexadecimal
	Tiles   []Member     // may connect from the start
	Log     *slog.Logger // nil is silent
}

// Member is a tile that may connect.
type Member struct {
	Tile string // name
	Key  string // public identity key, hexadecimal
}

// Hub is a running server.
type Hub struct {
	mu      sync.Mutex
	server  *server.Server
	options *server.Options
	control string
	lock    *os.File
	url     string
}

// Start runs the server and returns when it takes connections.
func Start(ctx context.Context, cfg Config) (*Hub, error) {
	h, err := start(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("fleet hub: %w", err)
	}
	return h, nil
}

func start(ctx context.Context, cfg Config) (*Hub, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	address, err := loopback(cfg.Listen)
	if err != nil {
		return nil, err
	}
	patience, cancel := context.WithTimeout(ctx, takeover)
	defer cancel()
	lock, err := durable.Lock(patience, filepath.Join(cfg.Dir, LockFile))
	if err != nil {
		return nil, err
	}
	h := &Hub{control: cfg.Control, lock: lock}
	if err := h.launch(cfg, address); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return h, nil
}

// loopback refuses to listen where others could connect without TLS.
func loopback(listen string) (netip.AddrPort, error) {
	if listen == "" {
		listen = DefaultListen
	}
	address, err := netip.ParseAddrPort(listen)
	if err != nil {
		return address, err
	}
	if !address.Addr().IsLoopback() {
		return address, fmt.Errorf("%s is not a loopback address; use a NATS cluster with TLS for a fleet on a network", address)
	}
	return address, nil
}

func (h *Hub) launch(cfg Config, address netip.AddrPort) error {
	port := int(address.Port())
	if port == 0 {
		port = lastPort(cfg.Dir, address.Addr())
	}
	h.options = &server.Options{
		ServerName: "genesis", Host: address.Addr().String(), Port: port,
		JetStream: true, StoreDir: filepath.Join(cfg.Dir, storeDir), JetStreamMaxStore: maxStore, JetStreamMaxMemory: maxMemory,
		MaxPayload: maxPayload, NoSigs: true, NoSystemAccount: true,
	}
	var err error
	if h.options.Nkeys, err = users(cfg.Control, cfg.Tiles); err != nil {
		return err
	}
	if h.server, err = server.NewServer(h.options); err != nil {
		return err
	}
	h.server.SetLoggerV2(serverLog{orSilent(cfg.Log)}, false, false, false)
	h.server.Start()
	if !h.server.ReadyForConnections(startup) {
		h.server.Shutdown()
		return fmt.Errorf("server did not start within %v", startup)
	}
	h.url = "nats://" + h.server.Addr().String()
	return durable.Replace(filepath.Join(cfg.Dir, AddressFile), []byte(h.url+"\n"))
}

// lastPort is the port of the last run when it is free, so that tiles find the
// hub where it was; else a free one.
func lastPort(dir string, host netip.Addr) int {
	raw, err := os.ReadFile(filepath.Join(dir, AddressFile))
	if err != nil {
		return server.RANDOM_PORT
	}
	last, err := url.Parse(strings.TrimSpace(string(raw)))
	if err != nil {
		return server.RANDOM_PORT
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host.String(), last.Port()))
	if err != nil {
		return server.RANDOM_PORT
	}
	l.Close()
	port, err := strconv.Atoi(last.Port())
	if err != nil || port == 0 {
		return server.RANDOM_PORT
	}
	return port
}

// users are those who may connect: the control plane, and each tile under its
// own name.
func users(control string, tiles []Member) ([]*server.NkeyUser, error) {
	name, err := fleet.UserKey(control)
	if err != nil {
		return nil, err
	}
	list := []*server.NkeyUser{{Nkey: name}}
	for _, m := range tiles {
		u, err := tileUser(m)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

func tileUser(m Member) (*server.NkeyUser, error) {
	if err := fleet.CheckName(m.Tile); err != nil {
		return nil, fmt.Errorf("tile: %w", err)
	}
	name, err := fleet.UserKey(m.Key)
	if err != nil {
		return nil, fmt.Errorf("tile %s: %w", m.Tile, err)
	}
	publish, subscribe := fleet.TilePermissions(m.Tile)
	return &server.NkeyUser{Nkey: name, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: publish}, Subscribe: &server.SubjectPermission{Allow: subscribe},
	}}, nil
}

// Members replaces the tiles that may connect; those that are no longer in the
// list are disconnected.
func (h *Hub) Members(tiles []Member) error {
	list, err := users(h.control, tiles)
	if err != nil {
		return fmt.Errorf("fleet hub: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	next := h.options.Clone()
	next.Nkeys = list
	if err := h.server.ReloadOptions(next); err != nil {
		return fmt.Errorf("fleet hub: members: %w", err)
	}
	h.options = next
	return nil
}

// URL is where the hub takes connections.
func (h *Hub) URL() string { return h.url }

// Stop ends the server and frees its directory.
func (h *Hub) Stop() error {
	h.server.Shutdown()
	h.server.WaitForShutdown()
	return h.lock.Close()
}

func orSilent(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// serverLog passes on what the server warns of.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(string, ...any) {}
func (l serverLog) Debugf(string, ...any)  {}
func (l serverLog) Tracef(string, ...any)  {}

func (l serverLog) Warnf(format string, v ...any)  { l.say(slog.LevelWarn, format, v) }
func (l serverLog) Errorf(format string, v ...any) { l.say(slog.LevelError, format, v) }
func (l serverLog) Fatalf(format string, v ...any) { l.say(slog.LevelError, format, v) }

func (l serverLog) say(level slog.Level, format string, v []any) {
	l.log.Log(context.Background(), level, "fleet hub", slog.String("server", fmt.Sprintf(format, v...)))
}
