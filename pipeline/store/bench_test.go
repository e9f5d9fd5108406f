package store_test

import (
	"fmt"
	"testing"

	"github.com/genesis-network/genesis/pipeline/store"
)

func BenchmarkReportTile(b *testing.B) {
	s := open(b, b.TempDir())
	n := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		n++
		if _, err := s.ReportTile(b.Context(), store.Tile{Meta: store.Meta{ID: "tile-1"}, Lineage: "alder", Report: n, Calls: n}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPutEvidence(b *testing.B) {
	s := open(b, b.TempDir())
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		st := proofStatement("proven")
		st.Notes = map[string]string{"n": fmt.Sprint(n)}
		if digest, err := st.Digest(); err == nil {
			st.Inputs["n"] = digest
		}
		if _, created, err := s.PutEvidence(b.Context(), wrap(st)); err != nil || !created {
			b.Fatal(created, err)
		}
	}
}

func BenchmarkPutArtefact(b *testing.B) {
	s := open(b, b.TempDir())
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		if _, err := s.Artefacts.Put(b.Context(), fmt.Appendf(nil, "artefact %d", n)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetChange(b *testing.B) {
	s := open(b, b.TempDir())
	c := create(b, s, "a")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Changes.Get(b.Context(), c.ID); err != nil {
			b.Fatal(err)
		}
	}
}
