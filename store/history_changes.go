package store

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// changedFields names the fields of a stored order that a record changed, as they
// are stored. A new order has none.
func changedFields(before, after commerce.Order) []string {
	if before.ID == "" {
		return nil
	}
	a, errA := documents.Marshal(before.Unreceived())
	b, errB := documents.Marshal(after.Unreceived())
	if errA != nil || errB != nil || bytes.Equal(a, b) {
		return nil
	}
	var names []string
	for _, field := range []string{"times", "parcels", "refunds"} {
		if !a.Lookup(field).Equal(b.Lookup(field)) {
			names = append(names, field)
		}
	}
	names = append(names, changedState(a.Lookup("state").Document(), b.Lookup("state").Document())...)
	if len(names) == 0 {
		names = []string{"other"}
	}
	slices.Sort(names)
	return names
}

// changedState names the changed fields of the newest record, without those that
// describe the record itself.
func changedState(before, after bson.Raw) (names []string) {
	elements, err := after.Elements()
	if err != nil {
		return nil
	}
	for _, e := range elements {
		own := slices.Contains([]string{"version", "received", "history", "facts", "quality"}, e.Key())
		if !own && !before.Lookup(e.Key()).Equal(e.Value()) {
			names = append(names, e.Key())
		}
	}
	return names
}
