package tilego

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// fillUp repeats what line makes until the source is as large as is allowed.
func fillUp(head string, line func(i int) string, tail string) []byte {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; ; i++ {
		l := line(i)
		if b.Len()+len(l)+len(tail) > MaxSource {
			break
		}
		b.WriteString(l)
	}
	b.WriteString(tail)
	return []byte(b.String())
}

// TestLargestSources compiles the largest sources of several shapes, and prints
// what comes out: all of it ends soon.
func TestLargestSources(t *testing.T) {
	t.Parallel()
	const header = "package m\n\nimport . \"" + thermoPath + "\"\n\ntype State struct{ x, y uint8; r [8]uint8 }\n\n" +
		"func Inv(s *State) bool { return true }\n\nfunc Step(s *State, in *Input) (fan, throttle uint8) { return 0, 0 }\n\n"
	same := func(s string) func(int) string { return func(int) string { return s } }
	for name, src := range map[string][]byte{
		"joins":      fillUp(header+"func f(s *State) {\n", same("if s.x>3{s.y=1}\n"), "s.x++}\n"),
		"statements": fillUp(header+"func f(s *State) {\n", same("s.x++\n"), "}\n"),
		"locals":     fillUp(header+"func f(s *State) uint8 {\n", func(i int) string { return fmt.Sprintf("a%d:=s.x+%d\n_=a%d\n", i, i%200, i) }, "return s.x}\n"),
		"constants":  fillUp(header, func(i int) string { return fmt.Sprintf("const K%d=K%d+1\n", i+1, i) }, "const K0=1\n"),
		"entries":    fillUp(header+"func f(x uint8) uint8 {\n", func(i int) string { return fmt.Sprintf("x=x<<(MaxFan-%d)+(MaxFan-%d)\n", 3+i%7, i) }, "return x}\n"),
		"functions":  fillUp(header, func(i int) string { return fmt.Sprintf("func f%d(s *State){f%d(s)}\n", i+1, i) }, "func f0(s *State){s.x++}\n"),
		"loops":      fillUp(header+"func f(s *State) {\n", same("for i:=range 8{s.r[i]++\nif s.x>3{break}}\n"), "}\n"),
		"nested":     []byte(header + "func f(s *State) {\n" + strings.Repeat("for range 2{s.x++\n", 40) + strings.Repeat("s.x++\n}\n", 40) + "}\n"),
		"table":      fillUp(header+"var t=[4096]uint8{", same("1,"), "}\n"),
		"chain":      fillUp(header+"func f(x uint8) uint8 {\n", same("if x>3{return 1}\n"), "return x}\n"),
		"elseif":     fillUp(header+"func f(x uint8) uint8 {\n if x>3{}", same("else if x>3{}"), "\nreturn x}\n"),
		"minus":      fillUp(header+"func f(x uint8) uint8 { return ", same("-"), "x}\n"),
		"sum":        fillUp(header+"func f(x uint8) uint8 { return x", same("+x"), "}\n"),
		"brackets":   fillUp(header+"func f(x uint8) uint8 { return ", same("("), "x}\n"),
		"literals":   fillUp(header+"func f(x uint8) uint8 { return x", same("+[1]uint8{1}[0]"), "}\n"),
		"types":      fillUp(header, func(i int) string { return fmt.Sprintf("type t%d struct{a,b t%d}\n", i+1, i) }, "type t0 struct{a uint8}\n"),
		"braces":     fillUp(header+"func f() ", same("{"), ""),
		"comments":   fillUp(header, same("/*x*/"), ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, s := thermoSurface(t)
			start := time.Now()
			u, err := Compile(src, s)
			compiled := time.Since(start)
			if err == nil {
				_, err = Format(u, s.Import, "again")
			}
			t.Logf("%d bytes: compiled in %v, printed in %v: %.200v", len(src), compiled, time.Since(start)-compiled, err)
			if d := time.Since(start); d > slowest {
				t.Errorf("took %v", d)
			}
		})
	}
}
