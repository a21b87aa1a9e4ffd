package store

import "context"

// compacting is a database whose file does not shrink by itself.
type compacting interface {
	Compact(ctx context.Context) (more bool, err error)
}

// Compact returns a little of the database's free room to the file system; more is
// false where there is little left. MongoDB reuses its room by itself.
func (s *Store) Compact(ctx context.Context) (more bool, err error) {
	if file, ok := s.docs.(compacting); ok {
		return file.Compact(ctx)
	}
	return false, nil
}
