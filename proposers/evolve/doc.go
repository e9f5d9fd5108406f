// Package evolve searches for better modules without a model.
//
// A [Search] is a pure, deterministic state machine: [Search.Next] gives the
// candidates of an epoch, [Search.Apply] takes their results in ticket order.
// Randomness is a hash of the seed and the ticket; there is no clock, no
// iteration over maps, and no other input. So the digest of the state is equal
// for any number of workers, and after a crash: a [Journal] keeps the results,
// and the state is a fold of it.
//
// Candidates are made from the module's canonical IR: first its named constants
// move (knobs, by a (1+lambda) evolution strategy with a success rule), then
// typed edits change the code. An edit never touches the module's invariant or
// its initial state. Equal code is evaluated once.
//
// Evaluation is a race over rungs of growing length: the better part of an
// epoch goes on. Which part of the telemetry each rung uses is the evaluator's
// business; this package only sees scores and steps, never wall time.
//
// The strategy [Random] uses the same grammar, de-duplication and racing, but
// always starts from the incumbent: it is the yardstick of every search.
//
// What it does not do: it proves nothing, and it adopts nothing.
package evolve
