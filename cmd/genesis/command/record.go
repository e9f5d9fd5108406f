package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/telemetry/wakeups"
	"github.com/genesis-network/genesis/telemetry/wakeups/host"
)

type recordOptions struct {
	long                           time.Duration
	cpu                            int
	from, out, with, work, licence string
}

func (a *app) record() *cobra.Command {
	cmd := &cobra.Command{Use: "record", Short: "record telemetry of this host as a trace"}
	cmd.AddCommand(a.recordSched())
	return cmd
}

func (a *app) recordSched() *cobra.Command {
	var o recordOptions
	cmd := &cobra.Command{
		Use: "sched", Short: "which thread woke when, worked for how long, and waited for how long", Args: exactly(0),
		Long: "Record the scheduler's tracepoints of this Linux host, by tracefs or perf, and write what one processor did as a trace of\n" +
			"wake-ups: OUT.csv and OUT.trace.yaml, which a campaign for the scheduler can name. It needs root, or perf with\n" +
			"kernel.perf_event_paranoid=-1; where something is missing it says what to type.\n\n" +
			"Lost events are counted and written down. Threads become 64 places: " + wakeups.Rule + ".\n" +
			"Names of programs and numbers of threads are not kept. Then the simulator is run on the trace with the host's own order\n" +
			"of threads, and its error is printed and written down.\n\n" +
			"Exit code: 0 recorded, 2 the host does not allow it, or what was recorded is no trace.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.recordWakeups(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.DurationVar(&o.long, "for", time.Minute, "how long to record: 1s to 1h")
	f.StringVar(&o.out, "out", "", "what to write: a path without ending, or ending in .trace.yaml")
	f.IntVar(&o.cpu, "cpu", -1, "processor to write (default: the one with most events)")
	f.StringVar(&o.with, "with", "", "tracefs or perf (default: the first that works)")
	f.StringVar(&o.from, "from", "", "make the trace of events in a file instead: text of perf script or tracefs, or a .csv")
	f.StringVar(&o.work, "work", "", "what the host does meanwhile, for the trace's header")
	f.StringVar(&o.licence, "licence", "not stated", "under which the trace may be used")
	return cmd
}

// recorded is what `genesis record sched` prints.
type recorded struct {
	Trace   string `json:"trace"`
	With    string `json:"with"`
	CPU     int    `json:"cpu"`
	Seconds int64  `json:"seconds"`
	Events  int    `json:"events"`
	Lost    int64  `json:"lost"`
	Other   int    `json:"otherLines"`
	Threads int    `json:"threads"`
	Rows    int    `json:"rows"`
	Shared  int    `json:"placesPassedOn"`
	Crowded int    `json:"rowsLeftOut"`
	Moved   int    `json:"rowsWithoutWakeup"`
	Busy    int64  `json:"busyMicroseconds"`
	*replayed
}

func (a *app) recordWakeups(ctx context.Context, o recordOptions) error {
	o.out = strings.TrimSuffix(o.out, ".trace.yaml")
	if o.out == "" || o.long < time.Second || o.long > time.Hour {
		return withCode(ExitUsage, errors.New("give --out FILE, and --for from 1s to 1h"))
	}
	log, with, err := o.read(ctx)
	if err != nil {
		return withCode(ExitUsage, err)
	}
	if o.cpu < 0 {
		o.cpu = wakeups.Busiest(log.Events)
	}
	rec, err := wakeups.Reduce(log, o.cpu)
	if err != nil {
		return withCode(ExitUsage, err)
	}
	r := recorded{Trace: o.out + ".trace.yaml", With: with, CPU: rec.CPU, Seconds: rec.Seconds, Events: len(log.Events), Lost: rec.Lost, Other: rec.Other,
		Threads: rec.Threads, Rows: len(rec.Rows), Shared: rec.Shared, Crowded: rec.Crowded, Moved: rec.Moved, Busy: rec.Busy}
	if r.replayed, err = replayOf(rec); err != nil {
		return err
	}
	if err := o.write(rec, with, r.replayed); err != nil {
		return withCode(ExitUsage, err)
	}
	return a.print(r, r.text)
}

// read records, or reads what was recorded.
func (o recordOptions) read(ctx context.Context) (log wakeups.Log, with string, err error) {
	if o.from == "" {
		r, err := host.Find(o.with)
		if err != nil {
			return log, "", err
		}
		log, err = r.Record(ctx, o.long)
		return log, r.Name, err
	}
	f, err := os.Open(o.from)
	if err != nil {
		return log, "", err
	}
	defer f.Close()
	read := wakeups.ReadText
	if filepath.Ext(o.from) == ".csv" {
		read = wakeups.ReadTable
	}
	log, err = read(f)
	return log, "events of " + filepath.Base(o.from), err
}

func (o recordOptions) write(rec *wakeups.Recording, with string, e *replayed) error {
	name := filepath.Base(o.out)
	header, err := rec.Header(wakeups.Note{Name: name, File: name + ".csv", Work: o.work, With: with, Licence: o.licence, More: e.sentence()})
	if err != nil {
		return fmt.Errorf("%w: is --out a name of lower-case letters, digits and dashes?", err)
	}
	if err := os.WriteFile(o.out+".csv", rec.CSV(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(o.out+".trace.yaml", header, 0o644)
}

func (r recorded) text(w io.Writer) {
	fmt.Fprintf(w, "%s: processor %d, %d s, %d events, %d lost (with %s)\n", r.Trace, r.CPU, r.Seconds, r.Events, r.Lost, r.With)
	fmt.Fprintf(w, "%d threads, %d rows, busy for %d ms; %d places passed on, %d rows left out, %d are no wake-up\n",
		r.Threads, r.Rows, r.Busy/1000, r.Shared, r.Crowded, r.Moved)
	fmt.Fprintln(w, r.sentence())
}
