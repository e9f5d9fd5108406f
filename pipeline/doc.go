// Package pipeline holds the nouns of Genesis as plain Go types: change,
// evidence, policy, verdict, campaign, budget, rollout plan, and the table of
// states that a change passes. It also fixes how things are named: every digest
// in Genesis is made by [Sum] or [SumBytes].
//
// It keeps true:
//   - Equal values have equal digests, and what is accepted from outside
//     ([Decode], [ParseCampaign], [ParsePolicy]) is exactly what is documented.
//   - A verdict ([Policy.Verdict]) never passes while something that policy
//     demands is missing, inconclusive or about something else.
//   - A change moves by its table only ([Next]); it reaches a rollout only with
//     passing evidence on its base and the approvals that policy asks for.
//
// It is pure: no I/O, no clock, no randomness. Values are not changed once they
// are shared, so they may be read from many goroutines. It signs nothing (see
// rollout/trust), keeps nothing (see pipeline/store) and runs nothing (see
// workflows).
package pipeline
