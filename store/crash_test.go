package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// mortal is a database whose process dies at its nth write: that one and all
// later ones fail. done means that the write itself was made, and only its
// answer lost.
type mortal struct {
	documents.Database
	left int
	done bool
}

var errDead = commerce.Errorf(commerce.Unavailable, "the process died")

func (d *mortal) write(do func() error) error {
	d.left--
	switch {
	case d.left < 0 || d.left == 0 && !d.done:
		return errDead
	case d.left == 0:
		_ = do()
		return errDead
	}
	return do()
}

func (d *mortal) Insert(ctx context.Context, coll string, doc any) (inserted bool, err error) {
	err = d.write(func() (err error) { inserted, err = d.Database.Insert(ctx, coll, doc); return err })
	return inserted, err
}

func (d *mortal) InsertMany(ctx context.Context, coll string, docs []any) (inserted []bool, err error) {
	err = d.write(func() (err error) { inserted, err = d.Database.InsertMany(ctx, coll, docs); return err })
	return inserted, err
}

func (d *mortal) Update(ctx context.Context, coll string, filter, update bson.D) (matched bool, err error) {
	err = d.write(func() (err error) { matched, err = d.Database.Update(ctx, coll, filter, update); return err })
	return matched, err
}

func (d *mortal) Upsert(ctx context.Context, coll, shop, id string, update bson.D) (inserted bool, err error) {
	err = d.write(func() (err error) { inserted, err = d.Database.Upsert(ctx, coll, shop, id, update); return err })
	return inserted, err
}

func (d *mortal) Bulk(ctx context.Context, coll string, ops []documents.Op) (t documents.Totals, r []documents.Result, err error) {
	err = d.write(func() (err error) { t, r, err = d.Database.Bulk(ctx, coll, ops); return err })
	return t, r, err
}

func (d *mortal) Delete(ctx context.Context, coll, shop, id string) (deleted bool, err error) {
	err = d.write(func() (err error) { deleted, err = d.Database.Delete(ctx, coll, shop, id); return err })
	return deleted, err
}

// story is work that may be cut off at any of its writes. A caller that sees no
// result repeats it, as with an unread delivery.
type story struct {
	name   string
	before func(s *store.Store, shop string) error
	act    func(s *store.Store, shop string) error
	// saved reports whether the work is stored, so that it is finished without
	// a repetition; nil: it is always repeated.
	saved func(s *store.Store, shop string) bool
}

var orderedBy = commerce.Buyer{Platform: "7", Email: "a@example.com"}

