package coq

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// The effort that the zero value of [Options] stands for.
const (
	DefaultTimeout     = 60 * time.Second
	DefaultMemory      = 4 << 30
	DefaultRefuteSteps = 300_000
	DefaultTries       = 4
)

// fullFactor is how much longer than a rung the run of coqchk on the standard
// library may take.
const fullFactor = 10

// wallFactor is how much longer than its processor time a run may take by the
// clock, so that a busy machine does not decide what is proven.
const wallFactor = 5

// Options of the station. The zero value uses the Coq on PATH and a cache in the
// user's cache folder.
type Options struct {
	Coqc   string // path of coqc; "" is the one on PATH
	Coqchk string // path of coqchk; "" is the one on PATH

	// Cache holds the compiled theory and verdicts. Who can write it can forge
	// them, so it belongs to this user alone. "" is genesis/coq in the user's
	// cache folder.
	Cache string

	Full        bool          // have coqchk check all that a proof stands on, as an adoption demands
	Timeout     time.Duration // processor time of each run of Coq; 0 is DefaultTimeout; see wallFactor
	Memory      int64         // address space of each run, in bytes; 0 is DefaultMemory
	RefuteSteps int           // of the search for a witness; 0 is DefaultRefuteSteps

	// Blind has nobody look for a witness before Coq is asked. It serves to measure
	// what Coq by itself refuses.
	Blind bool

	Budget *Budget // of memory for all runs at once; nil is DefaultBudget

	// Writer is asked when no other rung was accepted; nil is nobody. Tries is how
	// often; 0 is DefaultTries.
	Writer Writer
	Tries  int

	// Worker is the address of a service that has Coq, to be named where this
	// machine has none; "" if there is none.
	Worker string

	// Keep stores an attachment. Without it statements name the digests of
	// attachments that only their making again can bring back.
	Keep func(name string, content []byte) error

	// Model is the text that somebody says is the module's model. What coqgen
	// prints counts; a text that differs is refused. nil is not to ask.
	Model []byte

	layers layers // switched off by tests
}

// layers are switches for tests that show what each layer catches by itself.
type layers struct{ noWhitelist bool }

func (o Options) timeout() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return DefaultTimeout
}

func (o Options) memory() int64 {
	if o.Memory > 0 {
		return o.Memory
	}
	return DefaultMemory
}

func (o Options) refuteSteps() int {
	if o.RefuteSteps > 0 {
		return o.RefuteSteps
	}
	return DefaultRefuteSteps
}

func (o Options) tries() int {
	if o.Tries > 0 {
		return o.Tries
	}
	return DefaultTries
}

// asked is how often a writer is asked, if there is one.
func (o Options) asked() int {
	if o.Writer == nil {
		return 0
	}
	return o.tries()
}

func (o Options) budget() *Budget {
	if o.Budget != nil {
		return o.Budget
	}
	return DefaultBudget
}

// elsewhere says what to do on a machine without Coq.
func (o Options) elsewhere() string {
	const here = "to prove here: apt-get install --no-install-recommends coq"
	if o.Worker == "" {
		return here + "; or send the module to a service that has Coq: genesis campaign submit FILE --address URL"
	}
	return "have it proven at " + o.Worker + "; " + here
}

func (o Options) cache() (string, error) {
	dir := o.Cache
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("coq: no folder for the cache, name one in Options.Cache: %w", err)
		}
		dir = filepath.Join(user, "genesis", "coq")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("coq: cache: %w", err)
	}
	return filepath.Abs(dir)
}

// Inputs are what a statement of this station depends on besides its subject:
// the contract, the proofs that are tried, the effort allowed, and the engines
// with all that is trusted. They are known before the station works, so that
// evidence that exists can be found.
func Inputs(s verifiers.Subject, o Options) map[string]pipeline.Digest {
	engines := map[string]pipeline.Digest{
		"theory":    theoryDigest(),
		"whitelist": pipeline.SumBytes([]byte(WhitelistVersion)),
		"gate":      pipeline.SumBytes([]byte(gateText)),
		"decide":    pipeline.SumBytes([]byte(decide.Version)),
	}
	if t, err := find(o); err == nil {
		engines["coqc"], engines["coqchk"] = t.coqc.digest, t.coqchk.digest
	}
	proofs := map[string]pipeline.Digest{}
	for _, r := range rungs(s, o) {
		proofs[r.name+"."+strconv.Itoa(len(proofs))] = pipeline.SumBytes(r.text)
	}
	return map[string]pipeline.Digest{
		"contract": s.Ref.Code.Contract,
		"engines":  sum("engines", engines),
		"effort":   o.effort(),
		"proofs":   sum("proofs", proofs),
	}
}

func (o Options) effort() pipeline.Digest {
	d, err := pipeline.Sum("effort", map[string]string{
		"coq.time":   o.timeout().String(),
		"coq.memory": strconv.FormatInt(o.memory(), 10),
		"coq.steps":  strconv.Itoa(o.refuteSteps()),
		"coq.full":   strconv.FormatBool(o.Full),
		"coq.blind":  strconv.FormatBool(o.Blind),
		"coq.writer": strconv.Itoa(o.asked()),
	})
	if err != nil {
		panic("coq: " + err.Error()) // ASCII
	}
	return d
}
