// Package checks runs the verification stations with the tools that this
// machine has. It finds each tool once, and only those of the stations that
// are asked for; a station whose tool is missing says so in its statement.
//
// It judges nothing, signs nothing and stores nothing.
package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/agree"
	"github.com/genesis-network/genesis/verifiers/coq"
	"github.com/genesis-network/genesis/verifiers/corpus"
	"github.com/genesis-network/genesis/verifiers/fuzz"
	"github.com/genesis-network/genesis/verifiers/native"
	"github.com/genesis-network/genesis/verifiers/tla"
)

// Stations are those that verify a module, in the order of the pipeline.
func Stations() []pipeline.Station {
	return []pipeline.Station{pipeline.Agree, pipeline.Coq, pipeline.TLA, pipeline.Fuzz}
}

// Config says where tools are and how much they may do. The zero value is the
// current folder and the defaults of the stations.
type Config struct {
	Root  string // checkout with deploy/fuzz and deploy/npm; without them what is built in is used
	Cache string // for what is built and compiled; "" is genesis in the user's cache folder

	Corpus  string   // folder of the cases that are tried on every candidate; "" is none
	Fuzzers []string // go-fuzz, go-test; nil is both

	Proof time.Duration // wall time of each run of Coq
	Full  bool          // have coqchk check all that a proof stands on
	Blind bool          // ask Coq before anybody looked for a witness; see coq.Options
	Model []byte        // text that is said to be the module's model; nil is not to ask
	Again bool          // ask the stations also what they have answered before

	Keep func(name string, content []byte) error // of attachments; may be nil
}

// Tools are what was found.
type Tools struct {
	config  Config
	agree   agree.Options
	fuzz    fuzz.Options
	tla     tla.Options
	corpus  *corpus.Store // nil is none
	missing []string
}

// Find finds the tools that the stations use. The first use of go-fuzz builds
// it, which takes some seconds and the network.
func Find(ctx context.Context, c Config, stations ...pipeline.Station) (*Tools, error) {
	if c.Cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("no cache folder: %w; set XDG_CACHE_HOME", err)
		}
		c.Cache = filepath.Join(user, "genesis")
	}
	for _, name := range c.Fuzzers {
		if name != fuzz.GoFuzzName && name != fuzz.GoTestName {
			return nil, fmt.Errorf("no fuzzer %q; there are %s and %s", name, fuzz.GoFuzzName, fuzz.GoTestName)
		}
	}
	t := &Tools{config: c}
	if c.Corpus != "" {
		t.corpus = corpus.Open(c.Corpus)
	}
	wants := func(s pipeline.Station) bool { return len(stations) == 0 || slices.Contains(stations, s) }
	if wants(pipeline.Agree) || wants(pipeline.Fuzz) {
		t.findGo(ctx, wants(pipeline.Fuzz))
	}
	if wants(pipeline.Agree) {
		var err error
		if t.agree.Coq, err = agree.FindCoq(ctx); err != nil {
			t.missing = append(t.missing, err.Error())
		}
	}
	if wants(pipeline.TLA) {
		return t, t.findTLA()
	}
	return t, ctx.Err()
}

func (t *Tools) findGo(ctx context.Context, fuzzer bool) {
	tool, err := native.Find(ctx)
	if err != nil {
		t.missing = append(t.missing, err.Error())
		t.fuzz.Missing = map[string]string{fuzz.GoFuzzName: "no Go toolchain", fuzz.GoTestName: "no Go toolchain"}
		return
	}
	t.agree.Go, t.fuzz.Go = tool, tool
	if fuzzer {
		t.findFuzzers(ctx, tool)
	}
}

func (t *Tools) findFuzzers(ctx context.Context, tool *native.Toolchain) {
	t.fuzz.Missing = map[string]string{}
	chosen := func(name string) bool {
		ok := len(t.config.Fuzzers) == 0 || slices.Contains(t.config.Fuzzers, name)
		if !ok {
			t.fuzz.Missing[name] = "not chosen"
		}
		return ok
	}
	if chosen(fuzz.GoFuzzName) {
		pins, err := t.config.pins("fuzz")
		var g *fuzz.GoFuzz
		if err == nil {
			g, err = fuzz.Install(ctx, tool, pins, t.config.Cache)
		}
		if err != nil {
			t.missing = append(t.missing, fmt.Sprintf("go-fuzz: %s: check that the Go module proxy can be reached", err))
			t.fuzz.Missing[fuzz.GoFuzzName] = "it could not be built, which needs the network once"
		} else {
			t.fuzz.Engines = append(t.fuzz.Engines, g)
		}
	}
	if chosen(fuzz.GoTestName) {
		t.fuzz.Engines = append(t.fuzz.Engines, fuzz.GoTest{Version: tool.Version})
	}
}

func (t *Tools) findTLA() error {
	checker, err := t.config.openChecker()
	if err == nil {
		t.tla.Checker = checker
	} else if t.missing = append(t.missing, err.Error()); !errors.Is(err, tla.ErrMissing) {
		return err
	}
	if tlc, err := tla.OpenTLC(os.Getenv("TLC_JAR")); err == nil {
		t.tla.TLC = tlc
	}
	return nil
}

// Missing are the tools that were not found, as sentences for people.
func (t *Tools) Missing() []string { return slices.Clone(t.missing) }

// Close frees what running took.
func (t *Tools) Close(ctx context.Context) error {
	if t.tla.Checker == nil {
		return nil
	}
	return t.tla.Checker.Close(ctx)
}

// Effort is what one run of a station may do.
type Effort struct {
	More   int              // of the prover: 1 doubles its time, 2 makes it three times as long
	For    time.Duration    // of fuzzing; 0 is the station's default
	Corpus []verifiers.Case // tried first by agree and fuzz, besides those of Config.Corpus
}

