package verifiers_test

import (
	"testing"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/verifiers"
)

func TestPlacesOfPromises(t *testing.T) {
	t.Parallel()
	s := verifiers.Subject{
		Source: []byte("package p\n\n//line evil.go:900\ntype State struct{}\n\nfunc Inv(s *State) bool { return true }\n\nfunc Step(s *State) {}\n"),
		Contract: &contract.Contract{Files: map[string][]byte{
			"contract.go": []byte("package p\n\nfunc Wf() bool { return true }\nfunc Post() bool { return true }\n\nfunc RelPost() bool { return true }\n"),
			"env.go":      []byte("package p\n\nfunc SafeLevel() bool { return true }\n"),
		}},
	}
	for promise, want := range map[string]string{
		"Post": "contract.go:4 Post", "RelPost": "contract.go:6 RelPost", "Frame": "contract.go Frame",
		"Inv": "module.go:6 Inv", "Init": "module.go:6 Init", "Panic": "module.go:8 Panic", "NoPanic": "module.go:8 NoPanic",
		"SafeLevel": "env.go:3 SafeLevel", "SafeOther": "env.go SafeOther",
	} {
		if got := s.Place(promise); got != want {
			t.Errorf("%s: %q, want %q", promise, got, want)
		}
		if verifiers.Advice(promise) == "" {
			t.Errorf("no advice on %s", promise)
		}
	}
	s.Source = []byte("package p\n\nfunc Init(s *State) {}\n\nfunc Inv(s *State) bool { return true }\n")
	if got := s.Place("Init"); got != "module.go:3 Init" {
		t.Errorf("with a function Init: %q", got)
	}
	for _, source := range []string{"", "func Post(", "package p\nfunc Step"} {
		s.Source = []byte(source)
		if got := s.Place("Panic"); got != "module.go Panic" {
			t.Errorf("source %q: %q", source, got)
		}
	}
	if got := (verifiers.Subject{}).Place("Post"); got != "contract.go Post" {
		t.Errorf("without sources: %q", got)
	}
}
