package hal

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/contract"
)

// ErrFold says that counters do not yield the metrics.
var ErrFold = errors.New("counters do not yield the metric")

// Fold is the value of each metric over the blocks: the counter's sum, times
// scale, divided by the sum of the counter that it is per. Counters names the
// blocks' entries (see sim.Simulator). The arithmetic is exact; a quotient that
// is not whole is rounded against the module, up when less is better and down
// when more is, so that a bound that holds on paper holds in fact. A metric per
// a counter that is zero is 0 when its own counter is, else an error.
func Fold(metrics []contract.Metric, counters []string, blocks []Block) (map[string]int64, error) {
	sums := make(map[string]*big.Int, len(counters))
	for i, name := range counters {
		sums[name] = new(big.Int)
		for _, b := range blocks {
			if len(b) != len(counters) {
				return nil, fmt.Errorf("hal: block of %d counters, want %d: %w", len(b), len(counters), ErrFold)
			}
			sums[name].Add(sums[name], big.NewInt(b[i]))
		}
	}
	out := make(map[string]int64, len(metrics))
	for _, m := range metrics {
		v, err := value(m, sums)
		if err != nil {
			return nil, fmt.Errorf("hal: metric %s: %w", m.Name, err)
		}
		out[m.Name] = v
	}
	return out, nil
}

func value(m contract.Metric, sums map[string]*big.Int) (int64, error) {
	sum, ok := sums[m.Counter]
	if !ok {
		return 0, fmt.Errorf("no counter %q: %w", m.Counter, ErrFold)
	}
	num := new(big.Int).Mul(sum, big.NewInt(max(m.Scale, 1)))
	den := big.NewInt(1)
	if m.Per != "" {
		if den, ok = sums[m.Per]; !ok {
			return 0, fmt.Errorf("no counter %q: %w", m.Per, ErrFold)
		}
	}
	if num.Sign() == 0 && den.Sign() == 0 {
		return 0, nil
	}
	if den.Sign() <= 0 {
		return 0, fmt.Errorf("%s is %s: %w", m.Per, den, ErrFold)
	}
	q, r := new(big.Int).DivMod(num, den, new(big.Int)) // floor, as den is positive
	if m.Direction == contract.Min && r.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	if !q.IsInt64() {
		return 0, fmt.Errorf("%s does not fit 64 bits: %w", q, ErrFold)
	}
	return q.Int64(), nil
}
