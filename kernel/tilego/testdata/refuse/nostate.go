package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

func Step(in *Input) (fan, throttle uint8) { return 1, 2 }
