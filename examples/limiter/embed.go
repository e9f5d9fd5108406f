package limiter

import "embed"

// Folder is the contract, for programs that host modules of it (see
// kernel/contract.Load).
//
//go:embed contract.go contract.yaml env.go
var Folder embed.FS
