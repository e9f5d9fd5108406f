package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"

	"github.com/cloudflare/circl/vdaf/prio3/sumvec"
	"github.com/genesis-network/genesis/pipeline"
)

// Format is the version of the session document.
const Format = "genesis/federation/v1"

// Mode says what a released sum is.
type Mode string

// ExactSum is the only mode of this version: the released vector is the exact
// sum over the tiles, without noise (dp: none). Each tile's own vector stays
// secret-shared.
const ExactSum Mode = "exact-sum"

// Limits of a session. They bound what a tile or an aggregator computes for
// one report: MaxMeasurement field elements of 16 bytes are the largest share.
const (
	MaxDocument    = 2 << 20 // bytes of a signed session
	MaxMetrics     = 32
	MaxEdges       = 32
	MaxCohort      = 4096
	MaxBits        = 48      // so that MaxCohort reports cannot pass 2^60
	MaxMeasurement = 1 << 14 // entries * bits
)

// ErrSession says that a document is no well-formed session.
var ErrSession = errors.New("not a federation session")

// Session is one federated validation of one change: what the tiles of a
// cohort measure, how large each number may be, and who may see what. Its
// digest is the context of the VDAF, so a share made for one candidate is
// worthless for another.
type Session struct {
	Format    string          `json:"format"`
	Change    pipeline.Digest `json:"change"`
	Contract  pipeline.Digest `json:"contract"`
	Slot      string          `json:"slot"`
	Lineage   string          `json:"lineage"`
	Epoch     uint64          `json:"epoch"` // rises with each session of a slot in a lineage
	Mode      Mode            `json:"mode"`
	MinTiles  int             `json:"minTiles"` // nothing is released below it
	Replays   uint64          `json:"replays"`  // most blocks that a tile replays
	Metrics   []Metric        `json:"metrics"`
	Edges     []int64         `json:"edges"` // between the buckets of improvement, permille, rising
	Bits      uint            `json:"bits"`  // every entry of the vector is below 2^bits
	Chunk     uint            `json:"chunk"` // chunk length of the proof; about the root of entries*bits
	Cohort    []string        `json:"cohort"`
	Leader    Party           `json:"leader"`
	Helper    Party           `json:"helper"`
	Collector Party           `json:"collector"`
}

// Metric is a total that tiles report for the candidate and for the incumbent.
type Metric struct {
	Name      string `json:"name"`
	Unit      string `json:"unit,omitempty"`
	Direction string `json:"direction"` // min or max: which way is better
	Step      uint64 `json:"step"`      // raw units per count; totals are rounded down to it
	Clip      uint64 `json:"clip"`      // most counts of one tile
	Tolerance uint64 `json:"tolerance"` // permille that the candidate's sum may be worse
}

// Party is an aggregator or the collector: two public keys in hexadecimal.
type Party struct {
	Seal    string `json:"seal"`    // HPKE key (ML-KEM-768 + X25519) that shares are sealed to
	Channel string `json:"channel"` // X25519 key that authenticates messages between parties
}

// Digest names the session.
func (s *Session) Digest() (pipeline.Digest, error) { return pipeline.Sum("federation-session", s) }

// VDAF is the aggregation function of the session: SumVec for two aggregators.
func (s *Session) VDAF() (*sumvec.SumVec, error) {
	id, err := s.Digest()
	if err != nil {
		return nil, err
	}
	return sumvec.New(2, uint(s.Length()), s.Bits, s.Chunk, []byte(id))
}

// ParseSession decodes and checks a session document. Unknown fields, trailing
// data and values outside the limits are refused with [ErrSession].
func ParseSession(document []byte) (*Session, error) {
	if len(document) > MaxDocument {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrSession, len(document), MaxDocument)
	}
	dec := json.NewDecoder(bytes.NewReader(document))
	dec.DisallowUnknownFields()
	var s Session
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrSession, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: data after the document", ErrSession)
	}
	return &s, s.Check()
}

// Check says whether the session is one that tiles and aggregators may take
// part in.
func (s *Session) Check() error {
	for _, check := range []func() error{s.checkNames, s.checkNumbers, s.checkMetrics, s.checkCohort, s.checkParties} {
		if err := check(); err != nil {
			return fmt.Errorf("%w: %w", ErrSession, err)
		}
	}
	return nil
}

func (s *Session) checkNames() error {
	if s.Format != Format || s.Mode != ExactSum {
		return fmt.Errorf("format %.40q with mode %.40q; this version knows %s with %s", s.Format, s.Mode, Format, ExactSum)
	}
	if !validName(s.Slot) || !validName(s.Lineage) {
		return fmt.Errorf("slot %.80q, lineage %.80q: want lower-case words", s.Slot, s.Lineage)
	}
	if _, err := pipeline.ParseDigest(string(s.Change)); err != nil {
		return fmt.Errorf("change: %w", err)
	}
	_, err := pipeline.ParseDigest(string(s.Contract))
	return err
}

