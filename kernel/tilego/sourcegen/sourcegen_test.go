package sourcegen_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/sourcegen"
)

func load(t *testing.T) *contract.Contract {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range sourcegen.Contract() {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := contract.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestProgramsAreTileGo: the front end accepts every program, but for a few in
// which the order of panics would show.
func TestProgramsAreTileGo(t *testing.T) {
	t.Parallel()
	s := load(t).Surface()
	late := 0
	for seed := range uint64(300) {
		src := sourcegen.Program(seed)
		_, err := tilego.Compile([]byte(src), s)
		if refusals, ok := errors.AsType[tilego.Refusals](err); ok && refusals[0].Rule == "tilego.order" {
			late++
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, src)
		}
	}
	if late > 30 {
		t.Errorf("%d of 300 programs depend on the order of panics", late)
	}
}

func TestSameSeedSameProgram(t *testing.T) {
	t.Parallel()
	first, again, other := sourcegen.Program(7), sourcegen.Program(7), sourcegen.Program(8)
	if first != again || first == other {
		t.Error("programs do not follow from their seeds")
	}
}
