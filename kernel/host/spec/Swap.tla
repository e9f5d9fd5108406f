---- MODULE Swap ----
EXTENDS Integers, FiniteSets

\* How a slot changes hands between two calls: kernel/host.Swapper.
\*
\* One goroutine calls the slot, step by step as Swapper.Step does: it reads
\* wanted, calls, and reads wanted again. Requests are goroutines in Swapper.Swap
\* or Swapper.Back: each sets wanted, and waits for its answer or withdraws. Every
\* atomic operation is a step of its own.
\*
\* Instances are 1 .. I, and the state of an instance is the number of calls that
\* are in it, modulo M: what a swap must carry. Instance 3 has a state of another
\* schema. Request r asks for instance r + 1, the last one for the previous
\* instance. A call may fail; its instance has no state to be trusted then, and the
\* caller reverts.
\*
\* Written for tla-checker as well as for TLC: parenthesised, no bulleted lists, no
\* temporal formula (see SwapLive), no name that it takes for an invariant.

CONSTANTS I, FAILURES

M == 2
R == I
Instances == ( 1 .. I )
Requests == ( 1 .. R )

VARIABLES pc, wanted, taken, cur, prev, inside, state, count, failed, fails, req, answered, begun, from, strayed

vars == << pc, wanted, taken, cur, prev, inside, state, count, failed, fails, req, answered, begun, from, strayed >>

\* pc        of the caller: out (between calls), ready (it read that nobody wants
\*           anything), take (it saw a wish), call, end (returned, to answer),
\*           revert (a call failed), stuck (there was nothing to go back to)
\* wanted    the wish: a request, or 0
\* taken     the request that the caller took, or 0
\* cur, prev the current and the previous instance; 0 is none
\* inside    the instances that run a call
\* state     per instance: calls in its state
\* count     calls that the state of the slot must have
\* failed    per instance: its state is not to be trusted
\* fails     so far
\* req       per request: out, waiting, leaving (its context ended too late), done,
\*           busy, withdrawn; whoever has an answer may ask again
\* answered  per request: how often since it asked
\* begun     calls that began since there is a wish, at most 2
\* from      the instance that a way back leaves: the one that it was asked of
\* strayed   a way back left another instance than the one that it was asked of

Init == ( ( pc = "out" ) /\ ( wanted = 0 ) /\ ( taken = 0 ) /\ ( cur = 1 ) /\ ( prev = 0 ) /\ ( inside = {} )
  /\ ( state = [ i \in Instances |-> 0 ] ) /\ ( count = 0 ) /\ ( failed = [ i \in Instances |-> FALSE ] ) /\ ( fails = 0 )
  /\ ( req = [ r \in Requests |-> "out" ] ) /\ ( answered = [ r \in Requests |-> 0 ] ) /\ ( begun = 0 )
  /\ ( from = 0 ) /\ ( strayed = FALSE ) )

\* The requests.

