// Package trusttest makes valid chains for tests: development keys, a log in
// memory, and the story of one change from its evidence to its order, each
// step of which a test may alter before it is signed.
//
// It is for tests only; nothing of it is linked into a binary.
package trusttest

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
)

// World is one development root with its keys and its log.
type World struct {
	T    testing.TB
	Keys *sign.Directory
	Auth *sign.Authority
	Log  *Log
	Now  time.Time
}

// Tiles are the tiles of the world, all of Class.
var Tiles = []string{"alder-1", "alder-2", "alder-3"}

// Class and Lineage are those of the world's tiles.
const (
	Class   = "edge"
	Lineage = "alder"
)

// New makes a world with keys of its own, valid since yesterday.
func New(t testing.TB) *World {
	t.Helper()
	return NewSince(t, time.Now().Add(-24*time.Hour))
}

// NewSince makes a world whose keys are valid from a time on, for
// sign.DevelopmentValidity.
func NewSince(t testing.TB, from time.Time) *World {
	t.Helper()
	files, err := sign.DevelopmentFiles(t.Context(), sign.DevelopmentOptions{Now: from, Tiles: Tiles})
	if err != nil {
		t.Fatal(err)
	}
	memory := fstest.MapFS{}
	for name, raw := range files {
		memory[name] = &fstest.MapFile{Data: raw}
	}
	keys, err := sign.OpenFiles(memory)
	if err != nil {
		t.Fatal(err)
	}
	return Of(t, keys)
}

// Of is the world of keys that exist, with an empty log.
func Of(t testing.TB, keys *sign.Directory) *World {
	t.Helper()
	return &World{T: t, Keys: keys, Auth: keys.Authority(), Log: newLog(t, keys), Now: time.Now().Truncate(time.Second)}
}

// Fresh is a world for another test: the same keys, an empty log.
func (w *World) Fresh(t testing.TB) *World {
	t.Helper()
	return Of(t, w.Keys)
}

// Sign signs a document with the keys of its role.
func (w *World) Sign(doc trust.Document) []byte {
	w.T.Helper()
	raw, err := w.Auth.Sign(w.T.Context(), doc)
	if err != nil {
		w.T.Fatal(err)
	}
	return raw
}

// Verifier is the verifier of a tile.
func (w *World) Verifier(tile string) *trust.Verifier {
	w.T.Helper()
	v, err := trust.NewVerifier(w.Keys.Root(), trust.Self{Tile: tile, Class: Class, Lineage: Lineage})
	if err != nil {
		w.T.Fatal(err)
	}
	return v
}

// Story is a change on its way: plain data that a test may alter, signed by
// [Story.Chain]. Before the edits run, everything in it fits.
type Story struct {
	world *World

	Slots     []trust.Slot // what is to run
	Previous  []trust.Slot // what runs
	Changed   []string
	Policy    trust.Policy
	Contracts trust.Contracts
	Evidence  []pipeline.Statement
	Approvers []string
	Tiles     []string // of the order
	Serial    uint64
	Epoch     uint64
	BackEpoch uint64

	Artefacts map[pipeline.Digest][]byte
	Contract  map[pipeline.Digest]map[string][]byte

	EditApproval func(*trust.Approval)
	EditRelease  func(*trust.Release)
	EditEscape   func(*trust.Release)
	EditOrder    func(*trust.Order)
}

// Story is a change of the one slot `thermal`, with a statement of every
// station that can come before an order, one approval and an order for the
// first tile.
func (w *World) Story() *Story {
	s := &Story{
		world: w, Changed: []string{"thermal"}, Serial: 1, Epoch: 1, BackEpoch: 1, Tiles: Tiles[:1],
		Artefacts: map[pipeline.Digest][]byte{}, Contract: map[pipeline.Digest]map[string][]byte{},
	}
	contract := s.contract("thermal")
	s.Previous = []trust.Slot{s.Module("thermal", contract, "old")}
	s.Slots = []trust.Slot{s.Module("thermal", contract, "new")}
	s.Policy = trust.Policy{Policy: pipeline.DevelopmentPolicy(nil), Expires: w.Now.Add(time.Hour).Unix()}
	s.Contracts = trust.Contracts{Version: 1, List: []trust.ListedContract{{Slot: "thermal", Name: "thermal", Version: 1, Digest: contract}}}
	s.Approvers = []string{sign.DevelopmentApprover}
	s.Witness(pipeline.Propose, pipeline.Agree, pipeline.Coq, pipeline.TLA, pipeline.Fuzz, pipeline.Benchmark, pipeline.Shadow, pipeline.Federate)
	return s
}

func (s *Story) contract(slot string) pipeline.Digest {
	files := map[string][]byte{"contract.go": []byte("package " + slot + "\n"), "contract.yaml": []byte("name: " + slot + "\n")}
	d := pipeline.ContractDigest(files)
	s.Contract[d] = files
	return d
}

// Module is a module for a slot, with artefacts of its own.
func (s *Story) Module(slot string, contract pipeline.Digest, name string) trust.Slot {
	keep := func(kind string) pipeline.Digest {
		b := []byte(kind + " of " + name + " for " + slot + "\n")
		d := pipeline.SumBytes(b)
		s.Artefacts[d] = b
		return d
	}
	code := pipeline.Code{Slot: slot, Contract: contract, IR: keep("IR"), Compiler: "tilego/1", Schema: pipeline.SumBytes([]byte("schema"))}
	return trust.Slot{Module: pipeline.ModuleRef{Code: code, Proof: keep("proof")}, Source: keep("source")}
}

