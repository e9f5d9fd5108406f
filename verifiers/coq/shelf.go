package coq

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// shelf is the place of one verdict in the cache; "" for none.
type shelf string

// stored is how a verdict is written.
type stored struct {
	Result Result            `json:"result"`
	Files  map[string][]byte `json:"files"`
}

// shelfOf names the place by everything that a verdict depends on, the form of
// its findings included.
func shelfOf(s verifiers.Subject, o Options, texts *printed) shelf {
	dir, err := o.cache()
	if _, missing := find(o); err != nil || missing != nil || o.layers != (layers{}) {
		return ""
	}
	parts := map[string]pipeline.Digest{"subject": s.Ref.Digest(), "inputs": pipeline.InputsDigest(Inputs(s, o)),
		"source": pipeline.SumBytes(s.Source)} // findings name its lines
	for _, f := range texts.files() {
		parts[f.name] = pipeline.SumBytes(f.text)
	}
	return shelf(filepath.Join(dir, "verdicts", string(sum("coq-verdict-2", parts))+".json"))
}

// find reads the verdict. One that cannot be read is made again.
func (s shelf) find() (entry, bool) {
	if s == "" {
		return entry{}, false
	}
	raw, err := os.ReadFile(string(s))
	if err != nil {
		return entry{}, false
	}
	var v stored
	if json.Unmarshal(raw, &v) != nil {
		return entry{}, false
	}
	return entry{v.Result, v.Files}, true
}

// put writes a verdict that another run would give again. Without a cache the
// work is done again next time, so failing to write is no failure.
func (s shelf) put(e entry) {
	if s == "" || !repeatable(e.result.Statement) {
		return
	}
	raw, err := json.Marshal(stored{e.result, e.files})
	if err != nil {
		return
	}
	if os.MkdirAll(filepath.Dir(string(s)), 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(filepath.Dir(string(s)), ".new-")
	if err != nil {
		return
	}
	_, err = tmp.Write(raw)
	if tmp.Close() != nil || err != nil || os.Rename(tmp.Name(), string(s)) != nil {
		_ = os.Remove(tmp.Name())
	}
}

// repeatable says that a statement does not depend on how busy the machine was.
func repeatable(st pipeline.Statement) bool {
	if strings.Contains(st.Notes["decided"], string(decide.OutOfTime)) {
		return false
	}
	passing := []string{"coq.timeout", "coq.memory", "coq.missing", "coq.disagree"}
	return st.Outcome != pipeline.Error && !slices.ContainsFunc(st.Findings, func(f pipeline.Finding) bool {
		return slices.Contains(passing, f.Code)
	})
}
