package coq

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"sync"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen/coqgentest"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// cheatFiles are proofs that must be refused: known ways to make Coq accept what
// is not proven, and ways around whoever only looks at words.
//
//go:embed testdata/cheats/*.v
var cheatFiles embed.FS

// cheats are the texts by name.
func cheats() map[string][]byte {
	entries, err := cheatFiles.ReadDir("testdata/cheats")
	if err != nil {
		panic("coq: " + err.Error()) // embedded
	}
	out := map[string][]byte{}
	for _, e := range entries {
		text, err := cheatFiles.ReadFile(path.Join("testdata/cheats", e.Name()))
		if err != nil {
			panic("coq: " + err.Error())
		}
		out[e.Name()] = text
	}
	return out
}

// ErrSelfTest says that the station would accept what it must refuse, or refuse
// what it must accept. No verdict of it counts then.
var ErrSelfTest = errors.New("the proof station fails its self-test")

// SelfTest has the station refuse every known cheat and accept an honest proof
// of a small module; then, with the whitelist off, each later layer catches a
// cheat that it alone stands against. Whoever runs the station runs this first,
// and again when Coq was installed anew. It takes about ten seconds of processor
// time, in parallel within [Options].Budget; without Coq the error is ErrMissing.
func SelfTest(ctx context.Context, o Options) error {
	for name, text := range cheats() {
		if whitelist(text) == nil {
			return fmt.Errorf("%w: the whitelist lets %s through", ErrSelfTest, name)
		}
	}
	p, err := newProver(ctx, o)
	if err != nil {
		return err
	}
	o.layers.noWhitelist = false
	errs := make(chan error, 2)
	go func() { errs <- acceptsHonest(ctx, o) }()
	go func() { errs <- p.layersHold(ctx, o) }()
	return errors.Join(<-errs, <-errs)
}

func acceptsHonest(ctx context.Context, o Options) error {
	r, err := Prove(ctx, honest(), o)
	if err != nil {
		return fmt.Errorf("self-test: %w", err)
	}
	if r.Statement.Outcome != pipeline.Pass || r.Rung != RungOwn {
		return fmt.Errorf("%w: an honest proof is not accepted: %s", ErrSelfTest, r.Statement.Summary)
	}
	return nil
}

// caught are cheats with what must be said of them when the whitelist is off:
// one for each later layer. OUTSIDE in a text is a path outside the sandbox.
var caught = map[string]string{
	"axiom.v":                             "coq.axiom",  // what the gate's Print Assumptions shows
	"module_shadowing.v":                  "coq.gate",   // what the gate's types show
	"rocq_22366_parameter_inline_guard.v": "coq.coqchk", // what only coqchk shows
	"redirect_beside.v":                   "coq.stray",  // a file that was left
	"redirect.v":                          "coq.goal",   // the sandbox lets it write nothing
}

// layersHold tries the layers behind the whitelist.
func (p *prover) layersHold(ctx context.Context, o Options) error {
	shop, err := newWorkshop()
	if err != nil {
		return err
	}
	defer shop.close()
	texts, err := print(honest())
	if err != nil {
		return err
	}
	if err := shop.settle(ctx, p, texts); err != nil {
		return fmt.Errorf("self-test: %w", err)
	}
	o.layers.noWhitelist = true
	errs := make([]error, 0, len(caught))
	var wg sync.WaitGroup
	var mu sync.Mutex
	for name, code := range caught {
		wg.Go(func() {
			err := p.holds(ctx, shop, o, name, code)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// holds tries one cheat.
func (p *prover) holds(ctx context.Context, shop *workshop, o Options, name, code string) error {
	outside := filepath.Join(shop.root, "outside-"+name)
	text := bytes.ReplaceAll(cheats()[name], []byte("OUTSIDE"), []byte(outside))
	t, err := p.attempt(ctx, shop, rung{RungOwn, text}, o)
	if err != nil {
		return fmt.Errorf("self-test: %s: %w", name, err)
	}
	if t.accepted || t.finding.Code != code {
		return fmt.Errorf("%w: with the whitelist off, %s gives %q, want %q", ErrSelfTest, name, t.finding.Code, code)
	}
	if left, err := filepath.Glob(outside + "*"); err != nil || len(left) > 0 {
		return fmt.Errorf("%w: %s wrote %v outside the sandbox", ErrSelfTest, name, left)
	}
	return nil
}

// honest is a small module with its proof.
func honest() verifiers.Subject {
	c, m := coqgentest.Counting(), coqgentest.Counter()
	post, _ := c.Func("Post")
	return verifiers.Subject{
		Contract: &contract.Contract{Name: c.Slot, Slot: c.Slot, Unit: c, Entry: tilego.Entry{Name: "Step", Results: post.Params}},
		Unit:     m,
		Proof:    coqgen.DefaultProof(),
		Ref:      pipeline.ModuleRef{Code: pipeline.Code{Slot: c.Slot}},
	}
}
