package replay

import (
	"fmt"
	"io/fs"
	"math/bits"
	"regexp"
	"strconv"
	"testing/fstest"
	"time"

	"github.com/genesis-network/genesis/hal/interpret"
	"github.com/genesis-network/genesis/kernel/slots"
	"github.com/genesis-network/genesis/kernel/slots/sched"
	"github.com/genesis-network/genesis/telemetry/wakeups"
)

// window is the rows of a recording as a simulator takes them.
type window struct {
	tick    time.Duration
	columns map[string][]int32
	rows    int
}

func newWindow(p *interpret.Program, rows []wakeups.Row) window {
	w := window{p.Tick, map[string][]int32{}, len(rows)}
	last := int64(0)
	for _, r := range rows {
		wake := int64(0)
		if r.Wakes {
			wake = 1
		}
		for name, v := range map[string]int64{"run": r.Run, "gap": r.At - last, "thread": int64(r.Place), "prio": int64(r.Prio), "wake": wake} {
			w.columns[name] = append(w.columns[name], int32(v*1000))
		}
		last = r.At
	}
	return w
}

func (w window) Tick() time.Duration { return w.tick }
func (w window) Len() int            { return w.rows }
func (w window) BlockTicks() int     { return sched.BlockRows }

func (w window) Column(input, _ string) ([]int32, error) {
	if c, ok := w.columns[input]; ok {
		return c, nil
	}
	return nil, fmt.Errorf("replay: a recording has no %q", input)
}

// withConstants is the slot's folder with other values of constants of its
// simulator.
func withConstants(values map[string]int) (fs.FS, error) {
	folder, err := slots.Folder("sched")
	if err != nil {
		return nil, err
	}
	out := fstest.MapFS{}
	for _, name := range []string{"contract.go", "contract.yaml", "env.go", "sim.go", "sim.yaml"} {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		out[name] = &fstest.MapFile{Data: text}
	}
	for name, v := range values {
		at := regexp.MustCompile(`(?m)^(\t` + name + ` += )\d+$`)
		if n := len(at.FindAll(out["sim.go"].Data, -1)); n != 1 {
			return nil, fmt.Errorf("sim.go declares %s %d times", name, n)
		}
		out["sim.go"].Data = at.ReplaceAll(out["sim.go"].Data, []byte("${1}"+strconv.Itoa(v)))
	}
	return out, nil
}

// lowest is the first thread of a set, and 64 when it is empty.
func lowest(set uint64) uint64 { return uint64(bits.TrailingZeros64(set)) }
