package tilego

import (
	"strings"
	"testing"
)

const predicateHeader = `package p

type Input struct {
	A int16
	B uint8
	C uint8
	On bool
	R [6]uint8
}

const Top = 10

var steps = [4]int16{-5, 0, 7, 30}

`

// TestPredicatesArePure: a predicate is accepted when nothing in it can panic or
// wrap around for any value of the types.
func TestPredicatesArePure(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, expr, want string }{
		{"comparison", "in.A <= 3 && in.B != in.C || !in.On", ""},
		{"min and max", "min(in.A, 100) < max(in.A, -3)", ""},
		{"sum may wrap", "in.B+in.C < 3", "can wrap around: a value from 0 to 510 in uint8"},
		{"wider sum", "uint16(in.B)+uint16(in.C) < 3", ""},
		{"difference of unsigned", "in.B-in.C < 3", "can wrap around: a value from -255 to 255 in uint8"},
		{"difference in a signed type", "int16(in.B)-int16(in.C) < 3", ""},
		{"bounded difference", "max(in.B, 5)-5 < 3", ""},
		{"negation", "-in.A < 3", "can wrap around: a value from -32767 to 32768 in int16"},
		{"product", "int32(in.A)*int32(in.A) < 3", ""},
		{"product may wrap", "in.A*2 < 3", "can wrap around"},
		{"narrowing", "uint8(in.A) < 3", "can wrap around: a value from -32768 to 32767 in uint8"},
		{"narrowing of bounded", "uint8(min(max(in.A, 0), Top)) < 3", ""},
		{"sign lost", "uint32(in.A) < 3", "can wrap around"},
		{"quotient by constant", "in.A/7 < 3 && in.A%7 != 2", ""},
		{"quotient by minus one", "in.A/-1 < 3", "can wrap around: a value from -32767 to 32768 in int16"},
		{"quotient by variable", "in.B/in.C < 3", "can panic: a divisor from 0 to 255"},
		{"quotient by positive", "in.B/max(in.C, 1) < 3", ""},
		{"quotient by zero", "in.B/min(in.C, 0) < 3", "can panic: a divisor from 0 to 0"},
		{"shift left", "in.B<<1 < 3", "can wrap around"},
		{"wide shift left", "uint16(in.B)<<4 < 3", ""},
		{"shift right", "in.A>>3 < 3", ""},
		{"mask", "in.B&7 < 3 && in.B|1 != in.C^in.B", ""},
		{"masked index", "in.R[in.B&3] < 3", ""},
		{"index", "in.R[in.B] < 3", "can panic: an index from 0 to 255 of 6 elements"},
		{"guarded index", "in.B < 6 && in.R[in.B] < 3", "can panic: an index from 0 to 255"},
		{"bounded index", "in.R[min(in.B, 5)] < 3", ""},
		{"negative index", "in.R[max(in.A, -1)] < 3", "can panic: an index from -1 to 32767"},
		{"table", "steps[in.B&3]+100 < 3", ""},
		{"table in its range", "uint8(steps[in.B&3]+5) < 36", ""},
		{"table out of its range", "uint8(steps[in.B&3]) < 3", "can wrap around: a value from -5 to 30 in uint8"},
		{"helper", "helper(in.B)", ""},
		{"wrapping helper", "wrapping(in.B)", "can wrap around"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			src := predicateHeader + "func helper(x uint8) bool { return x < Top }\n\n" +
				"func Wf(in *Input) bool { return " + tc.expr + " }\n"
			if strings.Contains(tc.expr, "wrapping") {
				src += "\nfunc wrapping(x uint8) bool { return x+1 < Top }\n"
			}
			_, err := CompileContract("p", "example.org/p", []byte(src), nil)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), "tilego.predicate") || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestPredicatesOverArrays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, want string }{
		{"loop", "for i := range 6 {\n if in.R[i] > Top {\n return false\n }\n }\n return true", ""},
		{"loop one too far", "for i := range 7 {\n if in.R[i] > Top {\n return false\n }\n }\n return true", "index from 0 to 6 of 6"},
		{"neighbours", "for i := range 5 {\n if in.R[i] > in.R[i+1] {\n return false\n }\n }\n return true", ""},
		{"chain", "if in.On {\n return in.A < 3\n }\n if in.B > 2 {\n return true\n }\n return false", ""},
		{"local array", "r := in.R\n r[0] = 1\n return r[1] < 3", "copies an array"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			src := predicateHeader + "func Wf(in *Input) bool {\n" + tc.body + "\n}\n"
			_, err := CompileContract("p", "example.org/p", []byte(src), nil)
			if (tc.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
