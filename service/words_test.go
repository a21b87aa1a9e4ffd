package service

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// tea is a Shopify order as it came at a time, with more fields.
func tea(id int, created, updated time.Time, more string) delivery {
	return delivery{"shopify", "orders/updated", fmt.Appendf(nil, `{"id":%d,"updated_at":"%sZ","created_at":"%sZ",
		"processed_at":"%sZ","currency":"EUR","total_price":"100.00",
"email":"ann%d@example.com","customer":{"id":%d,"email":"ann%d@example.com","verified_email":true},
	"line_items":[{"id":1,"product_id":700,"title":"Tea","quantity":1,"price":"100.00"}]%s}`,
		id, stamp(updated), stamp(created), stamp(created), id, 9000+id, id, more)}
}

// The source of an order is read from an address with a bare % in its path, and
// from notes of the theme where the address has none.
func TestCampaignTagsAreReadBehindOddAddresses(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		text := h.shopKey(t)
		h.deliver(t, tea(1, h.at(), h.at(), `,"landing_site":"/pages/50%-off?utm_source=google&utm_medium=cpc&utm_campaign=bf"`))
		h.asks(t, text, 200, "GET /v1/orders/s:shopify:1", "", `"utm_source":"google","utm_medium":"cpc","utm_campaign":"bf"`)
		h.deliver(t, tea(2, h.at(), h.at(), `,"landing_site":"/?utm_source=mail","note_attributes":[
			{"name":"utm_source","value":"no"},{"name":"UTM Medium","value":"email"},{"name":"utm_campaign","value":"spring"}]`))
		h.asks(t, text, 200, "GET /v1/orders/s:shopify:2", "", `"utm_source":"mail","utm_medium":"email","utm_campaign":"spring"`)
	})
}

// Tags are a list, whether the platform sends a list or text with commas.
func TestTagsAreAList(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		text := h.shopKey(t)
		for i, tags := range map[int]string{1: `"vip, B2B"`, 2: `["vip","B2B"]`} {
			h.deliver(t, delivery{
				"shopify", "customers/update",
				fmt.Appendf(nil, `{"id":%d,"updated_at":"%sZ","email":"t%d@example.com","tags":%s}`, i, stamp(h.at()), i, tags),
			})
			h.deliver(t, delivery{
				"shopify", "products/update",
				fmt.Appendf(nil, `{"id":%d,"updated_at":"%sZ","title":"Tea","tags":%s}`, i, stamp(h.at()), tags),
			})
			h.asks(t, text, 200, fmt.Sprintf("GET /v1/products/s:shopify:%d", i), "", `"tags":["vip","B2B"]`)
		}
		if all := h.asks(t, text, 200, "GET /v1/customers", ""); strings.Count(all, `"tags":["vip","B2B"]`) != 2 {
			t.Errorf("got %s, want both customers with both tags", all)
		}
	})
}

// A version in the future is recorded and counts as received: it blocks no
// later version of the platform.
func TestVersionInTheFutureBlocksNoLaterOne(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		text := h.shopKey(t)
		h.deliver(t, tea(1, h.at(), h.at().AddDate(3, 0, 0), `,"financial_status":"pending"`))
		h.asks(t, text, 200, "GET /v1/orders/s:shopify:1", "", `"payment_status":"unpaid"`, `"version_ahead"`)
		h.asks(t, text, 200, "GET /v1/quality", "", "version_ahead")
		h.moveTo(h.at().Add(time.Hour))
		h.deliver(t, tea(1, h.at(), h.at(), `,"financial_status":"paid"`))
		h.asks(t, text, 200, "GET /v1/orders/s:shopify:1", "", `"payment_status":"paid"`)
		product := `{"id":%d,"updated_at":"%sZ","title":%q}`
		h.deliver(t, delivery{"shopify", "products/update", fmt.Appendf(nil, product, 7, stamp(h.at().AddDate(0, 0, 2)), "Old")})
		h.moveTo(h.at().Add(time.Hour))
		h.deliver(t, delivery{"shopify", "products/update", fmt.Appendf(nil, product, 7, stamp(h.at()), "New")})
		h.asks(t, text, 200, "GET /v1/products/s:shopify:7", "", `"title":"New"`)
	})
}

// An item sold by weight keeps its quantity and value; in figures it counts as
// one piece, never as none.
func TestQuantityByWeightIsStored(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		text := h.shopKey(t)
		h.deliver(t, delivery{"woocommerce", "order.updated", fmt.Appendf(nil, `{"id":1,"status":"processing","date_created_gmt":%q,
			"date_modified_gmt":%q,"date_paid_gmt":%q,"currency":"EUR","total":"6.00",
"billing":{"email":"kg@x.test"},"line_items":[{"id":1,"product_id":7,"quantity":0.25,"subtotal":"6.00","total":"6.00"}]}`,
			stamp(h.at()), stamp(h.at()), stamp(h.at()))})
		h.asks(t, text, 200, "GET /v1/orders/s:woocommerce:1", "", `"quantity":0.25,"unit_price":{"amount":"24","currency":"EUR"}`)
		h.asks(t, text, 200, "GET /v1/customers", "", `"units":1`)
		h.deliver(t, delivery{"generic", "order", fmt.Appendf(nil, `{"type":"order","id":"2","updated_at":"%sZ","placed_at":"%sZ",
			"payment_status":"paid","currency":"EUR","total":"5.00","buyer":{"email":"g@x.test"},
"lines":[{"id":"1","quantity":0.25,"unit_price":"20.00"}]}`, stamp(h.at()), stamp(h.at()))})
		h.asks(t, text, 200, "GET /v1/orders/s:generic:2", "", `"quantity":0.25`, `"net":{"amount":"5.00","currency":"EUR"}`)
	})
}
