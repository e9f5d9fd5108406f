package trust_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
	"github.com/google/go-cmp/cmp"
)

// tale is one attempt on one tile: a test alters what it wants.
type tale struct {
	*trusttest.World
	strangers *trusttest.World // people with keys of their own
	story     *trusttest.Story
	chain     *trust.Chain // made from the story before the second half of an attack
	state     trust.State
	now       time.Time
	tile      string
}

// attack is a row of the checklist of attacks: what is altered before
// everything is signed, what after, and the code that names it.
type attack struct {
	row    int // 0: not of the checklist
	name   string
	before func(*tale)
	after  func(*tale)
	want   trust.Code
}

// signed signs a payload as it is, with every key of the given members: what
// a holder of those keys can do, whatever it says.
func (a *tale) signed(payload []byte, members ...[2]string) []byte {
	a.T.Helper()
	var sigs []trust.Signature
	for _, m := range members {
		signers, err := a.Keys.Signers(a.T.Context(), m[0], m[1])
		if err != nil {
			a.T.Fatal(err)
		}
		for _, s := range signers {
			sig, err := s.Sign(a.T.Context(), trust.PAE(payload))
			if err != nil {
				a.T.Fatal(err)
			}
			sigs = append(sigs, trust.Signature{KeyID: string(s.ID()), Sig: sig})
		}
	}
	raw, err := trust.Seal(payload, sigs)
	if err != nil {
		a.T.Fatal(err)
	}
	return raw
}

