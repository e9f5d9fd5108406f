package plant

import (
	"math/big"
	"time"
)

// coefBits is the number of fractional bits of coefficients. A temperature
// below 1000 degrees takes 30 bits in millionths, so sums of products stay
// within 63 bits.
const coefBits = 32

// row is a linear form of die and sink temperature (uC), power into the die
// (uW) and ambient temperature (uC).
type row struct {
	die, sink, power, air int64
}

func (r row) of(die, sink, power, air int64) int64 {
	return (r.die*die + r.sink*sink + r.power*power + r.air*air + 1<<(coefBits-1)) >> coefBits
}

// coef solves a tick at one fan level: temperatures at its end, and the mean of
// the die over it.
type coef struct {
	die, sink, mean row
}

// Indices into the system: the two temperatures, the inputs, which stand still
// over a tick, and the integral of the die's temperature.
const (
	iDie = iota
	iSink
	iPower
	iAir
	iMean
	order
)

// solve computes the coefficients of a tick for a resistance from sink to air.
func solve(p *Params, sinkToAir int64, tick time.Duration) coef {
	m := newMatrix(order)
	millis := big.NewInt(tick.Milliseconds())
	// rate is num/den per second, for the whole tick.
	rate := func(num, den int64) *big.Int {
		n := new(big.Int).Mul(big.NewInt(num), millis)
		d := new(big.Int).Mul(big.NewInt(den), big.NewInt(1000))
		return fixed(n, d)
	}
	inner := rate(Micro, p.DieToSink*p.DieCapacity)  // die loses to the sink
	outer := rate(Micro, p.DieToSink*p.SinkCapacity) // sink gains from the die
	loss := rate(Micro, sinkToAir*p.SinkCapacity)    // sink loses to the air
	growth := rate(p.LeakSlope, Micro*p.DieCapacity) // leakage heats the die
	m[iDie][iDie].Sub(growth, inner)
	m[iDie][iSink].Set(inner)
	m[iDie][iPower] = rate(1, p.DieCapacity)
	m[iSink][iDie].Set(outer)
	m[iSink][iSink].Neg(new(big.Int).Add(outer, loss))
	m[iSink][iAir].Set(loss)
	m[iMean][iDie].Lsh(big.NewInt(1), fracBits) // the integral in units of the tick is the mean
	e := m.exp()
	return coef{die: rowOf(e[iDie]), sink: rowOf(e[iSink]), mean: rowOf(e[iMean])}
}

func rowOf(e []*big.Int) row {
	return row{die: rounded(e[iDie]), sink: rounded(e[iSink]), power: rounded(e[iPower]), air: rounded(e[iAir])}
}
