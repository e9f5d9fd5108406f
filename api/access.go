package api

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
)

// Files in the data directory, readable by their owner only.
const (
	TokenFile   = "api.token"
	AddressFile = "api.address"
)

const (
	// LinkLife is how long a one-time link opens the dashboard.
	LinkLife = 15 * time.Minute
	// SessionLife is how long a browser stays signed in.
	SessionLife = 12 * time.Hour

	tokenPrefix = "genesis_"
)

// DefaultOperator is who holds the token when nobody said otherwise.
const DefaultOperator = "operator"

// Access says who may use the API: the holder of the token, and browsers that
// came by a one-time link or with the token. It is safe for concurrent use.
type Access struct {
	// Operator is the name under which the token's holder acts.
	Operator string
	// AnonymousReads lets everybody who reaches the service read. [Listen]
	// refuses it beyond the loopback interface.
	AnonymousReads bool
	// Hosts are further names under which the service is reached; loopback names
	// always work. A page of another site that points its name here is refused.
	Hosts []string

	token string
	now   func() time.Time

	mu    sync.Mutex
	codes map[[32]byte]time.Time // one-time codes, hashed, with their end
}

// OpenAccess reads the token of a data directory, and makes it at the first run.
func OpenAccess(dir string) (*Access, error) {
	path := filepath.Join(dir, TokenFile)
	token, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		token = []byte(tokenPrefix + random(24))
		err = durable.Replace(path, append(token, '\n'))
	}
	if err != nil {
		return nil, fmt.Errorf("api: token: %w", err)
	}
	text := strings.TrimSpace(string(token))
	if len(text) < len(tokenPrefix)+16 {
		return nil, fmt.Errorf("api: %s holds no token: remove it, and the next start makes one", path)
	}
	return &Access{Operator: DefaultOperator, AnonymousReads: true, token: text, now: time.Now, codes: map[[32]byte]time.Time{}}, nil
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Publish writes where the service is reached, for the command line.
func Publish(dir, url string) error {
	if err := durable.Replace(filepath.Join(dir, AddressFile), []byte(url+"\n")); err != nil {
		return fmt.Errorf("api: address: %w", err)
	}
	return nil
}

// Contact reads what [OpenAccess] and [Publish] left in a data directory.
func Contact(dir string) (url, token string, err error) {
	u, err := os.ReadFile(filepath.Join(dir, AddressFile))
	if err != nil {
		return "", "", fmt.Errorf("api: address: %w", err)
	}
	t, err := os.ReadFile(filepath.Join(dir, TokenFile))
	if err != nil {
		return "", "", fmt.Errorf("api: token: %w", err)
	}
	return strings.TrimSpace(string(u)), strings.TrimSpace(string(t)), nil
}

// Link is an address that signs a browser in, once and soon.
func (a *Access) Link(base string) string {
	code := random(18)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.codes[sha256.Sum256([]byte(code))] = a.now().Add(LinkLife)
	return strings.TrimSuffix(base, "/") + "/login?code=" + code
}

// redeem uses a one-time code up.
func (a *Access) redeem(code string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := sha256.Sum256([]byte(code))
	until, ok := a.codes[key]
	delete(a.codes, key)
	return ok && a.now().Before(until)
}

func (a *Access) holdsToken(candidate string) bool {
	want, got := sha256.Sum256([]byte(a.token)), sha256.Sum256([]byte(candidate))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// session is a cookie's value: when it ends, and a mark that only the token's
// holder can make. It outlives a restart and ends with the token.
func (a *Access) session() string {
	payload := binary.BigEndian.AppendUint64(nil, uint64(a.now().Add(SessionLife).Unix()))
	payload = append(payload, random(12)...)
	return base64.RawURLEncoding.EncodeToString(append(payload, a.mark(payload)...))
}

func (a *Access) mark(payload []byte) []byte {
	m := hmac.New(sha256.New, []byte("genesis session\n"+a.token))
	m.Write(payload)
	return m.Sum(nil)
}

func (a *Access) holdsSession(value string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(raw) != 8+16+sha256.Size {
		return false
	}
	payload, mark := raw[:24], raw[24:]
	until := time.Unix(int64(binary.BigEndian.Uint64(payload)), 0)
	return hmac.Equal(mark, a.mark(payload)) && a.now().Before(until)
}
