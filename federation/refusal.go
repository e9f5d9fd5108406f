package federation

import (
	"errors"
	"fmt"
	"net/http"
)

// Refusal is why an aggregator did not do what it was asked. It keeps its
// identity over the network: errors.Is works on both sides.
type Refusal struct {
	Code string // stable, such as "proof"
	text string
	http int
}

func (r *Refusal) Error() string { return r.text }

// The refusals.
var (
	ErrSession   = refusal("session", "session is unknown or not well formed", http.StatusNotFound)
	ErrUnsigned  = refusal("unsigned", "session is not signed by the control plane", http.StatusForbidden)
	ErrParty     = refusal("party", "session names another aggregator's key", http.StatusForbidden)
	ErrTile      = refusal("tile", "tile is not in the session's cohort", http.StatusForbidden)
	ErrNonce     = refusal("nonce", "nonce is not that of this tile in this session", http.StatusForbidden)
	ErrSignature = refusal("signature", "report is not signed by its tile", http.StatusForbidden)
	ErrMissing   = refusal("missing-share", "a share is missing", http.StatusUnprocessableEntity)
	ErrSealed    = refusal("sealed", "share is not sealed for this aggregator, session and tile", http.StatusUnprocessableEntity)
	ErrShare     = refusal("share", "share does not fit session, tile and nonce", http.StatusUnprocessableEntity)
	ErrProof     = refusal("proof", "proof that the vector is in range does not hold", http.StatusUnprocessableEntity)
	ErrDuplicate = refusal("duplicate", "report was counted already", http.StatusConflict)
	ErrConflict  = refusal("conflict", "tile sent a different report before", http.StatusConflict)
	ErrClosed    = refusal("closed", "session takes no more reports", http.StatusGone)
	ErrAborted   = refusal("aborted", "session was aborted; nothing is released", http.StatusGone)
	ErrTooFew    = refusal("too-few", "fewer reports than the session's minimum", http.StatusConflict)
	ErrReleased  = refusal("released", "session was released over another set of reports", http.StatusConflict)
	ErrSet       = refusal("set", "set of reports is not one that this aggregator holds", http.StatusConflict)
	ErrChannel   = refusal("channel", "message is not authenticated by the other party", http.StatusForbidden)
)

// ErrPeer says that the other aggregator could not be asked. It is no refusal:
// try again.
var ErrPeer = errors.New("other aggregator cannot be reached")

var refusals = map[string]*Refusal{}

func refusal(code, text string, status int) *Refusal {
	r := &Refusal{Code: code, text: text, http: status}
	refusals[code] = r
	return r
}

// Code is the code of the refusal that err wraps, "" when it is none.
func Code(err error) string {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Code
	}
	return ""
}

// because joins a refusal with its cause.
func because(r *Refusal, cause error) error { return fmt.Errorf("%w: %w", r, cause) }
