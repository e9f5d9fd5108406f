package agree

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// mixer is a module that has something for every fault of an engine.
const mixer = `package g

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"
)

type State struct {
	Sum  uint16
	Low  int8
	Wide uint64
	Buf  [4]int16
	On   bool
}

func Inv(s *State) bool { return s.Low <= 100 }

func less(a, b int16) int16 { return a - b }

func Step(s *State, in *Input) (fan, throttle uint8) {
	s.Sum = s.Sum*31 + in.Load
	small := uint8(in.Load)
	small += 200
	q := in.Temp / 7
	r := in.Temp % 7
	h := in.Temp >> 2
	d := less(h, q)
	s.Low = min(s.Low+int8(r), 100)
	s.Buf[in.Load&3] = d
	s.Wide = s.Wide<<3 ^ uint64(small)
	if in.Temp < 0 {
		s.On = !in.Fault
	}
	if in.Temp == 777 {
		s.Sum = in.Load / uint16(small)
	}
	n := uint8(bits.LeadingZeros16(in.Load))
	return small, n
}
`

func thermo(t testing.TB, src string) verifiers.Subject {
	t.Helper()
	return subject(t, load(t, "../../kernel/tilego/testdata/thermo"), src)
}

// An engine that gets one thing wrong is found, and the witness is small.
func TestFaultyEngineIsFound(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string][2]string{
		"does not wrap":            {"small += 200", "small = small/2 + 100"},
		"wraps at another width":   {"s.Sum = s.Sum*31 + in.Load", "s.Sum = uint16(uint8(s.Sum*31 + in.Load))"},
		"floors divisions":         {"q := in.Temp / 7", "q := in.Temp/7 - (in.Temp>>15&1)&1"},
		"remainder without a sign": {"r := in.Temp % 7", "r := (in.Temp%7 + 7) % 7"},
		"shifts without the sign":  {"h := in.Temp >> 2", "h := int16(uint16(in.Temp) >> 2)"},
		"shifts by one more":       {"s.Wide<<3", "s.Wide<<4"},
		"swaps arguments":          {"less(h, q)", "less(q, h)"},
		"compares without a sign":  {"in.Temp < 0", "uint16(in.Temp) < 0x100"},
		"one off at a boundary":    {"in.Temp < 0", "in.Temp <= 0"},
		"writes the next element":  {"s.Buf[in.Load&3] = d", "s.Buf[(in.Load+1)&3] = d"},
		"forgets a store":          {"s.On = !in.Fault", "s.On = s.On || !in.Fault"},
		"counts zeroes of 32 bits": {"bits.LeadingZeros16(in.Load)", "bits.LeadingZeros32(uint32(in.Load))"},
		"panics where Go does not": {"s.Sum = in.Load / uint16(small)", "s.Sum = in.Load / (in.Load &^ in.Load)"},
		"another initial state":    {"func less(", "func Init(s *State) { s.Low = 1 }\n\nfunc less("},
		"another invariant":        {"s.Low <= 100", "s.Low <= 99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := thermo(t, mixer)
			if !strings.Contains(mixer, edit[0]) {
				t.Fatal("the edit changes nothing")
			}
			faulty, err := Reference(s.Contract, compile(t, s.Contract, strings.Replace(mixer, edit[0], edit[1], 1)), "faulty")
			if err != nil {
				t.Fatal(err)
			}
			st, err := Check(t.Context(), s, Options{More: []Engine{faulty}})
			if err != nil {
				t.Fatal(err)
			}
			if st.Outcome != pipeline.Fail || st.Findings[0].Code != "agree.diverge" || st.Findings[0].Where != "faulty" {
				t.Fatalf("%s: %s %v", st.Outcome, st.Summary, st.Findings)
			}
			t.Log(st.Summary, st.Findings[0].Witness)
			if name != "another invariant" && name != "shifts by one more" && name != "forgets a store" && !strings.Contains(st.Findings[0].Witness, "initial state") {
				t.Errorf("the witness could be smaller: %s", st.Findings[0].Witness)
			}
		})
	}
}

