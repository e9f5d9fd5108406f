// Package traps holds functions in which translators of Go are known to go
// wrong. Each is run by Go and by the reference engine on the same arguments.
package traps

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"
)

type level uint8

type point struct{ x, y int16 }

type ring struct {
	head uint8
	buf  [8]uint16
}

// State has something of everything.
type State struct {
	N    uint8
	Wide int64
	On   bool
	Ring struct {
		Head uint8
		Buf  [8]uint16
	}
	Grid  [3][4]uint16
	Slots [4]struct {
		Key  uint8
		Val  int32
		Last [2]uint8
	}
	Hist [5]int32
}

type step struct {
	upTo  int16
	level level
	pair  [2]uint8
}

const (
	width       = 4
	mask  uint8 = width*2 - 1
	top   level = 200
	low         = -5
)

const (
	first = iota * 3
	second
	third uint16 = iota<<2 | 1
)

const fast = true

var squares = [...]uint16{0, 1, 4, 9, 16, 25, 36, 49}

var signs = [3]int8{-1, 0}

var board = [2][3]uint8{{1, 2, width}, {mask, 5}}

var stairs = [3]step{{100, 1, [2]uint8{1, 2}}, {level: top}, {upTo: 300, pair: [...]uint8{7, mask}}}

func Inv(s *State) bool { return s.N <= 255 || s.On }

func Step(s *State, in *Input) (fan, throttle uint8) { return 0, 0 }

// Order of arguments.
func sub(a, b uint8) uint8 { return a - b }

func ArgumentOrder(a, b uint8) uint8 { return sub(a, b) }

func bump(s *State, by uint8) uint8 {
	s.N += by
	return s.N
}

func CallsInOrder(s *State, by uint8) (uint8, uint8, uint8) {
	before := s.N
	a := bump(s, by)
	b := bump(s, a)
	return before, a, b - s.N
}

// op= and ++ wrap at the width of the type.
func ReverseAssign32(x, y uint32) (uint32, uint32) {
	x -= y
	y += x
	x++
	y--
	x *= y
	return x, y
}

func Wrap8(x int8) (int8, int8, int8, uint8) {
	y := x
	y++
	z := -x
	w := x * x
	return y, z, w, uint8(x) - 1
}

// Named types have the width of what they are made from.
func NamedTypes(x uint8) (uint8, bool) {
	l := level(x) + top
	return uint8(l), l > top
}

// MinInt / -1 wraps, division truncates, the remainder has the dividend's sign.
func Division(a, b int32) (int32, int32) { return a / b, a % b }

func Division8(a, b int8) (int8, int8) { return a / b, a % b }

func Division64(a, b int64) (int64, int64) { return a / b, a % b }

func DivideByConstants(a int16, b uint16) (int16, int16, uint16, uint16) {
	return a / low, a % low, b / width, b % width
}

// Shifts bind tighter than sums.
func ShiftPrecedence(a, b uint32) (uint32, uint32, uint32) {
	return a<<3 + b, a << (b & 31), a + b>>2
}

func SignedShift(a int32, n uint8) (int32, int32, int8) {
	return a >> (n & 31), a << (n & 31), int8(a) >> (n & 7)
}

func ShiftConstants(x uint8, y uint64) (uint8, uint64, uint64) {
	return x << (width + 3), y >> 63, 1 << (y & 63)
}

func ShiftTypedLeft(x, n uint8) uint16 { return uint16(x)<<mask | uint16(1)<<(n&mask) }

// Precedence and associativity.
func Precedence(a, b, c int16) (int16, int16, int16, int16) {
	return a - b - c, a - (b - c), a*b + c&^a, a ^ b | c&a
}

func Bitwise(a, b uint16, c int16) (uint16, uint16, uint16, int16, int16) {
	return ^a, a &^ b, a ^ b, ^c, c &^ 7
}

// Comparisons of signed and unsigned values.
func Compare(a, b int8, c, d uint64) (bool, bool, bool, bool) {
	return a < b, a >= b, c < d, uint8(a) < uint8(b)
}

// Conversions truncate, extend with the sign, and keep bits.
func Convert(a int8, b uint64, c int64) (uint8, uint64, int16, int8, uint32, int64) {
	return uint8(a), uint64(a), int16(a), int8(b), uint32(c), int64(uint16(b))
}

// && and || do not evaluate more than Go does.
func ShortCircuit(i uint8, d int32) (bool, bool, bool) {
	a := i < 8 && squares[i] > 10
	b := d == 0 || 100/d > 3
	c := !(i >= 8 || squares[i] < 5 && d != 0 && 7%d == 1) && d > low
	return a, b, c
}

