package dashboard

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// Static is the style and the script.
func Static() fs.FS {
	sub, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// The pages.
const (
	PageOverview = "overview"
	PageCampaign = "campaign"
	PageChange   = "change"
	PageTiles    = "tiles"
	PageRounds   = "rounds"
	PageLogin    = "login"
	PageProblem  = "problem"
	PageAPI      = "reference"
)

// Pages lists the names of the pages.
func Pages() []string {
	return []string{PageOverview, PageCampaign, PageChange, PageTiles, PageRounds, PageLogin, PageProblem, PageAPI}
}

// Renderer turns views into pages.
type Renderer struct {
	pages map[string]*template.Template
}

// New parses the pages.
func New() (*Renderer, error) {
	r := &Renderer{pages: map[string]*template.Template{}}
	funcs := template.FuncMap{"icon": icon, "several": Several, "dict": dict}
	for _, name := range Pages() {
		t, err := template.New("layout.html").Funcs(funcs).ParseFS(templates, "templates/layout.html", "templates/parts.html", path.Join("templates", name+".html"))
		if err != nil {
			return nil, fmt.Errorf("dashboard: page %s: %w", name, err)
		}
		r.pages[name] = t.Option("missingkey=error")
	}
	return r, nil
}

// dict hands several values to a part.
func dict(pairs ...any) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}

// Render writes a page, whole or not at all.
func (r *Renderer) Render(w io.Writer, page string, view any) error {
	t, ok := r.pages[page]
	if !ok {
		return fmt.Errorf("dashboard: no page %q", page)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, view); err != nil {
		return fmt.Errorf("dashboard: page %s: %w", page, err)
	}
	_, err := w.Write(b.Bytes())
	return err
}
