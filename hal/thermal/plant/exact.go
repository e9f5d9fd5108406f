package plant

import "math/big"

// The matrix exponential, in fixed point with so many bits that what is lost
// does not reach the coefficients. Integers give the same coefficients on every
// machine; floats would not (fused multiply-add, different exp in assembly).
const (
	fracBits = 192
	squares  = 12 // halvings of the tick before the series, squarings after it
	terms    = 16 // of the series: the rest is below 2^-200 for the norms here
)

// matrix is square, in fixed point.
type matrix [][]*big.Int

func newMatrix(n int) matrix {
	m := make(matrix, n)
	for i := range m {
		m[i] = make([]*big.Int, n)
		for j := range m[i] {
			m[i][j] = new(big.Int)
		}
	}
	return m
}

func identity(n int) matrix {
	m := newMatrix(n)
	for i := range m {
		m[i][i].Lsh(big.NewInt(1), fracBits)
	}
	return m
}

func (m matrix) times(o matrix) matrix {
	out := newMatrix(len(m))
	for i := range m {
		for j := range m {
			for k := range m {
				out[i][j].Add(out[i][j], new(big.Int).Mul(m[i][k], o[k][j]))
			}
			out[i][j].Rsh(out[i][j], fracBits)
		}
	}
	return out
}

// plus adds o to m in place.
func (m matrix) plus(o matrix) {
	for i := range m {
		for j := range m {
			m[i][j].Add(m[i][j], o[i][j])
		}
	}
}

// over divides m in place.
func (m matrix) over(d int64) matrix {
	for i := range m {
		for j := range m {
			m[i][j].Quo(m[i][j], big.NewInt(d))
		}
	}
	return m
}

// exp is the exponential of m, by Taylor's series of m/2^squares, squared
// again.
func (m matrix) exp() matrix {
	small := m.times(identity(len(m))).over(1 << squares)
	sum, term := identity(len(m)), identity(len(m))
	for k := int64(1); k <= terms; k++ {
		term = term.times(small).over(k)
		sum.plus(term)
	}
	for range squares {
		sum = sum.times(sum)
	}
	return sum
}

// fixed is num/den in fixed point.
func fixed(num, den *big.Int) *big.Int {
	n := new(big.Int).Lsh(num, fracBits)
	return n.Quo(n, den)
}

// rounded is v with coefBits fractional bits, rounded half up.
func rounded(v *big.Int) int64 {
	half := new(big.Int).Lsh(big.NewInt(1), fracBits-coefBits-1)
	return new(big.Int).Rsh(half.Add(half, v), fracBits-coefBits).Int64()
}
