package foreign

// Grain is how many instructions at most a charge pays for that may be skipped.
const Grain = 16

// maxNest is how many constructs may be open.
const maxNest = 512

// insertion is code that is put into a function.
type insertion struct {
	at   int // position in its code, before the instruction there
	is   int // what: see below
	cost int64
	till int // of insReturn: the end of the instruction that is replaced
}

// The insertions.
const (
	insCharge = iota // cost
	insMoved         // one for each 8 bytes that the number on the stack counts
	insGrown         // 8,192 for each page that it counts
	insReturn        // a jump out of the wrapper, cost constructs outwards
)

// segment is code that runs from its begin to its end, or to a trap: nothing
// jumps into it or out of it. Segments that follow it at the same place belong
// to it if what lies between was passed by, or jumped out of.
type segment struct {
	at     int
	cost   int64
	parent int   // the segment that is always passed before it, and as often; -1 for none
	vain   int64 // of cost, what may be skipped
}

// frame is a construct that is open.
type frame struct {
	op      int
	segment int // that was passed before it
	hasElse bool
}

// plan is where insertions go in one function.
type plan struct {
	segments []segment
	inserts  []insertion
	frames   []frame
	open     int  // segment that instructions add to
	calls    bool // it calls functions of the module
	dynamic  bool // it charges for what is known only when it runs
}

// place plans the charges of a function.
func (d *decoder) place(b *body) *plan {
	p := &plan{frames: []frame{{op: opBlock}}}
	outer := d.reader
	d.reader = reader{b: b.code}
	p.begin(0, -1)
	for d.err == nil && len(p.frames) > 0 {
		if d.placeOne(p, d.next()); len(p.frames) > maxNest {
			d.fail("more than %d constructs inside each other", maxNest)
		}
	}
	if d.err == nil && d.at != len(d.b) {
		d.fail("%d bytes behind the end of a function", len(d.b)-d.at)
	}
	outer.err = d.err
	d.reader = outer
	p.merge()
	return p
}

// begin opens a segment.
func (p *plan) begin(at, parent int) {
	p.segments = append(p.segments, segment{at: at, parent: parent})
	p.open = len(p.segments) - 1
}

func (p *plan) add(cost int64) { p.segments[p.open].cost += cost }

// merge has small segments be paid for with their parents, as long as a parent
// pays for no more than Grain that may be skipped. It is sound because the
// parent is passed before, and as often: lists of instructions are entered at
// their begin and behind constructs in them only, and the head of a loop has no
// parent. Parents come before their children, so each is merged when all that
// was merged into it is known.
func (p *plan) merge() {
	charges := make([]insertion, len(p.segments))
	for i := len(p.segments) - 1; i >= 0; i-- {
		s := &p.segments[i]
		charges[i] = insertion{at: s.at, is: insCharge, cost: s.cost}
		if s.parent < 0 {
			continue
		}
		if up := &p.segments[s.parent]; up.vain+s.cost <= Grain {
			up.vain += s.cost
			up.cost += s.cost
			charges[i].cost = 0
		}
	}
	p.inserts = append(charges, p.inserts...)
}

func (d *decoder) placeOne(p *plan, i instr) {
	switch i.op {
	case opLoop: // it is passed again in each iteration
		p.frames = append(p.frames, frame{op: i.op, segment: p.open})
		p.begin(i.to, -1)
		p.add(1)
		return
	case opElse:
		d.otherwise(p, i)
		return
	case opEnd:
		p.end(i)
		return
	}
	p.add(1)
	switch i.op {
	case opBlock:
		p.frames = append(p.frames, frame{op: i.op, segment: p.open})
	case opIf:
		p.frames = append(p.frames, frame{op: i.op, segment: p.open})
		p.begin(i.to, p.open)
	case opBrIf:
		p.begin(i.to, p.open)
	case opReturn:
		p.inserts = append(p.inserts, insertion{at: i.from, is: insReturn, cost: int64(len(p.frames) - 1), till: i.to})
	case opCall:
		p.calls = p.calls || int(i.index) >= len(d.imports)
		if int(i.index) < len(d.imports) {
			p.add(int64(d.imports[i.index].Weight))
		}
	case opCallIndirect:
		p.calls = true
	case opMemoryGrow:
		p.paid(i.from, insGrown)
	case opMemoryInit, opMemoryCopy, opMemoryFill:
		p.paid(i.from, insMoved)
	}
}

// paid charges for what is known only when it runs.
func (p *plan) paid(at, is int) {
	p.dynamic = true
	p.inserts = append(p.inserts, insertion{at: at, is: is})
}

// otherwise begins the second side of an if.
func (d *decoder) otherwise(p *plan, i instr) {
	f := &p.frames[len(p.frames)-1]
	if f.op != opIf || f.hasElse {
		d.fail("else without if")
		return
	}
	f.hasElse = true
	p.begin(i.to, f.segment)
}

// end closes a construct. What comes behind it belongs to what was passed before
// it: all inside may have been jumped over.
func (p *plan) end(i instr) {
	f := p.frames[len(p.frames)-1]
	p.frames = p.frames[:len(p.frames)-1]
	if len(p.frames) > 0 {
		p.begin(i.to, f.segment)
	}
}
