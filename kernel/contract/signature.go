package contract

import (
	"fmt"
	"go/token"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

var (
	boolResult = []ir.Type{ir.Bool}
	choice     = []ir.Type{ir.U8}
)

// shape is a signature without names.
type shape struct {
	states, inputs  int
	params, results []ir.Type
}

func types(ps []ir.Param) []ir.Type {
	out := make([]ir.Type, len(ps))
	for i, p := range ps {
		out[i] = p.Type
	}
	return out
}

// require checks that a function of a unit has the shape; a missing function is
// an error only when it must be there.
func require(u *ir.Unit, file, name string, must bool, want shape, write string) error {
	f, _ := u.Func(name)
	if f == nil {
		if must {
			return fmt.Errorf("%s does not define %s: write func %s", file, name, write)
		}
		return nil
	}
	if f.States != want.states || f.Inputs != want.inputs || !slices.Equal(types(f.Params), want.params) || !slices.Equal(types(f.Results), want.results) {
		return fmt.Errorf("%s: %s has another signature: write func %s", file, name, write)
	}
	return nil
}

// signatures checks the predicates against each other and derives the function
// that modules define.
func (c *Contract) signatures() error {
	const file = "contract.go"
	post, _ := c.Unit.Func("Post")
	if post == nil || len(post.Params) == 0 {
		return fmt.Errorf("%s does not define Post: write func Post(in *Input, <the results of Step>) bool", file)
	}
	c.Entry = tilego.Entry{Name: "Step", Results: post.Params}
	results := types(post.Params)
	twice := slices.Concat(results, results)
	hasState := len(c.Unit.State) > 0
	for _, err := range []error{
		require(c.Unit, file, "Wf", true, shape{inputs: 1, results: boolResult}, "Wf(in *Input) bool"),
		require(c.Unit, file, "Post", true, shape{inputs: 1, params: results, results: boolResult}, "Post(in *Input, <the results of Step>) bool"),
		require(c.Unit, file, "Rel", c.defines("RelPost"), shape{inputs: 2, results: boolResult}, "Rel(a, b *Input) bool"),
		require(c.Unit, file, "RelPost", c.defines("Rel"), shape{params: twice, results: boolResult}, "RelPost(<the results of Step for a>, <for b>) bool"),
		require(c.Unit, file, "Frame", false, shape{states: 2, results: boolResult}, "Frame(before, after *State) bool"),
	} {
		if err != nil {
			return err
		}
	}
	if c.defines("Frame") && !hasState {
		return fmt.Errorf("%s: Frame compares states, but the contract declares no State", file)
	}
	if err := exported("Input", c.Unit.Input); err != nil {
		return err
	}
	if err := exported("State", c.Unit.State); err != nil {
		return err
	}
	if c.Env == nil {
		return nil
	}
	return c.surroundings(results)
}

// exported checks that modules can name every field.
func exported(of string, fields []ir.Field) error {
	for _, f := range fields {
		for _, name := range strings.Split(f.Name, ".") {
			if !token.IsExported(name) {
				return fmt.Errorf("contract.go: modules cannot use field %s of %s: begin it with a capital", f.Name, of)
			}
		}
	}
	return nil
}

func (c *Contract) defines(name string) bool {
	f, _ := c.Unit.Func(name)
	return f != nil
}

// surroundings checks env.go against the contract.
func (c *Contract) surroundings(results []ir.Type) error {
	const file = "env.go"
	var fields []ir.Type
	for _, f := range c.Unit.Input {
		if f.Len == 0 {
			fields = append(fields, f.Type)
		} else if !slices.Contains(c.Env.State, f) {
			return fmt.Errorf("%s: give Env a field %s [%d]%s: the array of the input is read from it", file, f.Name, f.Len, f.Type)
		}
	}
	for _, err := range []error{
		require(c.Env, file, "EnvInit", true, shape{states: 1, params: choice}, "EnvInit(e *Env, choice uint8)"),
		require(c.Env, file, "Sense", true, shape{states: 1, params: choice, results: fields}, "Sense(e *Env, choice uint8) (<the fields of Input but for arrays>)"),
		require(c.Env, file, "React", true, shape{states: 1, params: slices.Concat(choice, results)}, "React(e *Env, choice uint8, <the results of Step>)"),
		count(c.Env, "Choices"),
		count(c.Env, "InitChoices"),
	} {
		if err != nil {
			return err
		}
	}
	return c.safety()
}

func (c *Contract) safety() error {
	found := false
	for i := range c.Env.Funcs {
		name := c.Env.Funcs[i].Name
		if !strings.HasPrefix(name, "Safe") {
			continue
		}
		found = true
		write := name + "(e *Env) bool"
		if err := require(c.Env, "env.go", name, true, shape{states: 1, results: boolResult}, write); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("env.go promises nothing: write func SafeXxx(e *Env) bool for each invariant")
	}
	return nil
}

// count checks a constant that says how many choices there are.
func count(u *ir.Unit, name string) error {
	vals, err := u.ConstValues(nil)
	if err != nil {
		return err
	}
	for i := range u.Consts {
		if u.Consts[i].Name == name && vals[i].IsInt64() && vals[i].Int64() >= 1 && vals[i].Int64() <= 256 {
			return nil
		}
	}
	return fmt.Errorf("env.go: write const %s = N with N from 1 to 256", name)
}
