// Package sign makes signatures: every key is a sigstore signature.Signer
// (a key in a file, a KMS, a token), every document one DSSE envelope with as
// many signatures as its role demands.
//
// Releases are hybrid: each member of the release role signs with a classical
// key (ECDSA P-256 or Ed25519) and with ML-DSA-65, and counts only with both.
//
// [Development] makes keys at the first run of a program and marks them so;
// no production root accepts them. They lie unencrypted in files that only
// their owner can read. How production keys are made and kept is not decided
// here: anything that is a [Keys] will do.
//
// It checks nothing: that is package trust's part.
package sign
