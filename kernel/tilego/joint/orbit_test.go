package joint

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// orders calls visit with every order of the things, some more than once.
func orders(o *orbit, words []uint64, from int, visit func([]uint64)) {
	if from == o.n {
		visit(words)
		return
	}
	for i := from; i < o.n; i++ {
		o.swap(words, from, i)
		orders(o, words, from+1, visit)
		o.swap(words, from, i)
	}
}

// One state stands for its orders, for no others, and knows how many they are.
func TestOneStateStandsForItsOrders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(t, "things")
		o := &orbit{n: n, columns: []int{1, 2 + n}} // words 0 and 1+n are the state's own
		words := rapid.SliceOfN(rapid.Uint64Range(0, 2), 2+2*n, 2+2*n).Draw(t, "words")
		stands := slices.Clone(words)
		o.settle(stands)
		if stands[0] != words[0] || stands[1+n] != words[1+n] {
			t.Fatalf("%v stands for %v, which differs in more than the order", stands, words)
		}
		different := map[string]bool{}
		orders(o, slices.Clone(words), 0, func(w []uint64) {
			different[fmt.Sprint(w)] = true
			same := slices.Clone(w)
			o.settle(same)
			if !slices.Equal(same, stands) {
				t.Fatalf("%v and %v are the same in another order, and %v and %v stand for them", words, w, stands, same)
			}
		})
		if got := o.size(stands); got != len(different) || !different[fmt.Sprint(stands)] {
			t.Fatalf("%v stands for %d states, want %d", stands, got, len(different))
		}
	})
}
