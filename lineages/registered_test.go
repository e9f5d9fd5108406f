package lineages_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/genesis-network/genesis/lineages"
)

func TestGenomesOfAFolder(t *testing.T) {
	t.Parallel()
	folder := fstest.MapFS{
		"lineages/north/module.go": {Data: []byte("package a")},
		"lineages/north/proof.v":   {Data: []byte("Qed.")},
		"lineages/south/module.go": {Data: []byte("package b")},
		"lineages/south/notes.txt": {Data: []byte("no module")},
		"lineages/empty/notes.txt": {Data: []byte("no module")},
	}
	list, err := lineages.In(folder, "pump")
	if err != nil || len(list) != 2 {
		t.Fatalf("%d genomes, %v", len(list), err)
	}
	if g := list[0]; g.Lineage != "north" || g.Slot != "pump" || string(g.Source) != "package a" || string(g.Proof) != "Qed." {
		t.Errorf("%+v", g)
	}
	if g := list[1]; g.Lineage != "south" || g.Proof != nil {
		t.Errorf("%+v", g)
	}
	for name, file := range map[string]*fstest.MapFile{
		"lineages/No Name/module.go": {Data: []byte("package a")},
		"lineages/large/module.go":   {Data: make([]byte, lineages.MaxFile+1)},
	} {
		if _, err := lineages.In(fstest.MapFS{name: file}, "pump"); !errors.Is(err, lineages.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}
