// Command load is an open-loop load generator for the limiter's service: it
// sends requests of three classes of clients at times that do not depend on the
// answers, as clients that know nothing of each other do.
//
// Arrivals of a class are a Poisson process whose rate swings slowly and is
// multiplied while a burst lasts; bursts begin and end at random. All of it
// follows from the seed. The recorded trace of the example was made with the
// defaults below (see ../requests.trace.yaml).
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"
)

// class is a kind of client.
type class struct {
	name      string
	rate      float64       // requests a second, in the mean between bursts
	swing     float64       // of the rate, as a share of it
	period    time.Duration // of the swing
	factor    float64       // of the rate in a burst
	calm, hot time.Duration // mean time between bursts, and of one
}

var classes = []class{
	{"gold", 14, 0.4, 420 * time.Second, 2, 90 * time.Second, 6 * time.Second},
	{"silver", 40, 0.5, 300 * time.Second, 3, 50 * time.Second, 5 * time.Second},
	{"bulk", 55, 0.6, 510 * time.Second, 4, 35 * time.Second, 8 * time.Second},
}

// arrivals sends the times of a class's requests, since the start, in order.
func (c class) arrivals(r *rand.Rand, until time.Duration, each func(at time.Duration)) {
	burst, change := false, wait(r, c.calm)
	for at := time.Duration(0); ; {
		rate := c.rate * (1 + c.swing*math.Sin(2*math.Pi*at.Seconds()/c.period.Seconds()))
		if burst {
			rate *= c.factor
		}
		at += wait(r, time.Duration(float64(time.Second)/rate))
		for at >= change {
			burst = !burst
			change += wait(r, map[bool]time.Duration{true: c.hot, false: c.calm}[burst])
		}
		if at >= until {
			return
		}
		each(at)
	}
}

// wait is an exponential time.
func wait(r *rand.Rand, mean time.Duration) time.Duration {
	return time.Duration(r.ExpFloat64() * float64(mean))
}

// tally counts answers. Failed requests are those that got none.
type tally struct{ admitted, refused, failed atomic.Int64 }

func main() {
	address := flag.String("address", "http://127.0.0.1:8080", "of the service")
	seed := flag.Uint64("seed", 1, "of the arrivals")
	length := flag.Duration("for", 36*time.Minute, "how long to send")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	failed := send(ctx, *address, *seed, *length, os.Stdout)
	if failed > 0 {
		os.Exit(1)
	}
}

// send sends all classes and prints what became of them; it returns how many
// requests got no answer.
func send(ctx context.Context, address string, seed uint64, length time.Duration, out io.Writer) int64 {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	tallies := make([]tally, len(classes))
	var all, open sync.WaitGroup
	start := time.Now()
	for i, c := range classes {
		all.Go(func() {
			c.arrivals(rand.New(rand.NewPCG(seed, uint64(i))), length, func(at time.Duration) {
				if !sleep(ctx, time.Until(start.Add(at))) {
					return
				}
				open.Go(func() { tallies[i].add(request(ctx, client, address, c.name)) })
			})
		})
	}
	all.Wait()
	open.Wait()
	failed := int64(0)
	for i, c := range classes {
		t := &tallies[i]
		fmt.Fprintf(out, "%-6s admitted %6d  refused %6d  no answer %d\n", c.name, t.admitted.Load(), t.refused.Load(), t.failed.Load())
		failed += t.failed.Load()
	}
	return failed
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(max(d, 0)):
		return true
	}
}

func request(ctx context.Context, client *http.Client, address, class string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/work", nil)
	if err != nil {
		return 0
	}
	req.Header.Set("X-Class", class)
	res, err := client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0
	}
	return res.StatusCode
}

func (t *tally) add(status int) {
	switch status {
	case http.StatusOK:
		t.admitted.Add(1)
	case http.StatusTooManyRequests:
		t.refused.Add(1)
	default:
		t.failed.Add(1)
	}
}
