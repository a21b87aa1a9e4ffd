package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// full gives shop s one of everything, due and open, and returns its ids.
func full(t *testing.T, s *store.Store) (order, customer string) {
	t.Helper()
	ctx := t.Context()
	o, err := s.SaveOrder(ctx, "s", paidOrder(-10, someone("mail")))
	must(t, err)
	_, err = s.SaveOrder(ctx, "s", paidOrder(-9, commerce.Buyer{Email: "a@example.com", Phone: "+4915112345678"}))
	must(t, err)
	_, err = s.SaveCheckout(ctx, "s", checkout("s", someone("mail")))
	must(t, err)
	must(t, s.SaveProduct(ctx, "s", commerce.Product{ID: "s:c:p", Shop: "s", Connection: "c", External: "p", Version: noon}))
	_, err = s.AddConnection(ctx, "s", commerce.Connection{Slug: "c"}, []byte("x"))
	must(t, err)
	_, err = s.AddDelivery(ctx, "s", delivery(-1))
	must(t, err)
	e := enrolment(1, noon)
	e.Customer, e.Order = o.Customer, o.ID
	_, err = s.SaveEnrolment(ctx, "s", e)
	must(t, err)
	must(t, s.PutWatches(ctx, "s", []campaigns.Watch{watch(1, noon)}))
	_, err = s.TakePlaces(ctx, "s", []campaigns.PlaceWanted{{Address: s.Address(commerce.EmailAddress("ann@example.com")), Message: "m"}})
	must(t, err)
	must(t, s.PlanCalls(ctx, "s", []campaigns.Call{call(1)}))
	must(t, s.NoteCalls(ctx, "s", mailed(t, s)))
	must(t, s.PlanCalls(ctx, "s", []campaigns.Call{call(2)}))
	_, err = s.CallSecret(ctx, "s")
	must(t, err)
	put(t, s, "w", "1h")
	send(t, s, 1)
	must(t, s.PlanMessages(ctx, "s", []campaigns.Message{message(2, noon)}))
	must(t, s.AddTouches(ctx, "s", []campaigns.Touch{touch(t, 1, campaigns.Clicked, 1, campaigns.HumanAgent, time.Hour)}))
	credit(t, s, converted("1", 1, "1", 100, 0))
	_, err = s.SuppressAddress(ctx, "s", commerce.EmailAddress("ann@example.com"),
		commerce.Suppression{Scope: commerce.SuppressAll, Reason: commerce.Bounced, CreatedAt: noon})
	must(t, err)
	createSegment(t, s, "vip", `"static": true`)
	_, err = s.SaveListed(ctx, "s", []segments.Listed{{Segment: "vip", Customer: o.Customer, Included: true, At: noon}})
	must(t, err)
	_, err = s.SaveMembership(ctx, "s", segments.Membership{Segment: "vip", Version: 1}, members(1), members(1), nil)
	must(t, err)
	must(t, s.SaveFitted(ctx, "s", &segments.Fitted{At: noon}, "x"))
	must(t, s.MarkDue(ctx, "s", noon))
	return o.ID, o.Customer
}

// With another shop's name, nothing of a shop is found, counted or claimed,
// whatever the ids.
func TestAnotherShopFindsNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		must(t, s.AddShop(t.Context(), commerce.Shop{ID: "z", Currency: "EUR", CreatedAt: noon}))
		order, customer := full(t, s)
		for name, read := range reads(t.Context(), s, order, customer) {
			if n, err := read("z"); n != 0 || err != nil && commerce.CodeOf(err) != commerce.NotFound {
				t.Errorf("%s: got %d, %v, want nothing", name, n, err)
			}
			if n, err := read("s"); n == 0 || err != nil {
				t.Errorf("%s of its own shop: got %d, %v, want something", name, n, err)
			}
		}
	})
}

// listed counts a list.
func listed[T any](list []T, err error) (int, error) { return len(list), err }

// page counts a page.
func page[T any](list []T, _ string, err error) (int, error) { return len(list), err }

// one counts a document.
func one[T any](_ T, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return 1, nil
}

// counted counts what was found by ids.
func counted[K comparable, T any](found map[K]T, err error) (int, error) { return len(found), err }

// text counts what is not empty.
func text(found string, err error) (int, error) { return len(found), err }

