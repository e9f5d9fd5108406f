// Package nucleus is the microkernel of a tile, in user space: domains that see
// nothing but what their capabilities name, threads, endpoints, notifications,
// untyped memory and frames, interrupts and a clock. What it decides it asks of
// four modules, one for each of the kernel slots sched, ipc, cap and mem; what it
// does is the step of package core, which believes none of them.
//
// A domain is a [Program]: one handler, called with one message after the other,
// each time to completion. A call to a server that waits runs its handler at
// once, on the stack of the caller (the direct path); otherwise the message is
// queued, and [Nucleus.Run] lets threads go on as the scheduler chooses (the
// queued path).
//
// What it keeps true: core.Inv, whatever programs and modules do; a system call
// that is refused changes nothing; capabilities are checked before anything
// else; a message is delivered whole, to one thread, once, or is still its
// sender's; it is lost only with a thread that is stopped. There is no ambient
// authority: a program has its [Context] and what was given to its domain.
//
// What it does not do: it isolates nothing by itself. A program in Go is trusted
// not to reach around its Context; one that is not runs as Wasm. It does not end
// a handler that loops: programs in Tile Go cannot, foreign ones have fuel.
//
// A Nucleus belongs to one goroutine at a time. See docs/nucleus.md for the
// system calls.
package nucleus
