package trust

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Self is who a tile is: what releases and orders must be for.
type Self struct {
	Tile    string
	Class   string
	Lineage string
}

// Verifier checks chains for one tile.
type Verifier struct {
	root *Root
	self Self
}

// NewVerifier makes the verifier of one tile, which believes this root and
// nobody else.
func NewVerifier(root *Root, self Self) (*Verifier, error) {
	if root == nil {
		return nil, errors.New("trust: a verifier needs a root")
	}
	for _, n := range [][2]string{{"tile", self.Tile}, {"class", self.Class}, {"lineage", self.Lineage}} {
		if err := checkName(n[0], n[1]); err != nil {
			return nil, err
		}
	}
	return &Verifier{root: root, self: self}, nil
}

// Accepted is a release that this tile may take. What remains to be checked
// is the module host's part: for every slot it derives Wasm, cost, layout and
// digests from the IR itself and compares them with Release.Slots.
type Accepted struct {
	Release Release
	Digest  pipeline.Digest            // StatementDigest of the release
	Order   Order                      // the order that names this tile
	Escape  Release                    // the way back, already verified
	Policy  Policy                     //
	IR      map[pipeline.Digest][]byte // of the changed slots, and whatever else the chain held
	Next    State                      // to be written before anything is done
	Resumed bool                       // it was taken before; Next is the given state
}

// Verify checks a chain in this order (release, order, log, policy
// and contracts, evidence, approvals, artefacts) and stops at the first thing
// that does not match, with a [*Refusal]. now is the tile's clock; where the
// witnesses have vouched for a later time, that time counts. The state is not
// changed: on success [Accepted.Next] is to be written, then the modules may
// be loaded.
func (v *Verifier) Verify(state State, chain *Chain, now time.Time) (*Accepted, error) {
	c := &checker{root: v.root, self: &v.self, state: &state, chain: chain, now: now}
	if err := chain.limits(); err != nil {
		return nil, err
	}
	for _, step := range steps {
		step(c)
		if c.failed != nil {
			return nil, c.failed
		}
	}
	return c.accept(), nil
}

// steps is the order in which a chain is checked.
var steps = []func(*checker){
	(*checker).checkRoot,
	(*checker).checkRelease,
	(*checker).checkEscape,
	(*checker).checkOrders,
	(*checker).checkLog,
	(*checker).checkPolicy,
	(*checker).checkContracts,
	(*checker).checkEvidence,
	(*checker).checkApprovals,
	(*checker).checkArtefacts,
}

// checker is one pass over a chain. self and state are nil when nobody's
// floors are at stake (offline).
type checker struct {
	root  *Root
	self  *Self
	state *State
	chain *Chain
	now   time.Time

	failed *Refusal // the first
	checks []Check  // all, in order

	release    *opened[Release]
	escape     *opened[Release]
	order      *opened[Order]
	checkpoint *Checkpoint
	policy     *opened[Policy]
	contracts  *opened[Contracts]
	evidence   []pipeline.Evidence
}

// note records one check: passed when err is nil.
func (c *checker) note(code Code, part string, err error) bool {
	if err == nil {
		c.checks = append(c.checks, Check{Code: code, Part: part, OK: true})
		return true
	}
	var r *Refusal
	if !errors.As(err, &r) {
		r = refuseErr(code, err, "refused")
	}
	r = r.at(part)
	if c.failed == nil {
		c.failed = r
	}
	c.checks = append(c.checks, Check{Code: r.Code, Part: r.Part, Why: r.reason()})
	return false
}

// want records a check that holds when ok is true.
func (c *checker) want(ok bool, code Code, part, format string, args ...any) bool {
	if ok {
		return c.note(code, part, nil)
	}
	return c.note(code, part, refuse(code, format, args...))
}

// at is the time that counts: the clock's, the floor's or the checkpoint's,
// whichever is latest.
func (c *checker) at() time.Time {
	at := c.now
	if c.state != nil && time.Unix(c.state.Time, 0).After(at) {
		at = time.Unix(c.state.Time, 0)
	}
	if c.checkpoint != nil && c.checkpoint.Time.After(at) {
		at = c.checkpoint.Time
	}
	return at
}

