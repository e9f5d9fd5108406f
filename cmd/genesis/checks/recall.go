package checks

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
)

// remembered is a verdict with the attachments that came with it.
type remembered struct {
	Statement pipeline.Statement `json:"statement"`
	Kept      map[string][]byte  `json:"kept,omitempty"`
}

type keeper func(name string, content []byte) error

// once answers from memory when the same question was asked of the same
// program before; else the station works, and what it found is remembered. Only
// pass and fail are: other answers depend on how busy the machine was. Like
// what Coq's own memory holds, it is believed because the folder is this
// user's alone. The proof station has a memory of its own, in verifiers/coq.
func (t *Tools) once(key pipeline.EvidenceKey, work func(keep keeper) (pipeline.Statement, error)) (pipeline.Statement, error) {
	place := filepath.Join(t.config.Cache, "verdicts", string(pipeline.SumBytes(fmt.Appendf(nil, "%s %v", program(), key)))+".json")
	if r, ok := recall(place); ok && !t.config.Again {
		return r.Statement, r.deliver(t.config.Keep)
	}
	r := remembered{Kept: map[string][]byte{}}
	var err error
	r.Statement, err = work(func(name string, content []byte) error { r.Kept[name] = content; return nil })
	if err != nil {
		return r.Statement, err
	}
	if r.Statement.Outcome == pipeline.Pass || r.Statement.Outcome == pipeline.Fail {
		r.store(place)
	}
	return r.Statement, r.deliver(t.config.Keep)
}

// recall reads a verdict. One that cannot be read is made again.
func recall(place string) (remembered, bool) {
	var r remembered
	raw, err := os.ReadFile(place)
	return r, err == nil && json.Unmarshal(raw, &r) == nil
}

// store writes a verdict. When that fails the work is done again next time,
// which is no failure of this one.
func (r remembered) store(place string) {
	raw, err := json.Marshal(r)
	if err == nil && os.MkdirAll(filepath.Dir(place), 0o700) == nil {
		_ = durable.Replace(place, raw) // see above
	}
}

// deliver hands the attachments to whoever keeps them.
func (r remembered) deliver(keep keeper) error {
	if keep == nil {
		return nil
	}
	for name, content := range r.Kept {
		if err := keep(name, content); err != nil {
			return fmt.Errorf("keep %s: %w", name, err)
		}
	}
	return nil
}

// program tells one build of this program from another, so that a station that
// was mended is asked again.
var program = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(info.Size(), 10) + " " + info.ModTime().UTC().String()
})
