package foreign_test

import (
	"testing"

	"github.com/genesis-network/genesis/kernel/wasm/foreign"
)

// BenchmarkFuel runs test programs as they came and with fuel: their quotient is
// what fuel costs. The last argument of each is large.
func BenchmarkFuel(b *testing.B) {
	r := runtimes(b)["compiler"]
	for _, p := range programs {
		m := p.module
		m.Most = max(m.Pages, m.Most)
		m.Pages = m.Most // it cannot grow, so that it runs without fuel too
		arg := p.calls[len(p.calls)-1].args[0]
		b.Run(p.name+"/without", func(b *testing.B) {
			code, err := r.Compile(b.Context(), m.Bytes())
			if err != nil {
				b.Fatal(err)
			}
			i, err := code.Instance(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			f, err := i.Func("run")
			if err != nil {
				b.Fatal(err)
			}
			stack := []uint64{0}
			for b.Loop() {
				stack[0] = arg
				if err := f.Call(b.Context(), stack); err != nil {
					b.Skip(err) // it copies a segment that it has dropped
				}
			}
		})
		b.Run(p.name+"/with", func(b *testing.B) {
			f, err := start(b, r, meter(b, m.Bytes(), abi(&m))).Func("run")
			if err != nil {
				b.Fatal(err)
			}
			stack := []uint64{0}
			for b.Loop() {
				stack[0] = arg
				if _, err := f.Call(plenty, stack); err != nil {
					b.Skip(err)
				}
			}
		})
	}
}

// BenchmarkMeter is what admitting a module takes, per byte of it.
func BenchmarkMeter(b *testing.B) {
	m := programs[3].module
	code, a := m.Bytes(), abi(&m)
	b.SetBytes(int64(len(code)))
	for b.Loop() {
		if _, err := foreign.Meter(code, a, foreign.DefaultLimits); err != nil {
			b.Fatal(err)
		}
	}
}