Ask(r) == ( ( req[r] \notin { "waiting", "leaving" } )
  /\ ( wanted' = ( IF ( wanted = 0 ) THEN r ELSE wanted ) )
  /\ ( req' = [ req EXCEPT ![r] = ( IF ( wanted = 0 ) THEN "waiting" ELSE "busy" ) ] )
  /\ ( begun' = ( IF ( wanted = 0 ) THEN 0 ELSE begun ) )
  /\ ( answered' = [ answered EXCEPT ![r] = 0 ] )
  /\ ( from' = ( IF ( ( r = R ) /\ ( wanted = 0 ) ) THEN cur ELSE from ) )
  /\ UNCHANGED << pc, taken, cur, prev, inside, state, count, failed, fails, strayed >> )

\* The context of a request ends: the wish is withdrawn, if it is still there.
Leave(r) == ( ( req[r] = "waiting" )
  /\ ( wanted' = ( IF ( wanted = r ) THEN 0 ELSE wanted ) )
  /\ ( req' = [ req EXCEPT ![r] = ( IF ( wanted = r ) THEN "withdrawn" ELSE "leaving" ) ] )
  /\ ( from' = ( IF ( ( r = R ) /\ ( wanted = r ) ) THEN 0 ELSE from ) )
  /\ UNCHANGED << pc, taken, cur, prev, inside, state, count, failed, fails, answered, begun, strayed >> )

\* The caller.

\* Step reads wanted.
Look == ( ( pc = "out" ) /\ ( pc' = ( IF ( wanted = 0 ) THEN "ready" ELSE "take" ) )
  /\ UNCHANGED << wanted, taken, cur, prev, inside, state, count, failed, fails, req, answered, begun, from, strayed >> )

\* The call begins; a wish may have come since wanted was read, or have gone.
Call == ( ( ( pc = "ready" ) \/ ( ( pc = "take" ) /\ ( wanted = 0 ) ) ) /\ ( pc' = "call" ) /\ ( inside' = ( inside \cup { cur } ) )
  /\ ( begun' = ( IF ( wanted = 0 ) THEN 0 ELSE ( IF ( begun < 2 ) THEN ( begun + 1 ) ELSE begun ) ) )
  /\ UNCHANGED << wanted, taken, cur, prev, state, count, failed, fails, req, answered, from, strayed >> )

Target(r) == ( IF ( r = R ) THEN prev ELSE ( r + 1 ) )

Schema(i) == ( IF ( i = 3 ) THEN 1 ELSE 0 )

Carries(i) == ( ( ~ failed[cur] ) /\ ( Schema(i) = Schema(cur) ) )

\* Whoever asks for the current instance has it. A way back that was asked of
\* another instance than the current one is over already: a call failed meanwhile,
\* and the caller reverted.
Needed(r) == ( ( Target(r) # cur ) /\ ( ( r # R ) \/ ( from = cur ) ) )

\* A way forward needs the state to be carried; on a way back an instance may go
\* on with the state that it had, if it had one.
Fits(r) == ( ( Target(r) # 0 ) /\ Needed(r) /\ ( Carries(Target(r)) \/ ( ( r = R ) /\ ( ~ failed[Target(r)] ) ) ) )

\* The exchange, between two calls, and the entry into the next one. A swap that
\* is refused changes nothing.
Exchange(r) == ( ( pc = "take" ) /\ ( wanted = r ) /\ ( wanted' = 0 ) /\ ( taken' = r ) /\ ( pc' = "call" ) /\ ( begun' = 0 )
  /\ ( IF Fits(r)
       THEN ( ( cur' = Target(r) ) /\ ( prev' = cur ) /\ ( inside' = ( inside \cup { Target(r) } ) )
         /\ ( IF Carries(Target(r))
              THEN ( ( state' = [ state EXCEPT ![Target(r)] = state[cur] ] ) /\ ( count' = count )
                /\ ( failed' = [ failed EXCEPT ![Target(r)] = FALSE ] ) )
              ELSE ( ( count' = state[Target(r)] ) /\ UNCHANGED << state, failed >> ) ) )
       ELSE ( ( inside' = ( inside \cup { cur } ) ) /\ UNCHANGED << cur, prev, state, count, failed >> ) )
  /\ ( strayed' = ( strayed \/ ( ( r = R ) /\ Fits(r) /\ ( from # cur ) ) ) )
  /\ ( from' = 0 ) /\ UNCHANGED << fails, req, answered >> )

\* A call returns well.
Return == ( ( pc = "call" ) /\ ( pc' = ( IF ( taken = 0 ) THEN "out" ELSE "end" ) ) /\ ( inside' = {} )
  /\ ( state' = [ state EXCEPT ![cur] = ( ( @ + 1 ) % M ) ] ) /\ ( count' = ( ( count + 1 ) % M ) )
  /\ UNCHANGED << wanted, taken, cur, prev, failed, fails, req, answered, begun, from, strayed >> )

\* A call fails: a panic.
Fail == ( ( pc = "call" ) /\ ( fails < FAILURES ) /\ ( fails' = fails + 1 )
  /\ ( pc' = ( IF ( taken = 0 ) THEN "revert" ELSE "end" ) ) /\ ( inside' = {} )
  /\ ( failed' = [ failed EXCEPT ![cur] = TRUE ] )
  /\ UNCHANGED << wanted, taken, cur, prev, state, count, req, answered, begun, from, strayed >> )

\* The request that was taken is answered, after the call.
Answer == ( ( pc = "end" ) /\ ( answered' = [ answered EXCEPT ![taken] = ( @ + 1 ) ] )
  /\ ( req' = [ req EXCEPT ![taken] = "done" ] ) /\ ( taken' = 0 )
  /\ ( pc' = ( IF failed[cur] THEN "revert" ELSE "out" ) )
  /\ UNCHANGED << wanted, cur, prev, inside, state, count, failed, fails, begun, from, strayed >> )

\* The previous instance goes on with the state that it had, if it had one.
Revert == ( ( pc = "revert" )
  /\ ( IF ( prev = 0 ) THEN ( ( pc' = "stuck" ) /\ UNCHANGED << cur, prev, count >> )
       ELSE ( IF failed[prev] THEN ( ( pc' = "stuck" ) /\ UNCHANGED << cur, prev, count >> )
       ELSE ( ( pc' = "out" ) /\ ( cur' = prev ) /\ ( prev' = cur ) /\ ( count' = state[prev] ) ) ) )
  /\ UNCHANGED << wanted, taken, inside, state, failed, fails, req, answered, begun, from, strayed >> )

Caller == ( Look \/ Call \/ Return \/ Fail \/ Answer \/ Revert \/ ( \E r \in Requests : Exchange(r) ) )

Next == ( Caller \/ ( \E r \in Requests : ( Ask(r) \/ Leave(r) ) ) )

\* What is promised.

\* Who runs a call is the current instance: a slot changes hands between calls only.
OneActive == ( ( Cardinality(inside) <= 1 ) /\ ( inside \subseteq { cur } ) )

\* No call runs on a state that is not to be trusted.
CrashMeansOld == ( \A i \in inside : ( ~ failed[i] ) )

\* No call is lost and none is counted twice, across every exchange.
NothingLost == ( ( ~ failed[cur] ) => ( state[cur] = count ) )

\* A request is answered once, and never after it was withdrawn.
AnsweredOnce == ( \A r \in Requests : ( ( answered[r] <= 1 )
  /\ ( ( answered[r] = 1 ) => ( req[r] = "done" ) )
  /\ ( ( ( req[r] = "withdrawn" ) \/ ( req[r] = "busy" ) ) => ( ( wanted # r ) /\ ( taken # r ) ) ) ) )

\* Bounded response: at most one call begins while a wish is there.
SoonSeen == ( ( wanted # 0 ) => ( begun <= 1 ) )

\* The previous instance stays loaded, and is another one.
WayBack == ( prev # cur )

\* A way back is gone once, however many ask for it.
BackOnce == ( ~ strayed )
====
