//go:build race

package trust_test

// The race detector makes signatures several times slower: budgets of time do
// not hold under it, and long walks take every eighth step.
const (
	racing = true
	stride = 8
)