// reads are the store's readings of one shop, by the ids of another.
func reads(ctx context.Context, s *store.Store, order, customer string) map[string]func(shop string) (int, error) {
	sent := message(1, noon)
	return map[string]func(string) (int, error){
		"OrdersByID":      func(z string) (int, error) { return counted(s.OrdersByID(ctx, z, []string{order})) },
		"CheckoutsByID":   func(z string) (int, error) { return counted(s.CheckoutsByID(ctx, z, []string{"s:c:k1"})) },
		"CustomersByID":   func(z string) (int, error) { return counted(s.CustomersByID(ctx, z, []string{customer})) },
		"CustomersNow":    func(z string) (int, error) { return counted(s.CustomersNow(ctx, z, []string{customer})) },
		"ProductsByID":    func(z string) (int, error) { return counted(s.ProductsByID(ctx, z, []string{"s:c:p"})) },
		"EnrolmentsByID":  func(z string) (int, error) { return counted(s.EnrolmentsByID(ctx, z, []string{enrolment(1, noon).ID})) },
		"CallsByID":       func(z string) (int, error) { return counted(s.CallsByID(ctx, z, []string{call(1).ID})) },
		"EnrolmentCalls":  func(z string) (int, error) { return listed(s.EnrolmentCalls(ctx, z, call(1).Enrolment)) },
		"ListCalls":       func(z string) (int, error) { return page(s.ListCalls(ctx, z, "w", "", "", 9)) },
		"MailedNotices":   func(z string) (int, error) { return s.MailedNotices(ctx, z, noon.Add(-time.Hour), 9) },
		"MessagesByID":    func(z string) (int, error) { return counted(s.MessagesByID(ctx, z, []string{sent.ID})) },
		"ConversionsByID": func(z string) (int, error) { return counted(s.ConversionsByID(ctx, z, []string{"s:c:1"})) },
		"TouchesAmong":    func(z string) (int, error) { return counted(s.TouchesAmong(ctx, z, []string{sent.ID})) },
		"EventsByID": func(z string) (int, error) {
			placed := commerce.NewEvent("s", commerce.OrderPlaced, order, "", time.Time{})
			return counted(s.EventsByID(ctx, z, []string{placed.ID}))
		},
		"LatestEvents": func(z string) (int, error) {
			return listed(s.LatestEvents(ctx, z, []string{customer}, []commerce.EventKind{commerce.OrderPlaced, commerce.OrderPaid}, 9))
		},
		"CustomersEvents": func(z string) (int, error) {
			return listed(s.CustomersEvents(ctx, z, []string{customer}, []commerce.EventKind{commerce.OrderPlaced, commerce.OrderPaid}, time.Time{}))
		},
		"Order":  func(z string) (int, error) { return one(s.Order(ctx, z, order)) },
		"Orders": func(z string) (int, error) { return page(s.ListOrders(ctx, z, commerce.OrderFilter{}, "", 9)) },
		"OrdersOf": func(z string) (int, error) {
			return page(s.ListOrders(ctx, z, commerce.OrderFilter{Customer: customer}, "", 9))
		},
		"OrdersOfMany":   func(z string) (int, error) { return counted(s.OrdersOf(ctx, z, []string{customer})) },
		"Checkout":       func(z string) (int, error) { return one(s.Checkout(ctx, z, "s:c:k1")) },
		"Customer":       func(z string) (int, error) { return one(s.Customer(ctx, z, customer)) },
		"Customers":      func(z string) (int, error) { return page(s.ListCustomers(ctx, z, commerce.CustomerFilter{}, "", 9)) },
		"Dirty":          func(z string) (int, error) { return listed(s.Dirty(ctx, z, 9)) },
		"Product":        func(z string) (int, error) { return one(s.Product(ctx, z, "s:c:p")) },
		"Products":       func(z string) (int, error) { return page(s.ListProducts(ctx, z, "", 9)) },
		"Connection":     func(z string) (int, error) { return one(s.Connection(ctx, z, "c")) },
		"Connections":    func(z string) (int, error) { return listed(s.Connections(ctx, z)) },
		"Delivery":       func(z string) (int, error) { return one(s.Delivery(ctx, z, delivery(-1).ID)) },
		"Deliveries":     func(z string) (int, error) { return page(s.ListDeliveries(ctx, z, "", "", 9)) },
		"EventsOf":       func(z string) (int, error) { return listed(s.EventsOf(ctx, z, order)) },
		"CustomerEvents": func(z string) (int, error) { return listed(s.CustomerEvents(ctx, z, customer, time.Time{}, 9)) },
		"Enrolments":     func(z string) (int, error) { return page(s.ListEnrolments(ctx, z, "w", "", 9)) },
		"Reacting": func(z string) (int, error) {
			return listed(s.Reacting(ctx, z, []string{order}, nil, []string{customer}))
		},
		"Watch": func(z string) (int, error) { w, err := s.Watch(ctx, z, watch(1, noon).ID); return len(w.ID), err },
		"Places": func(z string) (int, error) {
			return counted(s.Places(ctx, z, []commerce.AddressHash{s.Address(commerce.EmailAddress("ann@example.com"))}))
		},
		"Siblings":        func(z string) (int, error) { return listed(s.Siblings(ctx, z, []string{"w"}, []string{customer})) },
		"Versions":        func(z string) (int, error) { return listed(s.Versions(ctx, z, "w")) },
		"Definition":      func(z string) (int, error) { return one(s.Definition(ctx, z, "w", 1)) },
		"Message":         func(z string) (int, error) { return one(s.Message(ctx, z, sent.ID)) },
		"MessageLinks":    func(z string) (int, error) { return listed(s.MessageLinks(ctx, z, []string{sent.ID})) },
		"MessagesLinks":   func(z string) (int, error) { return listed(s.MessageLinks(ctx, z, []string{sent.ID, "s:w:no"})) },
		"Messages":        func(z string) (int, error) { return page(s.ListMessages(ctx, z, "", "", "", "", 9)) },
		"Sendings":        func(z string) (int, error) { return listed(s.Sendings(ctx, z, []string{sent.Customer})) },
		"SentTo":          func(z string) (int, error) { return listed(s.SentTo(ctx, z, []string{sent.Customer})) },
		"Touched":         func(z string) (int, error) { return listed(s.Touched(ctx, z, 9)) },
		"TouchesOf":       func(z string) (int, error) { return listed(s.TouchesOf(ctx, z, sent.ID)) },
		"CustomerTouches": func(z string) (int, error) { return listed(s.CustomerTouches(ctx, z, sent.Customer, time.Time{}, 9)) },
		"Conversion":      func(z string) (int, error) { c, err := conversionOf(ctx, s, z, "s:c:1"); return len(c.ID), err },
		"Tally": func(z string) (int, error) {
			t, err := s.Tally(ctx, commerce.Shop{ID: z}, &campaigns.Campaign{ID: "w"}, time.Time{}, time.Time{})
			return int(t.Treated.Entered) + len(t.Steps), err
		},
		"Conversions":     func(z string) (int, error) { return listed(s.Conversions(ctx, z, "w", nil, 9)) },
		"SuppressedFor":   func(z string) (int, error) { return page(s.ListSuppressions(ctx, z, "", 9)) },
		"Segment":         func(z string) (int, error) { k, _, err := s.Segment(ctx, z, "vip"); return one(k, err) },
		"Segments":        func(z string) (int, error) { return page(s.ListSegments(ctx, z, "", 9)) },
		"SegmentsInUse":   func(z string) (int, error) { k, _, err := s.SegmentsInUse(ctx, z); return listed(k, err) },
		"SegmentVersion":  func(z string) (int, error) { return one(s.SegmentVersion(ctx, z, "vip", 1)) },
		"SegmentVersions": func(z string) (int, error) { return page(s.ListSegmentVersions(ctx, z, "vip", "", 9)) },
		"ListedIn":        func(z string) (int, error) { return page(s.ListListed(ctx, z, "vip", "", 9)) },
		"ListingsOf":      func(z string) (int, error) { m, err := s.ListingsOf(ctx, z, customer); return len(m), err },
		"ListsOf":         func(z string) (int, error) { l, err := s.ListsOf(ctx, z, "vip"); return l.In.Count(), err },
		"Membership":      func(z string) (int, error) { return one(s.Membership(ctx, z, "vip")) },
		"Memberships":     func(z string) (int, error) { return listed(s.Memberships(ctx, z)) },
		"Numbered":        func(z string) (int, error) { return listed(s.Numbered(ctx, z, []int64{1, 2})) },
		"FirstOrder": func(z string) (int, error) {
			at, err := s.FirstOrder(ctx, z)
			if at.IsZero() {
				return 0, err
			}
			return 1, err
		},
		"CustomersNumbered": func(z string) (int, error) { return listed(s.CustomersNumbered(ctx, z, []int64{1, 2})) },
		"CustomersNamed": func(z string) (int, error) {
			byID, byIdentity, err := s.CustomersNamed(ctx, z, []string{customer},
				[]commerce.Identity{{Kind: commerce.Email, Value: "a@example.com"}})
			return len(byID) + len(byIdentity), err
		},
		"Fitted": func(z string) (int, error) { _, basis, err := s.FittedBy(ctx, z); return text(basis, err) },
		"Known":  func(z string) (int, error) { n, err := s.Known(ctx, z); return int(n), err },
		"Busy":   func(z string) (int, error) { return text(s.Busy(ctx, z)) },
	}
}

