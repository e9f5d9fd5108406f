package telemetry

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestParseNano(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want int64
	}{
		{"0", 0},
		{"12.129000000000001", 12_129_000_000},
		{"69.88083514", 69_880_835_140},
		{"-1.5", -1_500_000_000},
		{"+2", 2_000_000_000},
		{".5", 500_000_000},
		{"5.", 5_000_000_000},
		{"1e3", 1_000_000_000_000},
		{"1.25E-2", 12_500_000},
		{"0.0000000005", 1},
		{"-0.0000000005", -1},
		{"0.00000000049", 0},
		{"123e-13", 0},
		{"9e-10", 1},
	} {
		got, err := parseNano(tt.text)
		if err != nil || got != tt.want {
			t.Errorf("parseNano(%q) = %d, %v, want %d", tt.text, got, err, tt.want)
		}
	}
}

func TestParseNanoRefusesWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ".", "-", "+", "--1", "+-1", "1-", "1.2.3", "NaN", "inf", "0x10", "1_000", "1e", "e5", "1e99", "1e1000000000000", " 1", "1 ", "1,5",
		"9223372037", "99999999999999999999", "1234567890123456789012345678901234567890.1", "\u0661"} {
		if got, err := parseNano(text); err == nil {
			t.Errorf("parseNano(%q) = %d, want an error", text, got)
		}
	}
}

// round is r rounded half away from zero.
func round(r *big.Rat) int64 {
	n := new(big.Int).Lsh(r.Num(), 1)
	d := new(big.Int).Lsh(r.Denom(), 1)
	half := new(big.Int).Set(r.Denom())
	if n.Sign() < 0 {
		half.Neg(half)
	}
	return n.Add(n, half).Quo(n, d).Int64()
}

func TestParseNanoRoundsTheExactValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{0,14})?(e-?[0-3])?`).Draw(t, "text")
		exact, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Skip("not a rational")
		}
		got, err := parseNano(text)
		want := round(exact.Mul(exact, big.NewRat(nano, 1)))
		if err != nil || got != want {
			t.Fatalf("parseNano(%q) = %d, %v, want %d", text, got, err, want)
		}
	})
}

func TestUnitsConvertExactly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		unit Unit
		text string
		want int32
	}{
		{"fahrenheit", "32", 0},
		{"fahrenheit", "212", 100_000},
		{"fahrenheit", "69.88083514", 21_045},
		{"fahrenheit", "-40", -40_000},
		{"kelvin", "273.15", 0},
		{"kelvin", "0", -273_150},
		{Celsius, "-0.0005", -1},
		{Percent, "85.835", 85_835},
		{"ratio", "0.12345", 12_345},
		{Watt, "1.5", 1_500},
		{"milliwatt", "8553.3536", 8_553},
		{Count, "7", 7_000},
	} {
		n, err := parseNano(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := conversions[tt.unit].thousandths(n)
		if err != nil || got != tt.want {
			t.Errorf("%s %s = %d, %v, want %d", tt.text, tt.unit, got, err, tt.want)
		}
	}
}

func TestUnitsRefuseWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, unit := range Units() {
		for _, n := range []int64{1 << 62, -1 << 62} {
			if v, err := conversions[unit].thousandths(n); err == nil {
				t.Errorf("%s: %d became %d", unit, n, v)
			}
		}
	}
}
