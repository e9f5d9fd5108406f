package joint

// Check is one invariant of a joint state: that its fault is none of Faults, or
// that a predicate holds.
type Check struct {
	Fn     Fn      // the predicate, on the state of its unit
	Faults []Fault // when Fn is absent
}

// Checks lists the invariants of the system in the order in which they are
// checked and numbered by every engine.
func (s *System) Checks() []Check {
	checks := []Check{
		{Faults: []Fault{Size}},
		{Faults: []Fault{EnvPanic, BadInput}},
		{Faults: []Fault{Panic}},
	}
	if s.Post.Present() {
		checks = append(checks, Check{Faults: []Fault{Post}})
	}
	if s.Frame.Present() {
		checks = append(checks, Check{Faults: []Fault{Frame}})
	}
	if s.Inv.Present() {
		checks = append(checks, Check{Fn: s.Inv})
	}
	for _, f := range s.Safe {
		checks = append(checks, Check{Fn: f})
	}
	return checks
}

// Name is what people call the invariant: NoPanic, Post, Frame, Inv, or the
// name of a Safe function.
func (c Check) Name() string {
	if c.Fn.Present() {
		return c.Fn.Func.Name
	}
	switch c.Faults[0] {
	case Size:
		return "SmallIntegers"
	case EnvPanic:
		return "Surroundings"
	case Panic:
		return "NoPanic"
	case Post:
		return "Post"
	}
	return "Frame"
}
