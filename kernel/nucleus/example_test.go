package nucleus_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/nucleus"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// load compiles alder's module of a slot. A tile loads a release instead.
func load(slot string) (*host.Module, error) {
	c, err := contract.Load(os.DirFS("../slots/" + slot))
	if err != nil {
		return nil, err
	}
	source, err := os.ReadFile("../../lineages/alder/" + slot + "/module.go")
	if err != nil {
		return nil, err
	}
	u, err := tilego.Compile(source, c.Surface())
	if err != nil {
		return nil, err
	}
	raw, err := ir.Encode(u)
	if err != nil {
		return nil, err
	}
	return host.Load(context.Background(), raw, host.Contract{Unit: c.Unit, Budget: uint64(c.Budget)})
}

// A domain that adds one, and its client.
func Example() {
	var modules [4]nucleus.Module
	for i, slot := range []string{"sched", "ipc", "cap", "mem"} {
		m, err := load(slot)
		if err != nil {
			fmt.Println(err)
			return
		}
		if modules[i], err = m.Instance(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
	}
	n := nucleus.New(nucleus.Modules{Sched: modules[0], IPC: modules[1], Cap: modules[2], Mem: modules[3]}, func() int64 { return time.Now().UnixNano() })
	root := n.Root()
	const memory, endpoint, domain, thread, tired = nucleus.RootMemory, 20, 21, 22, 23

	root.Retype(memory, endpoint, nucleus.Endpoint, 1)
	root.Retype(memory, domain, nucleus.Domain, 1)
	root.Retype(memory, thread, nucleus.Thread, 1)
	root.Give(domain, endpoint, 0, nucleus.Read) // all that the domain can do: receive here
	root.Load(domain, func(c nucleus.Context, m *nucleus.Message) {
		if m.Len == 0 { // the start
			c.Receive(0, m, nucleus.NoPlace)
			return
		}
		m.Words[0]++
		c.Reply(m, nucleus.NoPlace)
	})
	root.Start(thread, domain, 3, 1000)
	if _, err := n.Run(1); err != nil {
		fmt.Println(err)
	}

	m := &nucleus.Message{Words: [8]uint64{41}, Len: 1}
	fmt.Println(root.Call(endpoint, m, nucleus.NoPlace, nucleus.NoPlace), m.Words[0])
	root.Copy(endpoint, tired, nucleus.Read)
	fmt.Println(root.Call(tired, m, nucleus.NoPlace, nucleus.NoPlace))
	root.Revoke(memory)
	fmt.Println(root.Call(endpoint, m, nucleus.NoPlace, nucleus.NoPlace))
	// Output:
	// done 42
	// right missing
	// no capability in that place
}