func stories(ctx context.Context) []story {
	save := func(orders ...commerce.Order) func(*store.Store, string) error {
		return func(s *store.Store, shop string) error {
			for _, o := range orders {
				if _, err := s.SaveOrder(ctx, shop, moved(o, shop)); err != nil {
					return err
				}
			}
			return recomputeShop(ctx, s, shop)
		}
	}
	saved := func(n int, at time.Time) func(*store.Store, string) bool {
		return func(s *store.Store, shop string) bool {
			o, err := s.Order(ctx, shop, commerce.Key(shop, "c", fmt.Sprint(n)))
			return err == nil && o.Version.Equal(at)
		}
	}
	unpaid := paidOrder(1, orderedBy)
	unpaid.Payment, unpaid.Times.PaidAt = commerce.Unpaid, time.Time{}
	later := paidOrder(1, commerce.Buyer{Phone: "+4915112345678"})
	later.Version = noon.Add(time.Hour)
	records := []commerce.CustomerRecord{
		{Connection: "c", External: "7", Version: noon, Email: "a@example.com", Verified: true,
			Attributes: commerce.Attributes{FirstName: "Ann"}},
		{Connection: "c", External: "7", Version: noon.Add(time.Hour), Phone: "+4915112345678",
			Attributes: commerce.Attributes{FirstName: "Anne"}},
	}
	return []story{
		{name: "a first order", act: save(paidOrder(1, orderedBy)), saved: saved(1, paidOrder(1, orderedBy).Version)},
		{name: "a payment", before: save(unpaid), act: save(later), saved: saved(1, later.Version)},
		{name: "an order that changes hands", before: save(paidOrder(1, orderedBy)), act: save(later), saved: saved(1, later.Version)},
		{name: "two customers found to be one",
			before: save(paidOrder(1, commerce.Buyer{Platform: "7"}), paidOrder(2, commerce.Buyer{Email: "a@example.com"})),
			act:    save(paidOrder(3, orderedBy))},
		{name: "three customers found to be one",
			before: save(paidOrder(1, commerce.Buyer{Platform: "7"}), paidOrder(2, commerce.Buyer{Email: "a@example.com"}),
				paidOrder(3, commerce.Buyer{Phone: "+4915112345678"})),
			act: save(paidOrder(4, commerce.Buyer{Platform: "7", Email: "a@example.com", Phone: "+4915112345678"}))},
		{name: "records of a person", before: save(paidOrder(1, commerce.Buyer{Phone: "+4915112345678"})),
			act: func(s *store.Store, shop string) error {
				for _, r := range records {
					if _, err := s.SaveRecord(ctx, shop, r); err != nil {
						return err
					}
				}
				return recomputeShop(ctx, s, shop)
			}},
		{name: "a checkout", before: save(paidOrder(1, commerce.Buyer{Platform: "7"}),
			paidOrder(2, commerce.Buyer{Email: "a@example.com"})), act: func(s *store.Store, shop string) error {
			if _, err := s.SaveCheckout(ctx, shop, checkout(shop, orderedBy)); err != nil {
				return err
			}
			return recomputeShop(ctx, s, shop)
		}},
		{name: "a refund without an order", before: save(paidOrder(1, orderedBy)), act: func(s *store.Store, shop string) error {
			r := refundOf(9, commerce.Buyer{Platform: "7"})
			r.ID, r.Shop = commerce.Key(shop, "c", "r9"), shop
			if err := s.SaveLooseRefund(ctx, shop, r); err != nil {
				return err
			}
			return recomputeShop(ctx, s, shop)
		}},
		{name: "a consent", before: record(ctx, records[0]), act: record(ctx, consenting(records[0]))},
		{name: "a first click", before: func(s *store.Store, shop string) error {
			return errors.Join(record(ctx, records[0])(s, shop), planned(ctx, s, shop))
		}, act: click(ctx)},
		{name: "a decision", act: decide(ctx)},
		{name: "an activation", before: func(s *store.Store, shop string) error {
			return errors.Join(activate(ctx, s, shop, "1h", 1), activate(ctx, s, shop, "2h", 2))
		}, act: func(s *store.Store, shop string) error { return s.ActivateCampaign(ctx, shop, "w", 1) }},
	}
}

// record saves a statement about a person.
func record(ctx context.Context, r commerce.CustomerRecord) func(*store.Store, string) error {
	return func(s *store.Store, shop string) error {
		if _, err := s.SaveRecord(ctx, shop, r); err != nil {
			return err
		}
		return recomputeShop(ctx, s, shop)
	}
}

// consenting is the record an hour later, with a consent.
func consenting(r commerce.CustomerRecord) commerce.CustomerRecord {
	r.Version = r.Version.Add(time.Hour)
	r.Consents = []commerce.Consent{{Channel: "email", Granted: true, Explicit: true, At: r.Version, Source: "c"}}
	return r
}

// planned stores a sent message of the shop's only customer.
func planned(ctx context.Context, s *store.Store, shop string) error {
	list, err := s.Customers(ctx, shop, nil, 1)
	if err != nil {
		return err
	}
	m := campaigns.Message{ID: commerce.Key(shop, "w", "1", "1", "one"), Campaign: "w", Entry: 1, Step: "one", State: campaigns.Sent,
		SentAt: noon, Customer: list[0].ID}
	return s.PlanMessages(ctx, shop, []campaigns.Message{m})
}

