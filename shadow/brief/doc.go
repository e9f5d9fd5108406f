// Package brief says to a proposer what the telemetry of a site is like, without
// handing it out: how the incumbent does beside the textbook, on how many blocks
// it misses its targets, what it decides how often, and what of that changed since
// another module.
//
// It keeps true: every figure is a mean over blocks (days, for most slots). A
// block is simulated by itself, from the initial state, and counts no more than
// its bound, so that another block in its place moves each sum by a known amount.
// Discrete Laplace noise of that size over epsilon (Canonne, Kamath and Steinke,
// "The Discrete Gaussian for Differential Privacy", 2020, algorithm 2) is added
// before anything is divided, rounded or left out. So a brief is
// epsilon-differentially private for a block of the site's telemetry, over all its
// figures together. The noise follows from a secret of the site and from what is
// asked: to ask again tells nothing new. What is told of a second window, or of
// another module, costs another epsilon; nothing here adds them up.
//
// What it does not do: it names no thread, program, tile or time; the number of
// blocks, the slot, the module and the objective are taken to be known. It says
// nothing of the choice and report parts.
package brief
