package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// migrations bring a database from one version of the schema to the next. They
// are never edited once released, only added to.
var migrations = [][]string{
	{
		`CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)`,
		`INSERT INTO counters (name, value) VALUES ('records', 0), ('evidence', 0), ('events', 0)`,

		// doc is the record as JSON; the other columns repeat what is searched for.
		`CREATE TABLE records (
			kind TEXT NOT NULL, id TEXT NOT NULL, seq BIGINT NOT NULL UNIQUE, version BIGINT NOT NULL,
			identity TEXT NOT NULL, state TEXT NOT NULL, lineage TEXT NOT NULL, parent TEXT NOT NULL, doc TEXT NOT NULL,
			PRIMARY KEY (kind, id))`,
		`CREATE INDEX records_by_kind ON records (kind, seq)`,
		`CREATE INDEX records_by_state ON records (kind, state, seq)`,
		`CREATE INDEX records_by_parent ON records (kind, parent, seq)`,

		`CREATE TABLE evidence (
			subject_kind TEXT NOT NULL, subject TEXT NOT NULL, station TEXT NOT NULL, inputs TEXT NOT NULL,
			seq BIGINT NOT NULL UNIQUE, doc TEXT NOT NULL,
			PRIMARY KEY (subject, subject_kind, station, inputs))`,

		`CREATE TABLE events (seq BIGINT PRIMARY KEY, doc TEXT NOT NULL)`,

		`CREATE TABLE requests (id TEXT PRIMARY KEY, body TEXT NOT NULL, response TEXT NOT NULL, expires BIGINT NOT NULL)`,
	},
	{
		// doc is the canonical form that digest names; nothing updates or deletes a row.
		`CREATE TABLE ancestry (
			lineage TEXT NOT NULL, generation BIGINT NOT NULL, digest TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
			PRIMARY KEY (lineage, generation))`,
	},
}

// migrate brings the database to the newest version, one transaction for each
// step, so that a process killed in between goes on where it stopped.
func (s *Store) migrate(ctx context.Context) error {
	if _, err := s.write.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)`); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	version, err := schemaVersion(ctx, s.write)
	if err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		if err := s.atomically(ctx, func(tx *sql.Tx) error { return step(ctx, tx, version) }); err != nil {
			return fmt.Errorf("schema: to version %d: %w", version+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, tx *sql.Tx, from int) error {
	for _, statement := range migrations[from] {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO schema_version (version) VALUES (?)`, from+1)
	return err
}

func (s *Store) checkVersion(ctx context.Context) error {
	version, err := schemaVersion(ctx, s.read)
	if err == nil && version < len(migrations) {
		return fmt.Errorf("schema version %d is old: open the store for writing once", version)
	}
	return err
}

// schemaVersion is the version of the database; one that this program does not
// know is refused.
func schemaVersion(ctx context.Context, db *sql.DB) (int, error) {
	var version sql.NullInt64
	if err := db.QueryRowContext(ctx, `SELECT MAX(version) FROM schema_version`).Scan(&version); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("schema: %w", err)
	}
	if int(version.Int64) > len(migrations) {
		return 0, fmt.Errorf("schema version %d: %w", version.Int64, ErrNewer)
	}
	return int(version.Int64), nil
}
