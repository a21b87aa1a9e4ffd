package store_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// A profile stored before consents were of an address, and before unsubscribes
// decided about them, is computed again; a deleted customer stays deleted.
func TestStoredConsentsAreUpgraded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		installed(t, s)
		id, err := s.SaveRecord(t.Context(), "s", commerce.CustomerRecord{
			Connection: "c", External: "7", Email: "ann@example.com", Verified: true, Version: noon,
			Consents: []commerce.Consent{{Channel: "email", Granted: true, Explicit: true, At: noon}},
		})
		must(t, err)
		must(t, recomputeShop(t.Context(), s, "s"))
		hash := s.Address(commerce.EmailAddress("ann@example.com"))
		_, err = docs.Insert(t.Context(), "suppressions", bson.D{ // as it was stored, without a request for a profile
			{Key: "_id", Value: commerce.Key("s", hash.String(), "marketing")}, {Key: "shop", Value: "s"}, {Key: "address", Value: hash.String()},
			{Key: "scope", Value: "marketing"}, {Key: "reason", Value: "unsubscribed"}, {Key: "created_at", Value: noon.AddDate(0, 0, 1)},
		})
		must(t, err)
		gone := bson.D{{Key: "_id", Value: "s:email:gone"}, {Key: "shop", Value: "s"}, {Key: "n", Value: int64(9)}, {Key: "gone_at", Value: noon},
			{Key: "want", Value: int64(1)}, {Key: "have", Value: int64(1)}, {Key: "dirty", Value: false},
			{Key: "rev", Value: int64(1)}, {Key: "changed_at", Value: noon}}
		_, err = docs.Insert(t.Context(), "customers", gone)
		must(t, err)
		must(t, s.Upgrade(t.Context(), "s", silent))
		must(t, recomputeShop(t.Context(), s, "s"))
		c, err := s.Customer(t.Context(), "s", id)
		must(t, err)
		if got, _ := c.Consent("email"); got.Granted || got.State != commerce.ConsentStopped {
			t.Errorf("got %+v, want what was granted ended by the unsubscribe", got)
		}
		if _, err := s.Customer(t.Context(), "s", "s:email:gone"); commerce.CodeOf(err) != commerce.NotFound {
			t.Errorf("got %v, want the deleted customer to stay deleted", err)
		}
	})
}
