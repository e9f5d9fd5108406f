package trust

import (
	"github.com/genesis-network/genesis/pipeline"
)

// checkArtefacts compares every artefact with its digest, demands the IR of
// the changed slots (offline also proofs and contracts), and wants nothing
// that nobody names.
func (c *checker) checkArtefacts() {
	if c.release == nil {
		return
	}
	names := c.artefactNames()
	for d, b := range c.chain.Artefacts {
		part := "artefacts/" + string(d)
		got := pipeline.SumBytes(b)
		c.want(got == d, CodeArtefactDigest, part, "%s: its bytes have the digest %s", names.of(d), got.Short())
		c.want(names[d] != "", CodeArtefactUnused, part, "nothing in the release names it")
	}
	for _, m := range c.release.doc.changed() {
		c.wantArtefact(m.Code.IR, "IR of slot "+m.Code.Slot)
		if c.self == nil {
			c.wantArtefact(m.Proof, "proof of slot "+m.Code.Slot)
			c.want(len(c.chain.Contract[m.Code.Contract]) > 0, CodeArtefactMissing, "contract/"+string(m.Code.Contract), "contract of slot %q is not in the chain", m.Code.Slot)
		}
	}
	c.checkContractFiles(names)
}

func (c *checker) wantArtefact(d pipeline.Digest, what string) {
	_, ok := c.chain.Artefacts[d]
	c.want(ok, CodeArtefactMissing, "artefacts/"+string(d), "%s is not in the chain", what)
}

// artefactNames says what each digest is, for people.
type artefactNames map[pipeline.Digest]string

func (n artefactNames) of(d pipeline.Digest) string {
	if n[d] == "" {
		return "unnamed"
	}
	return n[d]
}

func (c *checker) artefactNames() artefactNames {
	names := artefactNames{}
	for _, o := range []*opened[Release]{c.escape, c.release} {
		if o == nil {
			continue
		}
		for _, s := range o.doc.Slots {
			names[s.Module.Code.IR] = "IR of slot " + s.Name()
			names[s.Module.Proof] = "proof of slot " + s.Name()
			names[s.Module.Code.Contract] = "contract of slot " + s.Name()
			if s.Source != "" {
				names[s.Source] = "source of slot " + s.Name()
			}
		}
	}
	for _, e := range c.evidence {
		for _, d := range e.Statement.Attachments {
			names[d] = "attachment of " + string(e.Statement.Station)
		}
	}
	return names
}

func (c *checker) checkContractFiles(names artefactNames) {
	for d, files := range c.chain.Contract {
		part := "contract/" + string(d)
		got := pipeline.ContractDigest(files)
		c.want(got == d, CodeContractFiles, part, "%s: its files have the digest %s", names.of(d), got.Short())
		c.want(names[d] != "", CodeArtefactUnused, part, "no slot of the release has this contract")
		for name, b := range files {
			c.want(partOfContract(name, b), CodeArtefactUnused, part+"/"+name, "not a file that gives a contract its meaning")
		}
	}
}

// partOfContract is true of files that count in a contract's digest; others
// would go unchecked.
func partOfContract(name string, b []byte) bool {
	return pipeline.ContractDigest(map[string][]byte{name: b}) != pipeline.ContractDigest(nil)
}
