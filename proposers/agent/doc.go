// Package agent lets a language model propose modules, and tells it what was
// wrong with the last one until the checks find nothing, or a budget ends.
//
// Each try is one question (Request) about one state: improve the incumbent,
// fix what the language refuses, answer a counter-example, or repair a proof
// while the code is frozen. The answer is data: it is parsed within limits,
// compiled, bounded in cost, searched for a counter-example, and given to the
// caller's prover. Nothing that a model writes is executed except on the
// reference machine of the language, which is total and has no effects.
//
// It keeps true: after the first, every question carries what was wrong with
// the answer before; a question has at most MaxPrompt characters and is equal
// for equal task and answers; whatever a person, a recording or a model wrote
// appears in it as quoted data; every answer that was paid for is recorded
// before it is used ([Cassette]), so that a run can be resumed or replayed
// exactly; a provider that fails is never held against a candidate, and stops
// the run after MaxFailures in a row.
//
// What it does not do: it talks to no network (see llm and ollama), it measures
// no gain, and it adopts nothing: at most one candidate comes out, and passes
// every station like any other.
package agent
