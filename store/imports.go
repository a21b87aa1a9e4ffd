package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// abandoned is how long an import may stay in one batch before another process
// finishes it.
const abandoned = 10 * time.Minute

// FindImport reads an import; found is false where the file is new.
func (s *Store) FindImport(ctx context.Context, shop, id string) (i commerce.Import, found bool, err error) {
	return get[commerce.Import](ctx, s, colImports, shop, id)
}

// Imports lists a shop's imports.
func (s *Store) Imports(ctx context.Context, shop string) ([]commerce.Import, error) {
	return find[commerce.Import](ctx, s, colImports, documents.Query{Filter: of(shop), Sort: []string{"_id"}})
}

// SaveImport stores how far an import is. It ends the batch under way: call it
// when all of the batch is stored.
func (s *Store) SaveImport(ctx context.Context, shop string, i commerce.Import) error {
	_, err := s.docs.Upsert(ctx, colImports, shop, i.ID, bson.D{set(
		bson.E{Key: "connection", Value: i.Connection}, bson.E{Key: "name", Value: i.Name}, bson.E{Key: "done", Value: i.Done},
		bson.E{Key: "offset", Value: i.Offset}, bson.E{Key: "line", Value: i.Line}, bson.E{Key: "report", Value: i.Report},
		bson.E{Key: "open", Value: bson.A{}}, bson.E{Key: "at", Value: s.wall()},
	)})
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

// FinishImports requests the profiles that imports left open when they died in
// a batch. The rest of the batch comes when the import is repeated.
func (s *Store) FinishImports(ctx context.Context, shop string) (finished int, err error) {
	list, err := s.Imports(ctx, shop)
	for _, i := range list {
		if len(i.Open) == 0 || s.wall().Sub(i.At) < abandoned {
			continue
		}
		if err := s.raiseRoots(ctx, shop, i.Open); err != nil {
			return finished, err
		}
		same := byID(shop, i.ID, bson.E{Key: "batch", Value: i.Batch})
		if _, err := s.docs.Update(ctx, colImports, same, bson.D{set(bson.E{Key: "open", Value: bson.A{}})}); err != nil {
			return finished, err
		}
		finished++
	}
	return finished, err
}