// A printed model that was altered is found by Coq itself, and the input made
// small; all faults of the printer are in TestEveryMutantOfTheCoqPrinterIsCaught.
func TestAlteredModelIsFound(t *testing.T) {
	t.Parallel()
	c := all(t).Coq
	for name, edit := range map[string][2]string{
		"wrap":  {"u8 (", "u16 ("},
		"order": {"Init : res State := Ok (mkState 0 0", "Init : res State := Ok (mkState 0 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{Coq: c, CoqTrials: 64, editModel: func(model []byte) []byte {
				out := bytes.Replace(model, []byte(edit[0]), []byte(edit[1]), 1)
				if bytes.Equal(out, model) {
					t.Error("the edit changes nothing")
				}
				return out
			}}
			st, err := Check(t.Context(), thermo(t, mixer), o)
			if err != nil {
				t.Fatal(err)
			}
			if st.Outcome != pipeline.Fail || st.Findings[0].Where != InCoq {
				t.Fatalf("%s: %s %v", st.Outcome, st.Summary, st.Notes)
			}
			t.Log(st.Summary, st.Findings[0].Witness)
		})
	}
}

func TestMissingEngineIsInconclusive(t *testing.T) {
	t.Parallel()
	st, err := Check(t.Context(), thermo(t, mixer), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if st.Outcome != pipeline.Inconclusive || !strings.Contains(st.Notes["engine.native"], "install Go") || st.Findings[0].Where != Native {
		t.Errorf("%s: %s %v %v", st.Outcome, st.Summary, st.Notes, st.Findings)
	}
}

func TestModuleAboveItsBudgetIsRefused(t *testing.T) {
	t.Parallel()
	s := thermo(t, mixer)
	s.Contract.Budget = 3
	st, err := Check(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if st.Outcome != pipeline.Fail || st.Findings[0].Code != "agree.budget" {
		t.Errorf("%s: %v", st.Outcome, st.Findings)
	}
}

func TestSourceMustBeThatOfTheIR(t *testing.T) {
	t.Parallel()
	s := thermo(t, mixer)
	s.Source = []byte(strings.Replace(mixer, "200", "201", 1))
	st, err := Check(t.Context(), s, Options{Go: all(t).Go})
	if err != nil {
		t.Fatal(err)
	}
	if st.Outcome != pipeline.Fail || st.Findings[0].Code != "agree.source" {
		t.Errorf("%s: %v", st.Outcome, st.Findings)
	}
}

func TestInitThatPanicsAgrees(t *testing.T) {
	t.Parallel()
	for name, init := range map[string]string{
		"writes": "s.Low = 1 / int8(s.Sum)",
		"reads":  "x := 1 / int8(s.Sum)\n\t_ = x", // the printer of Coq forgot that this may panic
	} {
		src := strings.Replace(mixer, "func less(", "func Init(s *State) {\n\t"+init+"\n}\n\nfunc less(", 1)
		st, err := Check(t.Context(), thermo(t, src), all(t))
		if err != nil {
			t.Fatal(err)
		}
		if st.Outcome != pipeline.Pass || !strings.HasPrefix(st.Summary, "5 engines") {
			t.Errorf("%s: %s: %s %v", name, st.Outcome, st.Summary, st.Findings)
		}
	}
}

func TestSameSubjectSameStatement(t *testing.T) {
	t.Parallel()
	var digests []pipeline.Digest
	for range 2 {
		st, err := Check(t.Context(), thermo(t, mixer), Options{Trials: 2000})
		if err != nil {
			t.Fatal(err)
		}
		d, err := st.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, d)
	}
	if digests[0] != digests[1] {
		t.Error("two statements about the same work differ")
	}
}

func TestStationEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Check(ctx, thermo(t, mixer), Options{}); err == nil {
		t.Error("a cancelled check gave a statement")
	}
	late, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	if st, err := Check(late, thermo(t, mixer), Options{}); err != nil || st.Outcome != pipeline.Inconclusive {
		t.Errorf("out of time: %s, %v", st.Outcome, err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	if _, err := Check(t.Context(), thermo(t, mixer), all(t)); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
