// Package store keeps what the control plane knows: records (campaigns, changes,
// rollouts, tiles, rounds), evidence, events, the ancestry of lineages, and artefacts
// by digest.
//
// It keeps true:
//   - Evidence is unique by subject, station and inputs: a second statement for
//     the same key is answered with the first.
//   - A record moves from version to version; a writer that saw an older version
//     is refused ([ErrMoved]).
//   - Each change of a record and its event are written together, and events are
//     numbered without gaps in the order of writing, so a reader that saw event n
//     goes on at n+1.
//   - An artefact is written once, durably, before a record names it, and is
//     checked against its digest whenever it is read.
//   - The ancestry of a lineage is only added to, and each generation names the
//     one before by its digest.
//   - A process that is killed at any point leaves a store that [Store.Fsck]
//     finds sound.
//
// One process writes (a lock file says so); any number read. All methods may be
// called from many goroutines. SQL is kept to what SQLite and PostgreSQL share.
//
// It signs nothing, decides nothing and knows no workflow.
package store
