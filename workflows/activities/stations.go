package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/workflows"
)

// Verifier is one of the verification stations.
type Verifier func(ctx context.Context, s verifiers.Subject, e Effort) (pipeline.Statement, error)

// Prover is the proof station. Beside its statement it returns the text that
// the prover accepted: the proof that the module's name will cover.
type Prover func(ctx context.Context, s verifiers.Subject, e Effort) (pipeline.Statement, []byte, error)

// Effort is how hard a station shall try.
type Effort struct {
	Attempt int           // 0, or the number of the retry
	For     time.Duration // what the campaign asks for; 0 is the station's default
}

// RunStation makes the evidence of one station about a change, or finds it.
func (w *Works) RunStation(ctx context.Context, in workflows.StationRun) (pipeline.Outcome, error) {
	d, err := w.dossier(ctx, in.Change)
	if err != nil {
		return "", err
	}
	if o, ok, err := w.answered(ctx, d, in); ok || err != nil {
		return o, err
	}
	start := w.Now()
	s, err := w.work(ctx, d, in)
	if err != nil {
		return "", fmt.Errorf("%s: %w", in.Station, err)
	}
	if in.Attempt > 0 { // more effort is another question
		s.Inputs["effort"] = pipeline.SumBytes(fmt.Append(nil, "attempt ", in.Attempt))
	}
	e, err := w.attest(ctx, s, w.Now().Sub(start))
	return e.Statement.Outcome, err
}

// answered finds evidence that settles the station's question. What stayed
// inconclusive is settled for as long as nobody asks for more effort.
func (w *Works) answered(ctx context.Context, d dossier, in workflows.StationRun) (pipeline.Outcome, bool, error) {
	subject := d.subjectOf(in.Station)
	list, err := w.Store.EvidenceAbout(ctx, subject)
	if err != nil {
		return "", false, err
	}
	undecided := 0
	for _, e := range list {
		if e.Statement.Station != in.Station || e.Statement.Subject != subject {
			continue
		}
		if o := e.Statement.Outcome; o != pipeline.Inconclusive {
			_, err := w.logged(ctx, e)
			return o, true, err
		}
		undecided++
	}
	return pipeline.Inconclusive, undecided > in.Attempt, nil
}

// subjectOf is what a station's evidence is about.
func (d dossier) subjectOf(s pipeline.Station) pipeline.Subject {
	switch kind := s.SubjectOf(); kind {
	case pipeline.SubjectCode:
		return pipeline.Subject{Kind: kind, Digest: d.candidate.Ref.Code.Digest()}
	case pipeline.SubjectModule:
		return pipeline.Subject{Kind: kind, Digest: d.candidate.Ref.Digest()}
	}
	return pipeline.Subject{Kind: pipeline.SubjectChange, Digest: d.record.Digest}
}

func (w *Works) work(ctx context.Context, d dossier, in workflows.StationRun) (pipeline.Statement, error) {
	e := Effort{Attempt: in.Attempt, For: effortOf(d.campaign.Spec.Spec.Verify, in.Station)}
	switch in.Station {
	case pipeline.Coq:
		s, _, err := w.Prove(ctx, d.subject(), e)
		return s, err
	case pipeline.Benchmark:
		return w.benchmark(ctx, d)
	case pipeline.Shadow:
		return w.shadow(ctx, d)
	case pipeline.Federate:
		return w.federate(ctx, d)
	}
	verify, ok := w.Verify[in.Station]
	if !ok {
		return pipeline.Statement{}, workflows.Refused(fmt.Errorf("no station %q", in.Station))
	}
	return verify(ctx, d.subject(), e)
}

func effortOf(v pipeline.Verify, s pipeline.Station) time.Duration {
	return time.Duration(map[pipeline.Station]pipeline.Check{
		pipeline.Agree: v.Agree, pipeline.Coq: v.Coq, pipeline.TLA: v.TLA, pipeline.Fuzz: v.Fuzz,
	}[s].For)
}

// benchmark compares candidate and incumbent on telemetry that nobody saw.
func (w *Works) benchmark(ctx context.Context, d dossier) (pipeline.Statement, error) {
	course, err := w.course(d.campaign)
	if err != nil {
		return pipeline.Statement{}, err
	}
	judged, err := w.judged(ctx, d)
	if err != nil {
		return pipeline.Statement{}, err
	}
	s, err := course.Compare(ctx, benchmark.Pairing{
		Change: d.record.Content, Incumbent: d.incumbent.Unit, Candidate: d.candidate.Unit,
		Inputs: w.inputs(d), Judged: judged,
	})
	if err != nil {
		return s, err
	}
	return s, w.noteObjective(ctx, d, course, s)
}

// judged counts the changes of this campaign that the report part has judged
// before this one.
func (w *Works) judged(ctx context.Context, d dossier) (int, error) {
	page, err := w.Store.Changes.List(ctx, store.Filter{Parent: d.campaign.ID, Limit: store.MaxLimit})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range page.Items {
		if c.ID == d.record.ID || c.Objective == nil {
			continue
		}
		n++
	}
	return n, nil
}

// noteObjective copies the estimate of the objective's metric to the record.
func (w *Works) noteObjective(ctx context.Context, d dossier, course *benchmark.Course, s pipeline.Statement) error {
	e, err := course.Estimate(d.incumbent.Unit, d.candidate.Unit)
	if err != nil {
		return nil // the statement says what went wrong
	}
	_, err = w.Store.Changes.Update(ctx, d.record.ID, store.AnyVersion, func(c *store.Change) error {
		c.Objective = &e
		return nil
	})
	return err
}