// click stores a click by a human and counts it.
func click(ctx context.Context) func(*store.Store, string) error {
	return func(s *store.Store, shop string) error {
		human := campaigns.Request{Method: "GET", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
		x, err := campaigns.NewTouch(commerce.Key(shop, "w", "1", "1", "one"), campaigns.Clicked, 1, "192.0.2.1", human, noon.Add(time.Hour))
		if err != nil {
			return err
		}
		x.Actor = "one" // in any shop
		x.ID = x.Identity()
		if err := s.AddTouches(ctx, shop, []campaigns.Touch{x}); err != nil {
			return err
		}
		ids, err := s.Touched(ctx, shop, 10)
		if err != nil {
			return err
		}
		folded, err := s.Fold(ctx, shop, ids)
		if err != nil {
			return err
		}
		var messages []campaigns.Message
		for _, f := range folded {
			messages = append(messages, f.Message)
		}
		return s.Folded(ctx, shop, messages)
	}
}

// decide makes a decision in the order of campaigns.Decide: the message, then
// the enrolment that planned it, then the watch that made it enter.
func decide(ctx context.Context) func(*store.Store, string) error {
	return func(s *store.Store, shop string) error {
		e := campaigns.Enrolment{ID: commerce.Key(shop, "w", "1"), Campaign: "w", State: campaigns.Enrolled, Arm: campaigns.Treated,
			Customer: commerce.Key(shop, "1"), Entry: 1, DueAt: noon}
		w := campaigns.Watch{ID: e.ID, Campaign: "w", Customer: e.Customer, DueAt: noon, Cause: "paid"}
		if err := s.PutWatches(ctx, shop, []campaigns.Watch{w}); err != nil {
			return err
		}
		if _, err := s.SaveEnrolment(ctx, shop, e); err != nil {
			return err
		}
		due, err := s.ClaimEnrolments(ctx, shop, nil, 10)
		for _, e := range due {
			m := campaigns.Message{ID: campaigns.NewMessageID(e, "one"), Campaign: "w", Enrolment: e.ID, Entry: 1, Step: "one",
				State: campaigns.Planned, DueAt: noon, Customer: e.Customer}
			if err := s.PlanMessages(ctx, shop, []campaigns.Message{m}); err != nil {
				return err
			}
			e.State, e.DueAt = campaigns.Finished, time.Time{}
			if _, err := s.SaveEnrolment(ctx, shop, e); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		watches, err := s.ClaimWatches(ctx, shop, nil, 10)
		for _, w := range watches {
			w.DueAt = time.Time{}
			if err := s.SaveWatches(ctx, shop, []campaigns.Watch{w}); err != nil {
				return err
			}
		}
		return err
	}
}

// activate stores a version of campaign w, and makes it the active one.
func activate(ctx context.Context, s *store.Store, shop, wait string, version int) error {
	c, problems := campaigns.Parse(fmt.Appendf(nil, campaignJSON, "w", wait))
	if c == nil {
		return fmt.Errorf("%v", problems)
	}
	if _, _, err := s.PutCampaign(ctx, shop, c); err != nil {
		return err
	}
	return s.ActivateCampaign(ctx, shop, "w", version)
}

func checkout(shop string, b commerce.Buyer) commerce.Checkout {
	return commerce.Checkout{
		ID: commerce.Key(shop, "c", "k1"), Shop: shop, Connection: "c", External: "k1", StartedAt: noon,
		CheckoutState: commerce.CheckoutState{Version: noon, Currency: "EUR", Buyer: b},
	}
}

// moved is the order in another shop.
func moved(o commerce.Order, shop string) commerce.Order {
	o.ID, o.Shop = commerce.Key(shop, o.Connection, o.External), shop
	return o
}

// A process may die at any write, before or after it is made. The sweepers and
// repetitions bring the shop to the same state as an undisturbed process.
func TestDeathAtAnyWriteLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		step := 1
		if strings.Contains(t.Name(), "mongodb") {
			step = 3
		}
		for i, story := range stories(t.Context()) {
			t.Run(story.name, func(t *testing.T) {
				want, _ := lived(t, docs, story, fmt.Sprintf("c%02d-whole", i), 1<<30, false)
				for _, done := range []bool{false, true} {
					for n, whole := 1, false; !whole; n += step {
						var got map[string]any
						got, whole = lived(t, docs, story, fmt.Sprintf("c%02d-%v-%03d", i, done, n), n, done)
						if diff := cmp.Diff(got, want); diff != "" {
							t.Errorf("died at write %d (done: %v): got -, want +: %s", n, done, diff)
						}
					}
				}
			})
		}
	})
}

