package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// BeginImport stores a new import and returns it with its id. It begins at the next
// millisecond in which no other import into its connection began.
func (s *Store) BeginImport(ctx context.Context, shop string, i commerce.Import) (commerce.Import, error) {
	i.Shop, i.State, i.StartedAt = shop, commerce.ImportRunning, s.wall().UTC().Truncate(time.Millisecond)
	for {
		i.ID, i.At = commerce.ImportID(shop, i.Connection, i.StartedAt), i.StartedAt
		fresh, err := s.docs.Insert(ctx, colImports, i)
		if err != nil || fresh {
			return i, err
		}
		i.StartedAt = i.StartedAt.Add(time.Millisecond)
	}
}

// Import reads one import; NotFound when there is none.
func (s *Store) Import(ctx context.Context, shop, id string) (commerce.Import, error) {
	i, found, err := get[commerce.Import](ctx, s, colImports, shop, id)
	if err == nil && !found {
		err = missing("import", id)
	}
	return i, err
}

// Imports lists a shop's imports, the newest first.
func (s *Store) Imports(ctx context.Context, shop string, after *documents.Cursor, limit int) ([]commerce.Import, error) {
	return find[commerce.Import](ctx, s, colImports,
		documents.Query{Filter: of(shop), Sort: []string{"-started_at"}, After: after, Limit: limit})
}

// SaveImport stores how far an import is, or how it ended. It ends the batch under
// way: call it when all of the batch is stored.
func (s *Store) SaveImport(ctx context.Context, shop string, i commerce.Import) error {
	fields := bson.D{
		{Key: "state", Value: string(i.State)}, {Key: "bytes", Value: i.Bytes}, {Key: "lines", Value: i.Lines},
		{Key: "records", Value: i.Records}, {Key: "result", Value: i.Result}, {Key: "open", Value: bson.A{}},
		{Key: "at", Value: s.wall()},
	}
	if i.Reason != "" {
		fields = append(fields, bson.E{Key: "reason", Value: i.Reason})
	}
	if i.State != commerce.ImportRunning {
		fields = append(fields, bson.E{Key: "ended_at", Value: s.wall()})
	}
	_, err := s.docs.Update(ctx, colImports, byID(shop, i.ID), bson.D{set(fields...)})
	return err
}

// openBatch stores the customers of the coming batch before any of it is
// stored.
func (s *Store) openBatch(ctx context.Context, shop, id string, customers []string) error {
	_, err := s.docs.Upsert(ctx, colImports, shop, id, bson.D{
		set(bson.E{Key: "open", Value: stringsOf(customers)}, bson.E{Key: "at", Value: s.wall()}),
		{Key: "$inc", Value: bson.D{{Key: "batch", Value: int64(1)}}},
	})
	return err
}

// FinishImports requests the profiles that imports left open when they died in a
// batch. The rest of the file comes when the import is repeated.
func (s *Store) FinishImports(ctx context.Context, shop string) (finished int, err error) {
	return s.finishImports(ctx, shop, commerce.ImportSilent)
}

// FinishImportsNow is FinishImports without a pause, for an import that begins: it
// compares known orders only, and must find their profiles requested.
func (s *Store) FinishImportsNow(ctx context.Context, shop string) (finished int, err error) {
	return s.finishImports(ctx, shop, 0)
}

func (s *Store) finishImports(ctx context.Context, shop string, silent time.Duration) (finished int, err error) {
	list, err := find[commerce.Import](ctx, s, colImports,
		documents.Query{Filter: of(shop), Fields: []string{"open", "at", "batch"}})
	for _, i := range list {
		if len(i.Open) == 0 || s.wall().Sub(i.At) < silent {
			continue
		}
		if err := s.raiseRoots(ctx, shop, i.Open); err != nil {
			return finished, err
		}
		if s.wall().Sub(i.At) < commerce.ImportSilent { // it may still be running, and then needs its outbox
			continue
		}
		same := byID(shop, i.ID, bson.E{Key: "batch", Value: i.Batch})
		if _, err := s.docs.Update(ctx, colImports, same, bson.D{set(bson.E{Key: "open", Value: bson.A{}})}); err != nil {
			return finished, err
		}
		finished++
	}
	return finished, err
}
