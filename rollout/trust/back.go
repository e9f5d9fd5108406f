package trust

import (
	"slices"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// maxFlaps bounds how many ways back, and how many halted releases, a state
// remembers.
const maxFlaps = 64

// Back is the way back of a tile that has a release on trial, after a hard
// fault. It needs no key, no log and no witness: the escape was verified
// together with the release. It returns the state to be written first, and
// where the way leads. The security epoch holds on the way back too.
func (v *Verifier) Back(state State, now time.Time) (State, Way, error) {
	t := state.Trial
	if t == nil || t.Escape == nil {
		return state, Way{}, refuse(CodeEscapeNone, "no release is on trial")
	}
	if t.Escape.Epoch < state.Epoch {
		return state, Way{}, refuse(CodeEscapeEpoch, "security epoch %d is below the floor %d", t.Escape.Epoch, state.Epoch)
	}
	next := state
	next.Serial, next.Trial = t.Escape.Serial, nil
	next.Installed = t.Escape.Slots
	flaps := append(slices.Clone(state.Flaps), max(now.Unix(), state.Time))
	next.Flaps = flaps[max(0, len(flaps)-maxFlaps):]
	return next, *t.Escape, nil
}

// Halt is the word of one rollout key against a release. While that release is
// on trial it leads back, as [Verifier.Back] does, and the way is returned. A
// release that was not taken yet is remembered and never taken; the way is
// then nil. After the commit only a new release leads back, so a stolen
// rollout key cannot bring old content into the fleet.
func (v *Verifier) Halt(state State, envelope []byte, now time.Time) (State, *Way, Halt, error) {
	o, err := openWith[Halt](v.root, "halt", envelope, later(now, state.Time), true)
	if err != nil {
		return state, nil, Halt{}, err
	}
	if o.doc.Release == state.Release {
		return state, nil, o.doc, refuse(CodeHaltRelease, "release %s is committed; only a new release leads back", o.doc.Release.Short())
	}
	if state.Trial == nil || state.Trial.Release != o.doc.Release {
		return state.halted(o.doc.Release), nil, o.doc, nil
	}
	next, way, err := v.Back(state, now)
	return next, &way, o.doc, err
}

func (s State) halted(release pipeline.Digest) State {
	if !slices.Contains(s.Halted, release) {
		list := append(slices.Clone(s.Halted), release)
		s.Halted = list[max(0, len(list)-maxFlaps):]
	}
	return s
}

// Commit ends the trial: what is on trial becomes what is installed, and its
// security epoch becomes the floor.
func (v *Verifier) Commit(state State, envelope []byte, now time.Time) (State, error) {
	o, err := open[Commit](v.root, "commit", envelope, later(now, state.Time))
	if err != nil {
		return state, err
	}
	if state.Trial == nil || state.Trial.Release != o.doc.Release {
		return state, refuse(CodeCommitRelease, "release %s is not on trial here", o.doc.Release.Short())
	}
	if !slices.Contains(o.doc.Tiles, v.self.Tile) {
		return state, refuse(CodeCommitTile, "it does not name tile %q", v.self.Tile)
	}
	next := state
	next.Installed, next.Epoch = state.Trial.Slots, max(state.Epoch, state.Trial.Epoch)
	next.Release, next.Trial = o.doc.Release, nil
	return next, nil
}

func later(now time.Time, floor int64) time.Time {
	if f := time.Unix(floor, 0); f.After(now) {
		return f
	}
	return now
}
