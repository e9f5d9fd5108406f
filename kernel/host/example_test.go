package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/genesis-network/genesis/examples/limiter"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
)

// Decision is the results of the slot limiter, in their order.
type Decision struct {
	Admit bool
	Retry uint16 // milliseconds
}

// A program opens a slot with a verified module and calls it with Go values.
func Example() {
	ctx := context.Background()
	c, err := contract.Load(limiter.Folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	verified, err := os.ReadFile("../../examples/limiter/service/home.verified.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	port, err := host.Open[limiter.Input, Decision](ctx, c, verified)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer port.Close(ctx)
	for _, in := range []limiter.Input{{Class: limiter.Bulk, Busy: 2}, {Class: limiter.Bulk, Busy: 30}, {Class: limiter.Gold, Busy: 30}} {
		d, err := port.Call(in)
		fmt.Println(d.Admit, d.Retry, err)
	}
	fmt.Println(port.Status().Calls, "calls,", port.Status().Breaches, "breaches")
	// Output:
	// true 0 <nil>
	// false 151 <nil>
	// true 0 <nil>
	// 3 calls, 0 breaches
}

// The monitor sees what the contract excludes, even an input that cannot occur.
func ExamplePort_Call() {
	ctx := context.Background()
	c, err := contract.Load(limiter.Folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	verified, err := os.ReadFile("../../examples/limiter/service/home.verified.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	port, err := host.Open[limiter.Input, Decision](ctx, c, verified)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer port.Close(ctx)
	d, err := port.Call(limiter.Input{Class: 7})
	var broken *host.Violation
	if errors.As(err, &broken) {
		fmt.Println(broken.Predicate, "before the call:", broken.Before, "- decided all the same:", d.Admit)
	}
	fmt.Println(port.Status().Last.Input)
	// Output:
	// Wf before the call: true - decided all the same: true
	// {Class:7 Busy:0 Elapsed:0}
}

// A caller that calls from one goroutine, or has no contract, goes without a
// port.
func ExampleLoad() {
	ctx := context.Background()
	encoded, err := ir.Encode(irgen.Governor()) // in earnest: from a release
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := host.Load(ctx, encoded, host.Contract{Budget: 200}, host.WithoutContract("the example has none"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close(ctx)
	i, err := m.Instance(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	out := make([]uint64, 2)
	for _, temp := range []uint64{500, 820, 960} {
		if err := i.Step([]uint64{temp, 100, 0}, out); err != nil { // temp, load, fault
			fmt.Println(err)
			return
		}
		fmt.Println("fan", out[0], "throttle", out[1])
	}
	// Output:
	// fan 0 throttle 0
	// fan 1 throttle 0
	// fan 4 throttle 4
}
