package store_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// Open orders stored before payment methods had a meaning get one in the
// profile, by the words stored with them.
func TestUpgradeGivesPaymentMethodsTheirMeaning(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		installed(t, s)
		_, err := s.AddConnection(t.Context(), "s", commerce.Connection{Slug: "c", Platform: "woocommerce"}, []byte("secret"))
		must(t, err)
		o := commerce.Order{ID: "s:c:1", Shop: "s", Connection: "c", External: "1", Times: commerce.Timeline{PlacedAt: noon}}
		o.Version, o.Status, o.Payment, o.Method = noon, commerce.Open, commerce.Unpaid, "bank_transfer"
		o.Buyer = commerce.Buyer{Email: "ann@example.com"}
		o, err = s.SaveOrder(t.Context(), "s", o)
		must(t, err)
		before := bson.D{{Key: "$unset", Value: bson.D{{Key: "fact.pk", Value: ""}}}} // as it was written before
		_, err = docs.Update(t.Context(), "orders", bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: o.ID}}, before)
		must(t, err)
		must(t, s.Upgrade(t.Context(), "s", silent))
		n, err := s.ReviewOrders(t.Context(), "s")
		must(t, err)
		stored, err := s.Order(t.Context(), "s", o.ID)
		if err != nil || n != 1 || stored.Fact.Kind != commerce.PaidByTransfer || stored.Rev != o.Rev+1 {
			t.Errorf("got %d reviewed, kind %q at rev %d, %v; want 1, transfer at %d", n, stored.Fact.Kind, stored.Rev, err, o.Rev+1)
		}
	})
}
