package mem

// Env is the surroundings for model checking: one piece of untyped memory of a
// few pages, from which objects are made and whose objects all go at once, and
// one frame that is mapped and unmapped.
type Env struct {
	Owned  [Few]bool // pages that an object has
	Used   uint16
	Twice  bool // a page was given to two owners
	Beyond bool // a page was given that is not in this memory
	Mapped bool
	Both   bool // it is mapped writable and executable
	Double bool // it was mapped twice
}

// Few is the size of the memory, which begins at page First.
const (
	Few   = 4
	First = 8
)

// What the environment may choose in a step: bit 0 is the operation; of Retype,
// bits 1 to 3 are the pages asked for; of Map, bits 1 to 3 the rights. Bit 4 has
// everything freed before; bit 5 leaves no room.
const (
	Choices     = 64
	InitChoices = 1
)

// EnvInit sets the state in which the surroundings start: nothing is given.
func EnvInit(e *Env, choice uint8) {}

// Sense is the question that the choice stands for.
func Sense(e *Env, choice uint8) (op uint8, base, size, used, count uint16, room, read, write, run, askRead, askWrite, askRun, mapped bool) {
	u := e.Used
	m := e.Mapped
	if choice&16 != 0 {
		u = 0
		m = false
	}
	return choice & 1, First, Few, u, uint16((choice >> 1) & 7), choice&32 == 0, true, true, true,
		choice&2 != 0, choice&4 != 0, choice&8 != 0, m
}

// React does what the answer permits.
func React(e *Env, choice uint8, code uint8, at, used uint16) {
	if choice&16 != 0 {
		for i := range Few {
			e.Owned[i] = false
		}
		e.Used = 0
		e.Mapped = false
		e.Both = false
	}
	if code != OK {
		return
	}
	if choice&1 == Map {
		e.Double = e.Double || e.Mapped
		e.Mapped = true
		e.Both = choice&4 != 0 && choice&8 != 0
		return
	}
	e.Used = min(used, Few)
	give(e, at, uint16((choice>>1)&7))
}

// give marks pages as owned.
func give(e *Env, at, count uint16) {
	for i := range Few {
		page := uint16(First) + uint16(i)
		if page >= at && page-at < count {
			e.Twice = e.Twice || e.Owned[i]
			e.Owned[i] = true
		}
	}
	if at < First || at > First+Few || count > First+Few-at {
		e.Beyond = true
	}
}

// SafeDisjoint: no page has two owners, and none comes from elsewhere.
func SafeDisjoint(e *Env) bool { return !e.Twice && !e.Beyond }

// SafeTotal: what is owned is what is counted as used, so owned and free
// pages together are all there are.
func SafeTotal(e *Env) bool {
	for i := range Few {
		if e.Owned[i] && uint16(i) >= e.Used {
			return false
		}
	}
	return e.Used <= Few
}

// SafeMapped: the frame is never mapped twice, nor writable and executable.
func SafeMapped(e *Env) bool { return !e.Double && !e.Both }
