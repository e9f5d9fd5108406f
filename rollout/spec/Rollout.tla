---- MODULE Rollout ----
EXTENDS Integers, FiniteSets

\* How a release goes to the tiles of a fleet, wave by wave, and back.
\*
\* The control plane is workflows.Rollout with its activities: it orders a wave,
\* looks at its gate, and commits, or halts and waits until every tile that was
\* reached is back. A tile is cmd/tile/agent: it takes an order, has the release
\* on trial, goes back by itself (a fault, a halt, an order that expired), obeys a
\* commit, crashes and starts again with what is on its disk. Messages get lost:
\* what a tile may do, it need not do. A command is void when its sender stops
\* waiting, so a tile obeys only while the control plane is at that stage.
\*
\* Tile t is wave t. A tick is longer than a command waits for its answer, longer
\* than loading a module, and makes every report stale.
\*
\* Written for tla-checker as well as for TLC: parenthesised, no bulleted lists, no
\* temporal formula (see RolloutLive), no name that it takes for an invariant.

CONSTANTS N, CRASHES, D

VARIABLES ctl, wave, passed, since, crashes, mode, run, disk, went, age, rep

vars == << ctl, wave, passed, since, crashes, mode, run, disk, went, age, rep >>
control == << ctl, wave, passed, since >>
tile == << mode, run, disk, went, age >>

Tiles == ( 1 .. N )
Reached == ( 1 .. wave )

\* ctl      what the control plane is about: begun, order (a wave), gate (looking),
\*          bad (a gate said back), halt, wait (for the tiles to be back),
\*          restored, commit, done, failed (a commit was refused)
\* wave     the last wave that was ordered; 0 is none
\* passed   waves whose gate said promote when it was looked at last
\* since    ticks since the halt, at most D + 1
\* crashes  so far
\* mode     of a tile: old, taking (on disk, not running yet), trial, new, back, down
\* run      the modules that decide in a tile: {"old"}, {"new"}; {} while it is down
\* disk     what a tile starts with: old, trial, new
\* went     a tile left the trial without a commit on its disk: not to be tried again
\* age      ticks in trial; an order expires after D
\* rep      what the control plane heard of a tile since the last tick, or none

Init == ( ( ctl = "begun" ) /\ ( wave = 0 ) /\ ( passed = 0 ) /\ ( since = 0 ) /\ ( crashes = 0 )
  /\ ( mode = [ t \in Tiles |-> "old" ] ) /\ ( run = [ t \in Tiles |-> { "old" } ] )
  /\ ( disk = [ t \in Tiles |-> "old" ] ) /\ ( went = [ t \in Tiles |-> FALSE ] )
  /\ ( age = [ t \in Tiles |-> 0 ] ) /\ ( rep = [ t \in Tiles |-> "none" ] ) )

\* The control plane.

Order == ( ( wave < N ) /\ ( ( ctl = "begun" ) \/ ( ( ctl = "gate" ) /\ ( passed = wave ) ) )
  /\ ( ctl' = "order" ) /\ ( wave' = wave + 1 ) /\ UNCHANGED << passed, since, crashes, tile, rep >> )