// Run runs a station on a module. Proof is what coq accepted, nil otherwise.
func (t *Tools) Run(ctx context.Context, station pipeline.Station, s verifiers.Subject, e Effort) (st pipeline.Statement, proof []byte, err error) {
	switch station {
	case pipeline.Agree:
		st, err = t.runAgree(ctx, s, e)
	case pipeline.Coq:
		return t.prove(ctx, s, e)
	case pipeline.TLA:
		st, err = t.runTLA(ctx, s)
	case pipeline.Fuzz:
		st, err = t.runFuzz(ctx, s, e)
	default:
		err = fmt.Errorf("station %s verifies no module; there are %v", station, Stations())
	}
	return st, nil, err
}

func (t *Tools) runAgree(ctx context.Context, s verifiers.Subject, e Effort) (pipeline.Statement, error) {
	o := t.agree
	var err error
	if o.Corpus, err = t.regressions(s, e); err != nil {
		return pipeline.Statement{}, err
	}
	return t.once(question(pipeline.Agree, s, agree.Inputs(s, o)), func(keeper) (pipeline.Statement, error) {
		return agree.Check(ctx, s, o)
	})
}

func (t *Tools) runTLA(ctx context.Context, s verifiers.Subject) (pipeline.Statement, error) {
	return t.once(question(pipeline.TLA, s, tla.Inputs(s, t.tla)), func(keep keeper) (pipeline.Statement, error) {
		o := t.tla
		o.Keep = keep
		return tla.Check(ctx, s, o)
	})
}

// question is what a station that judges code is asked.
func question(station pipeline.Station, s verifiers.Subject, inputs map[string]pipeline.Digest) pipeline.EvidenceKey {
	return pipeline.EvidenceKey{
		Subject: pipeline.Subject{Kind: pipeline.SubjectCode, Digest: s.Ref.Code.Digest()},
		Station: station, Inputs: pipeline.InputsDigest(inputs),
	}
}

// regressions are the cases that are tried before anything else.
func (t *Tools) regressions(s verifiers.Subject, e Effort) ([]verifiers.Case, error) {
	if t.corpus == nil {
		return e.Corpus, nil
	}
	kept, err := t.corpus.Regressions(s.Ref.Code.Contract)
	return append(slices.Clone(e.Corpus), kept...), err
}

// runFuzz fuzzes with what earlier runs left, and leaves what it found to later
// ones: a witness joins the regression corpus of the contract. What was learned
// since a verdict does not make it wrong: seeds are no part of the question.
func (t *Tools) runFuzz(ctx context.Context, s verifiers.Subject, e Effort) (pipeline.Statement, error) {
	o := t.fuzz
	o.For = e.For
	var err error
	if o.Corpus, err = t.regressions(s, e); err != nil {
		return pipeline.Statement{}, err
	}
	return t.once(question(pipeline.Fuzz, s, fuzz.Inputs(s, o)), func(keep keeper) (pipeline.Statement, error) {
		o.Keep = keep
		if t.corpus == nil {
			return fuzz.Check(ctx, s, o)
		}
		return t.learn(ctx, s, o)
	})
}

// learn fuzzes from a corpus and adds to it.
func (t *Tools) learn(ctx context.Context, s verifiers.Subject, o fuzz.Options) (pipeline.Statement, error) {
	contract, keep := s.Ref.Code.Contract, o.Keep
	var err error
	if o.Seeds, err = t.corpus.Seeds(contract); err != nil {
		return pipeline.Statement{}, err
	}
	o.Learn = func(cases []verifiers.Case) error { return t.corpus.ReplaceSeeds(contract, o.Seeds, cases) }
	o.Keep = func(name string, content []byte) error {
		if name != fuzz.WitnessFile {
			return keep(name, content)
		}
		known, err := verifiers.DecodeCase(content)
		if err == nil {
			err = t.corpus.AddRegression(contract, known)
		}
		return errors.Join(err, keep(name, content))
	}
	return fuzz.Check(ctx, s, o)
}

func (t *Tools) prove(ctx context.Context, s verifiers.Subject, e Effort) (pipeline.Statement, []byte, error) {
	o := coq.Options{Cache: filepath.Join(t.config.Cache, "coq"), Timeout: t.config.Proof, Full: t.config.Full, Blind: t.config.Blind, Model: t.config.Model, Keep: t.config.Keep,
		Worker: os.Getenv("GENESIS_ADDRESS")}
	if e.More > 0 {
		o.Timeout = cmp.Or(o.Timeout, coq.DefaultTimeout) * time.Duration(1+e.More)
	}
	err := t.selfTest(ctx, s, o)
	if err != nil && !errors.Is(err, coq.ErrMissing) { // without Coq its statement says so
		return pipeline.Statement{}, nil, err
	}
	r, err := coq.Prove(ctx, s, o)
	if err != nil {
		return pipeline.Statement{}, nil, err
	}
	return r.Statement, r.Proof, nil
}

// selfTest has the proof station show that it refuses cheats, once for each
// version of its trusted parts.
func (t *Tools) selfTest(ctx context.Context, s verifiers.Subject, o coq.Options) error {
	trusted := coq.Inputs(s, o)["engines"]
	mark := filepath.Join(t.config.Cache, "coq", "tested-"+string(trusted))
	if _, err := os.Stat(mark); err == nil && trusted != "" {
		return nil
	}
	if err := coq.SelfTest(ctx, coq.Options{Cache: o.Cache}); err != nil {
		return err
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return fmt.Errorf("note of the self-test: %w", err)
	}
	return nil
}
