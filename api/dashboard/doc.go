// Package dashboard renders what operators look at: typed views in, HTML out.
//
// What it keeps true: every page says everything without JavaScript and without
// colour; equal views give equal bytes (charts included); all text in a view is
// untrusted and escaped, except [template.HTML] that this package made itself;
// what is missing or inconclusive has a mark of its own, never that of a pass.
//
// It reads no record and takes no decision: package api builds the views.
// A [Renderer] may be used from many goroutines.
package dashboard
