// Command tile is one node of a fleet: it hosts a lineage's modules and
// believes nobody.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/genesis-network/genesis/cmd/tile/agent"
	"github.com/genesis-network/genesis/rollout/trust/identity"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(agent.Farewell, func() { os.Exit(1) }) })
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tile:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case o.version:
		return version(out)
	}
	if err := o.read(); err != nil {
		return err
	}
	a, err := agent.New(ctx, o.Config)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// options are the command line.
type options struct {
	agent.Config
	root, key, data string
	version         bool
}

func parse(args []string) (*options, error) {
	o := &options{Config: agent.Config{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}}
	f := flag.NewFlagSet("tile", flag.ContinueOnError)
	f.StringVar(&o.Tile, "id", "", "name of the tile")
	f.StringVar(&o.Lineage, "lineage", "", "lineage that it runs")
	f.StringVar(&o.Site, "site", "lab", "failure domain that it stands in")
	f.StringVar(&o.Dir, "dir", "", "where it keeps its state")
	f.StringVar(&o.root, "root", "", "file of the pinned root")
	f.StringVar(&o.key, "key", "", "file of its identity key (PKCS #8, Ed25519)")
	f.StringVar(&o.Fleet, "fleet", "", "messages of the control plane: a URL, or @FILE")
	f.StringVar(&o.data, "data", ".", "folder of the telemetry")
	f.StringVar(&o.Trace, "trace", "cooler.trace.yaml", "header of the trace that drives its devices")
	f.IntVar(&o.Share.At, "share", 0, "its own days of the telemetry: every -shares'th from here on")
	f.IntVar(&o.Share.Of, "shares", 1, "tiles that share the telemetry")
	f.DurationVar(&o.Period, "period", agent.DefaultPeriod, "time between two calls of a module")
	f.BoolVar(&o.Drills, "drills", false, "obey commands that break something on purpose")
	f.BoolVar(&o.version, "version", false, "print what this binary is made of, as JSON")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q; tile takes flags only", f.Arg(0))
	}
	return o, nil
}

// read opens what the flags name.
func (o *options) read() error {
	o.Data = os.DirFS(o.data)
	var errs [2]error
	o.Root, errs[0] = os.ReadFile(o.root)
	o.Key, errs[1] = identity.Open(o.key)
	return errors.Join(errs[:]...)
}

// build is what a tile's binary is made of.
type build struct {
	Revision string          `json:"revision"` // of the sources; empty when unknown
	Modified bool            `json:"modified"` // the sources were changed since
	Go       string          `json:"go"`
	Lineages []agent.Shipped `json:"lineages"`
}

func version(out io.Writer) error {
	shipped, err := agent.Lineages()
	if err != nil {
		return err
	}
	b := build{Lineages: shipped}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Go = info.GoVersion
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Revision = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(b)
}
