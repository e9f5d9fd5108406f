package trust

import (
	"errors"
	"fmt"
	"sort"
)

// Code names what did not match, or the attack that it would be. Codes are
// stable: telemetry counts them and people search for them.
type Code string

// The codes, by part of the chain.
const (
	CodeChainFormat Code = "chain.format"
	CodeChainSize   Code = "chain.size"
	CodeChainExtra  Code = "chain.extra"

	CodeRootFormat    Code = "root.format"
	CodeRootSignature Code = "root.signature"
	CodeRootVersion   Code = "root.version"
	CodeRootExpired   Code = "root.expired"
	CodeRootPinned    Code = "root.pinned"

	CodeAssurance Code = "assurance.development"

	CodeReleaseFormat    Code = "release.format"
	CodeReleaseSignature Code = "release.signature"
	CodeReleaseReason    Code = "release.reason"
	CodeReleaseExpired   Code = "release.expired"
	CodeReleaseSerial    Code = "release.serial"
	CodeReleaseEpoch     Code = "release.epoch"
	CodeReleaseClass     Code = "release.class"
	CodeReleaseLineage   Code = "release.lineage"
	CodeReleaseSlots     Code = "release.slots"
	CodeReleaseChange    Code = "release.change"
	CodeReleaseUnproven  Code = "release.unproven"
	CodeReleaseTrial     Code = "release.trial"
	CodeReleaseHalted    Code = "release.halted"

	CodeEscapeFormat    Code = "escape.format"
	CodeEscapeSignature Code = "escape.signature"
	CodeEscapeMissing   Code = "escape.missing"
	CodeEscapeSerial    Code = "escape.serial"
	CodeEscapeEpoch     Code = "escape.epoch"
	CodeEscapeRelease   Code = "escape.release"
	CodeEscapeBase      Code = "escape.base"
	CodeEscapeNone      Code = "escape.none"
	CodeEscapeFlapping  Code = "escape.flapping"

	CodeOrderFormat    Code = "order.format"
	CodeOrderSignature Code = "order.signature"
	CodeOrderMissing   Code = "order.missing"
	CodeOrderRelease   Code = "order.release"
	CodeOrderTile      Code = "order.tile"
	CodeOrderEarly     Code = "order.early"
	CodeOrderExpired   Code = "order.expired"

	CodeLogCheckpoint   Code = "log.checkpoint"
	CodeLogWitness      Code = "log.witness"
	CodeLogInclusion    Code = "log.inclusion"
	CodeLogEquivocation Code = "log.equivocation"

	CodePolicyFormat    Code = "policy.format"
	CodePolicySignature Code = "policy.signature"
	CodePolicyVersion   Code = "policy.version"
	CodePolicyExpired   Code = "policy.expired"
	CodePolicyRule      Code = "policy.rule"

	CodeContractFormat    Code = "contract.format"
	CodeContractSignature Code = "contract.signature"
	CodeContractVersion   Code = "contract.version"
	CodeContractUnlisted  Code = "contract.unlisted"
	CodeContractFiles     Code = "contract.files"

	CodeEvidenceFormat    Code = "evidence.format"
	CodeEvidenceSignature Code = "evidence.signature"
	CodeEvidenceSubject   Code = "evidence.subject"
	CodeEvidenceContract  Code = "evidence.contract"
	CodeEvidenceOutcome   Code = "evidence.outcome"
	CodeEvidenceSet       Code = "evidence.set"
	CodeEvidenceMissing   Code = "evidence.missing"

	CodeApprovalFormat    Code = "approval.format"
	CodeApprovalSignature Code = "approval.signature"
	CodeApprovalBinding   Code = "approval.binding"
	CodeApprovalExpired   Code = "approval.expired"
	CodeApprovalProposer  Code = "approval.proposer"
	CodeApprovalSet       Code = "approval.set"
	CodeApprovalMissing   Code = "approval.missing"

	CodeVerdict Code = "policy.verdict"

	CodeArtefactDigest  Code = "artefact.digest"
	CodeArtefactMissing Code = "artefact.missing"
	CodeArtefactUnused  Code = "artefact.unused"

	CodeSessionFormat    Code = "session.format"
	CodeSessionSignature Code = "session.signature"
	CodeSessionExpired   Code = "session.expired"
	CodeTileSignature    Code = "tile.signature"

	CodeHaltFormat      Code = "halt.format"
	CodeHaltSignature   Code = "halt.signature"
	CodeHaltRelease     Code = "halt.release"
	CodeCommitFormat    Code = "commit.format"
	CodeCommitSignature Code = "commit.signature"
	CodeCommitRelease   Code = "commit.release"
	CodeCommitTile      Code = "commit.tile"
)

// Refusal says why something was not believed.
type Refusal struct {
	Code Code
	Part string // which part of the chain, such as "evidence/02-coq"; may be empty
	Why  string // one sentence for people, with got and want
	Err  error  // the cause, where there is one
}

func (r *Refusal) Error() string {
	s := "trust: " + string(r.Code)
	if r.Part != "" {
		s += " (" + r.Part + ")"
	}
	return s + ": " + r.reason()
}

func (r *Refusal) reason() string {
	if r.Err == nil {
		return r.Why
	}
	return r.Why + ": " + r.Err.Error()
}

// at says in which part it was found.
func (r *Refusal) at(part string) *Refusal {
	if r.Part == "" {
		r.Part = part
	}
	return r
}

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// CodeOf is the code of the first [Refusal] in an error's chain, or "" when
// there is none.
func CodeOf(err error) Code {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

func refuse(code Code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Why: fmt.Sprintf(format, args...)}
}

func refuseErr(code Code, err error, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Why: fmt.Sprintf(format, args...), Err: err}
}

