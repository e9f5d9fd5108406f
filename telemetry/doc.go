// Package telemetry reads recorded telemetry and cuts it into what searches,
// simulators and judges use.
//
// A trace is one or more CSV files and a header, NAME.trace.yaml, which says
// for every column what it measures, in which unit, at which interval, what to
// do where samples are missing, where the data came from, under which licence,
// and the SHA-256 of each file (see [Load]). A [Window] is a trace resampled to
// a simulator's tick, in whole blocks of a day; [Window.Split] cuts it into the
// three parts that a search may not mix.
//
// What it keeps true: equal files give equal numbers on every machine. Decimal
// text becomes an integer number of thousandths by exact rules, never by way of
// a float; nothing is filled in that the header did not declare; a file that
// does not have the digest in its header is refused; sizes are limited before
// anything is parsed.
//
// What it does not do: it fits no model, removes no outliers, and knows no
// slot. Traces and windows are immutable, so they can be shared.
package telemetry
