package brief

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// mostCells is how many kinds of decisions are told apart. Results beyond it are
// left out: every cell gets noise, whether it occurs or not.
const mostCells = 4096

// exact is how many small values have a cell of their own; larger ones are put
// together by their length in bits.
const (
	exact     = 8
	exactBits = 3
)

// cells are the kinds of decisions. They follow from the contract alone.
type cells struct {
	results []ir.Param
	sizes   []int
}

func newCells(results []ir.Param) cells {
	var c cells
	all := 1
	for _, r := range results {
		n := cellsOf(r.Type)
		if all*n > mostCells {
			break
		}
		all *= n
		c.results, c.sizes = append(c.results, r), append(c.sizes, n)
	}
	return c
}

// cellsOf: two of a bool, else the small values, the lengths above them, and one
// for what is negative.
func cellsOf(t ir.Type) int {
	if t == ir.Bool {
		return 2
	}
	n := exact + t.Width() - exactBits
	if t.IsSigned() {
		n++
	}
	return n
}

func (c cells) count() int {
	n := 1
	for _, s := range c.sizes {
		n *= s
	}
	return n
}

// of is the cell of a decision.
func (c cells) of(out []uint64) int {
	at := 0
	for i, r := range c.results {
		at = at*c.sizes[i] + cell(r.Type, out[i])
	}
	return at
}

func cell(t ir.Type, v uint64) int {
	switch {
	case t.IsSigned() && t.Value(v).Sign() < 0:
		return cellsOf(t) - 1
	case v < exact:
		return int(v)
	}
	return exact + bits.Len64(v) - exactBits - 1
}

// names says what each cell is.
func (c cells) names() []string {
	out := make([]string, c.count())
	for at := range out {
		parts, rest := make([]string, len(c.results)), at
		for i := len(c.results) - 1; i >= 0; i-- {
			parts[i] = c.results[i].Name + " " + c.values(i, rest%c.sizes[i])
			rest /= c.sizes[i]
		}
		out[at] = strings.Join(parts, ", ")
	}
	return out
}

func (c cells) values(i, at int) string {
	t := c.results[i].Type
	switch {
	case t.IsSigned() && at == cellsOf(t)-1:
		return "below 0"
	case at < exact:
		return fmt.Sprint(at)
	}
	low := uint64(1) << (at - exact + exactBits)
	return fmt.Sprintf("%d to %d", low, 2*low-1)
}
