//go:build race

package limiter_test

func init() { raced = true }
