package store_test

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// Tags of Shopify orders that were stored as one text become a list, in the
// order and in the profile. Notes and other platforms' attributes of that name
// stay unchanged.
func TestStoredTagsBecomeAList(t *testing.T) {
	t.Parallel()
	type kvs = []commerce.KV
	type stored struct {
		platform     string
		custom, rest kvs
		tags         []string
	}
	orders := map[string]stored{
		"1": {"shopify", kvs{{Key: "gift", Value: "yes"}, {Key: "tags", Value: "vip, wholesale,, vip"},
			{Key: "presentment_currency", Value: "USD"}},
			kvs{{Key: "gift", Value: "yes"}, {Key: "presentment_currency", Value: "USD"}}, []string{"vip", "wholesale"}},
		"2": {"shopify", kvs{{Key: "tags", Value: "of the theme"}, {Key: "tags", Value: "vip"}},
			kvs{{Key: "tags", Value: "of the theme"}}, []string{"vip"}},
		"3": {"shopify", kvs{{Key: "tags", Value: "a note"}, {Key: "gift", Value: "yes"}},
			kvs{{Key: "tags", Value: "a note"}, {Key: "gift", Value: "yes"}}, nil},
		"4": {"generic", kvs{{Key: "tags", Value: "vip, own"}}, kvs{{Key: "tags", Value: "vip, own"}}, nil},
		"5": {"shopify", nil, nil, nil},
	}
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		installed(t, s)
		for _, platform := range []string{"shopify", "generic"} {
			_, err := s.AddConnection(t.Context(), "s", commerce.Connection{Slug: platform, Platform: platform}, []byte("secret"))
			must(t, err)
		}
		for external, c := range orders {
			o := commerce.Order{ID: commerce.Key("s", c.platform, external), Shop: "s", Connection: c.platform, External: external,
				Times: commerce.Timeline{PlacedAt: noon}}
			o.Version, o.Status, o.Custom, o.Buyer = noon, commerce.Open, c.custom, commerce.Buyer{Email: external + "@example.com"}
			_, err := s.SaveOrder(t.Context(), "s", o)
			must(t, err)
		}
		must(t, recomputeShop(t.Context(), s, "s"))
		for range 2 { // as after a kill: what is done stays done
			must(t, s.Upgrade(t.Context(), "s", silent))
			_, err := docs.Update(t.Context(), "upgrades", bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: "s:schema"}},
				bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: int64(6)}}}})
			must(t, err)
			must(t, recomputeShop(t.Context(), s, "s"))
		}
		for external, c := range orders {
			o, err := s.Order(t.Context(), "s", commerce.Key("s", c.platform, external))
			must(t, err)
			customer, err := s.Customer(t.Context(), "s", o.Customer)
			must(t, err)
			for where, got := range map[string]commerce.OrderFact{"order": {Tags: o.Tags, Custom: o.Custom}, "fact": o.Fact,
				"profile": customer.History.Orders[0]} {
				if !slices.Equal(got.Tags, c.tags) || !slices.Equal(got.Custom, c.rest) {
					t.Errorf("%s: %s: got tags %q beside %v, want %q beside %v", external, where, got.Tags, got.Custom, c.tags, c.rest)
				}
			}
		}
	})
}
