// Package agree is the station that runs a module on several engines and
// compares what they do: the reference engine, WebAssembly under wazero's
// compiler and interpreter (what tiles run), Go's own compiler on the source,
// and Coq on the printed model (what is proven).
//
// All engines work on the same batch of trials, made by one generator of 31
// bits: sequences of calls from the initial state and from states inside the
// invariant, with inputs at and around the boundaries that contract and module
// name. Each folds results, kinds of panics, states and predicates into one
// digest of 32 bits. Equal digests pass; otherwise the first trial on which an
// engine differs from the reference is found by bisection, made as small as
// possible, and shown with both answers.
//
// What it keeps true: same subject and options, same trials; in Coq the
// generator itself is run by Coq. What it does not do: agreement proves nothing
// about the contract, and engines that share a fault agree.
package agree
