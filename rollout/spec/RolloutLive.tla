---- MODULE RolloutLive ----
EXTENDS Rollout

\* What needs infinite behaviours, for TLC: liveness of tla-checker is unsound.

Expire(t) == ( ( age[t] = D ) /\ GoBack(t) )

\* Time goes on, modules get loaded, and orders expire; messages may all be lost.
Fair == ( WF_vars(Tick) /\ ( \A t \in Tiles : ( WF_vars(Enter(t)) /\ WF_vars(Expire(t)) ) ) )

Fairly == ( Init /\ [][Next]_vars /\ Fair )

HaltLeadsBack == ( ( ctl = "halt" ) ~> ( \A t \in Tiles : ( ~ ( "new" \in run[t] ) ) ) )
====
