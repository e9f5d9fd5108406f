package slots

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/hal/interpret"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/telemetry"
)

// Finding says what is wrong with a slot's folder, where, and what to write.
type Finding struct {
	Code    string `json:"code"` // stable: slot.contract, slot.vacuous, ...
	File    string `json:"file"` // in the folder
	Line    int    `json:"line"` // from 1
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Warning bool   `json:"warning"` // a slot works with it
}

// Step is one thing that was checked.
type Step struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Said string `json:"said"` // what was found, for people
}

// Report is what a check found.
type Report struct {
	Slot     string    `json:"slot"`
	Steps    []Step    `json:"steps"`
	Findings []Finding `json:"findings"`
}

// OK reports whether the slot can be used: no finding is more than a warning.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Warning })
}

// checker checks one folder.
type checker struct {
	fs     fs.FS
	report Report

	contract *contract.Contract
	program  *interpret.Program
	modules  map[string]lineages.Module // of the folder's lineages
	policies map[string]hal.Stepper     // textbook
	window   *telemetry.Window
}

// Check checks a slot's folder: that the contract compiles and means something,
// that its surroundings and its simulator run, that there are a textbook policy,
// a module and a trace that fit. It proves nothing of the modules. The error
// means that the context ended.
func Check(ctx context.Context, dir string) (Report, error) {
	c := &checker{fs: os.DirFS(dir), modules: map[string]lineages.Module{}, policies: map[string]hal.Stepper{}}
	for _, step := range []struct {
		name  string
		needs func() bool
		run   func(context.Context) (string, bool)
	}{
		{"contract", func() bool { return true }, c.checkContract},
		{"promise", func() bool { return c.contract != nil }, c.checkPromise},
		{"simulator", func() bool { return c.contract != nil }, c.checkSimulator},
		{"modules", func() bool { return c.contract != nil }, c.checkModules},
		{"surroundings", func() bool { return c.contract != nil && c.contract.Env != nil && len(c.modules) > 0 }, c.checkSurroundings},
		{"trace", func() bool { return c.program != nil }, c.checkTraces},
		{"run", func() bool { return c.window != nil && len(c.policies) > 0 }, c.checkRun},
	} {
		if !step.needs() {
			continue
		}
		said, ok := step.run(ctx)
		c.report.Steps = append(c.report.Steps, Step{step.name, ok, said})
		if err := ctx.Err(); err != nil {
			return c.report, err
		}
	}
	return c.report, nil
}

func (c *checker) add(f Finding) { c.report.Findings = append(c.report.Findings, f) }

// fail notes an error with the place that it names, if it names one.
func (c *checker) fail(code, file, hint string, err error) (string, bool) {
	if list, ok := errors.AsType[tilego.Refusals](err); ok {
		for _, r := range list {
			at := r.File
			if path.Base(file) == r.File {
				at = file
			}
			c.add(Finding{Code: code, File: at, Line: r.Line, Message: r.Rule + ": " + r.Message, Hint: r.Hint})
		}
		return fmt.Sprintf("%d refusals", len(list)), false
	}
	if e, ok := errors.AsType[*telemetry.Error](err); ok {
		at := e.File
		if path.Ext(at) == "" { // a trace by its name
			at = file
		}
		c.add(Finding{Code: code, File: at, Line: max(e.Line, 1), Message: e.What, Hint: e.Hint})
		return e.What, false
	}
	f := c.placed(file, err)
	f.Code, f.Hint = code, strings.Trim(f.Hint+"; "+hint, "; ")
	c.add(f)
	return f.Message, false
}

var (
	atLine  = regexp.MustCompile(`(contract\.yaml|sim\.yaml):(?: yaml:)?(?: line)? ?(\d+): (.*)`)
	atField = regexp.MustCompile(`(contract\.yaml): ([a-zA-Z.\[\]0-9]+): (.*)`)
	inFile  = regexp.MustCompile(`(contract\.go|env\.go|sim\.go|contract\.yaml|sim\.yaml)[: ]+(.*)`)
	promise = regexp.MustCompile(`(?:[:;,] )?(?:write|declare|begin) .*`)
)

// placed finds file, line and advice in a message.
func (c *checker) placed(file string, err error) Finding {
	text := strings.ReplaceAll(err.Error(), ": "+interpret.ErrShape.Error(), "")
	f := Finding{File: file, Line: 1, Message: text}
	if m := atLine.FindStringSubmatch(text); m != nil {
		f.File, f.Message = m[1], m[3]
		f.Line, _ = strconv.Atoi(m[2])
	} else if m := atField.FindStringSubmatch(text); m != nil {
		f.File, f.Message = m[1], m[2]+" is missing or wrong: "+m[3]
		f.Line = c.lineOf(m[1], m[2])
	} else if m := inFile.FindStringSubmatch(text); m != nil {
		f.File, f.Message = m[1], m[2]
		f.Line = c.lineOf(m[1], m[2])
	}
	if advice := promise.FindString(f.Message); advice != "" && advice != f.Message {
		f.Message = strings.TrimSuffix(f.Message, advice)
		f.Hint = strings.TrimLeft(advice, ":;, ")
	}
	return f
}

