package m

import _ "embed"

//go:embed x
var x [1]uint8
