package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/cmd/genesis/service"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// exampleCampaign is what `genesis run --once` runs, and what rounds repeat.
const exampleCampaign = "examples/campaigns/cooler.yaml"

type runOptions struct {
	data, root, campaign string
	policy               string
	once, approve        bool
	seed                 uint64
	listen               string
}

func (a *app) run() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use: "run", Short: "run Genesis on this machine, with a laboratory fleet: three tiles of each lineage", Args: exactly(0),
		Long: "Run Genesis on this machine until interrupted: records, log, workflow engine, messages, aggregators, three tiles of each lineage, API and dashboard.\n" +
			"A second run on the same data goes on where the first one stopped.\n\n" +
			"With --once it ends with its campaign: exit code 0 adopted, 7 incumbent kept, 3 failed.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", ".genesis", "directory of keys, records and logs")
	f.StringVar(&o.root, "root", ".", "folder of the examples and of deploy/npm")
	f.StringVar(&o.campaign, "campaign", "", "campaign to submit (with --once: "+exampleCampaign+" unless given)")
	f.StringVar(&o.policy, "policy", "", "policy document to put in force, newer than the one that is (see docs/policy.md)")
	f.BoolVar(&o.once, "once", false, "end with the campaign")
	f.BoolVar(&o.approve, "approve-with-development-key", false, "approve every change unseen, with the development approver's key")
	f.Uint64Var(&o.seed, "seed", 1, "of the campaign's searches")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8750", "address of API and dashboard")
	return cmd
}

func (a *app) serve(ctx context.Context, o runOptions) error {
	s, err := a.start(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.Stop(context.WithoutCancel(ctx)); err != nil {
			fmt.Fprintln(a.errOut, "genesis: stopping:", err)
		}
	}()
	if o.approve {
		fmt.Fprintln(a.errOut, "genesis: every change is approved unseen, with a development key: for laboratories only")
		go s.ApproveAll(ctx, func(change string, err error) { a.approved(change, err) })
	}
	campaign, err := a.campaign(ctx, s, o)
	if err != nil {
		return err
	}
	if !o.once {
		<-ctx.Done()
		return nil
	}
	done, err := s.Await(ctx, campaign.ID, newTicker(a.errOut).see)
	if err != nil {
		return err
	}
	if err := a.print(done, summary(done, s.Store)); err != nil {
		return err
	}
	return withCode(outcomeOf(done), errSilent)
}

func (a *app) approved(change string, err error) {
	if err != nil {
		fmt.Fprintf(a.errOut, "  approve %s: %v\n", change, err)
		return
	}
	fmt.Fprintf(a.errOut, "  %s approved with the development key\n", change)
}

// start brings the service up, saying what it does.
func (a *app) start(ctx context.Context, o runOptions) (*service.Service, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	template, err := os.ReadFile(filepath.Join(o.root, exampleCampaign))
	if err != nil {
		return nil, withCode(ExitUsage, fmt.Errorf("%w: run it in the repository's folder, or name that with --root", err))
	}
	var policy []byte
	if o.policy != "" {
		if policy, err = readPolicy(o.policy); err != nil {
			return nil, withCode(ExitUsage, err)
		}
	}
	data, err := filepath.Abs(o.data)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(data, "genesis.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	s, err := service.Start(ctx, service.Config{
		Data: data, Root: o.root, Program: self, Tile: filepath.Join(filepath.Dir(self), "tile"), Workers: runtime.NumCPU(),
		Template: template, Policy: policy, Log: slog.New(slog.NewTextHandler(log, nil)), Listen: o.listen,
		Progress: func(what string) { fmt.Fprintf(a.errOut, "  %-16s %5.1f s\n", what, time.Since(began).Seconds()) },
	})
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	fmt.Fprintf(a.errOut, "genesis is up after %.1f s; data in %s, log in %s\n", time.Since(began).Seconds(), data, log.Name())
	fmt.Fprintf(a.errOut, "dashboard: %s\n", s.Link)
	return s, nil
}

// readPolicy refuses a bad document before anything is started.
func readPolicy(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := pipeline.ParsePolicy(text); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return text, nil
}

// campaign finds the campaign to go on with, or submits one.
func (a *app) campaign(ctx context.Context, s *service.Service, o runOptions) (store.Campaign, error) {
	unfinished, err := s.Unfinished(ctx)
	if err == nil {
		fmt.Fprintf(a.errOut, "going on with campaign %s\n", unfinished.ID)
		return unfinished, nil
	}
	if !errors.Is(err, store.ErrNotFound) || o.campaign == "" && !o.once {
		return store.Campaign{}, ignore(err, store.ErrNotFound)
	}
	path := o.campaign
	if path == "" {
		path = filepath.Join(o.root, exampleCampaign)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return store.Campaign{}, withCode(ExitUsage, err)
	}
	c, err := s.Submit(ctx, text, o.seed)
	if err != nil {
		return c, withCode(ExitUsage, fmt.Errorf("%s:\n%w", path, err))
	}
	fmt.Fprintf(a.errOut, "campaign %s: %s\n", c.ID, c.Spec.Metadata.Name)
	return c, nil
}

func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}

// outcomeOf is the exit code of a campaign: adopted if any lineage adopted.
func outcomeOf(c store.Campaign) Exit {
	code := ExitKept
	for _, r := range c.Results {
		if r.Outcome == store.OutcomeFailed {
			return ExitRefused
		}
		if r.Outcome == store.OutcomeAdopted {
			code = ExitOK
		}
	}
	return code
}
