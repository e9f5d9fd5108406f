package adapter_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/adapter"
)

const place = "base_model.model.layers.0.self_attn.q_proj"

// made is an adapter of rank 2 for a 3 x 4 place, and B as given.
func made(b ...float32) *adapter.Adapter {
	return &adapter.Adapter{Tensors: []adapter.Tensor{
		{Name: place + ".lora_A.weight", Rows: 2, Cols: 4, Values: []float32{1, 2, 3, 4, 5, 6, 7, 8}},
		{Name: place + ".lora_B.weight", Rows: 3, Cols: 2, Values: b},
	}}
}

func base() *adapter.Adapter { return made(0, 0, 0, 0, 0, 0) }

// file is a file of safetensors with a header as given.
func file(header string, data []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

func TestAFileIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := made(1, -2, 0.5, 0, 3e-3, 7)
	got, err := adapter.Parse(want.Encode())
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
	if !bytes.Equal(got.Encode(), want.Encode()) || len(want.Encode())%4 != 0 {
		t.Error("it is not written in one way")
	}
	// The upper halves of 1 and -2, as BF16, with metadata as people save it.
	short := file(`{"__metadata__":{"format":"pt"},"a.lora_A.weight":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]},"a.lora_B.weight":{"dtype":"BF16","shape":[1,1],"data_offsets":[2,4]}}`, []byte{0x80, 0x3f, 0x00, 0xc0})
	got, err = adapter.Parse(short)
	if err != nil || got.Tensors[0].Values[0] != 1 || got.Tensors[1].Values[0] != -2 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFilesThatAreNoAdapterAreRefused(t *testing.T) {
	t.Parallel()
	pair := func(a, b string) string { return `{"a.lora_A.weight":` + a + `,"a.lora_B.weight":` + b + `}` }
	one := func(from, to int) string {
		return fmt.Sprintf(`{"dtype":"F32","shape":[1,1],"data_offsets":[%d,%d]}`, from, to)
	}
	eight := make([]byte, 8)
	nan := binary.LittleEndian.AppendUint32(make([]byte, 4), math.Float32bits(float32(math.NaN())))
	for name, c := range map[string]struct {
		raw  []byte
		says string
	}{
		"nothing":               {nil, "0 bytes"},
		"a header beyond":       {binary.LittleEndian.AppendUint64(nil, 1<<40), "a header of"},
		"no JSON":               {file("{", nil), "no JSON"},
		"no tensors":            {file(`{"__metadata__":{}}`, nil), "0 tensors"},
		"unknown fields":        {file(pair(one(0, 4), `{"dtype":"F32","shape":[1,1],"data_offsets":[4,8],"run":"me"}`), eight), "unknown field"},
		"another tensor":        {file(`{"embed.weight":`+one(0, 4)+`}`, eight[:4]), "none of an adapter"},
		"another type":          {file(pair(one(0, 4), `{"dtype":"F8","shape":[1,4],"data_offsets":[4,8]}`), eight), "save it as F32"},
		"one side":              {file(pair(one(0, 4), `{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`), eight), "want two sides"},
		"a shape that wraps":    {file(pair(one(0, 4), `{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[4,8]}`), eight), "want two sides"},
		"offsets beyond":        {file(pair(one(0, 4), one(8, 12)), eight), "are not the offsets"},
		"a hole":                {file(pair(one(0, 4), one(8, 12)), make([]byte, 12)), "belong to no tensor"},
		"one place twice":       {file(pair(one(0, 4), one(0, 4)), eight[:4]), "or to two"},
		"bytes behind":          {file(pair(one(0, 4), one(4, 8)), make([]byte, 9)), "belong to no tensor"},
		"no partner":            {file(`{"a.lora_A.weight":`+one(0, 4)+`}`, eight[:4]), "has no a.lora_B.weight"},
		"two ranks":             {file(pair(`{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}`, one(8, 12)), make([]byte, 12)), "rank 2"},
		"what is not a number":  {file(pair(one(0, 4), one(4, 8)), nan), "not finite"},
		"a name with a newline": {file(`{"a\n.lora_A.weight":`+one(0, 4)+`}`, eight[:4]), "none of an adapter"},
	} {
		if _, err := adapter.Parse(c.raw); !errors.Is(err, adapter.ErrFile) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(base().Encode())
	f.Add(file(`{"a.lora_A.weight":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]}}`, []byte{1, 2}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := adapter.Parse(raw)
		if err != nil {
			if !errors.Is(err, adapter.ErrFile) {
				t.Fatal(err)
			}
			return
		}
		again, err := adapter.Parse(a.Encode())
		if err != nil || !cmp.Equal(a, again) {
			t.Fatalf("written and read: %v", err)
		}
	})
}

func seed(i int) (s [32]byte) {
	s[0], s[1] = byte(i), byte(i>>8)
	return s
}

// The mean of what sites share is the mean of what they trained, each clipped.
func TestTheMeanIsOverClippedDifferences(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := adapter.Session{Base: base(), Clip: adapter.DefaultClip}
		first, second := s.Open(), s.Open()
		n := rapid.IntRange(adapter.MinSites, 9).Draw(t, "sites")
		want := make([]float64, 6)
		for i := range n {
			var b []float32
			var sum float64
			for range want {
				v := rapid.Float32Range(-2, 2).Draw(t, "b")
				b, sum = append(b, v), sum+float64(v)*float64(v)
			}
			for k, v := range b {
				want[k] += float64(v) / max(1, math.Sqrt(sum)) / float64(n)
			}
			share, err := s.Share(made(b...), seed(i))
			if err != nil {
				t.Fatal(err)
			}
			site := fmt.Sprint("site-", i)
			if err := errors.Join(first.AddSeed(site, seed(i)), second.Add(site, share)); err != nil {
				t.Fatal(err)
			}
		}
		mean, err := s.Mean(first, second)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range mean.Tensors[1].Values {
			if math.Abs(float64(v)-want[k]) > 1e-6 {
				t.Fatalf("number %d is %v, not %v", k, v, want[k])
			}
		}
		if !cmp.Equal(mean.Tensors[0], base().Tensors[0]) {
			t.Fatal("A moved")
		}
	})
}

