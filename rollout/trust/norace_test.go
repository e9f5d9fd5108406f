//go:build !race

package trust_test

const (
	racing = false
	stride = 1
)
