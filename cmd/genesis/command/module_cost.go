package command

import (
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/kernel/tilego/cost"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
	"github.com/genesis-network/genesis/lineages"
)

func (a *app) moduleCost() *cobra.Command {
	var contract string
	cmd := &cobra.Command{
		Use: "cost DIR", Short: "bound what a call of a module costs", Args: exactly(1),
		Long: "Bound how many WebAssembly instructions a call of each function executes at most, compare the functions that a tile\n" +
			"calls with the slot's budget, and show the dearest path through each: its loops, the dearer side of its branches, its calls.\n\n" +
			"Exit code: 0 within the budget, 2 no such module or contract, 3 above the budget, or the source is refused.",
		RunE: func(_ *cobra.Command, args []string) error { return a.cost(args[0], contract) },
	}
	cmd.Flags().StringVar(&contract, "contract", "", contractFlag)
	return cmd
}

// costed is what `genesis module cost` prints. Numbers of instructions are
// decimal strings: they have no limit.
type costed struct {
	Module    string           `json:"module"` // path
	Slot      string           `json:"slot"`
	Budget    int              `json:"budget"` // instructions of a call
	Within    bool             `json:"within"`
	Functions []costedFunction `json:"functions"`
}

type costedFunction struct {
	Name     string     `json:"name"`
	Called   bool       `json:"called"` // by tiles: the budget is about these
	Bound    string     `json:"bound"`
	Permille string     `json:"permille"` // of the budget, rounded up
	Own      string     `json:"own"`      // of the bound, outside of the parts
	Parts    []costPart `json:"parts,omitempty"`

	bound *big.Int
}

// costPart is a loop, a branch or a call on the dearest path.
type costPart struct {
	Kind  string     `json:"kind"` // loop, branch, call
	What  string     `json:"what"`
	Bound string     `json:"bound"`
	Own   string     `json:"own"`
	Parts []costPart `json:"parts,omitempty"`
}

func (a *app) cost(path, contract string) error {
	m, err := a.compiled(path, contract)
	if err != nil {
		return err
	}
	c, err := costOf(m)
	if err != nil {
		return err
	}
	c.Module = path
	if err := a.print(c, c.text); err != nil {
		return err
	}
	if !c.Within {
		return withCode(ExitRefused, errSilent)
	}
	return nil
}

func costOf(m lineages.Module) (*costed, error) {
	code, err := wasmgen.Generate(m.Unit)
	if err != nil {
		return nil, err
	}
	parts, err := cost.Explain(code)
	if err != nil {
		return nil, err
	}
	c := &costed{Slot: m.Contract.Slot, Budget: m.Contract.Budget, Within: true}
	budget := big.NewInt(int64(c.Budget))
	for i := range parts {
		f := costedFunction{Name: functionName(m.Unit, code, i), Called: code.Funcs[i].Export != "", bound: parts[i].Bound,
			Bound: parts[i].Bound.String(), Permille: permille(parts[i].Bound, budget), Own: parts[i].Own().String(), Parts: costParts(m.Unit, code, parts[i].Parts)}
		c.Functions = append(c.Functions, f)
		c.Within = c.Within && (!f.Called || f.bound.Cmp(budget) <= 0)
	}
	return c, nil
}

// functionName is the name of a function of the unit that function i of the
// Wasm module was printed from.
func functionName(u *ir.Unit, m *wasmgen.Module, i int) string { return u.Funcs[m.Funcs[i].Of].Name }

// permille of a budget, rounded up.
func permille(n, budget *big.Int) string {
	p := new(big.Int).Mul(n, big.NewInt(1000))
	p.Add(p, new(big.Int).Sub(budget, big.NewInt(1)))
	return p.Quo(p, budget).String()
}

func costParts(u *ir.Unit, m *wasmgen.Module, parts []cost.Part) []costPart {
	var out []costPart
	for i := range parts {
		p := &parts[i]
		c := costPart{Bound: p.Bound.String(), Own: p.Own().String(), Parts: costParts(u, m, p.Parts)}
		switch p.Kind {
		case cost.Loop:
			c.Kind, c.What = "loop", fmt.Sprintf("%d times", p.Trips)
		case cost.Branch:
			side := map[bool]string{true: "then", false: "else"}[p.Then]
			c.Kind, c.What = "branch", fmt.Sprintf("%s (the other side: %s)", side, p.Other)
		default:
			c.Kind, c.What = "call", functionName(u, m, p.Callee)
		}
		out = append(out, c)
	}
	return out
}

func (c *costed) text(w io.Writer) {
	fmt.Fprintf(w, "budget of slot %s: %d instructions a call\n\n", c.Slot, c.Budget)
	t := newTable(w, "FUNCTION", "BOUND", "OF BUDGET", "CALLED BY TILES")
	for _, f := range c.Functions {
		t.add(f.Name, f.Bound, f.Permille+" permille", map[bool]string{true: "yes", false: "no"}[f.Called])
	}
	t.flush()
	for _, f := range c.Functions {
		if len(f.Parts) > 0 {
			fmt.Fprintf(w, "\n%s: %s, of which %s without branches\n", f.Name, f.Bound, f.Own)
			costTree(w, f.Parts, 1)
		}
	}
	verdict := map[bool]string{true: "within its budget", false: "above its budget: shorten loops, or the branches that are shown"}[c.Within]
	fmt.Fprintf(w, "\n%s: %s\n", c.Module, verdict)
}

// costTree prints parts below each other; what is cheap and empty is left out.
func costTree(w io.Writer, parts []costPart, depth int) {
	for _, p := range parts {
		fmt.Fprintf(w, "%s%-8s%s: %s\n", strings.Repeat("  ", depth), p.Kind, p.What, p.Bound)
		costTree(w, p.Parts, depth+1)
	}
}
