package store_test

import (
	"cmp"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

const sharedPhone = "+4315120000"

// mustSplit splits a customer and wants as many people as it gets orders, each
// with that many orders.
func mustSplit(t *testing.T, s *store.Store, id string, orders ...int64) []commerce.Customer {
	t.Helper()
	people, err := s.SplitCustomer(t.Context(), "s", id)
	if err != nil {
		t.Fatal(err)
	}
	must(t, recomputeAll(t.Context(), s))
	var got []int64
	for _, p := range people {
		now, err := s.Customer(t.Context(), "s", p.ID)
		must(t, err)
		if now.ID != p.ID || now.History.Figures.Placed != p.History.Figures.Placed {
			t.Errorf("%s: the answer had %d orders, it has %d under %s", p.ID, p.History.Figures.Placed, now.History.Figures.Placed, now.ID)
		}
		got = append(got, now.History.Figures.Placed)
	}
	slices.SortFunc(got, cmp.Compare)
	if !slices.Equal(got, orders) {
		t.Errorf("got people with %v orders, want %v", got, orders)
	}
	return people
}

func saveOrders(t *testing.T, s *store.Store, from int, buyers ...commerce.Buyer) {
	t.Helper()
	for i, b := range buyers {
		if _, err := s.SaveOrder(t.Context(), "s", paidOrder(from+i, b)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, recomputeAll(t.Context(), s))
}

func ownerOf(t *testing.T, s *store.Store, order int) string {
	t.Helper()
	o, err := s.Order(t.Context(), "s", paidOrder(order, commerce.Buyer{}).ID)
	must(t, err)
	return o.Customer
}

// A split parts customers that a phone joined, and later records with the phone
// do not join them again.
func TestSplitSurvivesTheSharedPhone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := setup(t, docs)
		saveOrders(t, s, 1, commerce.Buyer{Email: "a@x.cn", Phone: sharedPhone}, commerce.Buyer{Phone: sharedPhone})
		if ownerOf(t, s, 1) != ownerOf(t, s, 2) {
			t.Fatal("the phone did not join them")
		}
		mustSplit(t, s, ownerOf(t, s, 1), 1, 1)
		saveOrders(t, s, 3, commerce.Buyer{Email: "a@x.cn", Phone: sharedPhone}, commerce.Buyer{Phone: sharedPhone},
			commerce.Buyer{Platform: "7", Phone: sharedPhone})
		if ownerOf(t, s, 3) != ownerOf(t, s, 1) || ownerOf(t, s, 4) != ownerOf(t, s, 2) || ownerOf(t, s, 1) == ownerOf(t, s, 2) ||
			ownerOf(t, s, 5) == ownerOf(t, s, 2) {
			t.Error("a later record joined what was split")
		}
	})
}

// A split parts two accounts that an e-mail joined, and the e-mail joins them
// no more. A customer with a single identity cannot be split.
func TestSplitOfAccountsWithOneEmail(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := setup(t, docs)
		one, two := commerce.Buyer{Platform: "7", Email: "a@x.cn"}, commerce.Buyer{Platform: "8", Email: "a@x.cn"}
		saveOrders(t, s, 1, one, two, two)
		if _, err := s.SaveRecord(t.Context(), "s",
			commerce.CustomerRecord{Connection: "c", External: "8", Version: noon, Attributes: commerce.Attributes{FirstName: "Eva"}}); err != nil {
			t.Fatal(err)
		}
		people := mustSplit(t, s, ownerOf(t, s, 1), 1, 2)
		saveOrders(t, s, 4, one, two)
		if ownerOf(t, s, 4) != ownerOf(t, s, 1) || ownerOf(t, s, 5) != ownerOf(t, s, 2) || ownerOf(t, s, 1) == ownerOf(t, s, 2) {
			t.Error("a later record joined what was split")
		}
		for _, p := range people {
			now, err := s.Customer(t.Context(), "s", p.ID)
			must(t, err)
			if is := now.ID == ownerOf(t, s, 2); (now.Attributes.FirstName == "Eva") != is {
				t.Errorf("%s: got the name %q, of the second account: %v", p.ID, now.Attributes.FirstName, is)
			}
		}
		if _, err := s.SplitCustomer(t.Context(), "s", ownerOf(t, s, 1)); commerce.CodeOf(err) != commerce.Conflict {
			t.Errorf("got %v, want a conflict: nothing joins it", err)
		}
		if _, err := s.SplitCustomer(t.Context(), "s", "s:c:none"); commerce.CodeOf(err) != commerce.NotFound {
			t.Errorf("got %v, want not found", err)
		}
	})
}

