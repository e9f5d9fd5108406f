package p

import "fmt"

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type Input struct{ X uint8 }
