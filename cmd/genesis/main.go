// Command genesis is the one binary that people use: the service, its
// operators' commands, and the checks of a module that need no service.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/genesis-network/genesis/cmd/genesis/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
