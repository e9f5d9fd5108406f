package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

func (a *app) lineageNoun() *cobra.Command {
	return a.noun("lineage", "independently bred kernels: log, show, diff, fork, fsck",
		a.lineageLog(), a.lineageShow(), a.lineageDiff(), a.lineageFork(), a.lineageFsck())
}

func (a *app) lineageLog() *cobra.Command {
	return &cobra.Command{Use: "log LINEAGE", Short: "its generations, newest first, and why each was adopted", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return askAndTell(cmd.Context(), a, request{path: lineagePath(args[0]) + "/ancestry"}, lineageLogText)
	}}
}

func (a *app) lineageShow() *cobra.Command {
	return &cobra.Command{Use: "show LINEAGE", Short: "what it runs, who proposed its lines, how different it is from the others", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return askAndTell(cmd.Context(), a, request{path: lineagePath(args[0])}, lineageText)
	}}
}

func (a *app) lineageDiff() *cobra.Command {
	return &cobra.Command{
		Use: "diff BEFORE AFTER", Short: "how different two lineages are, or two generations (alder@0 alder@1)", Args: exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return askAndTell(cmd.Context(), a, request{path: lineagePath(args[0]) + "/diff", query: query("with", args[1])}, lineageDiffText)
		},
	}
}

// lineagePath is the path of a lineage, or of one of its generations. A name
// that could lead elsewhere is of none.
func lineagePath(name string) string {
	if !generationForm.MatchString(name) {
		name = "-"
	}
	return "/v1/lineages/" + name
}

var (
	generationForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}(@[0-9]{1,9})?$`)
	lineageForm    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

type forkOptions struct {
	as, out, about string
}

func (a *app) lineageFork() *cobra.Command {
	var o forkOptions
	cmd := &cobra.Command{
		Use: "fork LINEAGE[@GENERATION]", Short: "write a generation down as the genome of a new lineage", Args: exactly(1),
		Long: "Write a generation as the folder of a new lineage: lineage.yaml, which names what it was bred from, and for each slot module.go and proof.v.\n" +
			"A program that ships the folder (under lineages/), or a slot's own folder that holds it, breeds the new lineage from then on.\n" +
			"Nothing in the service changes: a lineage is alive when tiles run it.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.fork(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.as, "as", "", "name of the new lineage")
	f.StringVar(&o.out, "out", ".", "folder in which the folder of the new lineage is made")
	f.StringVar(&o.about, "about", "", "what the new lineage is (default: what it was forked from)")
	return cmd
}

// forked is what a fork wrote.
type forked struct {
	Lineage  string            `json:"lineage"`
	From     string            `json:"from"`
	BredFrom []pipeline.Digest `json:"bredFrom"`
	Files    []string          `json:"files"`
}

// genome is lineage.yaml, as package lineages reads it.
type genome struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Name       string            `yaml:"name"`
	Class      string            `yaml:"class"`
	About      string            `yaml:"about"`
	Slots      []string          `yaml:"slots,flow"`
	Ancestors  []pipeline.Digest `yaml:"ancestors"`
}

func (a *app) fork(ctx context.Context, ref string, o forkOptions) error {
	if !lineageForm.MatchString(o.as) {
		return withCode(ExitUsage, fmt.Errorf("--as %.40q: name the new lineage with lower-case letters, digits and _", o.as))
	}
	view, err := ask[api.LineageView](ctx, a, request{path: lineagePath(strings.Split(ref, "@")[0])})
	if err != nil {
		return err
	}
	line, err := a.line(ctx, ref)
	if err != nil {
		return err
	}
	dir := filepath.Join(o.out, o.as)
	if _, err := os.Stat(dir); err == nil {
		return withCode(ExitRefused, fmt.Errorf("%s is there already: choose another name or folder", dir))
	}
	out, err := a.writeFork(ctx, dir, view.value, line, o)
	if err != nil {
		return err
	}
	return a.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s is bred from %s\n", out.Lineage, out.From)
		for _, f := range out.Files {
			fmt.Fprintf(w, "  %s\n", f)
		}
	})
}

// line is the ancestry up to the generation that a text names.
func (a *app) line(ctx context.Context, ref string) ([]store.Generation, error) {
	name, number, given := strings.Cut(ref, "@")
	got, err := ask[api.AncestryList](ctx, a, request{path: lineagePath(name) + "/ancestry"})
	if err != nil {
		return nil, err
	}
	for i, g := range got.value.Items {
		if fmt.Sprint(g.Generation) == number || !given && i == len(got.value.Items)-1 {
			return got.value.Items[:i+1], nil
		}
	}
	return nil, withCode(ExitNotFound, fmt.Errorf("%.80q is no generation of %.80q: see genesis lineage log", ref, name))
}

func (a *app) writeFork(ctx context.Context, dir string, of api.LineageView, line []store.Generation, o forkOptions) (forked, error) {
	from := line[len(line)-1]
	out := forked{Lineage: o.as, From: fmt.Sprintf("%s@%d", from.Lineage, from.Generation)}
	doc := genome{APIVersion: pipeline.APIVersion, Kind: "Lineage", Name: o.as, Class: of.Class, About: o.about}
	if doc.About == "" {
		doc.About = "forked from " + out.From
	}
	for _, g := range line {
		doc.Ancestors = append(doc.Ancestors, g.Base)
	}
	out.BredFrom = doc.Ancestors
	files := map[string][]byte{}
	for _, h := range from.Modules {
		doc.Slots = append(doc.Slots, h.Slot())
		for name, digest := range map[string]pipeline.Digest{"module.go": h.Source, "proof.v": h.Module.Proof} {
			content, err := a.artefact(ctx, digest)
			if err != nil {
				return out, err
			}
			if len(content) > 0 {
				files[filepath.Join(h.Slot(), name)] = content
			}
		}
	}
	text, err := yaml.Marshal(doc)
	if err != nil {
		return out, err
	}
	files["lineage.yaml"] = text
	out.Files, err = writeAll(dir, files)
	return out, err
}

// artefact fetches bytes and believes them only when they are what the digest
// says.
func (a *app) artefact(ctx context.Context, d pipeline.Digest) ([]byte, error) {
	r, err := a.remote()
	if err != nil {
		return nil, err
	}
	resp, err := r.open(ctx, request{path: "/v1/artefacts/" + string(d)})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, store.MaxArtefact))
	if err == nil && pipeline.SumBytes(content) != d {
		err = fmt.Errorf("artefact %s: the service answered with other bytes", d.Short())
	}
	return content, err
}

// writeAll writes files below a folder, and names them in order.
func writeAll(dir string, files map[string][]byte) ([]string, error) {
	var names []string
	var errs []error
	for name, content := range files {
		path := filepath.Join(dir, name)
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644))
		names = append(names, path)
	}
	slices.Sort(names)
	return names, errors.Join(errs...)
}