// Assignments in parallel.
func Swap(a, b int64, i uint8) (int64, int64, uint16, uint16) {
	a, b = b, a+b
	r := [3]uint16{1, 2, 3}
	i &= 1
	r[i], r[i+1], i = r[i+1], r[i], 2
	return a, b, r[0] + square(i), r[i]
}

func square(i uint8) uint16 { return squares[i] }

// Old values survive.
func OldValue(x uint8) (uint8, uint8) {
	old := x
	x += 3
	return old, x
}

// One of two names on the left of := is there already.
func Redeclare(a, b uint8) (uint8, uint8) {
	x := a
	x, y := b, x+1
	return x, y
}

// Early returns, nested and mixed.
func Early(a, b int8) int8 {
	if a > 10 {
		if b > 10 {
			return 1
		}
		a = 5
	} else if a < 0 {
		if b == 0 {
			return 2
		} else {
			b = -b
		}
	} else {
		b++
	}
	if a == b {
		return 3
	}
	return a + b
}

func EarlyWithState(s *State, a uint8) bool {
	if a > 100 {
		s.N++
		if a > 200 {
			s.On = true
			return s.On
		}
		s.N++
	}
	s.Wide += int64(s.N)
	return false
}

func Switch(x uint8, y int16) (uint8, int16) {
	switch x & 7 {
	case 0, 1:
		y = 1
	case first + 5:
		return 9, y
	default:
		y = -y
	case second:
		if y > 3 {
			y -= 3
		}
	case 7:
		y++
	}
	switch y {
	case -1:
		return 1, 0
	case low:
		return 2, 0
	}
	return 3, y
}

// Loops.
func Sum(n uint8) uint16 {
	total := uint16(0)
	for i := range 8 {
		if uint8(i) == n {
			continue
		}
		total += squares[i] * uint16(i)
	}
	return total
}

func Find(x uint16) (uint8, bool) {
	for i := 2; i < width*2; i++ {
		if squares[i] == x {
			return uint8(i), true
		}
	}
	return 0, false
}

func Break(a, b uint8) (uint8, uint8) {
	n := uint8(0)
	var last uint8
	for i := range width {
		if a == b {
			break
		}
		if a > b {
			a--
			if uint8(i) > b {
				continue
			}
			n++
		} else {
			b--
			last = uint8(i)
		}
		n += 10
	}
	return n, last
}

func Nested(a, b int8) (int16, int16) {
	count, odd := int16(0), int16(0)
	for i := -2; i < 3; i++ {
		for j := range 4 {
			if int8(i)*int8(j) == a {
				return count, -1
			}
			if int8(j) == b {
				break
			}
			if (i+j)&1 != 0 {
				odd++
				continue
			}
			count += int16(i)
		}
		if count > 5 {
			break
		}
	}
	for range 3 {
		count++
	}
	return count, odd
}

func MixedLeaves(a, b uint8) uint8 {
	r := uint8(0)
	for i := range 6 {
		if a&1 != 0 {
			if b == 3 {
				break
			} else if b == 4 {
				r++
				continue
			} else if b == 5 {
				return 77
			}
			r += 2
		}
		a >>= 1
		r += b + uint8(i)
	}
	return r
}

func NeverRuns(a uint8) uint8 {
	for i := 5; i < 3; i++ {
		a = squares5(uint8(i))
	}
	return a
}

func squares5(i uint8) uint8 { return uint8(squares[i]) * 5 }

// Arrays, of the state and local.
func Push(s *State, v uint16) uint16 {
	i := s.Ring.Head & 7
	old := s.Ring.Buf[i]
	s.Ring.Buf[i] = v
	s.Ring.Head++
	return old
}

func Histogram(s *State, v int32, i uint8) (int32, int32) {
	s.Hist[i%5] += v
	if v > 0 {
		s.Hist[0]++
	}
	for j := range 4 {
		s.Hist[j+1] = max(s.Hist[j], s.Hist[j+1], low)
	}
	sum := int32(0)
	for j := range len(s.Hist) {
		sum += s.Hist[j]
	}
	return sum, s.Hist[i]
}

func Copies(s *State, i uint8) (int32, int32, int32) {
	saved := s.Hist
	s.Hist[i] = 7
	other := saved
	other[1] = 9
	if s.On {
		saved = s.Hist
	} else {
		saved[0] = -1
	}
	s.Hist = other
	return saved[i], other[i], s.Hist[1]
}

func Local(n uint8) (uint8, uint8) {
	var seen [4]bool
	a := [4]uint8{3, 1, 2}
	x := uint8(0)
	for range 4 {
		if seen[x] {
			return x, n
		}
		seen[x] = true
		x = a[x]
	}
	return a[n], x
}

