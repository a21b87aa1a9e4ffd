package connectors_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

// The events of a real Vendure, mapped as in vendure.md and signed as generic,
// give one checkout, its order from authorised to received, and its customer.
func TestVendureEventsReachUsThroughTheGenericSchema(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/vendure/*.json")
	if len(files) != 16 {
		t.Fatalf("got %d events, want 16", len(files))
	}
	var order commerce.Order
	var checkout commerce.Checkout
	var all connectors.Records
	for i, file := range files {
		at := time.Date(2026, 11, 22, 0, 14, 33+i, 0, time.UTC)
		sent := vendureRecord(t, file, at)
		if sent == nil {
			continue
		}
		r := receive(t, sent, at)
		for _, o := range r.Orders {
			order = commerce.Merge(order, o)
		}
		for _, c := range r.Checkouts {
			checkout = commerce.MergeCheckout(checkout, c)
		}
		all.Customers = append(all.Customers, r.Customers...)
	}
	all.Orders, all.Checkouts = []commerce.Order{order}, []commerce.Checkout{checkout}
	golden(t, "vendure/events.json", all, "record")
	var kinds []string
	for _, e := range commerce.AllEvents(order) {
		kinds = append(kinds, string(e.Kind))
	}
	want := "order.placed order.paid order.delivered order.completed order.shipped"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("got events %s, want %s", got, want)
	}
}

// An order that was only authorised and then cancelled owes nothing, and was never
// paid.
func TestNothingOwedIsNotPaidWithoutAPayment(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]vendureOrder{
		"unpaid":     {Payments: []vendurePay{{State: "Cancelled", Amount: 1000}}},
		"authorized": {Payments: []vendurePay{{State: "Authorized", Amount: 1000}}},
		"paid":       {Payments: []vendurePay{{State: "Settled", Amount: 0}}},
	} {
		if got := vendurePayment(&o); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// receive signs a record as the sample plugin does, verifies and reads it.
func receive(t *testing.T, record map[string]any, at time.Time) connectors.Records {
	t.Helper()
	body, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	d := delivery("generic", "", body)
	d.Header = headers("X-Timestamp", stamp, "X-Signature", sign("key", stamp, string(body)))
	if err := connectors.Verify("generic", d, secrets("key"), at); err != nil {
		t.Fatal(err)
	}
	r, err := connectors.Read("generic", d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// vendureEvent is the recording plugin's record of one event.
type vendureEvent struct {
	To       string           `json:"to"`
	Order    *vendureOrder    `json:"order"`
	Customer *vendureCustomer `json:"customer"`
}

type vendureCustomer struct {
	ID        int       `json:"id"`
	Email     string    `json:"emailAddress"`
	Phone     string    `json:"phoneNumber"`
	FirstName string    `json:"firstName"`
	LastName  string    `json:"lastName"`
	CreatedAt time.Time `json:"createdAt"`
	User      *struct {
		Verified bool `json:"verified"`
	} `json:"user"`
}

type vendurePay struct {
	Method string `json:"method"`
	State  string `json:"state"`
	Amount int64  `json:"amount"`
}

type vendureOrder struct {
	ID        int              `json:"id"`
	Code      string           `json:"code"`
	State     string           `json:"state"`
	CreatedAt time.Time        `json:"createdAt"`
	PlacedAt  *time.Time       `json:"orderPlacedAt"`
	Currency  string           `json:"currencyCode"`
	Coupons   []string         `json:"couponCodes"`
	Total     int64            `json:"totalWithTax"`
	Subtotal  int64            `json:"subTotalWithTax"`
	Shipping  int64            `json:"shippingWithTax"`
	Customer  *vendureCustomer `json:"customer"`
	Address   struct {
		City     string `json:"city"`
		Postcode string `json:"postalCode"`
		Country  string `json:"countryCode"`
		Region   string `json:"province"`
	} `json:"shippingAddress"`
	Lines []struct {
		ID       int   `json:"id"`
		Quantity int   `json:"quantity"`
		Price    int64 `json:"unitPriceWithTax"`
		Net      int64 `json:"proratedLinePriceWithTax"`
		Variant  struct {
			ID      int    `json:"id"`
			Product int    `json:"productId"`
			SKU     string `json:"sku"`
			Name    string `json:"name"`
		} `json:"productVariant"`
	} `json:"lines"`
	Payments     []vendurePay `json:"payments"`
	Fulfillments []struct {
		ID        int       `json:"id"`
		State     string    `json:"state"`
		Method    string    `json:"method"`
		Tracking  string    `json:"trackingCode"`
		CreatedAt time.Time `json:"createdAt"`
	} `json:"fulfillments"`
}

// vendureRecord maps one event. It is nil for events that vendure.md does not
// send: the order's next event contains lines, payments and parcels.
func vendureRecord(t *testing.T, file string, at time.Time) map[string]any {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var event vendureEvent
	if err := json.Unmarshal(body, &event); err != nil {
		t.Fatal(err)
	}
	switch o := event.Order; {
	case event.Customer != nil:
		record := vendureBuyer(event.Customer, nil)
		record["type"], record["updated_at"], record["registered_at"] = "customer", at, event.Customer.CreatedAt
		return record
	case o == nil || o.State == "":
		return nil
	case o.PlacedAt == nil:
		return map[string]any{
			"type": "checkout", "id": o.Code, "updated_at": at, "started_at": o.CreatedAt, "currency": o.Currency,
			"total": vendureAmount(o.Total), "lines": vendureLines(o), "coupons": o.Coupons, "buyer": vendureBuyer(o.Customer, o),
			"url": "https://shop.example/checkout",
		}
	default:
		return map[string]any{"records": []any{vendureOrderRecord(event, at), map[string]any{
			"type": "event", "kind": "checkout.completed", "subject": o.Code, "at": o.PlacedAt, "order": strconv.Itoa(o.ID),
		}}}
	}
}

func vendureOrderRecord(event vendureEvent, at time.Time) map[string]any {
	o := event.Order
	record := map[string]any{
		"type": "order", "id": strconv.Itoa(o.ID), "number": o.Code, "updated_at": at, "placed_at": o.PlacedAt,
		"payment_status": vendurePayment(o), "currency": o.Currency, "total": vendureAmount(o.Total),
		"subtotal": vendureAmount(o.Subtotal), "shipping": vendureAmount(o.Shipping), "lines": vendureLines(o),
		"coupons": o.Coupons, "buyer": vendureBuyer(o.Customer, o), "channel": "web", "parcels": vendureParcels(o, at),
	}
	for _, p := range o.Payments {
		record["payment_method"] = p.Method
	}
	switch event.To {
	case "PaymentSettled":
		record["paid_at"] = at
	case "Delivered":
		record["status"], record["completed_at"] = "completed", at
	case "Cancelled":
		record["status"], record["cancelled_at"] = "cancelled", at
	}
	return record
}

func vendurePayment(o *vendureOrder) string {
	sum, settled := map[string]int64{}, false
	for _, p := range o.Payments {
		sum[p.State] += p.Amount
		settled = settled || p.State == "Settled"
	}
	switch {
	case settled && sum["Settled"] >= o.Total:
		return "paid"
	case sum["Settled"] > 0:
		return "partially_paid"
	case sum["Authorized"] > 0:
		return "authorized"
	}
	return "unpaid"
}

func vendureLines(o *vendureOrder) []any {
	lines := []any{}
	for _, l := range o.Lines {
		lines = append(lines, map[string]any{
			"id": strconv.Itoa(l.ID), "product": strconv.Itoa(l.Variant.Product), "variant": strconv.Itoa(l.Variant.ID),
			"sku": l.Variant.SKU, "title": l.Variant.Name, "quantity": l.Quantity,
			"unit_price": vendureAmount(l.Price), "net": vendureAmount(l.Net),
		})
	}
	return lines
}

func vendureParcels(o *vendureOrder, at time.Time) []any {
	parcels := []any{}
	for _, f := range o.Fulfillments {
		parcel := map[string]any{"id": strconv.Itoa(f.ID), "carrier": f.Method, "tracking": f.Tracking, "cancelled": f.State == "Cancelled"}
		if f.State == "Shipped" || f.State == "Delivered" {
			parcel["shipped_at"] = f.CreatedAt
		}
		if f.State == "Delivered" {
			parcel["delivered_at"] = at
		}
		parcels = append(parcels, parcel)
	}
	return parcels
}

func vendureBuyer(c *vendureCustomer, o *vendureOrder) map[string]any {
	if c == nil {
		return nil
	}
	buyer := map[string]any{
		"id": strconv.Itoa(c.ID), "email": c.Email, "phone": c.Phone, "first_name": c.FirstName, "last_name": c.LastName,
		"verified": c.User != nil && c.User.Verified,
	}
	if o != nil {
		buyer["country"], buyer["region"] = o.Address.Country, o.Address.Region
		buyer["city"], buyer["postcode"] = o.Address.City, o.Address.Postcode
	}
	return buyer
}

// vendureAmount: Vendure keeps all money in hundredths, of yen too.
func vendureAmount(hundredths int64) string {
	return commerce.Decimal{Units: hundredths, Scale: 2}.String()
}
