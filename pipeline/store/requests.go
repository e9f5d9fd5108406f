package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// How long requests are remembered.
const (
	// RequestMemory is how long an answered request is answered the same.
	RequestMemory = 24 * time.Hour
	// RequestPatience is how long a request without answer keeps others away; its
	// handler has died by then.
	RequestPatience = time.Minute
)

// The errors of requests that come twice.
var (
	ErrInFlight  = errors.New("the same request is being answered: ask again in a moment")
	ErrOtherBody = errors.New("this idempotency key was used for another request: choose a new one")
)

// Claim begins a request under its idempotency key. The first caller gets done
// false and must [Store.Answer]. Later callers with the same body get the kept
// response, or [ErrInFlight] while there is none; with another body,
// [ErrOtherBody].
func (s *Store) Claim(ctx context.Context, key string, body []byte) (response string, done bool, err error) {
	digest, now := string(pipeline.SumBytes(body)), s.now().UnixMilli()
	err = s.atomically(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM requests WHERE expires <= ?`, now); err != nil {
			return err
		}
		var known string
		err := tx.QueryRowContext(ctx, `SELECT body, response FROM requests WHERE id = ?`, key).Scan(&known, &response)
		if errors.Is(err, sql.ErrNoRows) {
			_, err := tx.ExecContext(ctx, `INSERT INTO requests (id, body, response, expires) VALUES (?, ?, '', ?)`, key, digest, now+RequestPatience.Milliseconds())
			return err
		}
		if err == nil && known != digest {
			return ErrOtherBody
		}
		if err == nil && response == "" {
			return ErrInFlight
		}
		done = err == nil
		return err
	})
	if err != nil {
		return "", false, fmt.Errorf("store: request: %w", err)
	}
	return response, done, nil
}

// Answer keeps the response to a claimed request. An empty response gives the
// key up, so that the request can be made again.
func (s *Store) Answer(ctx context.Context, key, response string) error {
	err := s.atomically(ctx, func(tx *sql.Tx) error {
		if response == "" {
			_, err := tx.ExecContext(ctx, `DELETE FROM requests WHERE id = ?`, key)
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE requests SET response = ?, expires = ? WHERE id = ?`, response, s.now().Add(RequestMemory).UnixMilli(), key)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: answer: %w", err)
	}
	return nil
}