func (c *checker) checkRoot() {
	c.want(pipeline.SumBytes(c.chain.Root) == c.root.envelope, CodeRootPinned, "root",
		"the chain's root is not version %d, %s, which is pinned here", c.root.Version, c.root.digest.Short())
	c.want(c.at().Unix() < c.root.Expires, CodeRootExpired, "root", "root version %d expired at %s", c.root.Version, clock(c.root.Expires))
}

func (c *checker) checkRelease() {
	o, err := open[Release](c.root, "release", c.chain.Release.Envelope, c.at())
	if !c.note(CodeReleaseSignature, "release", err) {
		return
	}
	c.release = o
	r := o.doc
	c.want(r.Assurance == c.root.Assurance, CodeAssurance, "release", "a release of assurance %q under a root of assurance %q", r.Assurance, c.root.Assurance)
	c.want(r.Reason == Forward, CodeReleaseReason, "release", "reason %q, want %q", r.Reason, Forward)
	c.checkExpiry()
	change := r.change().Digest()
	c.want(r.Change == change, CodeReleaseChange, "release", "the modules make the change %s, the release says %s", change.Short(), r.Change.Short())
	if c.self != nil {
		c.want(r.Class == c.self.Class, CodeReleaseClass, "release", "class %q, this tile is %q", r.Class, c.self.Class)
		c.want(r.Lineage == c.self.Lineage, CodeReleaseLineage, "release", "lineage %q, this tile is %q", r.Lineage, c.self.Lineage)
	}
	if c.state != nil {
		c.checkFloors()
	}
}

func (c *checker) checkExpiry() {
	r := c.release.doc
	c.want(c.at().Unix() < r.Expires, CodeReleaseExpired, "release", "release %d expired at %s, now is %s", r.Serial, clock(r.Expires), clock(c.at().Unix()))
}

func (c *checker) resumed() bool {
	t := c.state.Trial
	return t != nil && t.Release == c.release.digest
}

func (c *checker) checkFloors() {
	r, s := c.release.doc, c.state
	c.want(r.Epoch >= s.Epoch, CodeReleaseEpoch, "release", "security epoch %d is below the floor %d", r.Epoch, s.Epoch)
	if c.resumed() {
		return
	}
	c.want(r.Serial > s.Serial, CodeReleaseSerial, "release", "serial %d, %d was already taken", r.Serial, s.Serial)
	c.want(!slices.Contains(s.Halted, c.release.digest), CodeReleaseHalted, "release", "it was halted before it was taken")
	c.want(s.Trial == nil, CodeReleaseTrial, "release", "another release is on trial")
	for name, d := range r.modules() {
		same := len(s.Installed) == 0 || s.Installed[name] == d
		if !same && !slices.Contains(r.Changed, name) {
			c.want(false, CodeReleaseUnproven, "release", "slot %q would change without being part of the change", name)
		}
	}
	for name := range s.Installed {
		if _, ok := r.modules()[name]; !ok {
			c.want(false, CodeReleaseSlots, "release", "slot %q would be left empty", name)
		}
	}
}

func (c *checker) checkEscape() {
	o, err := open[Release](c.root, "escape", c.chain.Escape.Envelope, c.at())
	if len(c.chain.Escape.Envelope) == 0 {
		err = refuse(CodeEscapeMissing, "the release came without its escape")
	}
	if !c.note(CodeEscapeSignature, "escape", err) || c.release == nil {
		return
	}
	c.escape = o
	e, r := o.doc, c.release.doc
	c.want(e.Reason == Escape && e.Undoes == c.release.digest, CodeEscapeRelease, "escape", "it undoes %s, the release is %s", e.Undoes.Short(), c.release.digest.Short())
	c.want(e.Serial == r.Serial+1, CodeEscapeSerial, "escape", "serial %d, want %d", e.Serial, r.Serial+1)
	same := e.Class == r.Class && e.Lineage == r.Lineage && e.Change == r.Change && e.Assurance == r.Assurance
	c.want(same, CodeEscapeRelease, "escape", "its class, lineage, change or assurance is not the release's")
	if c.state == nil || c.resumed() {
		return
	}
	c.want(e.Epoch >= c.state.Epoch, CodeEscapeEpoch, "escape", "security epoch %d is below the floor %d", e.Epoch, c.state.Epoch)
	back := len(c.state.Installed) == 0 || maps.Equal(e.modules(), c.state.Installed)
	c.want(back, CodeEscapeBase, "escape", "it does not lead back to what this tile runs")
}

