package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// annaOf is Anna's account as each platform sends it.
func annaOf(platform string, at time.Time) (topic string, body []byte) {
	switch platform {
	case "shopify":
		return "orders/create", annaOrder(int(at.Unix()), at, at)
	case "woocommerce":
		return "customer.created", fmt.Appendf(nil, `{"id": 77, "date_created_gmt": %q, "date_modified_gmt": %q,
			"email": "annegret.q@example.com", "first_name": "Annegret",
"last_name": "Quandt", "billing": {"phone": "+4915112345678", "city": "Quedlinburg", "postcode": "06484", "country": "DE"}}`,
			at.UTC().Format("2006-01-02T15:04:05"), at.UTC().Format("2006-01-02T15:04:05"))
	default:
		return "customer", fmt.Appendf(nil, `{"type": "customer", "id": "77", "updated_at": %q, "registered_at": %q,
			"email": "annegret.q@example.com", "verified": true, "phone": "+4915112345678",
"first_name": "Annegret", "last_name": "Quandt", "city": "Quedlinburg"}`, written(at), written(at))
	}
}

// Every kind of request to erase a person erases the person: by id, by e-mail
// where the id is missing, by phone where both are, and by a deletion at the
// shop.
func TestEveryKindOfErasureRequestErases(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		api := &Client{Announcement: Announcement{URL: h.url, Token: h.shopKey(t)}}
		hook := func(platform, topic, body string) func() {
			return func() { h.take(t, platform, topic, []byte(body)) }
		}
		asked := func(body map[string]string) func() {
			return func() {
				ask(t, api, http.MethodPost, "/v1/privacy-requests", body)
				h.settle(t, 1)
			}
		}
		for _, way := range []struct {
			name, platform string
			ask            func()
		}{
			{"redact by id", "shopify", hook("shopify", "customers/redact", `{"shop_id": 1, "customer": {"id": 77}, "orders_to_redact": []}`)},
			{
				"redact by e-mail", "shopify",
				hook(
					"shopify", "customers/redact",
					`{"shop_id": 1, "customer": {"id": null, "email": "ANNEGRET.Q@example.com"}, "orders_to_redact": []}`,
				),
			},
			{
				"redact by phone", "shopify",
				hook("shopify", "customers/redact", `{"shop_id": 1, "customer": {"id": null, "email": null, "phone": "+49 151 12345678"}}`),
			},
			{"deleted at Shopify", "shopify", hook("shopify", "customers/delete", `{"id": 77}`)},
			{"shop redacted", "shopify", hook("shopify", "shop/redact", `{"shop_id": 1, "shop_domain": "s"}`)},
			{"deleted at WooCommerce", "woocommerce", hook("woocommerce", "customer.deleted", `{"id": 77}`)},
			{"reported as deleted", "generic", func() {
				hook("generic", "customer", fmt.Sprintf(`{"type": "customer", "id": "77", "deleted": true, "updated_at": %q}`, written(h.at())))()
			}},
			{"event of deletion", "generic", func() {
				hook("generic", "event", fmt.Sprintf(`{"type": "event", "kind": "customer.deleted", "subject": "77", "at": %q}`, written(h.at())))()
			}},
			{"asked here by e-mail", "woocommerce", asked(map[string]string{"kind": "erase", "email": "annegret.q@example.com"})},
			{"asked here by phone", "generic", asked(map[string]string{"kind": "erase", "phone": "+4915112345678"})},
		} {
			h.moveTo(h.at().Add(24 * time.Hour))
			topic, body := annaOf(way.platform, h.at().Add(-time.Hour))
			h.take(t, way.platform, topic, body)
			if len(left(t, h, annas())) == 0 {
				t.Errorf("%s: nothing is known of her: it proves nothing", way.name)
			}
			way.ask()
			if found := left(t, h, annas()); len(found) > 0 {
				t.Errorf("%s: left: %s", way.name, strings.Join(found, "\n"))
			}
		}
	})
}

// A body that WooCommerce signed but could not fill, because the customer was
// deleted, erases nobody.
func TestErrorInsteadOfACustomerErasesNobody(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		topic, body := annaOf("woocommerce", h.at())
		h.take(t, "woocommerce", topic, body)
		h.take(
			t, "woocommerce", "customer.deleted",
			[]byte(`{"code": "woocommerce_rest_invalid_id", "message": "Invalid resource ID.", "data": {"status": 404}}`),
		)
		requests, _, err := h.ListPrivacyRequests(t.Context(), "s", "", 10)
		if err != nil || len(requests) != 0 || len(left(t, h, annas())) == 0 {
			t.Errorf("got %v, %v, want nobody erased", requests, err)
		}
	})
}