// A share without its seed is as good as random: its bits are even, whatever was
// trained.
func TestAShareAloneSaysNothing(t *testing.T) {
	t.Parallel()
	s := adapter.Session{Base: base(), Clip: 1}
	ones, all := 0, 0
	for i := range 2000 {
		share, err := s.Share(made(1, 1, 1, 1, 1, 1), seed(i))
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range share {
			for ; x != 0; x &= x - 1 {
				ones++
			}
			all += 64
		}
	}
	if off := math.Abs(float64(ones)/float64(all) - 0.5); off > 4*0.5/math.Sqrt(float64(all)) {
		t.Errorf("%d of %d bits are set", ones, all)
	}
}

func TestSharesThatDoNotBelongAreRefused(t *testing.T) {
	t.Parallel()
	s := adapter.Session{Base: base(), Clip: 1}
	trained := made(0, 0, 0, 0, 0, 1)
	trained.Tensors[0].Values = []float32{9, 2, 3, 4, 5, 6, 7, 8}
	if _, err := s.Share(trained, seed(1)); !errors.Is(err, adapter.ErrOther) || !strings.Contains(err.Error(), "A is frozen") {
		t.Errorf("A was trained: %v", err)
	}
	first, second := s.Open(), s.Open()
	if err := second.Add("site", make([]uint64, 5)); !errors.Is(err, adapter.ErrOther) {
		t.Errorf("a short share: %v", err)
	}
	for i, site := range []string{"a", "b"} {
		share, err := s.Share(made(1, 0, 0, 0, 0, 0), seed(i))
		if err := errors.Join(err, first.AddSeed(site, seed(i)), second.Add(site, share)); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Add("a", make([]uint64, 6)); !errors.Is(err, adapter.ErrTwice) {
		t.Errorf("a second share: %v", err)
	}
	if _, err := s.Mean(first, second); !errors.Is(err, adapter.ErrFew) {
		t.Errorf("two sites: %v", err)
	}
	if err := first.AddSeed("c", seed(3)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Mean(first, second); !errors.Is(err, adapter.ErrUneven) {
		t.Errorf("one server has more: %v", err)
	}
	// A site that does not clip, with all its weight on one number.
	if err := second.Add("c", []uint64{1 << 40, 0, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Mean(first, second); !errors.Is(err, adapter.ErrNorm) {
		t.Errorf("a mean beyond the clip: %v", err)
	}
}

// only is a registry with one site.
type only struct{}

var errForged = errors.New("no signature of this site")

func (only) Check(site string, signed, signature []byte) error {
	if site != "a" || !bytes.Equal(signature, signed[:4]) {
		return errForged
	}
	return nil
}

func TestAFileIsAdmittedSigned(t *testing.T) {
	t.Parallel()
	s, raw := adapter.Session{Base: base(), Clip: 1}, made(1, 2, 3, 4, 5, 6).Encode()
	if _, err := s.Admit("a", raw, raw[:4], only{}); err != nil {
		t.Error(err)
	}
	if _, err := s.Admit("b", raw, raw[:4], only{}); !errors.Is(err, errForged) {
		t.Errorf("of somebody else: %v", err)
	}
	if _, err := s.Admit("a", raw[:40], raw[:4], only{}); !errors.Is(err, adapter.ErrFile) {
		t.Errorf("cut: %v", err)
	}
}

func TestAModelGetsTrafficOnlyIfItWins(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		won, lost, both int
		want            pipeline.Outcome
	}{
		"nothing tried":           {0, 0, 0, pipeline.Inconclusive},
		"equal":                   {0, 0, 40, pipeline.Inconclusive},
		"four wins":               {4, 0, 9, pipeline.Inconclusive}, // chance 1/16
		"five wins":               {5, 0, 9, pipeline.Pass},         // 1/32
		"wins among losses":       {9, 4, 9, pipeline.Inconclusive}, // 0.133
		"many wins among losses":  {15, 4, 9, pipeline.Pass},        // 0.0096
		"five losses":             {0, 5, 9, pipeline.Fail},
		"as many wins as losses":  {9, 9, 0, pipeline.Inconclusive},
		"a few losses among wins": {4, 15, 0, pipeline.Fail},
	} {
		var trials []adapter.Trial
		add := func(n int, incumbent, challenger bool) {
			for range n {
				trials = append(trials, adapter.Trial{Task: fmt.Sprint(len(trials)), Incumbent: incumbent, Challenger: challenger})
			}
		}
		add(c.won, false, true)
		add(c.lost, true, false)
		add(c.both, true, true)
		got, err := adapter.Judge(trials)
		if err != nil || got.Outcome != c.want || got.Won != c.won || got.Lost != c.lost {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := adapter.Judge([]adapter.Trial{{Task: "x"}, {Task: "x"}}); !errors.Is(err, adapter.ErrTask) {
		t.Errorf("a task twice: %v", err)
	}
}
