package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// waits is a clock whose pauses are over at once, and are written down; watches
// (longer than any pause) never fire.
type waits struct{ seen []time.Duration }

func (w *waits) AfterFunc(d time.Duration, f func()) func() bool {
	if d <= maxPause {
		w.seen = append(w.seen, d)
		f()
	}
	return func() bool { return true }
}

func get(d *Door, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := d.Client().Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status []int // by try; then 200
		after  string
		pauses []time.Duration
		tries  int32
		kind   Kind
	}{
		{"at once", nil, "", nil, 1, ""},
		{"500 heals", []int{500, 503}, "", []time.Duration{time.Second, 2 * time.Second}, 3, ""},
		{"429 says when", []int{429}, "7", []time.Duration{7 * time.Second}, 2, ""},
		{"429 asks too much", []int{429}, "86400", []time.Duration{time.Minute}, 2, ""},
		{"gives up", []int{500, 500, 500, 500, 500, 500}, "", []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, 5, Busy},
		{"404 stays", []int{404}, "", nil, 1, Refused},
		{"redirect is not followed", []int{302}, "", nil, 1, Refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if i := int(n.Add(1)) - 1; i < len(tt.status) {
					w.Header().Set("Retry-After", tt.after)
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(tt.status[i])
				}
			}))
			defer srv.Close()
			clock := &waits{}
			d := NewDoor("p", Options{Clock: clock})
			err := d.Do(t.Context(), get(d, srv.URL))
			var e *Error
			if tt.kind == "" && err != nil || tt.kind != "" && (!errors.As(err, &e) || e.Kind != tt.kind) {
				t.Errorf("error %v, want kind %q", err, tt.kind)
			}
			if n.Load() != tt.tries {
				t.Errorf("%d tries, want %d", n.Load(), tt.tries)
			}
			if diff := cmp.Diff(clock.seen, tt.pauses); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(nil)
	srv.Close()
	clock := &waits{}
	d := NewDoor("p", Options{Clock: clock})
	var e *Error
	if err := d.Do(t.Context(), get(d, srv.URL)); !errors.As(err, &e) || e.Kind != Unreachable || e.Permanent() || e.MayHaveCost() {
		t.Error(err)
	}
	if len(clock.seen) != DefaultRetries {
		t.Errorf("%d pauses", len(clock.seen))
	}
}

// What a provider says stays out of texts, logs and marshalled forms.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	const key = "sk-very-secret"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"wrong key `+key+`"}`)
	}))
	defer srv.Close()
	d := NewDoor("p", Options{})
	err := d.Do(t.Context(), get(d, srv.URL))
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Detail, key) {
		t.Fatalf("the detail is for the person who asked: %v", err)
	}
	var log bytes.Buffer
	l := slog.New(slog.NewJSONHandler(&log, nil))
	l.Error("x", "err", e, "key", Secret(key))
	form, _ := json.Marshal(struct{ K Secret }{key})
	text := err.Error() + log.String() + fmt.Sprintf("%v %+v %#v %s", Secret(key), struct{ K Secret }{key}, Secret(key), form)
	if strings.Contains(text, key) {
		t.Error("leaked")
	}
	if _, err := URL("https://" + key + "@host"); err == nil || strings.Contains(err.Error(), key) {
		t.Error("an address with a key is refused and not repeated")
	}
}
