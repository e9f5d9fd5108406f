package cap

// Env is the surroundings for model checking: a table of three places, in which
// the nucleus derives and revokes. Place 0 is the root; it may read and grant.
type Env struct {
	Present [Places]bool
	Parent  [Places]uint8 // Places for none
	Rights  [Places]uint8
	Badge   [Places]uint32
	Depth   [Places]uint8
}

// Places of the small table.
const Places = 3

// What the environment may choose in a step is the next question: from which
// place (3), to which (3), with one right or two (2), and a copy, a badge, or a
// look that permits to revoke (3).
const (
	Choices     = 54
	InitChoices = 1
)

// Badged stands for the badges that are given; the place tells them apart.
const Badged = 1

// EnvInit sets the state in which the surroundings start.
func EnvInit(e *Env, choice uint8) {
	e.Present[0] = true
	e.Rights[0] = Read | Grant
	for i := range Places {
		e.Parent[i] = Places
	}
}

// Sense is the question that the choice stands for, about the table as it is.
func Sense(e *Env, choice uint8) (op uint8, present bool, kind, need, rights, ask uint8, badge, newBadge uint32, depth uint8, room bool) {
	from := choice % Places
	to := (choice / 3) % Places
	want := uint8(Read)
	if (choice/9)%2 == 1 {
		want = Read | Grant
	}
	return choice / 18, e.Present[from], 3, Any, e.Rights[from], want, e.Badge[from], uint32(to) + Badged, e.Depth[from], !e.Present[to]
}

// React does what the answer permits.
func React(e *Env, choice uint8, code, rights uint8, badge uint32, depth uint8) {
	if code != OK {
		return
	}
	from := choice % Places
	to := (choice / 3) % Places
	if choice/18 == Look {
		revoke(e, from)
	} else {
		e.Present[to] = true
		e.Parent[to] = from
		e.Rights[to] = rights
		e.Badge[to] = badge
		e.Depth[to] = depth
	}
}

// revoke clears what is derived from a place, generation by generation.
func revoke(e *Env, from uint8) {
	var doomed [Places]bool
	doomed[from] = true
	for n := range Places * Places {
		k := uint8(n) % Places
		if e.Present[k] && e.Parent[k] < Places && doomed[e.Parent[k]] {
			doomed[k] = true
		}
	}
	for i := range Places {
		if doomed[i] && uint8(i) != from {
			e.Present[i] = false
			e.Parent[i] = Places
			e.Rights[i] = 0
			e.Badge[i] = 0
			e.Depth[i] = 0
		}
	}
}

// SafeConfined: no capability can do more than the one that it was derived
// from, and none is derived from one that is gone.
func SafeConfined(e *Env) bool {
	for i := range Places {
		p := min(e.Parent[i], Places-1)
		if e.Present[i] && e.Parent[i] < Places {
			if !e.Present[p] || e.Rights[i]&^e.Rights[p] != 0 {
				return false
			}
		}
	}
	return true
}

// SafeBadge: a badge is never replaced or lost by derivation.
func SafeBadge(e *Env) bool {
	for i := range Places {
		p := min(e.Parent[i], Places-1)
		if e.Present[i] && e.Parent[i] < Places && e.Badge[p] != 0 && e.Badge[i] != e.Badge[p] {
			return false
		}
	}
	return true
}

// SafeTree: derivations go down, so none goes in a circle.
func SafeTree(e *Env) bool {
	for i := range Places {
		p := min(e.Parent[i], Places-1)
		if e.Present[i] && e.Parent[i] < Places && e.Depth[i] <= e.Depth[p] {
			return false
		}
	}
	return true
}
