package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// ErrExposed says that the service would be open to others than this machine
// without asking who they are.
var ErrExposed = errors.New("beyond the loopback interface every request must be authenticated: switch anonymous reads off")

// Listen opens the service's address, such as 127.0.0.1:8420. An address that
// other machines reach is refused with [ErrExposed] while anonymous reads are
// allowed; it also wants a proxy with TLS in front, since the token is sent with
// each request.
func Listen(ctx context.Context, address string, access *Access) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("api: listen on %q: %w", address, err)
	}
	ip := net.ParseIP(host)
	loopback := host == "localhost" || ip != nil && ip.IsLoopback()
	if !loopback && (access == nil || access.AnonymousReads || access.token == "") {
		return nil, fmt.Errorf("api: listen on %s: %w", address, ErrExposed)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return l, nil
}

// Serve answers until the context ends, then lets requests finish for a moment.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		// Streams and waits end with the service.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("api: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := srv.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	<-done
	return err
}
