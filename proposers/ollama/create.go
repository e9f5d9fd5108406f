package ollama

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/ollama/ollama/api"

	"github.com/genesis-network/genesis/proposers/adapter"
	"github.com/genesis-network/genesis/proposers/internal/wire"
)

// The files of an adapter, as Ollama looks for them.
const (
	adapterFile   = "adapter_model.safetensors"
	adapterConfig = "adapter_config.json"
)

// Adapted names a model to be made of another one and an adapter.
type Adapted struct {
	Name    string // of the new model
	From    string // a model that the server has
	Adapter *adapter.Adapter
	Alpha   int // of the adapter: B times A counts alpha / rank
}

// Create makes a model on the server; progress may be nil. Doing it twice does no
// harm. The new model is asked nothing by that: see [adapter.Judge].
func (c *Client) Create(ctx context.Context, m Adapted, progress func(Progress)) error {
	config, err := peft(m)
	if err != nil {
		return err
	}
	files := map[string][]byte{adapterFile: m.Adapter.Encode(), adapterConfig: config}
	digests := map[string]string{}
	for name, raw := range files {
		if digests[name], err = c.blob(ctx, raw); err != nil {
			return err
		}
	}
	return c.pull.Do(ctx, func(ctx context.Context) error {
		last := ""
		err := c.api.Create(ctx, &api.CreateRequest{Model: m.Name, From: m.From, Adapters: digests}, func(p api.ProgressResponse) error {
			last = p.Status
			if progress != nil {
				progress(Progress{p.Status, p.Completed, p.Total})
			}
			return nil
		})
		if err == nil && last != "success" {
			return wire.ErrCut
		}
		return err
	})
}

// blob puts bytes on the server, by their digest.
func (c *Client) blob(ctx context.Context, raw []byte) (string, error) {
	sum := sha256.Sum256(raw)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	return digest, c.pull.Do(ctx, func(ctx context.Context) error {
		return c.api.CreateBlob(ctx, digest, bytes.NewReader(raw))
	})
}

// peft is what says how the adapter is to be applied.
func peft(m Adapted) ([]byte, error) {
	if m.Adapter == nil || len(m.Adapter.Tensors) == 0 || m.Alpha < 1 {
		return nil, fmt.Errorf("ollama: model %q: want an adapter, and an alpha of at least 1", m.Name)
	}
	return json.Marshal(map[string]any{"peft_type": "LORA", "r": m.Adapter.Rank(), "lora_alpha": m.Alpha, "base_model_name_or_path": m.From})
}