// A write with another shop's name changes nothing of a shop, whatever the ids.
func TestAnotherShopChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		must(t, s.AddShop(t.Context(), commerce.Shop{ID: "z", Currency: "EUR", CreatedAt: noon}))
		order, _ := full(t, s)
		before, ctx := stored(t, docs, "s"), t.Context()
		o, err := s.Order(ctx, "s", order)
		must(t, err)
		o.Version, o.Status = noon.Add(time.Hour), commerce.Cancelled
		m, e := message(1, noon), enrolment(1, noon)
		m.Fence, e.Rev, e.State = 1, 1, campaigns.Exited
		late := touch(t, 1, campaigns.Opened, 0, campaigns.HumanAgent, time.Hour)
		named := late
		named.Campaign, named.Customer = m.Campaign, m.Customer
		for name, write := range map[string]func() error{
			"SaveOrder":       func() error { _, err := s.SaveOrder(ctx, "z", o); return err },
			"SaveCheckout":    func() error { _, err := s.SaveCheckout(ctx, "z", checkout("s", someone("phone"))); return err },
			"SaveLooseRefund": func() error { return s.SaveLooseRefund(ctx, "z", refundOf(1, someone("mail"))) },
			"SaveProduct": func() error {
				return s.SaveProduct(ctx, "z", commerce.Product{ID: "s:c:p", Version: noon.Add(1), Title: "x"})
			},
			"AddDelivery":    func() error { _, err := s.AddDelivery(ctx, "z", delivery(1)); return err },
			"ReplayDelivery": func() error { return s.ReplayDelivery(ctx, "z", delivery(-1).ID) },
			"SaveEnrolment":  func() error { _, err := s.SaveEnrolment(ctx, "z", e); return err },
			"PutWatches":     func() error { return s.PutWatches(ctx, "z", []campaigns.Watch{watch(1, noon.Add(-time.Hour))}) },
			"SaveWatches":    func() error { return s.SaveWatches(ctx, "z", []campaigns.Watch{watch(1, time.Time{})}) },
			"PlanMessages":   func() error { return s.PlanMessages(ctx, "z", []campaigns.Message{message(3, noon)}) },
			"RenewMessages":  func() error { return s.RenewMessages(ctx, "z", []campaigns.Message{m}) },
			"SaveMessages":   func() error { return s.SaveMessages(ctx, "z", []campaigns.Message{m}) },
			"CancelMessages": func() error {
				return s.CancelMessages(ctx, "z", []campaigns.Cancel{campaigns.Cancel{Enrolment: "s:w:2", Entry: 1}})
			},
			"PlanCalls":      func() error { return s.PlanCalls(ctx, "z", []campaigns.Call{call(3)}) },
			"NoteCalls":      func() error { return s.NoteCalls(ctx, "z", []campaigns.Call{call(2)}) },
			"CancelCalls":    func() error { return s.CancelCalls(ctx, "z", []campaigns.Cancel{{Enrolment: "s:w:1", Entry: 1}}) },
			"WakeEnrolments": func() error { return s.WakeEnrolments(ctx, "z", []campaigns.Wake{{Enrolment: e.ID, Entry: 1}}) },
			"RotateCalls":    func() error { _, err := s.RotateCallSecret(ctx, "z"); return err },
			"AddTouches":     func() error { return s.AddTouches(ctx, "z", []campaigns.Touch{late, named}) },
			"Activate":       func() error { return s.ActivateCampaign(ctx, "z", "w", 1) },
			"Recompute":      func() error { _, err := s.RecomputeMany(ctx, "z", []string{o.Customer}); return err },
			"RotateSecret":   func() error { return s.RotateSecret(ctx, "z", "c", []byte("y")) },
			"SaveConnection": func() error { return s.SaveConnection(ctx, "z", commerce.Connection{Slug: "c", Rev: 1}, []byte("y")) },
			"ReviewOrders":   func() error { _, err := s.ReviewOrders(ctx, "z"); return err },
			"SaveConversion": func() error {
				before := converted("1", 1, "1", 100, 0)
				before.Rev = 1
				_, err := s.SaveConversion(ctx, "z", before, campaigns.Conversion{ID: "s:c:1"})
				return err
			},
			"Folded":         func() error { m.TouchRev = 2; return s.Folded(ctx, "z", []campaigns.Message{m}) },
			"MarkEnrolments": func() error { return s.MarkEnrolments(ctx, "z", []string{m.Enrolment}) },
			"EndLeases":      func() error { return s.EndLeases(ctx, "z") },
		} {
			if err := write(); err != nil && commerce.CodeOf(err) != commerce.NotFound && commerce.CodeOf(err) != commerce.Invalid {
				t.Errorf("%s: got %v, want nothing found or refused", name, err)
			}
			if diff := cmp.Diff(stored(t, docs, "s"), before); diff != "" {
				t.Fatalf("%s: got, want: %s", name, diff)
			}
		}
	})
}