// lived carries the story out in a shop of its own, in a process that dies at
// its nth write, and lets others finish it. It returns the documents stored in
// the end.
func lived(t *testing.T, docs documents.Database, story story, shop string, n int, done bool) (state map[string]any, whole bool) {
	t.Helper()
	clock := newClock()
	s := storeAt(docs, clock)
	must(t, s.AddShop(t.Context(), commerce.Shop{ID: shop, Currency: "EUR", Zone: "UTC", CreatedAt: noon}))
	if story.before != nil {
		must(t, story.before(s, shop))
	}
	died := story.act(storeAt(&mortal{Database: docs, left: n, done: done}, clock), shop)
	active := func(d campaigns.Definition) bool { return d.State == campaigns.Active }
	if versions, err := s.LiveCampaigns(t.Context(), shop); err != nil || len(versions) > 0 && !slices.ContainsFunc(versions, active) {
		t.Errorf("died at write %d (done: %v): no version enters, %v", n, done, err)
	}
	clock.step(2 * store.LeaseFor)
	must(t, sweep(t.Context(), s, shop))
	if died != nil && (story.saved == nil || !story.saved(s, shop)) {
		must(t, story.act(s, shop))
		must(t, sweep(t.Context(), s, shop))
	}
	return stored(t, docs, shop), died == nil
}

// sweep does the work of the sweeper and the worker on unfinished saves.
func sweep(ctx context.Context, s *store.Store, shop string) error {
	if _, err := s.FinishOrders(ctx, shop, 100); err != nil {
		return err
	}
	if _, err := s.FinishCheckouts(ctx, shop, 100); err != nil {
		return err
	}
	return recomputeShop(ctx, s, shop)
}

// counters are the fields that count or time the work, and the customer number,
// which may have gaps.
var counters = []string{"rev", "marked_at", "campaigns_rev", "want", "have", "fence", "telling", "touch_rev", "touch_budget",
	"changed_at", "created_at", "since",
	"claim", "lease_until", "n"}

// stored is every document of a shop, by id, without counters; the shop's own
// name is replaced in every id.
func stored(t *testing.T, docs documents.Database, shop string) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, coll := range store.Collections() {
		if coll.Name == "numbers" || coll.Name == "shops" {
			continue
		}
		must(t, docs.Find(t.Context(), coll.Name, documents.Query{Filter: bson.D{{Key: "shop", Value: shop}}}, func(raw bson.Raw) error {
			text, err := bson.MarshalExtJSON(raw, true, false)
			if err != nil {
				return err
			}
			if len(shop) > 1 {
				text = bytes.ReplaceAll(text, []byte(shop), []byte("SHOP"))
			}
			var doc map[string]any
			if err := json.Unmarshal(text, &doc); err != nil {
				return err
			}
			for _, field := range counters {
				delete(doc, field)
			}
			for _, version := range list(doc["versions"]) {
				delete(version.(map[string]any), "at") // of a campaign's standing: when it changed
			}
			all[coll.Name+" "+doc["_id"].(string)] = doc
			return nil
		}))
	}
	return withoutPassing(all)
}

// withoutPassing leaves out that customers became known who are part of others now. A death may
// let such a customer be known for a while.
func withoutPassing(all map[string]any) map[string]any {
	for id, doc := range all {
		event := doc.(map[string]any)
		if !strings.HasPrefix(id, "events ") || event["kind"] != string(commerce.CustomerCreated) {
			continue
		}
		of, known := all["customers "+event["customer"].(string)].(map[string]any)
		if known && of["merged_into"] != nil {
			delete(all, id)
		}
	}
	return all
}

func list(of any) []any {
	items, _ := of.([]any)
	return items
}

// A reader of an event finds its order in the customer's profile, however far
// the saving of the order and the computing of the profile are.
func TestEventComesWithItsOrderInTheProfile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		heard := 0
		for n, whole := 1, false; !whole; n++ {
			shop := fmt.Sprintf("h%02d-shop", n)
			clock := newClock()
			s := storeAt(docs, clock)
			must(t, s.AddShop(t.Context(), commerce.Shop{ID: shop, Currency: "EUR", Zone: "UTC", CreatedAt: noon}))
			o := moved(paidOrder(1, orderedBy), shop)
			_, died := storeAt(&mortal{Database: docs, left: n}, clock).SaveOrder(t.Context(), shop, o)
			whole = died == nil
			events, err := s.EventsOf(t.Context(), shop, o.ID)
			must(t, err)
			if len(events) == 0 {
				continue
			}
			heard++
			c, err := s.CustomerNow(t.Context(), shop, events[0].Customer)
			if err != nil || c.History.Figures.Count != 1 {
				t.Errorf("died at write %d: got %d orders in the profile, %v, want 1", n, c.History.Figures.Count, err)
			}
		}
		if heard < 2 {
			t.Errorf("got events heard of %d times, want them also before the saving is done", heard)
		}
	})
}
