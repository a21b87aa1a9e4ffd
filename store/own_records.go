package store

import (
	"context"

	"comeback/commerce"
)

// AddOwnRecords adds what the service itself says of customers, by their ids: each record to the
// customer that an id leads to. Their profiles are then dirty. A person who was erased meanwhile
// gets none.
func (s *Store) AddOwnRecords(ctx context.Context, shop string, records map[string][]commerce.CustomerRecord) error {
	ids := make([]string, 0, len(records))
	for id := range records {
		ids = append(ids, id)
	}
	found, err := s.CustomersByID(ctx, shop, ids)
	if err != nil {
		return err
	}
	byHome := map[string][]commerce.CustomerRecord{}
	for id, c := range found {
		byHome[c.ID] = append(byHome[c.ID], records[id]...)
	}
	_, _, err = s.addRecords(ctx, shop, byHome)
	return err
}