// An upgrade of a store from before phones were weak lists customers that a
// phone made of several people, with the reason, and a split parts them. The
// phones and ids known before still count.
func TestOldMergesByPhoneAreListedAndSplit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := setup(t, docs)
		ctx := t.Context()
		saveOrders(t, s, 1, commerce.Buyer{Email: "a@x.cn", Phone: sharedPhone},
			commerce.Buyer{Platform: "9", Email: "b@x.cn", Phone: sharedPhone}, commerce.Buyer{Email: "c@x.cn", Phone: "+4315120001"})
		asMergedByThePast(t, docs, ownerOf(t, s, 1), ownerOf(t, s, 2))
		must(t, s.UpgradeIdentities(ctx, "s"))
		must(t, s.UpgradeIdentities(ctx, "s")) // as after a kill
		must(t, recomputeAll(ctx, s))
		ids, err := s.Flawed(ctx, "s", store.MergedByPhone, 10)
		if err != nil || len(ids) != 1 || ids[0].Record != ownerOf(t, s, 1) || ids[0].Why != "a phone joined records with different e-mails" {
			t.Fatalf("got %+v, %v; want the one customer, and why", ids, err)
		}
		mustSplit(t, s, ids[0].Record, 1, 1)
		saveOrders(t, s, 4, commerce.Buyer{Phone: sharedPhone}, commerce.Buyer{Platform: "9", Phone: "+4315120001"},
			commerce.Buyer{Phone: "+4315120001"})
		owners := map[string]int{}
		for n := range 6 {
			owners[ownerOf(t, s, n+1)]++
		}
		if len(owners) != 5 { // 1, 2 with 5, 3, 4, 6: the phone of 3 is shared with account 9 now, which has another e-mail
			t.Errorf("got the orders of %v", owners)
		}
	})
}

// asMergedByThePast makes stored data as the old rule left it: b's identity and
// order under a, no connection and no carrier known.
func asMergedByThePast(t *testing.T, docs documents.Database, a, b string) {
	t.Helper()
	ctx := t.Context()
	type row struct {
		ID    string `bson:"_id"`
		Phone string `bson:"phone"`
	}
	list, err := documents.FindAll[row](ctx, docs, "identities", documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}}})
	must(t, err)
	for _, i := range list {
		filter := bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: i.ID}}
		if i.Phone != "" && i.Phone != i.ID {
			_, err := docs.Delete(ctx, "identities", "s", i.ID)
			must(t, err)
			continue
		}
		_, err := docs.Update(ctx, "identities", filter,
			bson.D{{Key: "$unset", Value: bson.D{{Key: "phone", Value: ""}, {Key: "many", Value: ""}, {Key: "connection", Value: ""}}}})
		must(t, err)
	}
	for coll, field := range map[string]string{"identities": "customer", "orders": "customer"} {
		list, err := documents.FindAll[row](ctx, docs, coll, documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}, {Key: field, Value: b}}})
		must(t, err)
		for _, d := range list {
			_, err := docs.Update(ctx, coll, bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: d.ID}},
				bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: a}}}})
			must(t, err)
		}
	}
	_, err = docs.Update(ctx, "customers", bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: b}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "merged_into", Value: a}}}, {Key: "$unset", Value: bson.D{{Key: "linked", Value: ""}}}})
	must(t, err)
	_, err = docs.Update(ctx, "customers", bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: a}},
		bson.D{{Key: "$unset", Value: bson.D{{Key: "linked", Value: ""}}}})
	must(t, err)
}
