// Package api is how people and their tools talk to the control plane: REST
// with OpenAPI 3.1, server-sent events, and a dashboard that works without
// JavaScript.
//
// What it keeps true:
//   - it listens on the loopback interface unless every request must be
//     authenticated; writes always are: by a bearer token (tools) or a session
//     (browsers), never by both ways on one route;
//   - no state changes on GET, no request of another origin is acted on;
//   - a decision is bound to the evidence, plan and policy that were shown; when
//     one of them moved it is refused and the answer says which;
//   - campaigns and decisions that are sent twice are done once;
//   - what is missing or inconclusive is never shown as passed, and colour never
//     carries a meaning alone.
//
// What it does not do: it weighs no evidence (package pipeline does), verifies no
// signature (an activity does), and keeps nothing of its own but its token.
//
// Everything that proposers wrote (sources, titles, findings) is hostile here:
// it is shown as text only.
package api
