package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// problemBase is where the types of problems are described.
const problemBase = "https://genesis-network.github.io/problems/"

// Problem is every error that the API answers with (RFC 9457).
type Problem struct {
	Type     string        `json:"type" doc:"URI of the kind of problem" example:"https://genesis-network.github.io/problems/not-found"`
	Title    string        `json:"title"`
	Status   int           `json:"status"`
	Code     string        `json:"code" doc:"Stable name of the problem, for programs" example:"not-found"`
	Detail   string        `json:"detail,omitempty" doc:"What happened, for people"`
	Hint     string        `json:"hint,omitempty" doc:"What to do next"`
	Instance string        `json:"instance,omitempty" doc:"Id of the request, as in the service's log"`
	Errors   []ProblemItem `json:"errors,omitempty"`
}

// ProblemItem is one of several things wrong.
type ProblemItem struct {
	Location string `json:"location,omitempty" doc:"Where: a line and field of a document, or a part of the request"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

// Error is the problem in one line.
func (p *Problem) Error() string {
	text := p.Detail
	for _, e := range p.Errors {
		text += "\n  " + strings.TrimPrefix(e.Location+": ", ": ") + e.Message
		if e.Hint != "" {
			text += " (" + e.Hint + ")"
		}
	}
	if p.Hint != "" {
		text += "\n  " + p.Hint
	}
	return text
}

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problem(status int, code, hint, format string, args ...any) *Problem {
	return &Problem{
		Type: problemBase + code, Title: http.StatusText(status), Status: status, Code: code,
		Detail: fmt.Sprintf(format, args...), Hint: hint,
	}
}

// The framework's own refusals (a field that is missing, a body that is too
// large) take the same form. It asks for that in a package variable.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		p := problem(status, codeOf(status), "", "%s", msg)
		for _, err := range errs {
			if err != nil {
				p.Errors = append(p.Errors, itemOf(err))
			}
		}
		return p
	}
}

func itemOf(err error) ProblemItem {
	var d huma.ErrorDetailer
	if errors.As(err, &d) {
		return ProblemItem{Location: d.ErrorDetail().Location, Message: d.ErrorDetail().Message}
	}
	return ProblemItem{Message: err.Error()}
}

// codeOf names a status of the framework.
func codeOf(status int) string {
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "-")
}

// kinds are the errors of the rooms below, as problems. The first that matches
// is taken.
var kinds = []struct {
	err    error
	status int
	code   string
	hint   string
}{
	{store.ErrNotFound, http.StatusNotFound, "not-found", "list what there is, and look at the id again"},
	{store.ErrMoved, http.StatusPreconditionFailed, "moved", "read it again, then decide"},
	{store.ErrInFlight, http.StatusConflict, "idempotency.in-flight", "send the same request again in a moment"},
	{store.ErrOtherBody, http.StatusUnprocessableEntity, "idempotency.other-body", "use a new Idempotency-Key for a new request"},
	{store.ErrConflict, http.StatusConflict, "conflict", "choose another name"},
	{store.ErrInvalid, http.StatusBadRequest, "invalid", ""},
	{workflows.ErrNotRunning, http.StatusConflict, "not-running", "it has ended or not begun: look at its state"},
	{workflows.ErrScheduleExists, http.StatusConflict, "conflict", "choose another name"},
	{pipeline.ErrTransition, http.StatusConflict, "refused", "look at the state of the change again"},
	{pipeline.ErrOwnChange, http.StatusForbidden, "separation-of-duties", "let another approver decide"},
	{ErrUnknownFault, http.StatusUnprocessableEntity, "fault.unknown", ""},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "timeout", "try again"},
}

// asProblem is an error as the API answers it. What is not known stays inside:
// its text goes to the log.
func asProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var wrong pipeline.Problems
	if errors.As(err, &wrong) {
		return documentProblem(wrong)
	}
	var refused *workflows.Refusal
	if errors.As(err, &refused) {
		return problem(http.StatusConflict, "refused", "look at the change again", "%s", refused.Why)
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return problem(k.status, k.code, k.hint, "%s", err)
		}
	}
	return problem(http.StatusInternalServerError, "internal", "look for the request's id in the service's log", "something went wrong here")
}

func documentProblem(list pipeline.Problems) *Problem {
	p := problem(http.StatusUnprocessableEntity, "document.invalid", "", "the document is refused")
	for _, w := range list {
		where := fmt.Sprintf("line %d", w.Line)
		if w.Field != "" {
			where += ", " + w.Field
		}
		p.Errors = append(p.Errors, ProblemItem{Location: where, Message: w.Message, Hint: w.Hint})
	}
	return p
}
