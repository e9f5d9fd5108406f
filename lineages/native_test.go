package lineages_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/hal/thermal"
	alder "github.com/genesis-network/genesis/lineages/alder/thermal"
	birch "github.com/genesis-network/genesis/lineages/birch/thermal"
	cedar "github.com/genesis-network/genesis/lineages/cedar/thermal"
)

// governor is a module as Go compiled it, with a generator of states inside its
// invariant. The properties below are the theorems of its proof, checked on the
// same text by another compiler.
type governor[S any] struct {
	step   func(*S, *thermal.Input) (uint8, uint8)
	inv    func(*S) bool
	inside *rapid.Generator[S]
}

func TestAlderKeepsTheContract(t *testing.T) {
	t.Parallel()
	governor[alder.State]{alder.Step, alder.Inv, rapid.Custom(func(t *rapid.T) alder.State {
		return alder.State{
			Fan:      rapid.Uint8Range(0, thermal.FanTop).Draw(t, "fan"),
			Throttle: rapid.Uint8Range(0, thermal.ThrottleTop).Draw(t, "throttle"),
			FanRest:  rapid.Uint8Range(0, alder.HoldFan).Draw(t, "fan rest"),
			ThrRest:  rapid.Uint8Range(0, alder.HoldThrottle).Draw(t, "throttle rest"),
		}
	})}.check(t)
}

func TestBirchKeepsTheContract(t *testing.T) {
	t.Parallel()
	governor[birch.State]{birch.Step, birch.Inv, rapid.Custom(func(t *rapid.T) birch.State {
		return birch.State{Acc: rapid.Int32Range(0, birch.AccTop).Draw(t, "acc")}
	})}.check(t)
}

func TestCedarKeepsTheContract(t *testing.T) {
	t.Parallel()
	governor[cedar.State]{cedar.Step, cedar.Inv, rapid.Custom(func(t *rapid.T) cedar.State {
		return cedar.State{Mean: rapid.Uint16Range(0, thermal.LoadTop).Draw(t, "mean")}
	})}.check(t)
}

// temperatures are drawn where something changes, or anywhere.
var temperatures = rapid.OneOf(
	rapid.Custom(func(t *rapid.T) int16 {
		at := rapid.SampledFrom([]int16{
			thermal.TempMin, thermal.Cool, thermal.Target, thermal.Crit, thermal.HardLimit, thermal.TempMax, 0,
			alder.Up0, alder.Up1, alder.Up2, alder.Up3, alder.Up4, alder.Up5, alder.Up6, alder.Up7, alder.Up8, alder.Up9,
			alder.ThrottleUp, alder.ThrottleDown, birch.SetPoint, birch.ThrottleFrom, cedar.FanFrom, cedar.SlowFrom,
		}).Draw(t, "bound")
		return min(max(at+rapid.Int16Range(-alder.Hyst-1, alder.Hyst+1).Draw(t, "off"), thermal.TempMin), thermal.TempMax)
	}),
	rapid.Int16Range(thermal.TempMin, thermal.TempMax),
)

func input(t *rapid.T) thermal.Input {
	in := thermal.Input{
		Temp:  temperatures.Draw(t, "temp"),
		Load:  rapid.Uint8Range(0, thermal.LoadTop).Draw(t, "load"),
		Fault: rapid.IntRange(0, 9).Draw(t, "fault") == 0,
	}
	if !thermal.Wf(&in) {
		t.Fatalf("drew an input that cannot occur: %+v", in)
	}
	return in
}

func (g governor[S]) check(t *testing.T) {
	t.Run("starts inside its invariant", func(t *testing.T) {
		var s S
		if !g.inv(&s) {
			t.Errorf("%+v is outside", s)
		}
	})
	t.Run("keeps the promise and its invariant", rapid.MakeCheck(func(t *rapid.T) {
		before, in := g.inside.Draw(t, "state"), input(t)
		after := before
		fan, throttle := g.step(&after, &in)
		if !thermal.Post(&in, fan, throttle) {
			t.Fatalf("%+v from %+v: fan %d, throttle %d", in, before, fan, throttle)
		}
		if !g.inv(&after) {
			t.Fatalf("%+v from %+v: state %+v", in, before, after)
		}
	}))
	t.Run("never cools a warmer die less", rapid.MakeCheck(func(t *rapid.T) {
		state, a := g.inside.Draw(t, "state"), input(t)
		b := a
		b.Temp = max(a.Temp, temperatures.Draw(t, "warmer"))
		if !thermal.Rel(&a, &b) {
			t.Fatalf("%+v and %+v are not related", a, b)
		}
		s1, s2 := state, state
		fanA, throttleA := g.step(&s1, &a)
		fanB, throttleB := g.step(&s2, &b)
		if !thermal.RelPost(fanA, throttleA, fanB, throttleB) {
			t.Fatalf("from %+v: %d tenths gives %d, %d; %d gives %d, %d", state, a.Temp, fanA, throttleA, b.Temp, fanB, throttleB)
		}
	}))
	t.Run("lets the throttle fall below Cool", rapid.MakeCheck(func(t *rapid.T) {
		s := g.inside.Draw(t, "state")
		level, still := uint8(thermal.ThrottleTop), 0
		for range 100 {
			in := thermal.Input{Temp: rapid.Int16Range(thermal.TempMin, thermal.Cool-1).Draw(t, "temp")}
			_, throttle := g.step(&s, &in)
			if still++; throttle < level {
				level, still = throttle, 0
			}
			if level > 0 && still > thermal.Hold {
				t.Fatalf("throttle stands at %d for %d ticks", level, still)
			}
		}
	}))
}
