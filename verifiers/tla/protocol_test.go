package tla

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// protocol is a specification written by hand, beside the code that it is of,
// and one of the sizes in which it is checked.
type protocol struct {
	name  string
	file  string   // without extension
	size  []string // replacements in the configuration
	large bool     // too large for tla-checker in every run of the tests
}

const (
	rolloutSpec = "../../rollout/spec/Rollout"
	swapSpec    = "../../kernel/host/spec/Swap"
)

var protocols = []protocol{
	{name: "rollout-2", file: rolloutSpec},
	{name: "rollout-2-crash", file: rolloutSpec, size: []string{"CRASHES = 0", "CRASHES = 1"}, large: true},
	{name: "rollout-3", file: rolloutSpec, size: []string{"N = 2", "N = 3"}, large: true},
	{name: "swap-2", file: swapSpec},
	{name: "swap-2-panics", file: swapSpec, size: []string{"FAILURES = 1", "FAILURES = 2"}, large: true},
	{name: "swap-3", file: swapSpec, size: []string{"I = 2", "I = 3"}, large: true},
}

func (p protocol) read(t testing.TB) Specification {
	t.Helper()
	config := strings.NewReplacer(p.size...).Replace(read(t, p.file+".cfg"))
	return ReadConfig(filepath.Base(p.file), read(t, p.file+".tla"), config)
}

func (p protocol) ask(t testing.TB, e engine, s Specification) (found, string) {
	t.Helper()
	a, err := e.Check(t.Context(), s, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if a.Verdict == Unable {
		t.Fatalf("%s: %s has no verdict: %s", p.name, e.name(), a.Reason)
	}
	f := found{a.Verdict.String(), "-", a.Trace, a.Distinct, a.Generated}
	if a.Verdict == Violated {
		f.broken = s.Invariants[a.Broken]
	}
	return f, a.Version
}

const protocolResults = "testdata/protocols.golden"

func TestProtocolsHoldAndHaveTheCountsOfTLC(t *testing.T) {
	t.Parallel()
	golden := readGolden(t, protocolResults)
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			want, ok := golden[p.name]
			if !ok || want.verdict != "holds" {
				t.Fatalf("TLC: %s: %s", want, updateProtocols)
			}
			if p.large && os.Getenv("GENESIS_NIGHTLY") == "" {
				t.Skip("SKIPPED: large; set GENESIS_NIGHTLY=1")
			}
			got, _ := p.ask(t, checker(t), p.read(t))
			if got.generated = want.generated; got != want {
				t.Errorf("tla-checker: %s\nTLC:         %s", got, want)
			}
		})
	}
}

const updateProtocols = "run TLC_JAR=... go test ./verifiers/tla -run TLCChecksTheProtocols -update, and review what changed"

func TestTLCChecksTheProtocols(t *testing.T) {
	e := tlc(t)
	k := keeping(t, protocolResults)
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			got, version := p.ask(t, e, p.read(t))
			k.compare(t, p.name, got, version, updateProtocols)
		})
	}
	k.write(t)
}

// seeded is a mistake in a protocol that one promise must find.
type seeded struct{ what, file, breaks, old, new string }