func (c *checker) checkOrders() {
	if c.release == nil {
		return
	}
	var mine []*opened[Order]
	for i, l := range c.chain.Orders {
		o, err := open[Order](c.root, "order", l.Envelope, c.at())
		if !c.note(CodeOrderSignature, orderName(i), err) {
			continue
		}
		fits := o.doc.Release == c.release.digest && o.doc.Plan == c.release.doc.Plan
		if !c.want(fits, CodeOrderRelease, orderName(i), "it orders %s, the release is %s", o.doc.Release.Short(), c.release.digest.Short()) {
			continue
		}
		if c.self == nil || slices.Contains(o.doc.Tiles, c.self.Tile) {
			mine = append(mine, o)
		}
	}
	c.want(len(c.chain.Orders) > 0, CodeOrderMissing, "orders", "no order names this release")
	if c.self != nil {
		c.chooseOrder(mine)
	}
}

// chooseOrder takes the first of the tile's orders whose time is now.
func (c *checker) chooseOrder(mine []*opened[Order]) {
	if !c.want(len(mine) > 0, CodeOrderTile, "orders", "no order names tile %q", c.self.Tile) {
		return
	}
	now := c.at().Unix()
	for _, o := range mine {
		if o.doc.NotBefore <= now && now < o.doc.Expires {
			c.order = o
			return
		}
	}
	last := mine[len(mine)-1].doc
	c.want(last.NotBefore <= now, CodeOrderEarly, "orders", "not before %s, now is %s", clock(last.NotBefore), clock(now))
	c.want(now < last.Expires, CodeOrderExpired, "orders", "it expired at %s, now is %s", clock(last.Expires), clock(now))
}

func (c *checker) checkLog() {
	cp, err := c.root.OpenCheckpoint(c.chain.Checkpoint)
	if !c.note(CodeLogCheckpoint, "checkpoint", err) {
		return
	}
	c.checkpoint = cp
	if s := c.state; s != nil && s.Size == cp.Size && s.Head != "" {
		c.want(s.Head == cp.Root, CodeLogEquivocation, "checkpoint", "two trees of %d entries: %s and %s", cp.Size, s.Head.Short(), cp.Root.Short())
	}
	for _, p := range c.chain.parts() {
		c.note(CodeLogInclusion, p.name, cp.includes(p.logged.Envelope, p.logged.Proof))
	}
	c.checkAgain()
}

// checkAgain compares with the time that the witnesses know, where it is later
// than the clock's.
func (c *checker) checkAgain() {
	if c.release != nil {
		c.checkExpiry()
	}
	if c.order != nil {
		c.want(c.at().Unix() < c.order.doc.Expires, CodeOrderExpired, "orders", "it expired at %s, now is %s", clock(c.order.doc.Expires), clock(c.at().Unix()))
	}
}

func (c *checker) accept() *Accepted {
	a := &Accepted{
		Release: c.release.doc, Digest: c.release.digest, Order: c.order.doc, Escape: c.escape.doc,
		Policy: c.policy.doc, IR: c.chain.Artefacts, Next: *c.state, Resumed: c.resumed(),
	}
	next := &a.Next
	next.Time = max(next.Time, c.checkpoint.Time.Unix())
	next.Policy, next.Contracts = c.policy.doc.Policy.Version, c.contracts.doc.Version
	if c.checkpoint.Size > next.Size {
		next.Size, next.Head = c.checkpoint.Size, c.checkpoint.Root
	}
	if a.Resumed {
		return a
	}
	next.Serial = a.Release.Serial
	next.Trial = &Trial{
		Release: a.Digest, Serial: a.Release.Serial, Epoch: a.Release.Epoch, Slots: a.Release.modules(), Expires: a.Order.Expires,
		Escape: &Way{Release: c.escape.digest, Serial: a.Escape.Serial, Epoch: a.Escape.Epoch, Slots: a.Escape.modules()},
	}
	return a
}
