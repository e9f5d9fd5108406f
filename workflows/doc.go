// Package workflows carries changes through the stations, durably.
//
// Its functions are Temporal workflows: they decide what comes next and
// nothing else. All work is done by [Activities], named here and implemented in
// workflows/activities; every activity is idempotent by digest, so a crash
// anywhere repeats nothing that has an answer already.
//
//   - [Campaign] improves each lineage on its own, as children.
//   - [Improve] searches one lineage epoch by epoch, then sends its finalists
//     through [Change] until one is adopted.
//   - [Change] walks the table of states of package pipeline.
//   - [Rollout] goes wave by wave, and back.
//   - [Round] is the autonomous cycle, started by a schedule.
//
// What it keeps true: workflow code is deterministic (histories are replayed in
// tests); payloads are digests and small structs; a person's decision is an
// update whose validator compares digests and whose signature an activity
// verifies; abort is always possible.
//
// It is the only room that imports Temporal.
package workflows
