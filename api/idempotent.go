package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/genesis-network/genesis/pipeline"
)

// idempotent does a request once: the same key with the same request is answered
// with what was answered first, for a day. A request that failed gives its key
// up, so that it can be made again.
func idempotent[O any](ctx context.Context, s *service, scope, key string, request any, do func() (*O, error)) (*O, error) {
	if key == "" {
		return nil, problem(http.StatusBadRequest, "idempotency.missing", "send Idempotency-Key with a value of your own, such as a UUID", "this request needs an Idempotency-Key")
	}
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	key = scope + " " + string(pipeline.SumBytes([]byte(who(ctx).name+"\n"+key)))
	kept, done, err := s.Store.Claim(ctx, key, body)
	if err != nil {
		return nil, err
	}
	if done {
		out := new(O)
		return out, json.Unmarshal([]byte(kept), out)
	}
	out, err := do()
	// The caller may be gone by now; the answer is kept all the same.
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Store.Answer(ctx, key, ""))
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return out, s.Store.Answer(ctx, key, string(text))
}
