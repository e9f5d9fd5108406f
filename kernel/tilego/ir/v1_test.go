package ir_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

var update = flag.Bool("update", false, "write golden files; never the vectors themselves")

const vectorFolder = "../testdata/v1/"

// vectors are units as version 1 encodes them. They are never written anew: what
// was released must be read for ever, so a change of the encoding is another
// version, with vectors of its own.
func vectors(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(vectorFolder + "*.hex")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".hex")] = b
	}
	return out
}

// TestVersion1IsFrozen: the vectors are read as the golden texts say, and
// written back byte for byte.
func TestVersion1IsFrozen(t *testing.T) {
	t.Parallel()
	for name, b := range vectors(t) {
		u, err := ir.Decode(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, err := ir.Encode(u); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: encodes to other bytes (%v): raise ir.Version and keep reading version 1", name, err)
		}
		file := vectorFolder + name + ".txt"
		got := ir.Text(u)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s is read otherwise (-want +got):\n%s", name, d)
		}
	}
}

// TestVectorsHoldEveryForm: what no vector has would not be frozen.
func TestVectorsHoldEveryForm(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, b := range vectors(t) {
		u, err := ir.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(ir.Text(u))
	}
	text := all.String()
	for _, form := range []string{
		" + ", " - ", " * ", " / ", " % ", " & ", " | ", " ^ ", " &^ ", " << ", " >> ", " min ", " max ", " = -", // operators, of constants too
		" == ", " != ", " < ", " <= ", " > ", " >= ", "!v", " && ", " || ", "leadingzeros(", "trailingzeros(", "onescount(", " = len(",
		" with [", " = zero [", " = copy ", " = call ", " = if ", " = for ", "return ", "yield ", "branch ", "table ", "(imported)",
		"state written", "state read", "state read, state read", "input, input", "uint64", "int8(",
		" = uint8(", "#",
	} {
		if !strings.Contains(text, form) {
			t.Errorf("no vector shows %q", form)
		}
	}
}

// TestVectorsAreDocumented: docs/formats.md lists each vector with its length
// and its digest, and shows the smallest one in full.
func TestVectorsAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| (\\d+ \\| `[0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(doc), -1) {
		listed[m[1]] = m[2]
	}
	for name, b := range vectors(t) {
		if want := fmt.Sprintf("%d | `%x", len(b), sha256.Sum256(b)); listed[name] != want {
			t.Errorf("docs/formats.md: want a row | `%s` | %s` |, have %q", name, want, listed[name])
		}
		delete(listed, name)
	}
	if len(listed) > 0 {
		t.Errorf("docs/formats.md lists vectors that are not there: %v", listed)
	}
	if tiny := hex.EncodeToString(vectors(t)["tiny"]); !strings.Contains(strings.Join(strings.Fields(string(doc)), ""), tiny) {
		t.Errorf("docs/formats.md does not show the bytes of tiny: %s", tiny)
	}
}
