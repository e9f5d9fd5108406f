package store

import "context"

// Exec runs SQL on the writer's connection, to damage what tests repair.
func (s *Store) Exec(ctx context.Context, statement string) error {
	_, err := s.write.ExecContext(ctx, statement)
	return err
}

// ExecArgs is Exec with arguments.
func (s *Store) ExecArgs(ctx context.Context, statement string, args ...any) error {
	_, err := s.write.ExecContext(ctx, statement, args...)
	return err
}
