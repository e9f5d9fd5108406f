package command

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow/brief"
)

type briefOptions struct{ root, lineage, since, epsilon string }

// lineageBrief is what is told about one lineage.
type lineageBrief struct {
	Lineage string      `json:"lineage"`
	Brief   brief.Brief `json:"brief"`
	Text    string      `json:"text"` // as a model reads it
}

func (a *app) campaignBrief() *cobra.Command {
	var o briefOptions
	cmd := &cobra.Command{Use: "brief FILE", Short: "show what a proposer is told of the telemetry", Args: exactly(1),
		Long: "Run the incumbents of a campaign over the selection part of its telemetry, each block (a day, for most slots) by itself, and print what a proposer may be told:\n" +
			"how they do beside the textbook, which targets they miss, and what they decide how often. Every figure carries noise, so that\n" +
			"what is told hardly depends on any one block of it; the noise follows from a secret in DATA/brief.secret, made at the first use.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.brief(args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.root, "root", "", "folder that the campaign's trace is named from (default: that of a slot of your own; else the current one)")
	f.StringVar(&o.lineage, "lineage", "", "this one only")
	f.StringVar(&o.since, "since", "", "source of the module that ran before: tell what changed")
	f.StringVar(&o.epsilon, "epsilon", "8", "how much all figures together may give away of a block; less is more noise")
	a.withData(cmd)
	return cmd
}

func (a *app) brief(path string, o briefOptions) error {
	epsilon, err := pipeline.ParseDecimal(o.epsilon)
	if err != nil {
		return withCode(ExitUsage, fmt.Errorf("--epsilon: %w", err))
	}
	s, err := a.openSearcher(path, searchOptions{root: o.root, lineage: o.lineage})
	if err != nil {
		return err
	}
	secret, err := briefSecret(cmp.Or(a.data, os.Getenv(envData), ".genesis"))
	if err != nil {
		return err
	}
	options := brief.Options{Secret: secret, Epsilon: int64(epsilon) * 1000 / int64(pipeline.One)}
	if o.since != "" {
		if options.Since, err = s.moduleAt(o.since); err != nil {
			return withCode(ExitUsage, err)
		}
	}
	var out []lineageBrief
	for _, name := range s.campaign.Spec.Lineages {
		l, err := s.briefOf(name, options)
		if err != nil {
			return withCode(ExitRefused, fmt.Errorf("lineage %s: %w", name, err))
		}
		out = append(out, l)
	}
	return a.print(out, func(w io.Writer) {
		for i, l := range out {
			if i > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintf(w, "%s\n%s", l.Lineage, l.Text)
		}
	})
}

func (s *searcher) briefOf(lineage string, o brief.Options) (lineageBrief, error) {
	g, err := lineages.Load(lineage, s.slot.Name)
	if err != nil {
		return lineageBrief{}, err
	}
	u, err := tilego.Compile(g.Source, s.slot.Contract.Surface())
	if err != nil {
		return lineageBrief{}, err
	}
	b, err := brief.Of(s.course, u, o)
	return lineageBrief{lineage, b, b.String()}, err
}

func (s *searcher) moduleAt(path string) (*ir.Unit, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	u, err := tilego.Compile(source, s.slot.Contract.Surface())
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return u, nil
}

// briefSecret is the site's secret: noise that follows from it is the same
// whenever the same is asked, so that asking often does not wear it off.
func briefSecret(data string) ([]byte, error) {
	path := filepath.Join(data, "brief.secret")
	secret, err := os.ReadFile(path)
	if err == nil && len(secret) < brief.MinSecret {
		return nil, fmt.Errorf("%s is damaged: %d bytes; remove it, and what was told before tells more", path, len(secret))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = make([]byte, 2*brief.MinSecret)
	rand.Read(secret)
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	// A name that is there wins: two commands at once must end with one secret.
	made := path + "." + fmt.Sprint(os.Getpid(), time.Now().UnixNano())
	if err := os.WriteFile(made, secret, 0o600); err != nil {
		return nil, err
	}
	err = ignore(os.Link(made, path), fs.ErrExist)
	if err := errors.Join(os.Remove(made), err); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
