// Package foreign admits Wasm that somebody else compiled, from Rust, Zig or C,
// and has it carry fuel: [Meter] takes a module and gives another one that
// computes the same, but ends in a trap when it has spent what it was given.
//
// The way is: decode, hold against limits and an ABI, insert charges, encode.
// What is refused: imports and missing exports beyond the [ABI], and so all of
// WASI; a start function; memory above the limit (it may grow below it); more
// than one memory or table; tables that code can change; vectors, threads,
// exceptions, tail calls, references, and any other instruction that is not on
// the list in this package. What stays: WebAssembly 1.0 with sign extension,
// saturating conversion, several results, and bulk memory. Names and custom
// sections are dropped, and so is each export that the ABI does not name.
//
// # Fuel
//
// Each instruction costs one, block, loop and if included, else and end not, as
// in package cost; an instruction that moves memory one more for each 8 bytes;
// memory.grow 8,192 for each page; an import what the ABI says. A charge stands
// at the entry of each function, at the head of each loop, and before code that
// may be skipped, unless that is small: code is paid for before it runs, and each
// charge pays for at most [Grain] instructions in vain. A charge that leaves less
// than nothing traps.
//
// A second counter bounds how deep calls go, so that recursion ends alike on each
// engine and takes no more of the host's stack than depth times frame.
//
// The counters are globals behind those of the module, which no instruction of
// it can name. Only the host sets them, through the exports [FuelExport] and
// [DepthExport].
//
// What it keeps true: it is total, any bytes give a module or an error that
// wraps [ErrRefused]; same bytes, same result; whatever the result computes,
// it executes at most as many instructions as the fuel it had, before the
// charge that traps.
//
// What it does not do: it does not check types. The engine does, on the result,
// and refuses what is not well-typed; all that is inserted leaves the stack as
// it was. It says nothing of time: an instruction of one engine on one processor
// takes what it takes. Floats are allowed; the bits of a NaN may differ between
// processors.
package foreign
