package ollama_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"github.com/ollama/ollama/api"

	"github.com/genesis-network/genesis/proposers/adapter"
	"github.com/genesis-network/genesis/proposers/ollama"
)

// shelf is what a server has of blobs, and the model that was made of them. It
// refuses bytes that are not what their digest says, as Ollama does.
type shelf struct {
	blobs map[string][]byte
	made  api.CreateRequest
	last  string // status of the stream's end
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/api/blobs/") {
		sum := sha256.Sum256(raw)
		if digest := "sha256:" + hex.EncodeToString(sum[:]); digest != path.Base(r.URL.Path) {
			http.Error(w, `{"error":"digest mismatch"}`, http.StatusBadRequest)
			return
		}
		s.blobs[path.Base(r.URL.Path)] = raw
		w.WriteHeader(http.StatusCreated)
		return
	}
	if err := json.Unmarshal(raw, &s.made); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, status := range []string{"converting adapter", s.last} {
		_ = json.NewEncoder(w).Encode(api.ProgressResponse{Status: status})
	}
}

func TestAModelIsMadeOfAnAdapter(t *testing.T) {
	t.Parallel()
	a := &adapter.Adapter{Tensors: []adapter.Tensor{
		{Name: "q.lora_A.weight", Rows: 2, Cols: 1, Values: []float32{1, 2}},
		{Name: "q.lora_B.weight", Rows: 1, Cols: 2, Values: []float32{3, 4}},
	}}
	s := &shelf{blobs: map[string][]byte{}, last: "success"}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c, err := ollama.New(ollama.Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	m := ollama.Adapted{Name: "governor", From: "qwen2.5-coder:7b", Adapter: a, Alpha: 16}
	if err := c.Create(t.Context(), m, func(p ollama.Progress) { told = append(told, p.Status) }); err != nil {
		t.Fatal(err)
	}
	if s.made.Model != "governor" || s.made.From != "qwen2.5-coder:7b" || strings.Join(told, ", ") != "converting adapter, success" {
		t.Errorf("%+v, told %v", s.made, told)
	}
	if got, err := adapter.Parse(s.blobs[s.made.Adapters["adapter_model.safetensors"]]); err != nil || got.Tensors[1].Values[1] != 4 {
		t.Errorf("the server has %+v, %v", got, err)
	}
	if config := string(s.blobs[s.made.Adapters["adapter_config.json"]]); !strings.Contains(config, `"r":2`) || !strings.Contains(config, `"lora_alpha":16`) {
		t.Errorf("the server has %s", config)
	}

	s.last = "converting adapter"
	if err := c.Create(t.Context(), m, nil); err == nil {
		t.Error("a stream without its end made a model")
	}
	if err := c.Create(t.Context(), ollama.Adapted{Name: "x", From: "y", Adapter: a}, nil); err == nil {
		t.Error("an adapter without alpha was taken")
	}
}