// lineOf is the line of a file that begins with the last word of a path such as
// cost.budget, or names the first word of a message.
func (c *checker) lineOf(file, what string) int {
	text, err := fs.ReadFile(c.fs, file)
	if err != nil {
		return 1
	}
	words := strings.FieldsFunc(what, func(r rune) bool { return r == '.' || r == ' ' || r == ':' || r == '[' || r == ']' })
	for i := len(words) - 1; i >= 0 && strings.HasSuffix(file, ".yaml"); i-- {
		if at := lineWith(string(text), regexp.MustCompile(`(^|[\s{,-])`+regexp.QuoteMeta(words[i])+`:`)); at > 0 {
			return at
		}
	}
	for _, w := range words {
		if at := lineWith(string(text), regexp.MustCompile(`^(func|type|const|\t)\s*`+regexp.QuoteMeta(w)+`\b`)); at > 0 {
			return at
		}
	}
	return 1
}

func lineWith(text string, pattern *regexp.Regexp) int {
	for i, line := range strings.Split(text, "\n") {
		if pattern.MatchString(line) {
			return i + 1
		}
	}
	return 0
}

func (c *checker) checkContract(context.Context) (string, bool) {
	k, err := contract.Load(c.fs)
	if err != nil {
		return c.fail("slot.contract", "contract.go", "", err)
	}
	c.contract, c.report.Slot = k, k.Slot
	if k.Env == nil {
		c.add(Finding{Code: "slot.env", File: "env.go", Line: 1, Warning: true, Message: "there are no surroundings, so nothing is model-checked",
			Hint: "write env.go: see the package documentation of kernel/tilego/joint"})
	}
	return fmt.Sprintf("%s version %d: %d metrics, a call costs at most %d instructions", k.Name, k.Version, len(k.Metrics), k.Budget), true
}

func (c *checker) checkSimulator(context.Context) (string, bool) {
	p, err := interpret.Open(c.fs, c.contract)
	if errors.Is(err, fs.ErrNotExist) {
		return c.fail("slot.simulator", "sim.go", "write sim.go and sim.yaml: see the package documentation of hal/interpret", err)
	}
	if err != nil {
		return c.fail("slot.simulator", "sim.go", "", err)
	}
	c.program = p
	return fmt.Sprintf("a tick of %s, blocks of %s, counters %s", p.Tick, p.Block, strings.Join(p.Counters(), ", ")), true
}

// checkModules compiles textbook policies and lineages.
func (c *checker) checkModules(context.Context) (string, bool) {
	ok := true
	for _, kind := range []string{"textbook", "lineages"} {
		files, _ := fs.Glob(c.fs, kind+"/*/module.go") // the pattern is well-formed
		if len(files) == 0 {
			c.add(Finding{Code: "slot.modules", File: kind, Line: 1, Message: "no module", Hint: "write " + kind + "/NAME/module.go"})
			ok = false
		}
		for _, file := range files {
			if err := c.module(kind, file); err != nil {
				c.fail("slot.modules", file, "", err)
				ok = false
			}
		}
	}
	return fmt.Sprintf("%d textbook policies, %d lineages", len(c.policies), len(c.modules)), ok
}

func (c *checker) module(kind, file string) error {
	source, err := fs.ReadFile(c.fs, file)
	if err != nil {
		return err
	}
	name := path.Base(path.Dir(file))
	m, err := lineages.Compile(c.contract, source, nil)
	if err != nil {
		return err
	}
	if kind == "lineages" {
		c.modules[name] = m
		return nil
	}
	p, err := vm.New(m.Unit)
	if err != nil {
		return err
	}
	c.policies[name], err = hal.Interpret(p)
	return err
}

// checkSurroundings explores the surroundings with each module.
func (c *checker) checkSurroundings(ctx context.Context) (string, bool) {
	states, ok := 0, true
	for _, name := range slices.Sorted(maps.Keys(c.modules)) {
		k := c.contract
		s, err := joint.New(c.modules[name].Unit, k.Unit, k.Env, k.Model.Consts)
		if err != nil {
			return c.fail("slot.env", "env.go", "", err)
		}
		r, err := s.Explore(ctx, joint.Limits{MaxStates: k.Model.MaxStates})
		if err != nil {
			return c.fail("slot.env", "env.go", "", err)
		}
		states += r.Distinct
		if f, bad := explored(r, name, k.Model.MaxStates); bad {
			if r.Violation != nil && f.File == "env.go" {
				f.Line = max(c.lineOf("env.go", r.Violation.Name), 1)
			}
			c.add(f)
			ok = ok && f.Warning
		}
	}
	return fmt.Sprintf("%d states", states), ok
}

// explored judges an exploration.
func explored(r *joint.Result, module string, limit int) (Finding, bool) {
	switch {
	case r.Violation != nil && r.Violation.Env:
		return Finding{Code: "slot.env", File: "env.go", Line: 1, Message: fmt.Sprintf("%s %s after %d steps with lineages/%s", r.Violation.Name, r.Violation.Detail, len(r.Violation.Trace)-1, module),
			Hint: "the surroundings panic, or sense what Wf excludes: mend EnvInit, Sense or React, or widen Wf"}, true
	case r.Violation != nil:
		return Finding{Code: "slot.env", File: "lineages/" + module + "/module.go", Line: 1, Message: fmt.Sprintf("breaks %s after %d steps", r.Violation.Name, len(r.Violation.Trace)-1),
			Hint: "genesis module check lineages/" + module + " --only tla shows the way there: mend the module, or the promise"}, true
	case !r.Complete:
		return Finding{Code: "slot.env", File: "contract.yaml", Line: 1, Message: fmt.Sprintf("more than %d states with lineages/%s", limit, module),
			Hint: "make env.go coarser, or raise model.maxStates", Warning: true}, true
	case r.Distinct < 2:
		return Finding{Code: "slot.env", File: "env.go", Line: 1, Message: "the surroundings never move: there is one state", Hint: "let React change the state", Warning: true}, true
	}
	return Finding{}, false
}
