package ir

import "fmt"

// PanicKind says why a function panicked. The numbers are part of the meaning
// of Tile Go: engines report them and digests of behaviour contain them.
type PanicKind uint8

// The kinds of panics.
const (
	IndexOutOfRange PanicKind = iota + 1
	DivisionByZero
)

// String names the kind for people.
func (k PanicKind) String() string {
	switch k {
	case IndexOutOfRange:
		return "index out of range"
	case DivisionByZero:
		return "division by zero"
	}
	return fmt.Sprintf("panic(%d)", uint8(k))
}

// Panic is the error of every engine when a function of a unit panicked. The
// state is then unspecified.
type Panic struct{ Kind PanicKind }

// Error names the kind.
func (p *Panic) Error() string { return "tilego: panic: " + p.Kind.String() }

var (
	indexOutOfRange = &Panic{IndexOutOfRange}
	divisionByZero  = &Panic{DivisionByZero}
)

// Panic is the error for the kind; the same value each time, so that engines
// need not allocate. It is nil for no kind.
func (k PanicKind) Panic() *Panic {
	switch k {
	case IndexOutOfRange:
		return indexOutOfRange
	case DivisionByZero:
		return divisionByZero
	}
	return nil
}
