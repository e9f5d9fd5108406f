package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct{ level uint8 }

func Init(s *State, x uint8) {}

func Step(s *State, in *Input) uint8 { return s.level }
