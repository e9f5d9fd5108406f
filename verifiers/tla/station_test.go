package tla

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/joint/jointtest"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

const thermo = "../../kernel/tilego/testdata/thermo"

// contractWith loads the contract of a hot box with replacements in its files.
func contractWith(t testing.TB, edits ...string) *contract.Contract {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, name := range []string{"contract.go", "env.go", "contract.yaml"} {
		b, err := os.ReadFile(thermo + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for i := 0; i < len(edits); i += 2 {
			text = strings.ReplaceAll(text, edits[i], edits[i+1])
		}
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := contract.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func subject(t testing.TB, c *contract.Contract, source string) verifiers.Subject {
	t.Helper()
	u, err := tilego.Compile([]byte(source), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	ref := pipeline.ModuleRef{Code: pipeline.Code{Slot: c.Slot, Contract: pipeline.SumBytes([]byte("contract"))}}
	return verifiers.Subject{Contract: c, Source: []byte(source), Unit: u, Ref: ref}
}

const header = `package m
import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"
type State struct { level uint8 }
func Inv(s *State) bool { return s.level <= MaxFan }
`

const alarm = `if in.Fault || in.Temp >= Critical { s.level = MaxFan; return MaxFan, MaxThrottle }
`

// steps and window are modules that keep the promises; window has arrays, loops
// and wide integers.
func steps(t testing.TB) string  { return read(t, thermo+"/../steps.go") }
func window(t testing.TB) string { return read(t, thermo+"/../../tlagen/testdata/window.go") }

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestStation(t *testing.T) {
	t.Parallel()
	c := checker(t)
	step := func(body string) string {
		return header + "func Step(s *State, in *Input) (fan, throttle uint8) {\n" + body + "\n}"
	}
	for name, tc := range map[string]struct {
		source  string
		edits   []string
		outcome pipeline.Outcome
		code    string // of the first finding
		summary string
	}{
		"keeps its promises": {source: steps(t), outcome: pipeline.Pass, summary: "424 states, no invariant broken, explorer, tla-checker agree"},
		"keeps them with arrays and loops": {source: window(t), edits: []string{"* 30", "* 100", "int16(fan)*10", "int16((fan+3)/5)*100"},
			outcome: pipeline.Pass, summary: "4605 states, no invariant broken, explorer, tla-checker agree"},
		"ignores the critical temperature": {
			source:  step(`if in.Temp > 900 { return 1, 0 }; return 0, 0`),
			outcome: pipeline.Fail, code: "tla.violation", summary: "Post is broken in 1 steps"},
		"looks up beyond the table": {
			source:  step(alarm + `return Curve[s.level], 0`),
			outcome: pipeline.Fail, code: "tla.violation", summary: "NoPanic is broken (index out of range in Step) in 2 steps"},
		"leaves its invariant": {
			source:  step(alarm + `s.level += 3; return MaxFan, 0`),
			outcome: pipeline.Fail, code: "tla.violation", summary: "Inv is broken in 2 steps"},
		"cools too late": {
			source:  step(alarm + `return 0, 0`),
			outcome: pipeline.Fail, code: "tla.violation", summary: "SafeTemp is broken in 7 steps"},
		"does not cool soon enough": {
			source: steps(t), edits: []string{"Patience    = 8", "Patience    = 2"},
			outcome: pipeline.Fail, code: "tla.violation", summary: "SafeSoon is broken in 3 steps"},
		"counts beyond 30 bits": {
			source:  step(alarm + "x := uint32(uint16(in.Temp)) * 3000000\nif x == 7 { s.level = 1 }\nreturn MaxFan, 0"),
			outcome: pipeline.Inconclusive, code: "tla.unconfirmed"},
		"compares with a constant beyond 30 bits": {
			source:  step(alarm + "x := uint32(uint16(in.Temp))\nif x > 4000000000 { s.level = 1 }\nreturn MaxFan, 0"),
			outcome: pipeline.Pass, summary: "71 states, no invariant broken, explorer, tla-checker agree"},
		"has a value beyond 30 bits": {
			source:  step(alarm + "x := uint32(4000000000)\nif in.Temp > 700 { x = 1 }\nif x == 7 { s.level = 1 }\nreturn MaxFan, 0"),
			outcome: pipeline.Inconclusive, code: "tla.unconfirmed"},
		"surroundings break Wf": {
			source: steps(t), edits: []string{"in.Temp >= -400 && in.Temp <= 1500", "in.Temp >= 500"},
			outcome: pipeline.Error, code: "tla.surroundings"},
		"surroundings panic": {
			source: steps(t), edits: []string{"e.fault = choice >= 2", "e.fault = uint8(e.temp) / (e.since - 3) > 9"},
			outcome: pipeline.Error, code: "tla.surroundings"},
		"nothing happens": {
			source:  step(alarm + "return MaxFan, 0"),
			edits:   []string{"choice >= 2", "choice > 200", "heat - int16(fan)*10", "0 * heat", "e.since = min(e.since+1, 200)", "", "e.temp = 700", ""},
			outcome: pipeline.Inconclusive, code: "tla.vacuous"},
		"a choice without effect": {
			source: steps(t), edits: []string{"Choices     = 4", "Choices     = 5", "choice >= 2", "choice & 2 != 0"},
			outcome: pipeline.Pass, code: "tla.choice"},
		"too many states": {
			source: steps(t), edits: []string{"maxStates: 5000", "maxStates: 100"},
			outcome: pipeline.Inconclusive, code: "tla.limit", summary: "not all states were visited: stopped after 101 at model.maxStates: 100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, err := Check(t.Context(), subject(t, contractWith(t, tc.edits...), tc.source), Options{Checker: c})
			if err != nil {
				t.Fatal(err)
			}
			code := ""
			if len(st.Findings) > 0 {
				code = st.Findings[0].Code
				t.Logf("%s\n%s", st.Summary, st.Findings[0].Witness)
			}
			if st.Outcome != tc.outcome || code != tc.code || !strings.HasPrefix(st.Summary, tc.summary) {
				t.Errorf("%s, %q: %s; want %s, %q: %s\nnotes %v", st.Outcome, code, st.Summary, tc.outcome, tc.code, tc.summary, st.Notes)
			}
		})
	}
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	lazy := subject(t, contractWith(t), header+"func Step(s *State, in *Input) (fan, throttle uint8) {\n"+alarm+"return MaxFan, MaxThrottle\n}")
	lazy.Incumbent = subject(t, contractWith(t), steps(t)).Unit
	never := subject(t, contractWith(t, "temp, uint16(choice & 1), choice >= 2", "temp, uint16(choice & 1), choice >= 4"), steps(t))
	for name, tc := range map[string]struct {
		of      verifiers.Subject
		code    string
		where   string
		message string
	}{
		"the module does little":     {lazy, "tla.shrunk", "module.go", "71 states are reached, with the incumbent 424"},
		"the alarm never comes":      {never, "tla.clause", "contract.go:30 Post", `"fan == MaxFan" makes no difference in any state that is reached`},
		"a function of the contract": {lazy, "tla.clause", "contract.go:30 Post", `"Hot()" makes no difference`},
	} {
		st, err := Check(t.Context(), tc.of, Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range st.Findings {
			t.Logf("%s: %s %s: %s", name, f.Code, f.Where, f.Message)
			found = found || f.Code == tc.code && f.Where == tc.where && strings.HasPrefix(f.Message, tc.message) && f.Hint != ""
		}
		if !found || st.Outcome != pipeline.Pass {
			t.Errorf("%s: %s, no %s: %s", name, st.Outcome, tc.code, tc.message)
		}
	}
}

// Findings say where the promise is written.
func TestViolationsSayWhere(t *testing.T) {
	t.Parallel()
	step := func(body string) verifiers.Subject {
		return subject(t, contractWith(t), header+"func Step(s *State, in *Input) (fan, throttle uint8) {\n"+body+"\n}")
	}
	for want, s := range map[string]verifiers.Subject{
		"contract.go:30 Post": step("return 0, 0"),
		"module.go:4 Inv":     step(alarm + "s.level += 3; return MaxFan, 0"),
		"module.go:5 NoPanic": step(alarm + "return Curve[s.level], 0"),
		"env.go:39 SafeTemp":  step(alarm + "return 0, 0"),
	} {
		st, err := Check(t.Context(), s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(st.Findings) != 1 || st.Findings[0].Where != want {
			t.Errorf("%v, want %s", st.Findings, want)
		}
	}
}

func TestMissingEnginesAreNamed(t *testing.T) {
	t.Parallel()
	if _, err := OpenChecker(t.TempDir()); !errors.Is(err, ErrMissing) {
		t.Errorf("tla-checker in an empty folder: %v", err)
	}
	if _, err := OpenTLC(""); !errors.Is(err, ErrMissing) {
		t.Errorf("TLC without jar: %v", err)
	}
	st, err := Check(t.Context(), subject(t, contractWith(t), steps(t)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if st.Outcome != pipeline.Pass || !strings.Contains(st.Summary, "by the explorer alone") {
		t.Errorf("%s: %s", st.Outcome, st.Summary)
	}
	for _, e := range []string{"tla-checker", "tlc"} {
		if !strings.HasPrefix(st.Notes["engine."+e], "not installed") {
			t.Errorf("note on %s: %q", e, st.Notes["engine."+e])
		}
	}
}

func TestOtherCheckerIsRefused(t *testing.T) {
	t.Parallel()
	c := &Checker{code: []byte("\x00asm\x01\x00\x00\x00")}
	if _, err := Check(t.Context(), subject(t, contractWith(t), steps(t)), Options{Checker: c}); err == nil || !strings.Contains(err.Error(), CheckerDigest) {
		t.Errorf("another Wasm file: %v", err)
	}
}

func TestEqualWorkGivesEqualStatements(t *testing.T) {
	t.Parallel()
	s, o := subject(t, contractWith(t), steps(t)), Options{Checker: checker(t)}
	a, err := Check(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Check(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
}

func TestInputsNameWhatCanChangeTheAnswer(t *testing.T) {
	t.Parallel()
	s := subject(t, contractWith(t), steps(t))
	keys := map[pipeline.Digest]string{}
	for name, o := range map[string]Options{
		"explorer alone": {}, "with tla-checker": {Checker: &Checker{}}, "with TLC": {TLC: &TLC{digest: "a"}},
		"with another TLC": {TLC: &TLC{digest: "b"}}, "less work": {MaxWork: 1000},
	} {
		key := pipeline.InputsDigest(Inputs(s, o))
		if other, ok := keys[key]; ok {
			t.Errorf("%s and %s have equal inputs", name, other)
		}
		keys[key] = name
	}
}

func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	st, err := Check(t.Context(), subject(t, contractWith(t), steps(t)), Options{Checker: &Checker{}, MaxWork: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if st.Outcome != pipeline.Inconclusive || !strings.Contains(st.Notes["engine.tla-checker"], "not asked") {
		t.Errorf("%s: %s %v", st.Outcome, st.Summary, st.Notes)
	}
}

func TestAttachmentsAreKept(t *testing.T) {
	t.Parallel()
	kept := map[string]pipeline.Digest{}
	o := Options{Keep: func(name string, content []byte) error {
		kept[name] = pipeline.SumBytes(content)
		return nil
	}}
	st, err := Check(t.Context(), subject(t, contractWith(t), steps(t)), o)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(st.Attachments, kept); d != "" || len(kept) != 2 {
		t.Errorf("kept %v, want %v", kept, st.Attachments)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	s := subject(t, contractWith(t), steps(t))
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	st, err := Check(ctx, s, Options{})
	if err != nil || st.Outcome != pipeline.Inconclusive {
		t.Errorf("deadline: %s, %v", st.Outcome, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := Check(ctx, s, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// governor runs the station's core on the systems of jointtest.
func governor(t *testing.T, module *ir.Unit, o Options) *check {
	t.Helper()
	sys, err := joint.New(module, jointtest.Contract(), jointtest.Plant(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &check{sys: sys, options: o, st: pipeline.Statement{Notes: map[string]string{}}}
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func figure(st pipeline.Statement, name string) int {
	for _, f := range st.Figures {
		if f.Name == name {
			n, _ := strconv.Atoi(f.Value)
			return n
		}
	}
	return 0
}

func TestGovernorHasEqualCountsInAllEngines(t *testing.T) {
	t.Parallel()
	st := governor(t, jointtest.Governor(), Options{Checker: checker(t)}).st
	if st.Outcome != pipeline.Pass || figure(st, "explorer.states") != 171 || figure(st, "tla-checker.states") != 171 || figure(st, "explorer.generated") != 1028 {
		t.Errorf("%s: %s %v", st.Outcome, st.Summary, st.Figures)
	}
}

func TestTLCAgrees(t *testing.T) {
	t.Parallel()
	o := Options{TLC: tlc(t)}
	st := governor(t, jointtest.Governor(), o).st
	if st.Outcome != pipeline.Pass || figure(st, "tlc.states") != 171 || figure(st, "tlc.generated") != 1028 || figure(st, "tlc.depth") != 8 {
		t.Errorf("%s: %s %v", st.Outcome, st.Summary, st.Figures)
	}
	for name, m := range map[string]*ir.Unit{"careless": jointtest.Careless(), "reckless": jointtest.Reckless()} {
		if st := governor(t, m, o).st; st.Outcome != pipeline.Fail || st.Notes["engine.tlc"] != "agrees" {
			t.Errorf("%s: %s: %s %v", name, st.Outcome, st.Summary, st.Notes)
		}
	}
}

func TestEnginesThatDisagreeAreAnError(t *testing.T) {
	t.Parallel()
	good, bad := governor(t, jointtest.Governor(), Options{}), governor(t, jointtest.Careless(), Options{})
	for name, tc := range map[string]struct {
		of   *check
		says Answer
		want pipeline.Outcome
	}{
		"same":                   {good, Answer{Verdict: Holds, Distinct: 171, Generated: 1028}, pipeline.Pass},
		"does not count steps":   {good, Answer{Verdict: Holds, Distinct: 171}, pipeline.Pass},
		"fewer states":           {good, Answer{Verdict: Holds, Distinct: 170}, pipeline.Error},
		"other steps":            {good, Answer{Verdict: Holds, Distinct: 171, Generated: 1027}, pipeline.Error},
		"violated":               {good, Answer{Verdict: Violated, Broken: 3, Trace: 2}, pipeline.Error},
		"no verdict":             {good, noVerdict("ran out of memory"), pipeline.Inconclusive},
		"large values":           {good, Answer{Verdict: Violated, Broken: 0, Trace: 2}, pipeline.Inconclusive},
		"same violation":         {bad, Answer{Verdict: Violated, Broken: 3, Trace: 2}, pipeline.Fail},
		"longer trace":           {bad, Answer{Verdict: Violated, Broken: 3, Trace: 3}, pipeline.Error},
		"holds":                  {bad, Answer{Verdict: Holds, Distinct: 171}, pipeline.Error},
		"no verdict on refuted":  {bad, noVerdict("ran out of memory"), pipeline.Fail},
		"large values, violated": {bad, Answer{Verdict: Violated, Broken: 0, Trace: 2}, pipeline.Fail},
	} {
		c := &check{sys: tc.of.sys, result: tc.of.result, st: pipeline.Statement{Notes: map[string]string{}}}
		c.others = []opinion{{"other", tc.says}}
		c.conclude()
		if c.st.Outcome != tc.want {
			t.Errorf("%s: %s (%s), want %s", name, c.st.Outcome, c.st.Summary, tc.want)
		}
	}
}

func TestLongTracesAreShortened(t *testing.T) {
	t.Parallel()
	c := governor(t, jointtest.Careless(), Options{})
	v := c.result.Violation
	for range 1000 {
		v.Trace = append(v.Trace, v.Trace[0])
	}
	if n := strings.Count(c.table(), "\n"); n != 2*maxWitness {
		t.Errorf("%d lines, want %d", n, 2*maxWitness)
	}
}
