package api

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/genesis-network/genesis/api/dashboard"
)

// reference shows the API's own description.
func (t *site) reference(context.Context, *http.Request) (string, dashboard.Reference, error) {
	groups := map[string][]dashboard.ReferenceOperation{}
	for _, item := range t.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op != nil && len(op.Tags) > 0 {
				groups[op.Tags[0]] = append(groups[op.Tags[0]], describe(op))
			}
		}
	}
	var v dashboard.Reference
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		ops := groups[name]
		slices.SortFunc(ops, func(a, b dashboard.ReferenceOperation) int {
			return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
		})
		v.Groups = append(v.Groups, dashboard.ReferenceGroup{Name: name, Operations: ops})
	}
	return "API", v, nil
}

func describe(op *huma.Operation) dashboard.ReferenceOperation {
	out := dashboard.ReferenceOperation{Method: op.Method, Path: op.Path, Summary: op.Summary}
	for _, p := range op.Parameters {
		out.Parameters = append(out.Parameters, dashboard.ReferenceParameter{Name: p.Name, In: p.In, About: p.Description})
	}
	if op.RequestBody != nil {
		out.Body = content(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(status, "2") {
			out.Answer = status + " " + content(op.Responses[status].Content)
		}
	}
	return out
}

// content names what a body is: its type, or its media types.
func content(c map[string]*huma.MediaType) string {
	if m := c["application/json"]; m != nil && m.Schema != nil && m.Schema.Ref != "" {
		return strings.TrimPrefix(m.Schema.Ref, "#/components/schemas/")
	}
	return strings.Join(slices.Sorted(maps.Keys(c)), ", ")
}
