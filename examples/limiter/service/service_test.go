package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/genesis-network/genesis/examples/limiter"
	"github.com/genesis-network/genesis/kernel/host"
)

// open starts the service on addresses of its own.
func open(t *testing.T) (s *server, clients, operators string) {
	t.Helper()
	b := newBackend()
	d, err := openDoor(t.Context(), limiter.Folder, home, b, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s = &server{door: d, backend: b}
	public, admin := httptest.NewServer(s.public()), httptest.NewServer(s.admin())
	t.Cleanup(func() {
		public.Close()
		admin.Close()
		if err := d.port.Close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return s, public.URL, admin.URL
}

func do(t testing.TB, method, url, class string, body []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Class", class)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, text
}

func status(t *testing.T, operators string) host.Status {
	t.Helper()
	code, text := do(t, http.MethodGet, operators+"/policy", "", nil)
	var s host.Status
	if err := json.Unmarshal(text, &s); err != nil || code != http.StatusOK {
		t.Fatalf("status %d: %s: %v", code, text, err)
	}
	return s
}

// TestAHotSwapLosesNoRequest swaps the policy to and fro while clients ask as
// fast as they can. Every request gets an answer, and the monitor sees every
// decision and nothing wrong.
func TestAHotSwapLosesNoRequest(t *testing.T) {
	t.Parallel()
	_, clients, operators := open(t)
	better, err := os.ReadFile("better.verified.json")
	if err != nil {
		t.Fatal(err)
	}
	const askers, each, swaps = 8, 60, 20
	var admitted, refused atomic.Int64
	var all sync.WaitGroup
	for i := range askers {
		all.Go(func() {
			class := []string{"gold", "silver", "bulk"}[i%3]
			for range each {
				switch code, text := do(t, http.MethodGet, clients+"/work", class, nil); code {
				case http.StatusOK:
					admitted.Add(1)
				case http.StatusTooManyRequests:
					refused.Add(1)
				default:
					t.Errorf("%s: status %d: %s", class, code, text)
				}
			}
		})
	}
	for i := range swaps {
		policy := [][]byte{better, home}[i%2]
		if code, text := do(t, http.MethodPut, operators+"/policy", "", policy); code != http.StatusOK {
			t.Errorf("swap %d: status %d: %s", i, code, text)
		}
	}
	all.Wait()
	got := status(t, operators)
	if n := admitted.Load() + refused.Load(); n != askers*each || got.Calls != uint64(n) {
		t.Errorf("%d answers to %d requests, %d decisions", n, askers*each, got.Calls)
	}
	if got.Swaps != swaps || got.Breaches != 0 || got.Failures != 0 || got.Last != nil {
		t.Errorf("status %+v", got)
	}
}

// TestTheBackendIsNeverAskedForMoreThanItTakes: even gold is refused then.
func TestTheBackendIsNeverAskedForMoreThanItTakes(t *testing.T) {
	t.Parallel()
	s, clients, _ := open(t)
	s.backend.open.Store(limiter.BusyTop)
	code, _ := do(t, http.MethodGet, clients+"/work", "gold", nil)
	if code != http.StatusTooManyRequests {
		t.Errorf("status %d with a full backend", code)
	}
	s.backend.open.Store(0)
	if code, _ = do(t, http.MethodGet, clients+"/work", "gold", nil); code != http.StatusOK {
		t.Errorf("status %d with an idle backend", code)
	}
}

func TestWhatIsNotVerifiedIsRefused(t *testing.T) {
	t.Parallel()
	_, _, operators := open(t)
	before := status(t, operators)
	forged := bytes.Replace(home, []byte(before.Code[:8]), []byte("00000000"), 1)
	for name, policy := range map[string][]byte{"nothing": nil, "text": []byte("not a module"), "forged digest": forged, "cut": home[:len(home)/2]} {
		if code, text := do(t, http.MethodPut, operators+"/policy", "", policy); code != http.StatusConflict {
			t.Errorf("%s: status %d: %s", name, code, text)
		}
	}
	if code, text := do(t, http.MethodPost, operators+"/policy/back", "", nil); code != http.StatusConflict {
		t.Errorf("back without a previous module: status %d: %s", code, text)
	}
	if after := status(t, operators); after.Code != before.Code || after.Swaps != 0 {
		t.Errorf("something runs that was refused: %+v", after)
	}
}

func TestTheDemandIsRecordedAsTheTraceHeaderSays(t *testing.T) {
	t.Parallel()
	s, clients, _ := open(t)
	s.demand = &demand{start: s.door.last}
	for _, class := range []string{"gold", "silver", "silver", "nobody"} {
		do(t, http.MethodGet, clients+"/work", class, nil)
	}
	file := filepath.Join(t.TempDir(), "demand.csv")
	if err := s.keep(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var sums [3]int
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if string(lines[0]) != "seconds,gold,silver,bulk" {
		t.Errorf("header %q", lines[0])
	}
	for _, row := range lines[1:] {
		for i, cell := range bytes.Split(row, []byte(","))[1:] {
			sums[i] += int(cell[0] - '0')
		}
	}
	if sums != [3]int{1, 2, 1} {
		t.Errorf("recorded %v", sums)
	}
}
