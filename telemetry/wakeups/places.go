package wakeups

// places maps threads to [Places]. A thread keeps its place until all are taken
// and another thread needs one: then the thread loses it that has slept longest.
// So no two threads are ever ready in one place.
type places struct {
	of     map[int]int // by thread
	holder [Places]int // 0 for none
	rested [Places]int // when its thread fell asleep last, in order
	clock  int
}

func (p *places) init() { p.of = map[int]int{} }

// take is the place of a thread; shared when another one had it before, not ok
// when the threads of all places are ready.
func (p *places) take(thread int, ready map[int]*work) (place int, shared, ok bool) {
	if at, has := p.of[thread]; has {
		return at, false, true
	}
	best := -1
	for i, h := range p.holder {
		if h == 0 {
			best = i
			break
		}
		if ready[h] == nil && (best < 0 || p.rested[i] < p.rested[best]) {
			best = i
		}
	}
	if best < 0 {
		return 0, false, false
	}
	shared = p.holder[best] != 0
	delete(p.of, p.holder[best])
	p.holder[best], p.of[thread] = thread, best
	return best, shared, true
}

// rest notes that the thread of a place fell asleep.
func (p *places) rest(place int) {
	p.clock++
	p.rested[place] = p.clock
}
