//go:build race

package score_test

func init() { raced = true }
