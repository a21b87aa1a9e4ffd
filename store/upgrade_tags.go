package store

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// upgradeTags makes lists of the tags of Shopify orders: before, they were one
// text among the order's custom attributes. It requests the profiles that show
// such an order.
func (s *Store) upgradeTags(ctx context.Context, shop string) error {
	connections, err := s.Connections(ctx, shop)
	if err != nil {
		return err
	}
	shopify := bson.A{}
	for _, c := range connections {
		if c.Platform == "shopify" {
			shopify = append(shopify, c.Slug)
		}
	}
	if len(shopify) == 0 {
		return nil
	}
	textual := bson.D{{Key: "connection", Value: bson.D{{Key: "$in", Value: shopify}}}, absent("state.tags")}
	return s.rewriteBatches(ctx, shop, colOrders, textual, func(batch []bson.Raw) (rewriting, error) {
		orders, customers := map[string]commerce.Order{}, []string{}
		for _, raw := range batch {
			var o commerce.Order
			if err := documents.Unmarshal(raw, &o); err != nil {
				return nil, err
			}
			if taggedAt(o.Custom) >= 0 {
				orders[o.ID], customers = o, append(customers, o.Customer, o.Former)
			}
		}
		return func(raw bson.Raw) (bson.D, error) {
			o, tagged := orders[raw.Lookup("_id").StringValue()]
			if !tagged {
				return nil, nil
			}
			return withTags(o), nil
		}, s.raiseRoots(ctx, shop, distinct(customers))
	})
}

// taggedAt is the position of the tags among a Shopify order's custom
// attributes, -1 without any. Notes of the buyer's page come before them, even
// one that is called tags; after them comes at most the buyer's currency.
func taggedAt(custom []commerce.KV) int {
	last := len(custom) - 1
	if last >= 0 && custom[last].Key == "presentment_currency" {
		last--
	}
	if last >= 0 && custom[last].Key == "tags" {
		return last
	}
	return -1
}

func withTags(o commerce.Order) bson.D {
	at := taggedAt(o.Custom)
	tags := append([]string{}, commerce.EachOnce(strings.Split(o.Custom[at].Value, ","))...) // not absent: this is done
	custom := slices.Delete(slices.Clone(o.Custom), at, at+1)
	fields := bson.D{{Key: "state.tags", Value: tags}, {Key: "state.custom", Value: custom}, {Key: "fact.tg", Value: tags},
		{Key: "fact.cs", Value: custom}}
	return bson.D{{Key: "$set", Value: fields}}
}
