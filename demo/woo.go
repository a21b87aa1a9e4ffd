package demo

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed" // bodies recorded from a genuine store
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The demo's WooCommerce webhooks are bodies recorded from a genuine
// WooCommerce 8.2.2, with ids, people, dates, lines and totals replaced.

//go:embed bodies/order.json
var recordedWooOrder []byte

//go:embed bodies/product.json
var recordedWooProduct []byte

const (
	wooStamp = "2006-01-02T15:04:05"
	wooVAT   = 19
)

type fields = map[string]any

// wooOrder renders the order as it is now.
func wooOrder(o *sale, at time.Time) ([]byte, error) {
	body, err := recorded(recordedWooOrder)
	if err != nil {
		return nil, err
	}
	goodsTax, shippingTax := taxIn(o.goods()), taxIn(o.shipping())
	unpaid := o.paidAt.IsZero() && o.cancelledAt.IsZero()
	set := fields{
		"id": o.number, "number": strconv.Itoa(o.number), "status": wooStatusOf(o), "currency": Currency,
		"shipping_total": amount(o.shipping() - shippingTax), "shipping_tax": amount(shippingTax), "cart_tax": amount(goodsTax),
		"total": amount(o.total()), "total_tax": amount(goodsTax + shippingTax),
		"customer_id": o.buyer.number, "billing": wooBilling(o.buyer), "order_key": fmt.Sprintf("wc_order_demo%d", o.number),
		"payment_method": o.method, "payment_method_title": map[string]string{"stripe": "Credit card"}[o.method],
		"line_items": wooLineItems(o), "meta_data": wooAttribution(o), "payment_url": o.payURL(),
		"is_editable": unpaid, "needs_payment": unpaid,
	}
	if o.method == "bacs" {
		set["payment_method_title"] = "Direct bank transfer"
	}
	wooTime(set, "date_created", o.placedAt)
	wooTime(set, "date_modified", at)
	wooTime(set, "date_paid", o.paidAt)
	wooTime(set, "date_completed", o.endedAt)
	return replaced(body, set)
}

func wooStatusOf(o *sale) string {
	switch {
	case !o.cancelledAt.IsZero():
		return "cancelled"
	case !o.endedAt.IsZero():
		return "completed"
	case !o.paidAt.IsZero():
		return "processing"
	case o.method == "bacs":
		return "on-hold"
	}
	return "pending"
}

func wooBilling(s *shopper) fields {
	return fields{
		"first_name": s.first, "last_name": s.last, "company": "", "address_1": fmt.Sprintf("Long Street %d", s.number%90+1), "address_2": "",
		"city": s.city, "state": "", "postcode": fmt.Sprintf("%05d", 10000+s.number), "country": "NL", "email": s.email(), "phone": "",
	}
}

func wooLineItems(o *sale) []fields {
	var items []fields
	for i, l := range o.lines {
		tax := taxIn(l.net())
		items = append(items, fields{
			"id": o.number*10 + i, "name": l.ware.title, "product_id": l.ware.id, "variation_id": 0, "quantity": l.quantity, "tax_class": "",
			"subtotal": amount(l.net() - tax), "subtotal_tax": amount(tax), "total": amount(l.net() - tax), "total_tax": amount(tax),
			"taxes": []any{}, "meta_data": []any{}, "sku": l.ware.sku, "price": float64(l.ware.price-taxIn(l.ware.price)) / 100, "parent_name": nil,
		})
	}
	return items
}

// wooAttribution are the fields of WooCommerce's order attribution: where the visit
// began.
func wooAttribution(o *sale) []fields {
	return []fields{
		{"id": o.number * 10, "key": "_wc_order_attribution_session_entry", "value": o.landing},
		{"id": o.number*10 + 1, "key": "_wc_order_attribution_device_type", "value": "Mobile"},
	}
}

func wooProduct(w ware, at time.Time) ([]byte, error) {
	body, err := recorded(recordedWooProduct)
	if err != nil {
		return nil, err
	}
	set := fields{
		"id": w.id, "name": w.title, "sku": w.sku, "price": amount(w.price), "regular_price": amount(w.price), "sale_price": "", "on_sale": false,
		"permalink": fmt.Sprintf("%s/product/%d/", demoSite, w.id), "images": []any{},
	}
	wooTime(set, "date_created", at)
	wooTime(set, "date_modified", at)
	return replaced(body, set)
}

// wooRequest signs a body as WooCommerce does.
func wooRequest(address, secret, topic string, body []byte) (*http.Request, error) {
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "WooCommerce/8.2.2 Hookshot (WordPress/6.4.1)")
	request.Header.Set("X-WC-Webhook-Source", demoSite+"/")
	request.Header.Set("X-WC-Webhook-Topic", topic)
	request.Header.Set("X-WC-Webhook-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	request.Header.Set("X-WC-Webhook-ID", "1")
	return request, nil
}

// wooTime writes a date as WooCommerce does, in the store's zone and in UTC. The
// demo's store uses UTC.
func wooTime(set fields, key string, at time.Time) {
	set[key], set[key+"_gmt"] = nil, nil
	if !at.IsZero() {
		set[key], set[key+"_gmt"] = at.UTC().Format(wooStamp), at.UTC().Format(wooStamp)
	}
}

// taxIn is the tax contained in an amount.
func taxIn(gross int64) int64 { return (gross*wooVAT + (100+wooVAT)/2) / (100 + wooVAT) }

func recorded(body []byte) (fields, error) {
	var fields fields
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return fields, d.Decode(&fields)
}

// replaced writes body with other values. It sets only keys that body has, so the
// body stays like the recorded one.
func replaced(body, set fields) ([]byte, error) {
	for key, value := range set {
		if _, has := body[key]; !has {
			return nil, fmt.Errorf("demo: the recorded body has no %s", key)
		}
		body[key] = value
	}
	return json.Marshal(body)
}