func (s *Story) changed() []pipeline.ModuleRef {
	var out []pipeline.ModuleRef
	for _, slot := range s.Slots {
		if slices.Contains(s.Changed, slot.Name()) {
			out = append(out, slot.Module)
		}
	}
	return out
}

// Change is the story's change.
func (s *Story) Change() pipeline.Change {
	var replaced []pipeline.ModuleRef
	for _, slot := range s.Previous {
		if slices.Contains(s.Changed, slot.Name()) {
			replaced = append(replaced, slot.Module)
		}
	}
	return pipeline.Change{Lineage: Lineage, Base: pipeline.Base(Lineage, replaced), Modules: s.changed()}
}

// Witness adds a passing statement of each station about the first changed
// module.
func (s *Story) Witness(stations ...pipeline.Station) {
	m := s.changed()[0]
	for _, station := range stations {
		subject := pipeline.Subject{Kind: station.SubjectOf(), Digest: s.Change().Digest()}
		switch subject.Kind {
		case pipeline.SubjectCode:
			subject.Digest = m.Code.Digest()
		case pipeline.SubjectModule:
			subject.Digest = m.Digest()
		}
		s.Evidence = append(s.Evidence, pipeline.Statement{
			Station: station, Subject: subject, Outcome: pipeline.Pass, Summary: string(station) + " passed",
			Tools:  []pipeline.Tool{{Name: string(station), Version: "1"}},
			Inputs: map[string]pipeline.Digest{"contract": m.Code.Contract},
		})
	}
}

// Chain signs and logs everything.
func (s *Story) Chain() *trust.Chain {
	s.world.T.Helper()
	c := &trust.Chain{
		Format: trust.ChainFormat, Root: s.world.Keys.RootEnvelope(),
		Policy:    trust.Logged{Envelope: s.world.Sign(s.Policy)},
		Contracts: trust.Logged{Envelope: s.world.Sign(s.Contracts)},
		Artefacts: s.Artefacts, Contract: s.Contract,
	}
	release := s.release(c)
	c.Release.Envelope = s.world.Sign(release)
	digest := s.digest(c.Release.Envelope)
	back := release.Back(digest, s.Previous, s.BackEpoch)
	edit(s.EditEscape, &back)
	c.Escape.Envelope = s.world.Sign(back)
	order := trust.Order{
		Release: digest, Plan: release.Plan, Wave: 0, Tiles: s.Tiles,
		NotBefore: s.world.Now.Add(-time.Minute).Unix(), Expires: s.world.Now.Add(time.Hour).Unix(),
	}
	edit(s.EditOrder, &order)
	c.Orders = []trust.Logged{{Envelope: s.world.Sign(order)}}
	s.world.Log.Fill(c)
	return c
}

func (s *Story) release(c *trust.Chain) trust.Release {
	change := s.Change()
	r := trust.Release{
		Serial: s.Serial, Epoch: s.Epoch, Issued: s.world.Now.Add(-time.Minute).Unix(), Expires: s.world.Now.Add(time.Hour).Unix(),
		Class: Class, Lineage: Lineage, Slots: s.Slots, Changed: s.Changed, Base: change.Base, Change: change.Digest(),
		Reason: trust.Forward, Plan: pipeline.SumBytes([]byte("plan")), Proposer: "evolve",
		Evidence: []pipeline.Digest{}, Approvals: []pipeline.Digest{}, Assurance: trust.Development,
	}
	var evidence []pipeline.Evidence
	for _, e := range s.Evidence {
		evidence = append(evidence, pipeline.Evidence{Statement: e, Assurance: pipeline.Development})
		raw := s.world.Sign(trust.Evidence(e))
		c.Evidence = append(c.Evidence, trust.Logged{Envelope: raw})
		r.Evidence = append(r.Evidence, trust.LeafHash(raw))
	}
	slices.Sort(r.Evidence)
	r.Policy = s.Policy.Subjects()[0].Digest.SHA256
	root := s.Policy.Policy.Verdict(pipeline.Case{Change: change, Evidence: evidence, Plan: r.Plan}).Root
	for _, who := range s.Approvers {
		a := trust.Approval{
			Decision: pipeline.Approval{Change: r.Change, Evidence: root, Plan: r.Plan, Policy: r.Policy, Approver: who, Approve: true},
			As:       trust.RoleApprover, Expires: s.world.Now.Add(time.Hour).Unix(),
		}
		edit(s.EditApproval, &a)
		raw := s.world.Sign(a)
		c.Approvals = append(c.Approvals, trust.Logged{Envelope: raw})
		r.Approvals = append(r.Approvals, trust.LeafHash(raw))
	}
	slices.Sort(r.Approvals)
	edit(s.EditRelease, &r)
	return r
}

func (s *Story) digest(envelope []byte) pipeline.Digest {
	d, err := trust.StatementDigest(envelope)
	if err != nil {
		s.world.T.Fatal(err)
	}
	return d
}

func edit[T any](f func(*T), v *T) {
	if f != nil {
		f(v)
	}
}

// Installed is the state of a tile that runs what the story replaces.
func (s *Story) Installed() trust.State {
	installed := map[string]pipeline.Digest{}
	for _, slot := range s.Previous {
		installed[slot.Name()] = slot.Module.Digest()
	}
	return trust.State{Installed: installed}
}
