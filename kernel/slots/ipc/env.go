package ipc

// Env is the surroundings for model checking: one endpoint, two clients of
// different priority that call, and one server that receives and replies.
type Env struct {
	State    [Clients]uint8 // of each client: Idle, Queued or Served
	Server   uint8          // Idle, Queued when it waits, Served when it works
	Client   uint8          // whom the server works for
	Passed   uint8          // calls that reached the server, less replies
	Jumped   bool           // a client was served before one of higher priority
	Orphaned bool           // somebody waits although there is a peer
	Twice    bool           // a reply went to a client that does not wait for it
}

// Clients is how many there are. Client i has priority 3*i + 1.
const Clients = 2

// What a thread does.
const (
	Idle   = 0
	Queued = 1 // waits at the endpoint
	Served = 2 // of a client: waits for the reply; of the server: works
)

// What the environment may choose in a step: a client calls, or the server
// receives or replies, patiently or not.
const (
	Choices     = 8
	InitChoices = 1
)

// EnvInit sets the state in which the surroundings start: all are idle.
func EnvInit(e *Env, choice uint8) {}

// Sense is the question that the choice stands for: choices 0 and 1 are calls
// of the clients, 2 is Receive, 3 Reply; bit 2 has the thread be impatient.
func Sense(e *Env, choice uint8) (op uint8, allowed, grant bool, words, caps, peers uint8, patient, owed bool) {
	who := choice & 3
	patient2 := choice&4 == 0
	if who == Reply {
		return Reply, true, false, 1, 0, 0, patient2, e.Server == Served
	}
	if who == Receive {
		set := uint8(0)
		for i := range Clients {
			if e.State[i] == Queued {
				set |= 1 << ((3*uint8(i) + 1) & 7)
			}
		}
		return Receive, e.Server == Idle, false, 0, 0, set, patient2, false
	}
	set := uint8(0)
	if e.Server == Queued {
		set = 4
	}
	return Call, e.State[who&1] == Idle, false, 1, 0, set, patient2, false
}

// React does what the answer says.
func React(e *Env, choice uint8, code, act, level, words, caps uint8) {
	if code != OK {
		return
	}
	who := choice & 3
	if who == Reply {
		e.Twice = e.Twice || e.Server != Served || e.State[e.Client&1] != Served
		e.Passed -= min(e.Passed, 1)
		e.State[e.Client&1] = Idle
		e.Server = Idle
	} else if who == Receive {
		receive(e, act, level)
	} else {
		call(e, who&1, act)
	}
	e.Orphaned = e.Orphaned || (e.Server == Queued && (e.State[0] == Queued || e.State[1] == Queued))
}

// receive has the server take a call, or wait for one.
func receive(e *Env, act, level uint8) {
	if act != Match {
		e.Server = Queued
		return
	}
	who := uint8(0)
	if level == 4 {
		who = 1
	}
	e.Jumped = e.Jumped || (who == 0 && e.State[1] == Queued)
	serve(e, who)
}

// call has a client wait for the server, or for the reply at once.
func call(e *Env, who, act uint8) {
	if act == Match {
		serve(e, who)
	} else {
		e.State[who&1] = Queued
	}
}

// serve hands a call to the server.
func serve(e *Env, who uint8) {
	e.State[who&1] = Served
	e.Server = Served
	e.Client = who
	e.Passed++
}

// SafeQueues: nobody waits at the endpoint while there is a peer.
func SafeQueues(e *Env) bool { return !e.Orphaned }

// SafeOrder: the highest priority goes first.
func SafeOrder(e *Env) bool { return !e.Jumped }

// SafeReply: a reply is used once, by the client that waits for it.
func SafeReply(e *Env) bool { return !e.Twice && e.Passed <= 1 }

// SafeServed: the server works exactly while a client waits for its reply.
func SafeServed(e *Env) bool {
	waiting := e.State[0] == Served || e.State[1] == Served
	return waiting == (e.Server == Served) && (e.State[0] != Served || e.State[1] != Served)
}
