// Package wakeups makes a trace of wake-ups from the scheduler's tracepoints of a
// Linux host: for one processor, which thread woke when, how long it then worked,
// and how long the host let it wait.
//
// Events come as text of perf script or of tracefs ([ReadText]) or as a table
// ([ReadTable]); [Reduce] turns them into [Row]s, [Recording.CSV] writes them,
// and [Recording.Header] describes them as docs/telemetry.md says. Package host
// records.
//
// What it keeps true: names of programs and numbers of threads do not leave it;
// whatever was lost or left out is counted; equal events give equal bytes. What
// it does not do: it simulates nothing, and it knows no processor but one: work
// that moved to another one is not in the rows.
package wakeups
