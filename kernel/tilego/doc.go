// Package tilego is the language of modules and contracts: a small, total subset
// of Go, and its front end. [Compile] takes the source of a module to the
// canonical IR (package ir), where its meaning is fixed; [Format] prints an IR
// as source again. What is not in the subset is refused with a position, the
// stable id of a rule and a hint ([Refusals]); [Rules] lists the rules with
// examples.
//
// This text is the specification of the language. What it does not mention is
// refused.
//
// # Source
//
// A module is one Go file: an ordinary package that the Go compiler accepts as
// it is, and that means there what it means here. Rules about the text, which
// hold before anything is parsed:
//
//   - at most [MaxSource] bytes (or the slot's limit): printable ASCII, tabs and
//     ends of lines, in comments too;
//   - comments mean nothing: no directives, no build tags;
//   - names are letters and digits, at most [MaxIdent] of them. Names with an
//     underscore belong to what is generated; _ itself only stands on the left
//     of an assignment;
//   - numbers are integers of at most 200 characters; no strings, runes, floats;
//   - at most 48 brackets are open, and at most 400 tokens stand between two
//     separators.
//
// The grammar is Go's, restricted to:
//
//	File      = "package" name { Import } { Const | Type | Table | Func } .
//	Import    = `import . "` path of the contract `"` | `import "math/bits"` .
//	Const     = "const" names [ Type ] = Exprs, groups and iota as in Go .
//	Type      = "type" name ( scalar | "[" const "]" Type | "struct" { fields } | name ) .
//	Table     = "var" name = "[" const | "..." "]" Type Literal .
//	Func      = "func" name "(" [ "s *State" ] [ "in *Input" ] { name scalar } ")" Results Block .
//	Stmt      = names ":=" Exprs | places "=" Exprs | place op "=" Expr | place "++" | place "--"
//	          | "var" names [ Type ] [ "=" Exprs ] | Call | "return" Exprs | "break" | "continue" | Block
//	          | "if" [ Stmt ";" ] Expr Block [ "else" ( If | Block ) ]
//	          | "switch" Expr { "case" consts ":" Stmts } [ "default" ":" Stmts ]
//	          | "for" [ name ":=" ] "range" const Block
//	          | "for" name ":=" const ";" name "<" const ";" name "++" Block .
//
// A module declares type State (unless its contract does), func Inv(s *State)
// bool, the entry of its contract, such as func Step(s *State, in *Input) (fan,
// throttle uint8), and may declare func Init(s *State), which sets initial
// values; the state starts as zero.
//
// # Declarations
//
// Constants are integers and bools, typed or not; their operators are those of
// Go except comparisons, with values of at most 512 bits. Named constants stay
// named in the IR, also inside expressions, so that a search can move them and a
// model checker can make them small; lengths of arrays are numbers.
//
// The only package variables are tables: arrays, also of arrays and structs, of
// constants, listed in order; missing ones are zero. Nothing assigns them.
//
// No declaration hides a name of the language, the contract, or the package, nor
// a local name around it. Types and constants are declared at package level.
// There are no methods, init functions, type parameters, aliases.
//
// # Types
//
//	bool  uint8 uint16 uint32 uint64  int8 int16 int32 int64
//	[N]T, with a constant N; at most 4096 elements in all dimensions together
//	struct { names T; ... }, not empty unless it is State; at most 512 scalars and arrays
//	named types of those
//
// int is the type of what counts a loop, and of untyped constants: no variable,
// field, parameter or conversion has it. Values of arrays and structs are copied
// when they are assigned. In what modules share with their contract (Input, a
// State that the contract declares, its exported tables) arrays hold scalars.
//
// In the IR, structs are flattened, and arrays of arrays and structs become one
// array per leaf, the last index fastest: q [4]struct{ n uint8; t [2]int16 } is q.n
// of 4 and q.t of 8 elements.
//
// # Functions
//
// A function takes s *State first if it uses the state, then in *Input if it
// uses the input, then scalars; it returns scalars. The state belongs to the
// function while it runs; the input is read only; both are passed on as they
// are. Functions call each other by name, without recursion. Results may be
// named for readers; the names are not variables, and every return lists its
// values.
//
// Predicates (Inv of a module; Wf, Post, Rel, RelPost, Frame of a contract;
// functions of the surroundings that begin with Safe) are pure: nothing in them
// can panic or wrap around, for any value of the types, so that a prover can
// read them as a proposition. Two states or two inputs occur in them only.
//
// # Statements
//
// Loops count from one constant to another, between -2^20 and 2^20; the body does
// not assign the index. A switch has a scalar value and integer constants; its
// cases neither fall through nor break, which readers take for the loop's.
// Statements that cannot be reached are refused. Operands of an assignment to
// several places are evaluated before the first is assigned, as in Go.
//
// # Expressions
//
// Operators work on two operands of one type (the count of a shift aside), and
// results wrap around to its width:
//
//   - - *            modulo 2^width, two's complement
//     / %              truncate toward zero; the remainder has the sign of the
//     dividend; the least integer / -1 is itself, % -1 is 0
//     & | ^ &^         bit by bit; unary ^ complements, unary - is 0 - x
//     << >>            by a constant below the width, or an unsigned count that is
//     masked to be below it; >> of signed types keeps the sign
//     == != < <= > >=  of integers; == and != of bools
//     && || !          the right operand only where the left does not decide
//     min max len      len of an array is a constant
//     T(x)             between integer types: keeps the low bits, extends by the sign of x
//     bits.F(x)        LeadingZeros, TrailingZeros, OnesCount, Len, for 8 to 64
//     bits, converted to an unsigned type at once
//     a[i]             i of any integer type; checked against each dimension by itself
//
// # Order of evaluation
//
// Operands are evaluated from left to right, calls included, then assignments are
// made from left to right. Where Go leaves an order open, no program may depend
// on it (rule tilego.order):
//
//   - at most one call in a statement uses the state, and one that changes it is
//     all that its statement evaluates;
//   - a call, min, max, && or || that may panic does not follow, in its statement,
//     what may panic in another way: compilers evaluate it first;
//   - an assignment or a return of several values has no two parts that may
//     panic in different ways;
//   - an index that may panic does not follow another index of the same path.
//
// # Panics
//
// There are two: an index out of range, and a division by zero. A panic ends the
// call; the state is then unspecified, and hosts start over from the initial
// one. Contracts demand that none happens.
//
// # Limits
//
// Besides those above: a state or input of 64 KiB; 256 functions, 32 parameters
// or results each; 32,768 variables a function and 65,536 bindings in all; 60
// branches, loops and early returns inside each other (see the limits of package
// ir); and the slot's budget, which bounds the worst case of a call in
// WebAssembly instructions (package cost), so that total also means soon.
//
// # What this package does not do
//
// It runs nothing, proves nothing and knows no engine. It does not bound the cost
// of a module (package cost). All functions are pure and safe for concurrent use.
package tilego