func Structs(x, y int16) (int16, int16, uint16) {
	p := point{x: y, y: x}
	q := p
	q.x++
	p = point{q.y, q.x}
	var r ring
	r.head = uint8(x) & 7
	r.buf[r.head] = uint16(y)
	z := r
	z.buf[0] = 5
	return p.x - q.x, p.y, z.buf[r.head] + r.buf[0]
}

func Bits(a uint8, b uint16, c uint32, d uint64) (uint8, uint8, uint16, uint64, uint8) {
	return uint8(bits.LeadingZeros8(a)), uint8(bits.TrailingZeros16(b)), uint16(bits.OnesCount32(c)), uint64(bits.Len64(d)), uint8(bits.Len8(7))
}

func MinMax(a, b, c int16) (int16, int16, int16) {
	return min(a, b, c), max(a, low, b), min(max(a, -100), second)
}

func Constants(a uint8) (uint8, bool, uint16, int64) {
	k := mask
	k++
	b := fast
	return k + a*(mask-1), !b || a > uint8(third), third - uint16(mask), -1 << (width * 10)
}

// A panic is the same panic.
func Panics(a, b int8, i uint8) int8 {
	return a/b + signs[i]
}

func Input16(in *Input, d int16) int16 {
	if in.Fault {
		return in.Temp / d
	}
	return bound(in, d)
}

func bound(in *Input, hi int16) int16 { return min(in.Temp, hi) + int16(in.Load) }

// Calls that change the state, in branches and loops.
func Calls(s *State, a uint8) uint8 {
	if a > 7 {
		a = bump(s, 1)
		s.Ring.Buf[0]++
	}
	for i := range 3 {
		if n := bump(s, a); n == 3 {
			return uint8(i)
		}
		s.N ^= 5
	}
	_ = Push(s, uint16(a))
	EarlyWithState(s, a)
	return s.N
}

func Zero(s *State) {
	if s.On {
		return
	}
	s.Hist = [5]int32{}
	if s.N > 3 {
		s.N = 3
	}
}

// Arrays of arrays: each index has its own bound, whatever the others are.
func Grids(s *State, i uint8, j int8, v uint16) (uint16, uint16, uint8) {
	old := s.Grid[i][j]
	s.Grid[i][j] = v
	s.Grid[i&1][j&3] += old
	s.Grid[2][i%4]++
	sum := uint16(0)
	for a := range len(s.Grid) {
		for b := range 4 {
			sum = sum*3 + s.Grid[a][b]
		}
	}
	return old, sum, board[i&1][j%3&1]
}

// Rows are copied, not shared.
func Rows(s *State, i, j uint8) (uint16, uint16) {
	row := s.Grid[i]
	row[j] = 7
	s.Grid[0] = row
	s.Grid[i%3][1]++
	other := s.Grid
	other[1][2] = row[3]
	s.Grid[2], s.Grid[1] = s.Grid[1], other[2]
	return row[1] + s.Grid[i&1][j&3], other[1][j]
}

// Structs in arrays: by field and as a whole.
func Slots(s *State, i uint8, v int32, j int64) (int32, uint8, uint8) {
	s.Slots[i].Val += v
	s.Slots[i&3].Last[j&1]++
	one := s.Slots[i&3]
	one.Key++
	s.Slots[3] = one
	s.Slots[0], s.Slots[1] = s.Slots[1], s.Slots[0]
	s.Slots[i&1].Last[j] = one.Key
	count := uint8(0)
	for k := range 4 {
		if s.Slots[k].Val > v && s.Slots[k].Last[0] < 9 {
			count++
		}
	}
	return s.Slots[v&3].Val, one.Last[1], count
}

// Local arrays of both kinds, their literals, and tables of structs.
func Boards(i, j uint8, v int16) (int16, uint8, uint8) {
	points := [3]point{{1, v}, {y: 3}}
	points[i%3].x += 5
	p := points[j%3]
	points[2] = point{p.y, p.x}
	cells := [2][2][2]uint8{{{1, 2}, {3, j}}, {{5}, {i, 8}}}
	cells[i&1][j&1][1] ^= 9
	half := cells[1]
	half[0] = cells[0][1]
	line := stairs[i&1]
	line.pair[0] += stairs[j&1].pair[1]
	if v > stairs[i%3].upTo {
		line.level++
	}
	return p.x - points[2].y, half[0][1] + cells[j&1][i&1][i>>7] + uint8(line.level), line.pair[j&1] + stairs[2].pair[i&1]
}

// What is out of range in one dimension only.
func Outside(s *State, i int8, j uint64) uint16 {
	return s.Grid[i][j] + uint16(board[j&1][i])
}