// validName holds for names of slots, lineages and metrics: they reach figures
// and file names.
func validName(name string) bool {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_-"
	return name != "" && len(name) <= 64 && strings.Trim(name, alphabet) == ""
}

func (s *Session) checkNumbers() error {
	switch measurement := s.Length() * int(s.Bits); {
	case s.Epoch == 0 || s.Epoch >= 1<<53:
		return fmt.Errorf("epoch %d: want 1 to 2^53-1", s.Epoch)
	case s.Bits == 0 || s.Bits > MaxBits:
		return fmt.Errorf("bits %d: want 1 to %d", s.Bits, MaxBits)
	case measurement > MaxMeasurement:
		return fmt.Errorf("%d entries of %d bits: at most %d bits in all; report fewer metrics", s.Length(), s.Bits, MaxMeasurement)
	case s.Chunk == 0 || s.Chunk > uint(measurement):
		return fmt.Errorf("chunk %d: want 1 to %d", s.Chunk, measurement)
	case s.Replays == 0 || s.Replays >= 1<<s.Bits:
		return fmt.Errorf("replays %d: want 1 to 2^bits-1", s.Replays)
	case 2*uint64(len(s.Metrics)) >= 1<<s.Bits:
		return fmt.Errorf("bits %d: too few to count the clipped totals of %d metrics", s.Bits, len(s.Metrics))
	case len(s.Edges) == 0 || len(s.Edges) > MaxEdges || !rising(s.Edges):
		return fmt.Errorf("edges %v: want 1 to %d rising values", s.Edges, MaxEdges)
	}
	return nil
}

func rising(edges []int64) bool {
	for i, e := range edges {
		if e < -1000000 || e > 1000000 || i > 0 && e <= edges[i-1] {
			return false
		}
	}
	return true
}

func (s *Session) checkMetrics() error {
	if len(s.Metrics) == 0 || len(s.Metrics) > MaxMetrics {
		return fmt.Errorf("%d metrics: want 1 to %d", len(s.Metrics), MaxMetrics)
	}
	seen := map[string]bool{}
	for _, m := range s.Metrics {
		if !validName(m.Name) || seen[m.Name] {
			return fmt.Errorf("metric %.80q: want a lower-case word that occurs once", m.Name)
		}
		seen[m.Name] = true
		if err := m.check(s.Bits); err != nil {
			return fmt.Errorf("metric %s: %w", m.Name, err)
		}
	}
	return nil
}

func (m Metric) check(bits uint) error {
	switch {
	case m.Direction != "min" && m.Direction != "max":
		return fmt.Errorf("direction %.20q: want min or max", m.Direction)
	case m.Clip == 0 || m.Clip >= 1<<bits:
		return fmt.Errorf("clip %d: want 1 to 2^%d-1", m.Clip, bits)
	case m.Step == 0 || m.Step >= 1<<53:
		return fmt.Errorf("step %d: want 1 to 2^53-1", m.Step)
	case m.Tolerance > 1000:
		return fmt.Errorf("tolerance %d: want 0 to 1000 permille", m.Tolerance)
	case len(m.Unit) > 32:
		return errors.New("unit: at most 32 bytes")
	}
	return nil
}

func (s *Session) checkCohort() error {
	if s.MinTiles < 2 || s.MinTiles > len(s.Cohort) || len(s.Cohort) > MaxCohort {
		return fmt.Errorf("%d of %d tiles: want at least 2 of at most %d", s.MinTiles, len(s.Cohort), MaxCohort)
	}
	for i, tile := range s.Cohort {
		if _, err := fixedHex(tile, TileKeySize); err != nil {
			return fmt.Errorf("tile %d: %w", i+1, err)
		}
		if i > 0 && tile <= s.Cohort[i-1] {
			return errors.New("cohort: keys must be sorted and different")
		}
	}
	return nil
}

func (s *Session) checkParties() error {
	parties := []Party{s.Leader, s.Helper, s.Collector}
	for i, p := range parties {
		if err := p.check(); err != nil {
			return fmt.Errorf("party %d: %w", i+1, err)
		}
		for _, other := range parties[:i] {
			if p.Seal == other.Seal || p.Channel == other.Channel {
				return errors.New("leader, helper and collector must not share a key")
			}
		}
	}
	return nil
}

// Has says whether the tile with this key is in the cohort.
func (s *Session) Has(tile string) bool {
	_, found := slices.BinarySearch(s.Cohort, tile)
	return found
}

// Fit chooses the smallest Bits that hold every public maximum, and the Chunk
// that makes proofs short: the root of the measurement's length.
func (s *Session) Fit() {
	most := max(s.Replays, 2*uint64(len(s.Metrics)))
	for _, m := range s.Metrics {
		most = max(most, m.Clip)
	}
	s.Bits = uint(bits.Len64(most))
	s.Chunk = 1
	for measurement := uint(s.Length()) * s.Bits; s.Chunk*s.Chunk < measurement; {
		s.Chunk++
	}
}
