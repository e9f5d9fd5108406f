package ir

// Limits of a unit. They bound what a decoder allocates, what a printer prints
// and what an engine reserves, long before a cost budget is looked at. Source
// is at most 64 KiB, so no honest module comes near most of them.
const (
	MaxEncoded   = 1 << 20 // bytes of an encoded unit
	MaxState     = 1 << 16 // bytes of the state, each field aligned to its size
	MaxInput     = 1 << 16 // bytes of the input, likewise
	MaxArray     = 4096    // elements of an array or a table
	MaxFields    = 512     // fields of the state, or of the input
	MaxConsts    = 2048    // entries of the constant table
	MaxTables    = 128     // constant arrays
	MaxFuncs     = 256     // functions of a unit
	MaxParams    = 32      // parameters, or results, of a function
	MaxVars      = 1 << 15 // variables of a function
	MaxStmts     = 1 << 16 // bindings of a unit
	MaxDepth     = 64      // nesting of blocks, of a condition, of a constant expression
	MaxName      = 64      // bytes of a name; of a field's name with its path, MaxPath
	MaxPath      = 256     // bytes of a field's name
	MaxConstBits = 512     // bits of any value in a constant expression, as in Go
	MaxLoopBound = 1 << 20 // magnitude of a loop's Lo and Hi
	MaxScratch   = 1 << 20 // bytes of all arrays made by Zero and Copy in a unit, 8 per element
)
