package p

type Input struct {
	X    uint8
	Rows [2][2]uint8
}

type pair struct{ a, b uint8 }

var Pairs = [2]pair{{1, 2}, {3, 4}}

func Wf(in *Input) bool { return true }

func Post(in *Input, x uint8) bool { return true }
