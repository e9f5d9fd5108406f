package slots_test

import (
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/slots"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/cost"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
)

func open(t *testing.T, slot string) (*contract.Contract, string) {
	t.Helper()
	c, err := slots.Open(slot)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../../lineages/alder/" + slot + "/module.go")
	if err != nil {
		t.Fatal(err)
	}
	return c, string(source)
}

func compile(t *testing.T, c *contract.Contract, source string) *ir.Unit {
	t.Helper()
	u, err := tilego.Compile([]byte(source), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// judge looks for a broken promise: at random, then in every reachable state
// with the surroundings. It returns the name of the clause, "" when none breaks.
func judge(t *testing.T, c *contract.Contract, u *ir.Unit, steps int) (clause string, states int) {
	t.Helper()
	r, err := refute.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.Search(u, 1, steps)
	if err != nil {
		t.Fatal(err)
	}
	if w != nil {
		return string(w.Clause), 0
	}
	s, err := joint.New(u, c.Unit, c.Env, c.Model.Consts)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.Explore(t.Context(), joint.Limits{MaxStates: c.Model.MaxStates})
	if err != nil {
		t.Fatal(err)
	}
	if v := found.Violation; v != nil {
		t.Logf("%s\n%s", v.Name, s.Table(v))
		return v.Name, found.Distinct
	}
	if !found.Complete {
		t.Errorf("%s: more than %d states", c.Slot, found.Distinct)
	}
	return "", found.Distinct
}

func TestAlderKeepsTheContracts(t *testing.T) {
	t.Parallel()
	for _, slot := range slots.Names() {
		t.Run(slot, func(t *testing.T) {
			t.Parallel()
			c, source := open(t, slot)
			u := compile(t, c, source)
			clause, states := judge(t, c, u, 30_000)
			if clause != "" {
				t.Errorf("%s is broken", clause)
			}
			t.Logf("%d states with the surroundings, at most %s instructions a call", states, worst(t, c, u))
		})
	}
}

func worst(t *testing.T, c *contract.Contract, u *ir.Unit) *big.Int {
	t.Helper()
	code, err := wasmgen.Generate(u)
	if err != nil {
		t.Fatal(err)
	}
	bounds, err := cost.Module(code)
	if err != nil {
		t.Fatal(err)
	}
	if !bounds.Within("Step", big.NewInt(int64(c.Budget))) {
		t.Errorf("step costs up to %v instructions, the budget is %d", bounds["Step"], c.Budget)
	}
	return bounds["Step"]
}

// Each clause of a contract is there for a module that it alone keeps out.
func TestContractsRefuse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ slot, name, old, new, want string }{
		{"cap", "an empty place is used", "if !in.Present {\n\t\treturn refuse(s, NoCap)\n\t}\n", "", "Post"},
		{"cap", "any kind serves", "if in.Need != Any && in.Need != in.Kind {\n\t\treturn refuse(s, WrongKind)\n\t}\n", "", "Post"},
		{"cap", "memory is copied", "if in.Op != Look && in.Kind == Untyped {\n\t\treturn refuse(s, WrongKind)\n\t}\n", "", "Post"},
		{"cap", "rights grow", "if in.Ask&^in.Rights != 0 {\n\t\treturn refuse(s, Denied)\n\t}\n", "", "Post"},
		{"cap", "a look tells what is asked for, not what is there", "return OK, in.Rights, in.Badge, in.Depth", "return OK, in.Ask, in.Badge, in.Depth", "Post"},
		{"cap", "a badge is replaced", "(in.Badge != 0 || in.NewBadge == 0)", "in.NewBadge == 0", "Post"},
		{"cap", "a copy loses its badge", "return OK, in.Ask, in.Badge, in.Depth + 1", "return OK, in.Ask, 0, in.Depth + 1", "Post"},
		{"cap", "a chain without end", "(!in.Room || in.Depth >= DepthTop)", "!in.Room", "Post"},
		{"cap", "over another capability", "(!in.Room || in.Depth >= DepthTop)", "in.Depth >= DepthTop", "Post"},
		{"cap", "a refusal yields the rights", "return refuse(s, NoRoom)", "return NoRoom, in.Rights, 0, 0", "Post"},
		{"mem", "pages that are given away", "return OK, in.Base + in.Used, next", "return OK, in.Base, next", "Post"},
		{"mem", "pages beyond the memory", "if in.Count > in.Size-in.Used {\n\t\treturn NoMemory, 0, in.Used\n\t}\n", "", "Post"},
		{"mem", "given pages are not counted", "return OK, in.Base + in.Used, next", "return OK, in.Base + in.Used, in.Used", "Post"},
		{"mem", "writable and executable", "(in.AskWrite && in.AskRun) || ", "", "Post"},
		{"mem", "mapped twice", "if in.Mapped {\n\t\t\treturn Busy, 0, in.Used\n\t\t}\n\t\t", "", "Post"},
		{"mem", "mapped beyond its rights", "(in.AskWrite && !in.Write) || ", "", "Post"},
		{"mem", "a refusal takes pages", "return NoRoom, 0, in.Used", "return NoRoom, 0, in.Size", "Post"},
		{"ipc", "without the right", "!in.Allowed || ", "", "Post"},
		{"ipc", "transfer without grant", "(in.Caps != 0 && !in.Grant)", "false", "Post"},
		{"ipc", "a message too long", "in.Words > WordsTop || ", "", "Post"},
		{"ipc", "a message cut short", "return OK, Match, highest(in.Peers), in.Words, in.Caps", "return OK, Match, highest(in.Peers), min(in.Words, 4), in.Caps", "Post"},
		{"ipc", "not the highest priority", "return OK, Match, highest(in.Peers)", "return OK, Match, highest(in.Peers & (0 - in.Peers))", "Post"},
		{"ipc", "a reply that nobody waits for", "if !in.Owed {\n\t\t\treturn refuse(s, NoReply)\n\t\t}\n\t\t", "", "Post"},
		{"ipc", "blocked although it may not", "if in.Peers == 0 && !in.Patient && in.Op != Signal {\n\t\treturn refuse(s, WouldBlock)\n\t}\n", "", "Post"},
		{"ipc", "a signal that is lost", "return OK, Keep, None", "return OK, Nothing, None", "Post"},
		{"sched", "a thread without budget", "can := in.Ready &^ in.Spent", "can := in.Ready", "Post"},
		{"sched", "nothing although there is something", "if can == 0 {", "if can&1 == 0 {", "Post"},
		{"sched", "late threads wait", "first := can & in.Late", "first := can & in.Late & in.High", "Post"},
		{"sched", "a slice too long", "Alone  = 10000", "Alone  = 10001", "Post"},
		{"sched", "late threads without turns", "first &= s.Round", "s.Round = 0", "SafeServed"},
	} {
		t.Run(tc.slot+": "+tc.name, func(t *testing.T) {
			t.Parallel()
			c, source := open(t, tc.slot)
			if strings.Count(source, tc.old) != 1 {
				t.Fatalf("%q is in the module %d times", tc.old, strings.Count(source, tc.old))
			}
			if clause, _ := judge(t, c, compile(t, c, strings.Replace(source, tc.old, tc.new, 1)), 30_000); clause != tc.want {
				t.Errorf("broken clause %q, want %q", clause, tc.want)
			}
		})
	}
}

func TestOpenRefusesOtherSlots(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"thermal", "", "../sched"} {
		if _, err := slots.Open(name); err == nil {
			t.Errorf("opened %q", name)
		}
	}
}
