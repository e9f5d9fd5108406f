package tilego

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

func encode(t testing.TB, u *ir.Unit) []byte {
	t.Helper()
	b, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// roundTrip formats u, compiles the result and wants the same bytes.
func roundTrip(t testing.TB, u *ir.Unit, s *Surface) []byte {
	t.Helper()
	src, err := Format(u, s.Import, "again")
	if err != nil {
		t.Fatal(err)
	}
	v, err := Compile(src, s)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	if !bytes.Equal(encode(t, u), encode(t, v)) {
		t.Fatalf("other unit (-before +after):\n%s\n%s", cmp.Diff(strings.Split(dumpBare(u), "\n"), strings.Split(dumpBare(v), "\n")), src)
	}
	return src
}

func TestFormatRoundTrip(t *testing.T) {
	t.Parallel()
	_, s := thermoSurface(t)
	for _, name := range []string{"steps.go", "traps/traps.go"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := Compile(readFile(t, "testdata/"+name), s)
			if err != nil {
				t.Fatal(err)
			}
			src := roundTrip(t, u, s)
			t.Logf("%s", src)
			bare, err := ir.Decode(encode(t, u))
			if err != nil {
				t.Fatal(err)
			}
			roundTrip(t, bare, s)
		})
	}
}

// TestFormatKeepsReturns: a return that is the last statement of a branch or of
// a loop's body is not the last of its function, which has results or not.
func TestFormatKeepsReturns(t *testing.T) {
	t.Parallel()
	for name, stmts := range map[string]string{
		"else of a join":   "if s.n == 9 {\ns.m = 1\n} else if s.m > 3 {\nreturn\n}\ns.n++",
		"branch of a join": "if s.n == 9 {\nif s.m > 3 {\nreturn\n}\n} else {\ns.m = 1\n}\ns.n++",
		"body of a loop":   "for i := range 3 {\nif s.m > uint8(i) {\nreturn\n}\n}\ns.n++",
		"end of a loop":    "for range 3 {\ns.m++\nif s.m > 3 {\nreturn\n}\n}\ns.n++",
		"after a join":     "if s.n == 9 {\ns.m = 1\n}\nif s.m > 3 {\nreturn\n}\ns.n++",
		"end":              "s.n++\nif s.m > 3 {\ns.m = 1\nreturn\n}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roundTripInit(t, stmts)
		})
	}
}

// TestFormatOfCallIntoElement: the element's index, reduced in the source, is a
// variable once it is flat; the call, which may panic too, must not stand right
// of it.
func TestFormatOfCallIntoElement(t *testing.T) {
	t.Parallel()
	for name, stmts := range map[string]string{
		"call":           "s.a[s.n&1][s.m&3] = ratio(s.m)",
		"call in a sum":  "s.a[s.n&1][s.m&3] = s.n + ratio(s.m)",
		"min":            "s.a[s.n&1][s.m&3] = min(9/s.n, s.m)",
		"constant index": "s.a[1][2] = ratio(s.m)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roundTripInit(t, stmts)
		})
	}
}

// roundTripInit is roundTrip of a module with an Init of the given statements.
func roundTripInit(t *testing.T, stmts string) {
	t.Helper()
	_, s := thermoSurface(t)
	src := fmt.Sprintf(`package p

import . %q

type State struct {
	n, m uint8
	a    [2][4]uint8
}

func ratio(d uint8) uint8 { return 200 / d }

func Init(s *State) {
	%s
}

func Inv(s *State) bool { return true }

func Step(s *State, in *Input) (uint8, uint8) { return s.n, s.m }
`, s.Import, stmts)
	u, err := Compile([]byte(src), s)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	t.Logf("%s", roundTrip(t, u, s))
}

func BenchmarkCompile(b *testing.B) {
	_, s := thermoSurface(b)
	src := readFile(b, "testdata/steps.go")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(src, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	_, s := thermoSurface(b)
	u, err := Compile(readFile(b, "testdata/steps.go"), s)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Format(u, s.Import, "again"); err != nil {
			b.Fatal(err)
		}
	}
}
