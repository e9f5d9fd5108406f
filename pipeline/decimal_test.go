package pipeline_test

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

func TestDecimalText(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "2.00": "2", "0.7": "0.7", "-1.25": "-1.25", "007": "7",
		"9223372036854.775807": "9223372036854.775807", "-9223372036854.775808": "-9223372036854.775808",
	} {
		d, err := pipeline.ParseDecimal(text)
		if err != nil || d.String() != want {
			t.Errorf("%s = %s, %v; want %s", text, d, err, want)
		}
	}
	for _, bad := range []string{"", "-", ".", "1.", ".5", "1e3", "+1", "1 ", "0x1", "1.0000001", "--1", "9223372036854.775808", "1,5", "١"} {
		if d, err := pipeline.ParseDecimal(bad); err == nil {
			t.Errorf("%q read as %s", bad, d)
		}
	}
}

func TestDecimalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := pipeline.Decimal(rapid.Int64().Draw(t, "millionths"))
		text, err := json.Marshal(map[string]pipeline.Decimal{"d": d})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]pipeline.Decimal
		if err := json.Unmarshal(text, &back); err != nil || back["d"] != d {
			t.Fatalf("%s became %s, %v", d, back["d"], err)
		}
	})
}

// Fraction agrees with exact arithmetic to half a millionth, halves away from
// zero, and refuses exactly what does not fit.
func TestFraction(t *testing.T) {
	number := rapid.OneOf(rapid.Int64Range(-20, 20), rapid.Int64Range(-1e9, 1e9), rapid.Int64())
	rapid.Check(t, func(t *rapid.T) {
		num, scale := number.Draw(t, "num"), number.Draw(t, "scale")
		den := number.Filter(func(n int64) bool { return n != 0 }).Draw(t, "den")
		exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(num), big.NewInt(scale)), big.NewInt(den))
		exact.Mul(exact, big.NewRat(int64(pipeline.One), 1))
		half := big.NewRat(int64(exact.Sign()), 2)
		want := new(big.Int).Quo(exact.Add(exact, half).Num(), exact.Denom())
		got, err := pipeline.Fraction(num, scale, den)
		if (err == nil) != want.IsInt64() {
			t.Fatalf("%d*%d/%d = %s, %v", num, scale, den, want, err)
		}
		if err == nil && int64(got) != want.Int64() {
			t.Fatalf("%d*%d/%d = %s, want %s millionths", num, scale, den, got, want)
		}
	})
}

func TestFractionRefuses(t *testing.T) {
	if d, err := pipeline.Fraction(1, 1, 0); err == nil {
		t.Errorf("1/0 = %s", d)
	}
	if d, err := pipeline.Fraction(1<<62, 1000, 1); err == nil {
		t.Errorf("overflow = %s", d)
	}
}

func TestIDs(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	if got := pipeline.NewID("cmp", at, [10]byte{}); got != "cmp_01hf7yat000000000000000000" {
		t.Error(got)
	}
	if a, b := pipeline.NewID("cmp", at, [10]byte{9: 1}), pipeline.NewID("cmp", at, [10]byte{9: 2}); a >= b || a[:27] != b[:27] {
		t.Errorf("%s and %s differ in more than the last digit", a, b)
	}
	if a, b := pipeline.NewID("cmp", at, [10]byte{0: 255}), pipeline.NewID("cmp", at.Add(time.Millisecond), [10]byte{}); a >= b {
		t.Errorf("%s does not sort before %s", a, b)
	}
	if id := pipeline.ChangeID(fill("a")); id != "chg_aaaaaaaaaaaaaaaaaaaa" {
		t.Error(id)
	}
	if pipeline.RolloutID(fill("a"), fill("b")) == pipeline.RolloutID(fill("a"), fill("c")) {
		t.Error("another plan must be another rollout")
	}
}
