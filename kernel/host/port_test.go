package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
)

// Go values of the contract in testdata.
type (
	reading struct {
		Temp  int16
		Load  uint16
		Fault bool
	}
	levels struct{ Fan, Throttle uint8 }
)

func thermo(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := contract.Load(os.DirFS("../tilego/testdata/thermo"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// verified is a module as if every station had passed it.
func verified(t testing.TB, source string, change ...func(*host.Verified)) []byte {
	t.Helper()
	c := thermo(t)
	m, err := lineages.Compile(c, []byte(source), nil)
	if err != nil {
		t.Fatal(err)
	}
	v := host.Verified{APIVersion: "genesis/v1", Kind: "Verified", Slot: c.Slot, Contract: c.Digest(),
		Code: string(m.Ref.Code.Digest()), Module: string(m.Ref.Digest()), Stations: host.Stations, IR: m.IR}
	for _, f := range change {
		f(&v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func port(t testing.TB, source string) *host.Port[reading, levels] {
	t.Helper()
	p, err := host.Open[reading, levels](t.Context(), thermo(t), verified(t, source))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// The digests of this package are those of evidence and releases.
func TestDigestsAreThoseOfThePipeline(t *testing.T) {
	t.Parallel()
	c := thermo(t)
	if got, want := c.Digest(), string(pipeline.ContractDigest(c.Files)); got != want {
		t.Errorf("contract %s, want %s", got, want)
	}
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.StringMatching(`[a-z][a-z0-9_]{0,31}`).Draw(r, "slot")
		raw := rapid.SliceOf(rapid.Byte()).Draw(r, "ir")
		digest := string(pipeline.SumBytes(raw))
		want := pipeline.Code{Slot: name, Contract: pipeline.Digest(digest), IR: pipeline.SumBytes(raw), Compiler: tilego.CompilerVersion, Schema: pipeline.Digest(digest)}.Digest()
		if got := host.CodeDigest(name, digest, raw, digest); got != string(want) {
			r.Errorf("code %s, want %s", got, want)
		}
	})
}

func TestAPortMovesGoValues(t *testing.T) {
	t.Parallel()
	p := port(t, moody)
	for in, want := range map[reading]levels{{Temp: 300, Load: 10}: {}, {Temp: 1000, Load: 10}: {10, 4}, {Temp: -5, Fault: true}: {10, 4}} {
		if got, err := p.Call(in); err != nil || got != want {
			t.Errorf("%+v: %+v, %v, want %+v", in, got, err, want)
		}
	}
	if s := p.Status(); s.Calls != 3 || s.Last != nil || s.Code == "" || s.Previous != "" {
		t.Errorf("status %+v", s)
	}
}

func TestOpenRefusesTypesThatAreNotTheContracts(t *testing.T) {
	t.Parallel()
	type (
		wide    struct{ Temp, Load, Fault int64 }
		unnamed struct {
			Heat  int16
			Load  uint16
			Fault bool
		}
		hidden struct {
			Temp  int16
			Load  uint16
			fault bool
		}
		text struct{ Temp string }
	)
	_ = hidden{fault: true}
	v, c := verified(t, moody), thermo(t)
	for name, open := range map[string]func() error{
		"wide":       func() error { _, err := host.Open[wide, levels](t.Context(), c, v); return err },
		"other name": func() error { _, err := host.Open[unnamed, levels](t.Context(), c, v); return err },
		"hidden":     func() error { _, err := host.Open[hidden, levels](t.Context(), c, v); return err },
		"text":       func() error { _, err := host.Open[text, levels](t.Context(), c, v); return err },
		"one result": func() error { _, err := host.Open[reading, uint8](t.Context(), c, v); return err },
		"a pointer":  func() error { _, err := host.Open[*reading, levels](t.Context(), c, v); return err },
	} {
		if err := open(); !errors.Is(err, host.ErrType) {
			t.Errorf("%s: %v, want ErrType", name, err)
		}
	}
}

func TestOpenBelievesNothingOfAVerifiedModule(t *testing.T) {
	t.Parallel()
	other := verified(t, cautious)
	var swapped host.Verified
	if err := json.Unmarshal(other, &swapped); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text []byte
		want error
	}{
		"nothing":          {nil, host.ErrVerified},
		"other kind":       {verified(t, moody, func(v *host.Verified) { v.Kind = "Contract" }), host.ErrVerified},
		"unknown field":    {[]byte(`{"apiVersion":"genesis/v1","kind":"Verified","signed":true}`), host.ErrVerified},
		"something behind": {append(verified(t, moody), '{'), host.ErrVerified},
		"too large":        {[]byte(strings.Repeat(" ", 5<<20)), host.ErrVerified},
		"no proof":         {verified(t, moody, func(v *host.Verified) { v.Stations = []string{"agree", "tla", "fuzz"} }), host.ErrVerified},
		"other contract":   {verified(t, moody, func(v *host.Verified) { v.Contract = strings.Repeat("0", 64) }), host.ErrDigest},
		"other code":       {verified(t, moody, func(v *host.Verified) { v.IR = swapped.IR }), host.ErrDigest},
		"damaged code":     {verified(t, moody, func(v *host.Verified) { v.IR = v.IR[:len(v.IR)-1] }), ir.ErrEncoding},
	} {
		if _, err := host.Open[reading, levels](t.Context(), thermo(t), test.text); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	pinned := host.WithCode(swapped.Code)
	if _, err := host.Open[reading, levels](t.Context(), thermo(t), verified(t, moody), pinned); !errors.Is(err, host.ErrDigest) {
		t.Errorf("a module that the program does not expect: %v", err)
	}
	p, err := host.Open[reading, levels](t.Context(), thermo(t), other, pinned)
	if err != nil {
		t.Fatalf("the module that the program expects: %v", err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	lax := host.WithStations("the test has no prover", "agree")
	part := verified(t, moody, func(v *host.Verified) { v.Stations = []string{"agree"} })
	if p, err = host.Open[reading, levels](t.Context(), thermo(t), part, lax); err != nil {
		t.Fatalf("the stations that were asked for: %v", err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAPortTellsBreachesFromFailures(t *testing.T) {
	t.Parallel()
	p := port(t, faulty)
	got, err := p.Call(reading{Temp: 1000, Load: 10}) // hot, and the fan stands
	var broken *host.Violation
	if !errors.As(err, &broken) || broken.Predicate != "Post" || got != (levels{}) {
		t.Errorf("breach: %+v, %v", got, err)
	}
	_, err = p.Call(reading{Temp: 300}) // divides by the load
	var panicked *ir.Panic
	if !errors.As(err, &panicked) || errors.As(err, &broken) && broken == nil {
		t.Errorf("failure: %v", err)
	}
	if _, err = p.Call(reading{Temp: 300, Load: 1}); !errors.Is(err, host.ErrFailed) {
		t.Errorf("after a failure: %v", err)
	}
	s := p.Status()
	if s.Breaches != 1 || s.Failures != 2 || s.Last == nil || s.Last.Call != 3 || s.Last.Input != "{Temp:300 Load:1 Fault:false}" {
		t.Errorf("status %+v, last %+v", s, s.Last)
	}
	if _, err := p.Back(t.Context()); !errors.Is(err, host.ErrNoPrevious) {
		t.Errorf("back: %v", err)
	}
	if _, err := p.Replace(t.Context(), verified(t, cautious)); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Call(reading{Temp: 300, Load: 1}); err != nil || got != (levels{10, 4}) {
		t.Errorf("after it was replaced: %+v, %v", got, err)
	}
}

func TestAPortSwapsAndGoesBack(t *testing.T) {
	t.Parallel()
	p := port(t, moody)
	first := p.Status().Code
	if r, err := p.Swap(t.Context(), verified(t, other)); !errors.Is(err, host.ErrSchema) {
		t.Errorf("another schema: %+v, %v", r, err)
	}
	for range 8 { // cautious wants seven calls in the state
		if _, err := p.Call(reading{Temp: 300, Load: 10}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := p.Swap(t.Context(), verified(t, cautious))
	if err != nil || r.Carried == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if s := p.Status(); s.Previous != first || s.Code == first || s.Swaps != 1 {
		t.Errorf("status %+v", s)
	}
	if _, err := p.Back(t.Context()); err != nil || p.Status().Code != first {
		t.Errorf("back: %v", err)
	}
}

// A swap waits for a call after which the state is inside the new module's
// invariant, and is withdrawn when none comes.
func TestASwapWaitsForAStateThatItCanGoOnWith(t *testing.T) {
	t.Parallel()
	p := port(t, moody)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.Swap(short, verified(t, cautious)); !errors.Is(err, host.ErrState) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no call came: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := p.Swap(t.Context(), verified(t, cautious))
		done <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		got, err := p.Call(reading{Temp: 300, Load: 10})
		if err != nil {
			t.Fatal(err)
		}
		if got == (levels{10, 4}) {
			break
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := p.Status().Calls; n < 7 {
		t.Errorf("cautious took over after %d calls", n)
	}
}

func TestManyGoroutinesMayUseAPort(t *testing.T) {
	t.Parallel()
	p := port(t, cautious)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				if got, err := p.Call(reading{Temp: 300, Load: 10}); err != nil || got.Fan > 10 {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	for i := range 10 {
		if _, err := p.Swap(t.Context(), verified(t, []string{moody, cautious}[i%2])); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	if s := p.Status(); s.Calls != 8*200 || s.Swaps != 10 || s.Breaches != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestAClosedPort(t *testing.T) {
	t.Parallel()
	p := port(t, cautious)
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Call(reading{}); !errors.Is(err, host.ErrClosed) {
		t.Errorf("call: %v", err)
	}
	if _, err := p.Swap(t.Context(), verified(t, moody)); !errors.Is(err, host.ErrClosed) {
		t.Errorf("swap: %v", err)
	}
}

func TestACallOfAPortAllocatesNothing(t *testing.T) {
	p := port(t, cautious)
	if n := testing.AllocsPerRun(100, func() { _, _ = p.Call(reading{Temp: 300, Load: 10}) }); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}

func BenchmarkPortCall(b *testing.B) {
	p := port(b, cautious)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Call(reading{Temp: 300, Load: 10}); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzParseVerified: whatever a file holds, reading it ends in a module that was
// asked for or in one of the errors that are promised.
func FuzzParseVerified(f *testing.F) {
	f.Add(verified(f, cautious))
	f.Add([]byte(`{"apiVersion":"genesis/v1","kind":"Verified","ir":"AQ=="}`))
	c := thermo(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := host.ParseVerified(text)
		if err != nil {
			if !errors.Is(err, host.ErrVerified) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		m, err := host.LoadVerified(t.Context(), v, c)
		if err != nil {
			return
		}
		if m.Code != v.Code || v.Contract != c.Digest() {
			t.Errorf("loaded %s as %s", m.Code, v.Code)
		}
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
