package nucleus

import "github.com/genesis-network/genesis/kernel/nucleus/abi"

// Code is the answer to a system call. It is an error, [OK] too, so that callers
// compare it and nothing else.
type Code uint8

// The codes; see package abi.
const (
	OK         = Code(abi.OK)
	NoCap      = Code(abi.NoCap)
	WrongKind  = Code(abi.WrongKind)
	Denied     = Code(abi.Denied)
	NoRoom     = Code(abi.NoRoom)
	NoMemory   = Code(abi.NoMemory)
	Bad        = Code(abi.Bad)
	WouldBlock = Code(abi.WouldBlock)
	NoReply    = Code(abi.NoReply)
	Busy       = Code(abi.Busy)
	Gone       = Code(abi.Gone)
	BadModule  = Code(abi.Module)
	// Blocked says that the thread waits. Its handler returns; what comes of it
	// is the next message.
	Blocked = Code(abi.CodeTop + 1)
)

var codeTexts = [...]string{
	OK: "done", NoCap: "no capability in that place", WrongKind: "not of that kind", Denied: "right missing",
	NoRoom: "no room", NoMemory: "out of memory", Bad: "argument out of range", WouldBlock: "would block",
	NoReply: "nobody waits for a reply", Busy: "in use", Gone: "gone", BadModule: "answer of a module breaks its contract",
	Blocked: "blocked",
}

// Error is the code in words.
func (c Code) Error() string {
	if int(c) < len(codeTexts) {
		return codeTexts[c]
	}
	return "unknown code"
}
