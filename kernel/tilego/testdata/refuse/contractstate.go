package p

type Input struct{ X uint8 }

type State struct{ Level uint8 }

func Frame(before, after *State) bool {
	before.Level = after.Level
	return true
}

func Wrong(s *State) bool {
	s.Level = 3
	return true
}
