// Package interpret runs simulators that are written in Tile Go, so that a slot
// is a folder of data: no code of a stranger is compiled or linked to search it.
//
// A slot's sim.go is one Go package with its contract.go. It declares the state
// of the surroundings as type Sim, and functions on it:
//
//	func SimStart(s *Sim)                                    // optional: the start
//	func SimTick(s *Sim, <inputs of sim.yaml> int32)         // a tick of telemetry begins, in thousandths of the unit
//	func SimDue(s *Sim) bool                                 // optional: whether the module is called (again) in this tick
//	func SimSense(s *Sim) (<the fields of Input>)            // the input of the next call
//	func SimReact(s *Sim, <the results of Step>)             // what the module decided
//
// Without SimDue the module is called once a tick. Every exported field of Sim
// of type uint64 is a counter: it only grows, and the field WorkLost is the
// counter work_lost of the contract's metrics. sim.yaml names the length of a
// tick and of a block, and the columns of the trace that SimTick takes.
//
// What it keeps true: a simulator is deterministic and total, because the
// language is; it cannot see a clock, a file or a module's state. It runs on the
// reference engine. What it does not do: it says nothing about how well a model
// fits its original.
package interpret
