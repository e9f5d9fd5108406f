package tlagen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/joint"
)

// step prints J: one step of the joint state s with choice c. Each stage binds
// its outcome, leaves with a fault, or goes on to the next.
func (g *generator) step() {
	s := g.sys
	c := chain{g: g, halt: func(fault string) string { return "[ s EXCEPT !.x = " + fault + " ]" }}
	c.text = "\nJ(s, c) ==\n"
	module, env := field("s", "m"), field("s", "e")

	c.run(s.Sense, "i", []func(int) string{env}, nil, []string{"c"}, joint.EnvPanic)
	input := g.input("i", env)
	c.demand(s.Wf, "f", nil, input, nil, joint.BadInput, joint.EnvPanic)
	c.run(s.Step, "o", []func(int) string{module}, input, nil, joint.Panic)
	results := g.results(s.Step, "o")
	c.demand(s.Post, "p", nil, input, results, joint.Post, joint.EnvPanic)
	next := after(s.Step, g.shape(s.Step), "o", module)
	c.demand(s.Frame, "r", []func(int) string{module, next}, nil, nil, joint.Frame, joint.EnvPanic)
	if s.React.Present() {
		c.run(s.React, "n", []func(int) string{env}, nil, append([]string{"c"}, results...), joint.EnvPanic)
		env = after(s.React, g.shape(s.React), "n", env)
	}
	g.out.WriteString(c.end(g.record("0", next, env)))
	fmt.Fprintf(&g.out, "Next == \\E c \\in 0 .. %d : ( z' = J(z, c) )\n", s.Choices-1)
}

// init prints Z: the initial joint state of choice c.
func (g *generator) init() {
	s := g.sys
	module, env := zeros(s.Module.State), zeros(s.Env.State)
	c := chain{g: g}
	c.halt = func(fault string) string {
		return g.record(fault, zeros(s.Module.State), zeros(s.Env.State))
	}
	c.text = "\nZ(c) ==\n"
	if s.Init.Present() {
		c.run(s.Init, "o", []func(int) string{module}, nil, nil, joint.Panic)
		module = after(s.Init, g.shape(s.Init), "o", module)
	}
	if s.EnvInit.Present() {
		c.run(s.EnvInit, "n", []func(int) string{env}, nil, []string{"c"}, joint.EnvPanic)
		env = after(s.EnvInit, g.shape(s.EnvInit), "n", env)
	}
	g.out.WriteString(c.end(g.record("0", module, env)))
	fmt.Fprintf(&g.out, "Init == \\E c \\in 0 .. %d : ( z = Z(c) )\n\n", s.InitChoices-1)
}

// chain is a sequence of stages, nested to the right.
type chain struct {
	g     *generator
	halt  func(fault string) string
	text  string
	depth int
}

func (c *chain) bind(name, value string) {
	c.text += fmt.Sprintf("  ( LET %s == %s IN\n", name, value)
	c.depth++
}

func (c *chain) leave(cond, fault string) {
	c.text += fmt.Sprintf("  ( IF ( %s ) THEN %s ELSE\n", cond, c.halt(fault))
	c.depth++
}

func (c *chain) end(value string) string {
	c.text += "  " + value
	for range c.depth {
		c.text += " )"
	}
	return c.text + "\n"
}

// run binds the outcome of a role, and leaves with the fault if it has an error.
func (c *chain) run(f joint.Fn, name string, states []func(int) string, input, args []string, fault joint.Fault) {
	c.bind(name, c.g.call(f, states, input, args))
	c.check(f, name, fault)
}

func (c *chain) check(f joint.Fn, name string, fault joint.Fault) {
	if sh := c.g.shape(f); sh.fallible {
		c.leave(sh.err(name)+" # 0", fmt.Sprintf("( IF ( %s = %d ) THEN %d ELSE %d )", sh.err(name), errSize, joint.Size, fault))
	}
}

// demand leaves with the fault unless the predicate holds; a predicate that
// panics is the contract's mistake.
func (c *chain) demand(f joint.Fn, name string, states []func(int) string, input, args []string, fault, broken joint.Fault) {
	if !f.Present() {
		return
	}
	c.bind(name, c.g.call(f, states, input, args))
	c.check(f, name, broken)
	c.leave("~ ( "+c.g.shape(f).result(name, 0)+" )", fmt.Sprint(int(fault)))
}

// input is the module's input: what was sensed, and the arrays that are read from
// the surroundings' fields of the same name.
func (g *generator) input(outcome string, env func(int) string) []string {
	var out []string
	next := 0
	for _, f := range g.sys.Module.Input {
		if f.Len > 0 {
			out = append(out, env(slices.Index(g.sys.Env.State, f)))
			continue
		}
		out = append(out, g.shape(g.sys.Sense).result(outcome, next))
		next++
	}
	return out
}

// results are the results of a role whose outcome is bound to name.
func (g *generator) results(f joint.Fn, name string) []string {
	out := make([]string, len(f.Func.Results))
	for i := range out {
		out[i] = g.shape(f).result(name, i)
	}
	return out
}

// checks prints the invariants, in the order of the system's checks.
func (g *generator) checks(checks []joint.Check) {
	for i, c := range checks {
		fmt.Fprintf(&g.out, "K%d == %s\n", i, g.invariant(c))
	}
}

func (g *generator) invariant(c joint.Check) string {
	if c.Fn.Present() {
		return g.holds(c.Fn)
	}
	var parts []string
	for _, f := range c.Faults {
		parts = append(parts, fmt.Sprintf("( z.x # %d )", f))
	}
	if c.Faults[0] == joint.Size {
		for _, f := range append([]joint.Fn{g.sys.Inv}, g.sys.Safe...) {
			if f.Present() && g.shape(f).fallible {
				parts = append(parts, fmt.Sprintf("( %s # %d )", g.shape(f).err(g.onState(f)), errSize))
			}
		}
	}
	return "( " + strings.Join(parts, " /\\ ") + " )"
}

// holds says that a predicate is true of the state. One that panics is not; one
// that left the range is K0's affair.
func (g *generator) holds(f joint.Fn) string {
	sh, outcome := g.shape(f), g.onState(f)
	if !sh.fallible {
		return "( " + sh.result(outcome, 0) + " )"
	}
	return fmt.Sprintf("( LET w == %s IN ( ( %s = %d ) \\/ ( ( %s = 0 ) /\\ %s ) ) )",
		outcome, sh.err("w"), errSize, sh.err("w"), sh.result("w", 0))
}

func (g *generator) onState(f joint.Fn) string {
	prefix := "m"
	if f.Unit == g.sys.Env {
		prefix = "e"
	}
	return g.call(f, []func(int) string{field("z", prefix)}, nil, nil)
}