// When one of two merged accounts is deleted, the person is not erased. A
// request by the person erases both.
func TestMergedAccountsAreOnePerson(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		for _, id := range []string{"1", "2"} {
			record := commerce.CustomerRecord{
				Connection: "shopify", External: id, Version: h.at(), Email: "annegret.q@example.com", Verified: true,
				Attributes: commerce.Attributes{FirstName: "Annegret"},
			}
			if _, err := h.SaveRecord(t.Context(), "s", record); err != nil {
				t.Fatal(err)
			}
		}
		h.take(t, "shopify", "customers/delete", []byte(`{"id": 1}`))
		list, err := h.Customers(t.Context(), "s", nil, 10)
		if err != nil || len(list) == 0 || len(left(t, h, annas())) == 0 {
			t.Fatalf("an account went: got %v, %v, want the person kept", list, err)
		}
		h.take(t, "shopify", "customers/redact", []byte(`{"shop_id": 1, "customer": {"id": 2, "email": "annegret.q@example.com"}}`))
		if found := left(t, h, annas()); len(found) > 0 {
			t.Errorf("left: %s", strings.Join(found, "\n"))
		}
	})
}

// mortal is a database that fails every write from the nth on, as after a kill
// of the process.
type mortal struct {
	documents.Database
	writes int // left; below zero: it lives
}

func (d *mortal) Bulk(ctx context.Context, coll string, ops []documents.Op) (documents.Totals, []documents.Result, error) {
	if d.dead() {
		return documents.Totals{}, nil, errors.New("killed")
	}
	return d.Database.Bulk(ctx, coll, ops)
}

func (d *mortal) Update(ctx context.Context, coll string, filter, update bson.D) (bool, error) {
	if d.dead() {
		return false, errors.New("killed")
	}
	return d.Database.Update(ctx, coll, filter, update)
}

func (d *mortal) dead() bool {
	if d.writes > 0 {
		d.writes--
	}
	return d.writes == 0
}

// An erasure that is killed at any of its writes is finished when it is
// repeated.
func TestKilledErasureIsFinished(t *testing.T) {
	t.Parallel()
	for kill := 1; kill < 24; kill += 3 {
		t.Run(fmt.Sprint(kill), func(t *testing.T) {
			t.Parallel()
			d := &mortal{Database: storetest.Embedded(t, store.Collections()), writes: -1}
			h := newHarness(t, d, clocktest.Now(t))
			annaKnown(t, h)
			r := commerce.PrivacyRequest{Kind: commerce.EraseCustomer, At: h.at()}
			if _, err := h.AddPrivacyRequest(t.Context(), "s", r, "annegret.q@example.com", ""); err != nil {
				t.Fatal(err)
			}
			list, err := h.ClaimPrivacyRequests(t.Context(), "s", 1)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			d.writes = kill
			_, err = h.ErasePerson(t.Context(), "s", list[0])
			if d.writes != 0 || err == nil {
				t.Logf("it had fewer than %d writes", kill)
			}
			d.writes = -1
			h.moveTo(h.at().Add(2 * time.Minute)) // the lease is over
			h.settle(t, 1)
			if found := left(t, h, annas()); len(found) > 0 {
				t.Errorf("left: %s", strings.Join(found, "\n"))
			}
			again, err := h.PrivacyRequest(t.Context(), "s", list[0].ID)
			if err != nil || again.State != commerce.PrivacyDone {
				t.Errorf("got %s, %v, want it done", again.State, err)
			}
		})
	}
}

// Records that another process read before an erasure and stored after it are
// erased by the second pass.
func TestRecordsStoredDuringAnErasureAreErasedLater(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		annaKnown(t, h)
		old, err := h.Order(t.Context(), "s", "s:shopify:1")
		if err != nil {
			t.Fatal(err)
		}
		h.take(t, "shopify", "customers/redact", []byte(redact))
		old.ID, old.External, old.Rev = "s:shopify:8", "8", 1 // as it was read before
		mail := campaigns.Message{
			ID: "s:w:1:1:c", Campaign: "w", Enrolment: "s:w:1", Entry: 1, Step: "c", Customer: old.Customer, State: campaigns.Sent,
			Subject: "Annegret, again", SentAt: h.at(), PlannedAt: h.at(),
		}
		d := commerce.Delivery{
			ID: "s:shopify:x", Shop: "s", Connection: "shopify", Platform: "shopify", State: commerce.Read,
			Body: annaOrder(8, h.at(), h.at()), Subjects: []string{old.ID}, ReceivedAt: h.at(),
		}
		for coll, doc := range map[string]any{"orders": old, "deliveries": d} {
			if _, err := h.docs.Insert(t.Context(), coll, doc); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.PlanMessages(t.Context(), "s", []campaigns.Message{mail}); err != nil || len(left(t, h, annas())) == 0 {
			t.Fatal("nothing was in hand", err)
		}
		h.moveTo(h.at().Add(3 * time.Minute))
		h.settle(t, 1)
		if found := left(t, h, annas()); len(found) > 0 {
			t.Errorf("left: %s", strings.Join(found, "\n"))
		}
		if list, _, err := h.ListAudit(t.Context(), "s", "", 10); err != nil || len(list) != 1 {
			t.Errorf("got audit %v, %v, want one entry", list, err)
		}
	})
}
