package tilego_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
)

// A module is compiled against its contract; what is not in the language is
// refused with a place, a rule and a hint.
func Example() {
	c, err := contract.Load(os.DirFS("testdata/thermo"))
	if err != nil {
		fmt.Println(err)
		return
	}
	source := `package steady

import . "` + c.Import + `"

type State struct{ level uint8 }

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) {
	want := 0.5 * MaxFan
	go log(want)
	return MaxFan, MaxThrottle
}
`
	_, err = tilego.Compile([]byte(source), c.Surface())
	var refused tilego.Refusals
	if errors.As(err, &refused) {
		for _, r := range refused {
			fmt.Printf("line %d, %s: %s\n", r.Line, r.Rule, r.Message)
		}
	}
	// Output:
	// line 10, tilego.float: 0.5 is not an integer
	// line 11, tilego.goroutine: go statement
}