Ordered == ( ( ctl = "order" ) /\ ( ctl' = "gate" ) /\ UNCHANGED << wave, passed, since, crashes, tile, rep >> )

Promote == ( ( ctl = "gate" ) /\ ( \A t \in Reached : ( rep[t] = "trial" ) )
  /\ ( passed' = wave ) /\ UNCHANGED << ctl, wave, since, crashes, tile, rep >> )

Hold == ( ( ctl = "gate" ) /\ ( passed' = wave - 1 ) /\ UNCHANGED << ctl, wave, since, crashes, tile, rep >> )

Back == ( ( ctl = "gate" ) /\ ( \E t \in Reached : ( rep[t] = "back" ) )
  /\ ( ctl' = "bad" ) /\ ( passed' = wave - 1 ) /\ UNCHANGED << wave, since, crashes, tile, rep >> )

\* A gate said back, a person aborts, or the wave's time is over.
Halt == ( ( ( ctl = "gate" ) \/ ( ctl = "bad" ) )
  /\ ( ctl' = "halt" ) /\ ( passed' = wave - 1 ) /\ ( since' = 0 ) /\ UNCHANGED << wave, crashes, tile, rep >> )

\* The halt was obeyed, or was waited for long enough.
Halted == ( ( ctl = "halt" )
  /\ ( ( since > 0 ) \/ ( \A t \in Reached : ( ( mode[t] = "old" ) \/ ( mode[t] = "back" ) ) ) )
  /\ ( ctl' = "wait" ) /\ UNCHANGED << wave, passed, since, crashes, tile, rep >> )

Restored == ( ( ctl = "wait" ) /\ ( \A t \in Reached : ( ( rep[t] = "old" ) \/ ( rep[t] = "back" ) ) )
  /\ ( ctl' = "restored" ) /\ UNCHANGED << wave, passed, since, crashes, tile, rep >> )

Commit == ( ( ctl = "gate" ) /\ ( passed = wave ) /\ ( wave = N )
  /\ ( ctl' = "commit" ) /\ UNCHANGED << wave, passed, since, crashes, tile, rep >> )

\* Every tile has said that it committed.
Committed == ( ( ctl = "commit" )
  /\ ( \A t \in Reached : ( ( disk[t] = "new" ) /\ ( ( mode[t] = "new" ) \/ ( mode[t] = "down" ) ) ) )
  /\ ( ctl' = "done" ) /\ UNCHANGED << wave, passed, since, crashes, tile, rep >> )

\* A tile that went back refuses the commit, or does not answer.
Failed == ( ( ctl = "commit" ) /\ ( \E t \in Reached : ( mode[t] # "new" ) )
  /\ ( ctl' = "failed" ) /\ UNCHANGED << wave, passed, since, crashes, tile, rep >> )

Control == ( Order \/ Ordered \/ Promote \/ Hold \/ Back \/ Halt \/ Halted \/ Restored \/ Commit \/ Committed \/ Failed )

\* A tile.

\* The order is verified and the trial is on disk before anything runs.
Take(t) == ( ( ctl = "order" ) /\ ( t = wave ) /\ ( mode[t] = "old" ) /\ ( disk[t] = "old" )
  /\ ( mode' = [ mode EXCEPT ![t] = "taking" ] ) /\ ( disk' = [ disk EXCEPT ![t] = "trial" ] )
  /\ UNCHANGED << control, crashes, run, went, age, rep >> )

\* The swap: between two calls.
Enter(t) == ( ( mode[t] = "taking" )
  /\ ( mode' = [ mode EXCEPT ![t] = "trial" ] ) /\ ( run' = [ run EXCEPT ![t] = { "new" } ] )
  /\ ( age' = [ age EXCEPT ![t] = 0 ] ) /\ UNCHANGED << control, crashes, disk, went, rep >> )

\* A fault, a halt, an order that expired: at once, the disk later.
GoBack(t) == ( ( mode[t] = "trial" )
  /\ ( mode' = [ mode EXCEPT ![t] = "back" ] ) /\ ( run' = [ run EXCEPT ![t] = { "old" } ] )
  /\ ( went' = [ went EXCEPT ![t] = ( disk[t] = "trial" ) ] ) /\ ( age' = [ age EXCEPT ![t] = 0 ] )
  /\ UNCHANGED << control, crashes, disk, rep >> )

Save(t) == ( ( mode[t] = "back" ) /\ ( disk[t] # "old" )
  /\ ( disk' = [ disk EXCEPT ![t] = "old" ] ) /\ ( went' = [ went EXCEPT ![t] = TRUE ] )
  /\ UNCHANGED << control, crashes, mode, run, age, rep >> )

\* A commit is on disk before it is in memory; a fault between the two wins.
Write(t) == ( ( ctl = "commit" ) /\ ( mode[t] = "trial" ) /\ ( disk[t] = "trial" )
  /\ ( disk' = [ disk EXCEPT ![t] = "new" ] ) /\ UNCHANGED << control, crashes, mode, run, went, age, rep >> )

Settle(t) == ( ( mode[t] = "trial" ) /\ ( disk[t] = "new" )
  /\ ( mode' = [ mode EXCEPT ![t] = "new" ] ) /\ ( age' = [ age EXCEPT ![t] = 0 ] )
  /\ UNCHANGED << control, crashes, run, disk, went, rep >> )

Crash(t) == ( ( crashes < CRASHES ) /\ ( mode[t] # "down" ) /\ ( crashes' = crashes + 1 )
  /\ ( mode' = [ mode EXCEPT ![t] = "down" ] ) /\ ( run' = [ run EXCEPT ![t] = {} ] )
  /\ ( went' = [ went EXCEPT ![t] = ( @ \/ ( disk[t] = "trial" ) ) ] ) /\ ( age' = [ age EXCEPT ![t] = 0 ] )
  /\ UNCHANGED << control, disk, rep >> )

Found(t) == ( IF ( disk[t] = "new" ) THEN "new" ELSE ( IF went[t] THEN "back" ELSE "old" ) )

\* A trial that the tile did not survive has ended.
Restart(t) == ( ( mode[t] = "down" )
  /\ ( mode' = [ mode EXCEPT ![t] = Found(t) ] )
  /\ ( run' = [ run EXCEPT ![t] = ( IF ( Found(t) = "new" ) THEN { "new" } ELSE { "old" } ) ] )
  /\ ( disk' = [ disk EXCEPT ![t] = ( IF ( disk[t] = "trial" ) THEN "old" ELSE disk[t] ) ] )
  /\ UNCHANGED << control, crashes, went, age, rep >> )

Said(t) == ( IF ( mode[t] = "taking" ) THEN "old" ELSE mode[t] )

Report(t) == ( ( mode[t] # "down" ) /\ ( rep' = [ rep EXCEPT ![t] = Said(t) ] )
  /\ UNCHANGED << control, crashes, tile >> )

Tile(t) == ( Take(t) \/ Enter(t) \/ GoBack(t) \/ Save(t) \/ Write(t) \/ Settle(t) \/ Crash(t) \/ Restart(t) \/ Report(t) )

\* Time: nothing that must happen within it is left.
Tick == ( ( \A t \in Tiles : ( ( mode[t] # "taking" ) /\ ( ( mode[t] # "trial" ) \/ ( age[t] < D ) ) ) )
  /\ ( age' = [ t \in Tiles |-> ( IF ( mode[t] = "trial" ) THEN ( age[t] + 1 ) ELSE 0 ) ] )
  /\ ( rep' = [ t \in Tiles |-> "none" ] )
  /\ ( since' = ( IF ( ( ( ctl = "halt" ) \/ ( ctl = "wait" ) ) /\ ( since <= D ) ) THEN ( since + 1 ) ELSE since ) )
  /\ UNCHANGED << ctl, wave, passed, crashes, mode, run, disk, went >> )

Next == ( Control \/ Tick \/ ( \E t \in Tiles : Tile(t) ) )

\* What is promised.

OneDecides == ( \A t \in Tiles : ( Cardinality(run[t]) = ( IF ( mode[t] = "down" ) THEN 0 ELSE 1 ) ) )

CommitMeansHealthy == ( ( ctl = "done" ) => ( \A t \in Tiles : ( ( disk[t] = "new" ) /\ ( ( mode[t] = "new" ) \/ ( mode[t] = "down" ) ) ) ) )

CommitComesLast == ( ( \E t \in Tiles : ( disk[t] = "new" ) ) => ( passed = N ) )

RestoredMeansOld == ( ( ctl = "restored" ) => ( \A t \in Tiles : ( ( ~ ( "new" \in run[t] ) ) /\ ( mode[t] # "taking" ) ) ) )

\* Bounded response: D ticks after a halt no tile runs the release, obeyed or not.
HaltBringsBack == ( ( since > D ) => ( \A t \in Tiles : ( ~ ( "new" \in run[t] ) ) ) )

LeftMeansOld == ( \A t \in Tiles : ( ( went[t] /\ ( disk[t] # "new" ) ) => ( ~ ( "new" \in run[t] ) ) ) )

\* At most one wave is out without its gate.
FewUnconfirmed == ( Cardinality({ t \in Tiles : ( ( mode[t] = "trial" ) /\ ( t > passed ) ) }) <= 1 )

OnlyOrdered == ( \A t \in Tiles : ( ( t > wave ) => ( mode[t] \in { "old", "down" } ) ) )
====
