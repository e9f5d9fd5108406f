package fleet

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// Key identifies one end. A tile uses its identity key; the private half stays
// with its owner.
type Key interface {
	// Public is the Ed25519 key in lower-case hexadecimal.
	Public() string
	Sign(message []byte) ([]byte, error)
}

// UserKey is a key's name in NATS.
func UserKey(public string) (string, error) {
	raw, err := hex.DecodeString(public)
	if err != nil || len(raw) != 32 {
		return "", fmt.Errorf("fleet: key %.80q: want 32 bytes in hexadecimal", public)
	}
	name, err := nkeys.Encode(nkeys.PrefixByteUser, raw)
	return string(name), err
}

// errNonce says that a server asked for a signature over something that is no
// nonce.
var errNonce = errors.New("fleet: server's nonce is not one")

// signNonce signs what the server chose to prove who this is. Nonces are short
// base64url texts; anything else could be a document of another protocol.
func signNonce(key Key, nonce []byte) ([]byte, error) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if len(nonce) == 0 || len(nonce) > 64 || strings.Trim(string(nonce), alphabet) != "" {
		return nil, errNonce
	}
	return key.Sign(nonce)
}

// retryWait is between two attempts to reach the server: a control plane that
// was killed is back within seconds.
const retryWait = 100 * time.Millisecond

// connect opens a connection that goes on trying for ever. Where is a URL
// (nats://127.0.0.1:4222) or @FILE, a file whose content is the URL and which
// is read for each attempt.
func connect(where, name string, key Key, log *slog.Logger) (*nats.Conn, error) {
	user, err := UserKey(key.Public())
	if err != nil {
		return nil, err
	}
	address := where
	options := []nats.Option{
		nats.Name(name),
		nats.Nkey(user, func(nonce []byte) ([]byte, error) { return signNonce(key, nonce) }),
		nats.CustomInboxPrefix(inboxOf(name)),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(retryWait), nats.ReconnectJitter(retryWait, retryWait),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("fleet connection", slog.String("end", name), slog.Any("error", err))
		}),
	}
	if file, isFile := strings.CutPrefix(where, "@"); isFile {
		address = "nats://127.0.0.1:4222" // replaced by the dialer
		options = append(options, nats.SetCustomDialer(fileDialer{file}))
	}
	conn, err := nats.Connect(address, options...)
	if err != nil {
		return nil, fmt.Errorf("fleet: connect to %s: %w", where, err)
	}
	return conn, nil
}

func orSilent(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// fileDialer connects to the server whose URL is in a file now.
type fileDialer struct{ file string }

// dialTimeout is ample on one machine.
const dialTimeout = 5 * time.Second

// Dial implements nats.CustomDialer.
func (d fileDialer) Dial(network, _ string) (net.Conn, error) {
	raw, err := os.ReadFile(d.file)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(strings.TrimSpace(string(raw)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.file, err)
	}
	return net.DialTimeout(network, u.Host, dialTimeout)
}
