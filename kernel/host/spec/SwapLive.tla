---- MODULE SwapLive ----
EXTENDS Swap

\* What needs infinite behaviours, for TLC: liveness of tla-checker is unsound.

\* The slot is called again and again, for as long as there is somebody to call.
Fairly == ( Init /\ [][Next]_vars /\ WF_vars(Caller) )

WishLeadsToAnswer == ( \A r \in Requests : ( ( req[r] = "waiting" ) ~> ( ( req[r] # "waiting" ) \/ ( pc = "stuck" ) ) ) )
====