var mistakes = []seeded{
	{"the old module goes on deciding beside the new one", rolloutSpec, "OneDecides",
		`( run' = [ run EXCEPT ![t] = { "new" } ] )`, `( run' = [ run EXCEPT ![t] = { "old", "new" } ] )`},
	{"a commit that was not obeyed everywhere counts as done", rolloutSpec, "CommitMeansHealthy",
		`( \A t \in Reached : ( ( disk[t] = "new" ) /\ ( ( mode[t] = "new" ) \/ ( mode[t] = "down" ) ) ) )
  /\ ( ctl' = "done" )`, `( \E t \in Reached : ( disk[t] = "new" ) ) /\ ( ctl' = "done" )`},
	{"a commit before the last wave", rolloutSpec, "CommitComesLast", `( passed = wave ) /\ ( wave = N )`, `( passed = wave )`},
	{"a commit without the last look", rolloutSpec, "CommitComesLast", `( passed = wave ) /\ ( wave = N )`, `( wave = N )`},
	{"a silent tile counts as restored", rolloutSpec, "RestoredMeansOld",
		`( ( rep[t] = "old" ) \/ ( rep[t] = "back" ) ) )
  /\ ( ctl' = "restored" )`, `( rep[t] # "trial" ) ) /\ ( ctl' = "restored" )`},
	{"old reports are believed", rolloutSpec, "RestoredMeansOld", `( rep' = [ t \in Tiles |-> "none" ] )`, `UNCHANGED rep`},
	{"an order never expires", rolloutSpec, "HaltBringsBack", `( ( mode[t] # "trial" ) \/ ( age[t] < D ) )`, `TRUE`},
	{"a restart goes on with the trial", rolloutSpec, "LeftMeansOld",
		`Found(t) == ( IF ( disk[t] = "new" )`, `Found(t) == ( IF ( disk[t] # "old" )`},
	{"a wave is ordered before the gate of the one before", rolloutSpec, "FewUnconfirmed", `( ( ctl = "gate" ) /\ ( passed = wave ) )`, `( ctl = "gate" )`},
	{"a tile takes a release that was not ordered for it", rolloutSpec, "OnlyOrdered", `/\ ( t = wave ) /\ ( mode[t] = "old" )`, `/\ ( mode[t] = "old" )`},

	{"the slot changes hands while a call runs", swapSpec, "OneActive", `Exchange(r) == ( ( pc = "take" )`, `Exchange(r) == ( ( ( pc = "take" ) \/ ( pc = "call" ) )`},
	{"a failed instance is called again", swapSpec, "CrashMeansOld", `pc' = ( IF ( taken = 0 ) THEN "revert" ELSE "end" )`, `pc' = ( IF ( taken = 0 ) THEN "out" ELSE "end" )`},
	{"the state is not carried", swapSpec, "NothingLost", `![Target(r)] = state[cur] ]`, `![Target(r)] = 0 ]`},
	{"a wish is taken without looking whether it is still there", swapSpec, "AnsweredOnce",
		`( wanted' = ( IF ( wanted = r ) THEN 0 ELSE wanted ) )
  /\ ( req' = [ req EXCEPT ![r] = ( IF ( wanted = r ) THEN "withdrawn" ELSE "leaving" ) ] )`,
		`UNCHANGED wanted /\ ( req' = [ req EXCEPT ![r] = "withdrawn" ] )`},
	{"the caller does not look for a wish", swapSpec, "SoonSeen", `( IF ( wanted = 0 ) THEN "ready" ELSE "take" )`, `"ready"`},
	{"a swap to the current instance", swapSpec, "WayBack", `( ( Target(r) # cur ) /\`, `(`},
	{"a way back after a revert", swapSpec, "BackOnce", `/\ ( ( r # R ) \/ ( from = cur ) ) )`, `)`},
}

// Each promise is broken by a seeded mistake, and each mistake breaks it.
func TestEveryPromiseOfAProtocolFindsItsMistake(t *testing.T) {
	t.Parallel()
	for _, m := range mistakes {
		t.Run(m.what, func(t *testing.T) {
			t.Parallel()
			p := protocol{name: m.what, file: m.file}
			if strings.Contains(m.what, "restart") {
				p.size = []string{"CRASHES = 0", "CRASHES = 1"}
			}
			s := p.read(t)
			if strings.Count(s.Text, m.old) != 1 {
				t.Fatalf("%d times %q", strings.Count(s.Text, m.old), m.old)
			}
			s.Text = strings.Replace(s.Text, m.old, m.new, 1)
			if got, _ := p.ask(t, checker(t), s); got.broken != m.breaks {
				t.Errorf("%s, want broken %s", got, m.breaks)
			}
		})
	}
	for _, file := range []string{rolloutSpec, swapSpec} {
		for _, name := range (protocol{file: file}).read(t).Invariants {
			if !slices.ContainsFunc(mistakes, func(m seeded) bool { return m.file == file && m.breaks == name }) {
				t.Errorf("%s of %s has no mistake that it finds", name, file)
			}
		}
	}
}

// Liveness is asked of TLC only: tla-checker accepts what is not true. Without
// the fairness that it needs, each property is refuted.
func TestTLCChecksLiveness(t *testing.T) {
	t.Parallel()
	e := tlc(t)
	for _, file := range []string{rolloutSpec, swapSpec} {
		p := protocol{file: file + "Live"}
		s := p.read(t)
		s.Others = map[string]string{filepath.Base(file): read(t, file+".tla")}
		if got, err := e.Check(t.Context(), s, 0); err != nil || got.Verdict != Holds {
			t.Errorf("%s: %+v, %v", s.Module, got, err)
		}
		head, tail, _ := strings.Cut(s.Text, "[][Next]_vars")
		_, tail, _ = strings.Cut(tail, "\n")
		s.Text = head + "[][Next]_vars )\n" + tail
		if got, err := e.Check(t.Context(), s, 0); err != nil || got.Verdict != Violated || got.Broken != Temporal {
			t.Errorf("%s without fairness: %+v, %v", s.Module, got, err)
		}
	}
}