// meaning says what each code means and what to do about it.
var meaning = map[Code]string{
	CodeChainFormat: "a file of the chain cannot be read; fetch the chain again",
	CodeChainSize:   "a part is larger than its limit; nothing of it was read",
	CodeChainExtra:  "the chain holds something that nothing refers to; remove it",

	CodeRootFormat:    "the root is not well formed",
	CodeRootSignature: "the root is not signed by enough root keys",
	CodeRootVersion:   "a root follows only its predecessor",
	CodeRootExpired:   "the root has expired; rotate it",
	CodeRootPinned:    "the chain was made under another root than the pinned one",

	CodeAssurance: "made with development keys, or mixed with them; sign it with the production keys",

	CodeReleaseFormat:    "the release is not well formed",
	CodeReleaseSignature: "too few release keys, or half of a hybrid pair; nothing of it is believed",
	CodeReleaseReason:    "an escape was given as a forward release",
	CodeReleaseExpired:   "the release has expired: a freeze, or a slow rollout; issue it anew",
	CodeReleaseSerial:    "an older release than one already taken: a rollback",
	CodeReleaseEpoch:     "content below the security epoch",
	CodeReleaseClass:     "made for another class of tiles",
	CodeReleaseLineage:   "made for another lineage",
	CodeReleaseSlots:     "the slots do not fit this class of tiles",
	CodeReleaseChange:    "the change's digest is not that of the modules",
	CodeReleaseUnproven:  "a slot would change without being part of the change",
	CodeReleaseHalted:    "a rollout key halted the release",
	CodeReleaseTrial:     "another release is on trial; commit it or go back first",

	CodeEscapeFormat:    "the escape is not well formed",
	CodeEscapeSignature: "too few release keys signed the escape",
	CodeEscapeMissing:   "a forward release came without its way back",
	CodeEscapeSerial:    "an escape's serial is its release's plus one",
	CodeEscapeEpoch:     "the way back leads below the security epoch",
	CodeEscapeRelease:   "the escape belongs to another release",
	CodeEscapeBase:      "the way back does not lead to what the tile runs now",
	CodeEscapeNone:      "nothing is on trial; only a new release leads back",
	CodeEscapeFlapping:  "too many ways back within the window; the tile stays where it is",

	CodeOrderFormat:    "the order is not well formed",
	CodeOrderSignature: "the order is not signed by the rollout keys",
	CodeOrderMissing:   "nobody ordered this release",
	CodeOrderRelease:   "the order names another release",
	CodeOrderTile:      "the release was not ordered for this tile",
	CodeOrderEarly:     "the order's time has not come",
	CodeOrderExpired:   "the order has expired",

	CodeLogCheckpoint:   "the checkpoint is not the log's",
	CodeLogWitness:      "too few witnesses cosigned the checkpoint",
	CodeLogInclusion:    "not shown to be in the log",
	CodeLogEquivocation: "the log showed two trees of the same size: a split view; keep both checkpoints",

	CodePolicyFormat:    "the policy is not well formed",
	CodePolicySignature: "the policy is not signed by the policy keys",
	CodePolicyVersion:   "another policy than the one that judged the release, or older than one already seen",
	CodePolicyExpired:   "the policy has expired",
	CodePolicyRule:      "no rule of the policy covers this slot and lineage",

	CodeContractFormat:    "the list of contracts is not well formed",
	CodeContractSignature: "the list of contracts is not signed by the contract keys",
	CodeContractVersion:   "the list of contracts is older than one already seen",
	CodeContractUnlisted:  "the contract is not on the signed list",
	CodeContractFiles:     "the contract's files are not those of its digest",

	CodeEvidenceFormat:    "the statement is not well formed",
	CodeEvidenceSignature: "not signed by that station's key",
	CodeEvidenceSubject:   "evidence about something else",
	CodeEvidenceContract:  "evidence made against another contract",
	CodeEvidenceOutcome:   "the station did not pass it",
	CodeEvidenceSet:       "the evidence is not the set that the release names",
	CodeEvidenceMissing:   "a demanded station is missing",

	CodeApprovalFormat:    "the approval is not well formed",
	CodeApprovalSignature: "not signed by the approver's own key",
	CodeApprovalBinding:   "approval of something else: change, evidence, plan or policy moved",
	CodeApprovalExpired:   "the approval had expired when the release was made",
	CodeApprovalProposer:  "nobody approves what they proposed",
	CodeApprovalSet:       "the approvals are not those that the release names, or one person counts twice",
	CodeApprovalMissing:   "too few approvals",

	CodeVerdict: "the policy does not let this change pass",

	CodeArtefactDigest:  "an artefact's bytes are not those of its digest",
	CodeArtefactMissing: "an artefact that the release names is not there",
	CodeArtefactUnused:  "an artefact that the release does not name",

	CodeSessionFormat:    "the session is not well formed",
	CodeSessionSignature: "the session is not signed by the federate station",
	CodeSessionExpired:   "the session is over",
	CodeTileSignature:    "not signed by a tile that the root knows",

	CodeHaltFormat:      "the halt is not well formed",
	CodeHaltSignature:   "the halt is not signed by a rollout key",
	CodeHaltRelease:     "the halt names a release that is already committed",
	CodeCommitFormat:    "the commit is not well formed",
	CodeCommitSignature: "the commit is not signed by the rollout keys",
	CodeCommitRelease:   "the commit names another release than the one on trial",
	CodeCommitTile:      "the commit is not for this tile",
}

// Meaning says what a code means and what to do, in one line.
func (c Code) Meaning() string { return meaning[c] }

// Codes lists every code, sorted.
func Codes() []Code {
	out := make([]Code, 0, len(meaning))
	for c := range meaning {
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}