func payload(t testing.TB, envelope []byte) []byte {
	t.Helper()
	env, err := trust.ParseEnvelope(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return env.Payload
}

// resign alters what an envelope says and has the rightful keys sign it: what
// an owner of the keys can do by mistake or malice.
func (a *tale) resign(envelope []byte, from, to string, members ...[2]string) []byte {
	a.T.Helper()
	old := payload(a.T, envelope)
	altered := bytes.ReplaceAll(old, []byte(from), []byte(to))
	if bytes.Equal(old, altered) {
		a.T.Fatalf("%q does not occur", from)
	}
	return a.signed(altered, members...)
}

var (
	releaser = [2]string{trust.RoleRelease, "release-1"}
	roller   = [2]string{trust.RoleRollout, "rollout-1"}
)

// strip drops one signature of an envelope.
func strip(t testing.TB, w *trusttest.World, envelope []byte, scheme trust.Scheme) []byte {
	t.Helper()
	env, err := trust.ParseEnvelope(envelope)
	if err != nil {
		t.Fatal(err)
	}
	kept := slices.DeleteFunc(env.Signatures, func(s trust.Signature) bool {
		return w.Keys.Root().Keys[pipeline.Digest(s.KeyID)].Scheme == scheme
	})
	raw, err := trust.Seal(env.Payload, kept)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func attacks() []attack {
	all := [][]attack{attacksOnRelease(), attacksOnTime(), attacksOnLog(), attacksOnEvidence(), attacksOnWayBack()}
	return slices.Concat(all...)
}

func attacksOnRelease() []attack {
	return []attack{
		{1, "release signed by strangers", nil, func(a *tale) {
			a.chain.Release.Envelope = a.strangers.Sign(openRelease(a, a.chain.Release))
		}, trust.CodeReleaseSignature},
		{1, "release without a signature", nil, func(a *tale) {
			raw := a.chain.Release.Envelope
			a.chain.Release.Envelope = append(raw[:bytes.Index(raw, []byte(`"signatures":[`))+len(`"signatures":[`)], "]}"...)
		}, trust.CodeReleaseFormat},
		{1, "root of strangers", nil, func(a *tale) { a.chain.Root = a.strangers.Keys.RootEnvelope() }, trust.CodeRootPinned},
		{2, "older release after a newer one", nil, func(a *tale) { a.state.Serial = 7 }, trust.CodeReleaseSerial},
		{2, "the same release again", nil, func(a *tale) { a.state.Serial = 1 }, trust.CodeReleaseSerial},
		{2, "an escape sold as a release", nil, func(a *tale) { a.chain.Release = a.chain.Escape }, trust.CodeReleaseReason},
		{3, "older policy", nil, func(a *tale) { a.state.Policy = 2 }, trust.CodePolicyVersion},
		{3, "older list of contracts", nil, func(a *tale) { a.state.Contracts = 2 }, trust.CodeContractVersion},
		{3, "content below the security epoch", nil, func(a *tale) { a.state.Epoch = 2 }, trust.CodeReleaseEpoch},
		{7, "envelope larger than its limit", nil, func(a *tale) { a.chain.Release.Envelope = make([]byte, trust.MaxEnvelope+1) }, trust.CodeChainSize},
		{7, "endless statements", nil, func(a *tale) { a.chain.Evidence = make([]trust.Logged, trust.MaxStatements+1) }, trust.CodeChainSize},
		{7, "endless artefact", nil, func(a *tale) {
			a.chain.Artefacts[pipeline.SumBytes(nil)] = make([]byte, trust.MaxArtefact+1)
		}, trust.CodeChainSize},
		{9, "an artefact that nobody named", nil, func(a *tale) {
			extra := []byte("more code")
			a.chain.Artefacts[pipeline.SumBytes(extra)] = extra
		}, trust.CodeArtefactUnused},
		{10, "another class of tiles", edit(func(r *trust.Release) { r.Class = "hub" }), nil, trust.CodeReleaseClass},
		{10, "another lineage", edit(func(r *trust.Release) { r.Lineage = "birch" }), nil, trust.CodeReleaseChange},
		{10, "another lineage, with its own change", func(a *tale) {
			a.story.EditRelease = func(r *trust.Release) {
				r.Lineage = "birch"
				r.Change = pipeline.Change{Lineage: "birch", Base: r.Base, Modules: a.story.Change().Modules}.Digest()
			}
		}, nil, trust.CodeReleaseLineage},
		{10, "modules that are not the change's", func(a *tale) { a.story.EditRelease = func(r *trust.Release) { r.Slots = a.story.Previous } }, nil, trust.CodeReleaseChange},
		{18, "a slot left empty", nil, func(a *tale) { a.state.Installed["sched"] = pipeline.SumBytes(nil) }, trust.CodeReleaseSlots},
		{18, "a second slot changed in silence", func(a *tale) {
			c := a.story.Contracts.List[0].Digest
			a.story.Contracts.List = append(a.story.Contracts.List, trust.ListedContract{Slot: "poenic", Name: "poenic", Version: 1, Digest: c})
			old, stowaway := a.story.Module("poenic", c, "old"), a.story.Module("poenic", c, "new")
			a.story.Previous = []trust.Slot{old, a.story.Previous[0]}
			a.story.Slots = []trust.Slot{stowaway, a.story.Slots[0]}
		}, nil, trust.CodeReleaseUnproven},
		{20, "rollout key orders an old release", nil, func(a *tale) {
			a.state.Serial = 5
			a.chain.Orders[0].Envelope = a.resign(a.chain.Orders[0].Envelope, `"wave":0`, `"wave":1`, roller)
		}, trust.CodeReleaseSerial},
		{20, "rollout key orders another release", nil, func(a *tale) {
			digest, _ := trust.StatementDigest(a.chain.Release.Envelope)
			other := pipeline.SumBytes([]byte("another release"))
			a.chain.Orders[0].Envelope = a.resign(a.chain.Orders[0].Envelope, string(digest), string(other), roller)
		}, trust.CodeOrderRelease},
		{20, "rollout key signs a release", nil, func(a *tale) {
			a.chain.Release.Envelope = a.signed(payload(a.T, a.chain.Release.Envelope), roller)
		}, trust.CodeReleaseSignature},
		{20, "logged, but ordered for another tile", func(a *tale) { a.story.Tiles = trusttest.Tiles[1:] }, nil, trust.CodeOrderTile},
		{20, "logged, but not ordered", nil, func(a *tale) { a.chain.Orders = nil }, trust.CodeOrderMissing},
		{26, "without the post-quantum signature", nil, func(a *tale) {
			a.chain.Release.Envelope = strip(a.T, a.World, a.chain.Release.Envelope, trust.MLDSA65)
		}, trust.CodeReleaseSignature},
		{26, "without the classical signature", nil, func(a *tale) {
			a.chain.Release.Envelope = strip(a.T, a.World, a.chain.Release.Envelope, trust.ECDSAP256)
		}, trust.CodeReleaseSignature},
		{26, "escape without the post-quantum signature", nil, func(a *tale) {
			a.chain.Escape.Envelope = strip(a.T, a.World, a.chain.Escape.Envelope, trust.MLDSA65)
		}, trust.CodeEscapeSignature},
		{26, "one signature twice", nil, func(a *tale) {
			env, _ := trust.ParseEnvelope(a.chain.Release.Envelope)
			env.Signatures[1] = env.Signatures[0]
			a.chain.Release.Envelope, _ = pipeline.Canonical(env)
		}, trust.CodeReleaseFormat},
		{26, "one signature under the other key's name", nil, func(a *tale) {
			env, _ := trust.ParseEnvelope(a.chain.Release.Envelope)
			env.Signatures[1].Sig = env.Signatures[0].Sig
			a.chain.Release.Envelope, _ = pipeline.Canonical(env)
		}, trust.CodeReleaseSignature},
		{15, "a path for a slot", nil, func(a *tale) {
			a.chain.Release.Envelope = a.resign(a.chain.Release.Envelope, `"thermal"`, `"../../x"`, releaser)
		}, trust.CodeReleaseFormat},
		{15, "a path for a lineage", nil, func(a *tale) {
			a.chain.Release.Envelope = a.resign(a.chain.Release.Envelope, `"lineage":"alder"`, `"lineage":"/etc"`, releaser)
		}, trust.CodeReleaseFormat},
		{15, "a path for a tile", nil, func(a *tale) {
			a.chain.Orders[0].Envelope = a.resign(a.chain.Orders[0].Envelope, `"alder-1"`, `"../alder-1"`, roller)
		}, trust.CodeOrderFormat},
	}
}

// edit alters the release before it is signed.
func edit(f func(*trust.Release)) func(*tale) {
	return func(a *tale) { a.story.EditRelease = f }
}

func openRelease(a *tale, l trust.Logged) trust.Release {
	a.T.Helper()
	r, _, err := trust.OpenRelease(a.Keys.Root(), l.Envelope, a.Now)
	if err != nil {
		a.T.Fatal(err)
	}
	return r
}

func attacksOnTime() []attack {
	return []attack{
		{4, "replay after expiry", nil, func(a *tale) { a.now = a.Now.Add(2 * time.Hour) }, trust.CodeReleaseExpired},
		{4, "replay after expiry, clock set back", nil, func(a *tale) {
			a.state.Time = a.Now.Add(2 * time.Hour).Unix()
			a.now = a.Now.Add(-24 * time.Hour)
		}, trust.CodeReleaseExpired},
		{4, "clock set back, the witnesses know better", edit(func(r *trust.Release) { r.Expires = r.Issued + 30 }), func(a *tale) {
			a.now = a.Now.Add(-50 * time.Second)
		}, trust.CodeReleaseExpired},
		{4, "order expired, clock set back, the witnesses know better", func(a *tale) {
			a.story.EditOrder = func(o *trust.Order) { o.Expires = o.NotBefore + 30 }
		}, func(a *tale) { a.now = a.Now.Add(-50 * time.Second) }, trust.CodeOrderExpired},
		{4, "expired order", func(a *tale) {
			a.story.EditOrder = func(o *trust.Order) { o.NotBefore, o.Expires = o.NotBefore-60, o.NotBefore }
		}, nil, trust.CodeOrderExpired},
		{4, "order whose time has not come", func(a *tale) {
			a.story.EditOrder = func(o *trust.Order) { o.NotBefore = o.Expires - 1 }
		}, nil, trust.CodeOrderEarly},
		{4, "expired policy", func(a *tale) { a.story.Policy.Expires = a.Now.Unix() - 1 }, nil, trust.CodePolicyExpired},
		{0, "expired root", nil, func(a *tale) { a.now = a.Now.Add(2 * sign.DevelopmentValidity) }, trust.CodeRootExpired},
		{22, "key not valid yet", nil, func(a *tale) { a.now = a.Now.Add(-48 * time.Hour) }, trust.CodeReleaseSignature},
	}
}

func attacksOnLog() []attack {
	return []attack{
		{23, "release without a log entry", nil, func(a *tale) { a.chain.Release.Proof = trust.Proof{} }, trust.CodeLogInclusion},
		{23, "evidence without a log entry", nil, func(a *tale) { a.chain.Evidence[2].Proof = trust.Proof{} }, trust.CodeLogInclusion},
		{23, "order never logged", nil, func(a *tale) {
			a.chain.Orders[0].Envelope = a.resign(a.chain.Orders[0].Envelope, `"wave":0`, `"wave":1`, roller)
		}, trust.CodeLogInclusion},
		{23, "no checkpoint", nil, func(a *tale) { a.chain.Checkpoint = nil }, trust.CodeLogCheckpoint},
		{24, "two trees of one size", nil, func(a *tale) {
			cp, err := a.Keys.Root().OpenCheckpoint(a.chain.Checkpoint)
			if err != nil {
				a.T.Fatal(err)
			}
			a.state.Size, a.state.Head = cp.Size, pipeline.SumBytes([]byte("another history"))
		}, trust.CodeLogEquivocation},
		{24, "checkpoint that no witness saw", nil, func(a *tale) { a.chain.Checkpoint = a.Log.Checkpoint(a.Log.LogSigner()) }, trust.CodeLogWitness},
		{24, "cosigned by somebody unknown", nil, func(a *tale) {
			other, err := a.strangers.Keys.WitnessSigner()
			if err != nil {
				a.T.Fatal(err)
			}
			a.chain.Checkpoint = a.Log.Checkpoint(a.Log.LogSigner(), other)
		}, trust.CodeLogCheckpoint},
		{25, "size altered in the checkpoint", nil, func(a *tale) {
			size := fmt.Sprintf("\n%d\n", len(a.chain.Logged()))
			a.chain.Checkpoint = bytes.Replace(a.chain.Checkpoint, []byte(size), []byte("\n99\n"), 1)
		}, trust.CodeLogCheckpoint},
		{25, "index altered", nil, func(a *tale) { a.chain.Escape.Proof.Index ^= 1 }, trust.CodeLogInclusion},
		{25, "index beyond the log", nil, func(a *tale) { a.chain.Escape.Proof.Index = 1 << 62 }, trust.CodeLogInclusion},
		{25, "hash altered", nil, func(a *tale) {
			a.chain.Policy.Proof.Hashes[0] = a.chain.Policy.Proof.Hashes[1]
		}, trust.CodeLogInclusion},
		{25, "hash too many", nil, func(a *tale) {
			p := &a.chain.Contracts.Proof
			p.Hashes = append(p.Hashes, p.Hashes[0])
		}, trust.CodeLogInclusion},
		{25, "proof of another entry", nil, func(a *tale) { a.chain.Evidence[0].Proof = a.chain.Evidence[1].Proof }, trust.CodeLogInclusion},
	}
}

func attacksOnEvidence() []attack {
	approval := func(f func(*trust.Approval)) func(*tale) {
		return func(a *tale) { a.story.EditApproval = f }
	}
	other := pipeline.SumBytes([]byte("another"))
	return []attack{
		{27, "approval of another change", approval(func(p *trust.Approval) { p.Decision.Change = other }), nil, trust.CodeApprovalBinding},
		{27, "approval on other evidence", approval(func(p *trust.Approval) { p.Decision.Evidence = other }), nil, trust.CodeApprovalBinding},
		{27, "approval of another plan", approval(func(p *trust.Approval) { p.Decision.Plan = other }), nil, trust.CodeApprovalBinding},
		{27, "approval under another policy", approval(func(p *trust.Approval) { p.Decision.Policy = other }), nil, trust.CodeApprovalBinding},
		{27, "proof of another module", func(a *tale) { a.story.Evidence[2].Subject.Digest = other }, nil, trust.CodeEvidenceSubject},
		{27, "fuzzing against another contract", func(a *tale) { a.story.Evidence[4].Inputs["contract"] = other }, nil, trust.CodeEvidenceContract},
		{27, "evidence swapped after the release", nil, func(a *tale) {
			e := a.story.Evidence[2]
			e.Summary = "another proof of the same module"
			a.chain.Evidence[2].Envelope = a.Sign(trust.Evidence(e))
			a.Log.Fill(a.chain)
		}, trust.CodeEvidenceSet},
		{27, "evidence left out after the release", nil, func(a *tale) { a.chain.Evidence = a.chain.Evidence[1:] }, trust.CodeEvidenceSet},
		{27, "a demanded station left out", func(a *tale) { a.story.Evidence = slices.Delete(a.story.Evidence, 3, 4) }, nil, trust.CodeEvidenceMissing},
		{27, "inconclusive taken for passed", func(a *tale) { a.story.Evidence[2].Outcome = pipeline.Inconclusive }, nil, trust.CodeEvidenceMissing},
		{27, "refuted all the same", func(a *tale) {
			e := a.story.Evidence[2]
			e.Outcome, e.Summary = pipeline.Fail, "refuted"
			a.story.Evidence = append(a.story.Evidence, e)
		}, nil, trust.CodeEvidenceOutcome},
		{27, "one station signs for another", nil, func(a *tale) {
			a.chain.Evidence[2].Envelope = a.signed(payload(a.T, a.chain.Evidence[2].Envelope), [2]string{"station/fuzz", "fuzz"})
			a.Log.Fill(a.chain)
		}, trust.CodeEvidenceSignature},
		{0, "a trivial contract", func(a *tale) { a.story.Contracts.List[0].Digest = other }, nil, trust.CodeContractUnlisted},
		{0, "a contract for another slot", func(a *tale) { a.story.Contracts.List[0].Slot = "sched" }, nil, trust.CodeContractUnlisted},
		{0, "a policy without a rule for it", func(a *tale) {
			a.story.Policy.Policy.Rules[0].Slot, a.story.Approvers = "sched", nil
		}, nil, trust.CodePolicyRule},
		{0, "a policy that moved", edit(func(r *trust.Release) { r.Policy = other }), nil, trust.CodePolicyVersion},
		{29, "approval expired before the release", approval(func(p *trust.Approval) { p.Expires = time.Now().Add(-time.Hour).Unix() }), nil, trust.CodeApprovalExpired},
		{29, "approved by its proposer", edit(func(r *trust.Release) { r.Proposer = sign.DevelopmentApprover }), nil, trust.CodeApprovalProposer},
		{29, "nobody approved", func(a *tale) { a.story.Approvers = nil }, nil, trust.CodeApprovalMissing},
		{29, "the same approval twice", func(a *tale) {
			a.story.Policy.Policy.Rules[0].Approvals = 2
			a.story.Approvers = append(a.story.Approvers, sign.DevelopmentApprover)
			first := true
			a.story.EditApproval = func(p *trust.Approval) {
				if !first {
					p.Expires++ // another document by the same person
				}
				first = false
			}
		}, nil, trust.CodeApprovalMissing},
		{29, "refused by the approver", approval(func(p *trust.Approval) { p.Decision.Approve = false }), nil, trust.CodeEvidenceOutcome},
		{29, "signed by another than the named approver", nil, func(a *tale) {
			a.chain.Approvals[0].Envelope = a.resign(a.chain.Approvals[0].Envelope, `"approver":"developer"`, `"approver":"director"`, [2]string{trust.RoleApprover, sign.DevelopmentApprover})
			a.Log.Fill(a.chain)
		}, trust.CodeApprovalSignature},
		{0, "IR missing", nil, func(a *tale) { delete(a.chain.Artefacts, a.story.Slots[0].Module.Code.IR) }, trust.CodeArtefactMissing},
		{0, "other IR", nil, func(a *tale) { a.chain.Artefacts[a.story.Slots[0].Module.Code.IR] = []byte("other code") }, trust.CodeArtefactDigest},
	}
}

func attacksOnWayBack() []attack {
	escape := func(f func(*trust.Release)) func(*tale) {
		return func(a *tale) { a.story.EditEscape = f }
	}
	return []attack{
		{28, "no way back", nil, func(a *tale) { a.chain.Escape = trust.Logged{} }, trust.CodeEscapeMissing},
		{28, "way back below the security epoch", func(a *tale) { a.story.BackEpoch, a.story.Epoch = 0, 1 }, func(a *tale) { a.state.Epoch = 1 }, trust.CodeEscapeEpoch},
		{28, "way back to something that never ran here", func(a *tale) {
			a.story.EditEscape = func(r *trust.Release) { r.Slots = a.story.Slots }
		}, nil, trust.CodeEscapeBase},
		{28, "way back of another release", escape(func(r *trust.Release) { r.Undoes = pipeline.SumBytes(nil) }), nil, trust.CodeEscapeRelease},
		{28, "way back of another lineage", escape(func(r *trust.Release) { r.Lineage = "birch" }), nil, trust.CodeEscapeRelease},
		{28, "way back that takes the next release's serial", escape(func(r *trust.Release) { r.Serial++ }), nil, trust.CodeEscapeSerial},
		{28, "forward again and again", nil, func(a *tale) { a.state.Flaps = []int64{a.Now.Unix() - 60, a.Now.Unix() - 30} }, trust.CodeEscapeFlapping},
		{28, "a second release during the trial", nil, func(a *tale) { a.state.Trial = &trust.Trial{Serial: 1} }, trust.CodeReleaseTrial},
		{28, "a release that was halted", nil, func(a *tale) {
			digest, _ := trust.StatementDigest(a.chain.Release.Envelope)
			a.state.Halted = []pipeline.Digest{digest}
		}, trust.CodeReleaseHalted},
	}
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	home, strangers := trusttest.New(t), trusttest.New(t)
	for _, c := range attacks() {
		t.Run(fmt.Sprintf("%02d/%s", c.row, strings.ReplaceAll(c.name, " ", "_")), func(t *testing.T) {
			w := home.Fresh(t)
			a := &tale{World: w, strangers: strangers.Fresh(t), story: w.Story(), now: w.Now, tile: "alder-1"}
			if c.before != nil {
				c.before(a)
			}
			a.chain, a.state = a.story.Chain(), a.story.Installed()
			if c.after != nil {
				c.after(a)
			}
			before := a.state
			got, err := w.Verifier(a.tile).Verify(a.state, a.chain, a.now)
			if code := trust.CodeOf(err); code != c.want {
				t.Errorf("code %q, want %q: %v", code, c.want, err)
			}
			if got != nil {
				t.Error("accepted something")
			}
			if diff := cmp.Diff(before, a.state); diff != "" {
				t.Errorf("the state changed:\n%s", diff)
			}
			if c.want.Meaning() == "" {
				t.Errorf("code %q has no meaning", c.want)
			}
		})
	}
}
