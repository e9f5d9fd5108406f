package sched

// Env is the surroundings for model checking: three threads that wake, run for
// a slice, and block or go on as they like; one of them, which changes, may be
// out of budget.
type Env struct {
	Ready uint64
	Wait  [Few]uint8 // decisions for which each has been ready without running
	Order uint8      // 0: equal priorities; 1: thread 2 above 1 above 0
	Lost  bool       // nothing ran although something could
}

// Few is the number of threads; Patience stands for WaitTop.
const (
	Few      = 3
	Patience = 2
)

// What the environment may choose in a step: bits 0 to 2 wake a thread, bit 3
// has the one that runs block behind its slice, bits 4 and 5 take the budget of
// a thread, or of none.
const (
	Choices     = 64
	InitChoices = 2
)

// EnvInit sets the state in which the surroundings start: nothing is ready.
func EnvInit(e *Env, choice uint8) { e.Order = choice }

// Sense is what the nucleus knows: a thread that wakes is ready at once.
func Sense(e *Env, choice uint8) (ready, spent, late, high, mid, low uint64) {
	wait := uint64(0)
	for i := range Few {
		if e.Wait[i] >= Patience {
			wait |= 1 << (uint8(i) & 63)
		}
	}
	mid2 := uint64(0)
	low2 := uint64(0)
	if e.Order == 1 {
		mid2 = 4
		low2 = 2
	}
	return e.Ready | uint64(choice&7), spentBy(choice), wait, 0, mid2, low2
}

// spentBy is the thread that is out of budget, as a set.
func spentBy(choice uint8) uint64 {
	k := (choice >> 4) & 3
	if k == Few {
		return 0
	}
	return 1 << (k & 63)
}

// React lets the chosen thread run for its slice.
func React(e *Env, choice uint8, thread uint8, slice uint16) {
	e.Ready |= uint64(choice & 7)
	spent := spentBy(choice)
	if thread >= Few && e.Ready&^spent != 0 {
		e.Lost = true
	}
	for i := range Few {
		bit := uint64(1) << (uint8(i) & 63)
		if uint8(i) == thread || e.Ready&bit == 0 {
			e.Wait[i] = 0
		} else if spent&bit == 0 && e.Wait[i] < Patience+Few+1 {
			e.Wait[i]++
		}
	}
	if thread < Few && choice&8 != 0 {
		e.Ready &^= uint64(1) << (thread & 63)
	}
}

// SafeWakes: nothing that can run is forgotten, so no wake-up is lost.
func SafeWakes(e *Env) bool { return !e.Lost }

// SafeServed: a ready thread with budget runs after at most Patience decisions
// and one turn of each of the others, whatever its priority; so an inversion of
// priorities is bounded too.
func SafeServed(e *Env) bool {
	for i := range Few {
		if e.Wait[i] > Patience+Few {
			return false
		}
	}
	return true
}
