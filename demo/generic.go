package demo

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// genericOrder renders the order as it is now, in the generic schema.
func genericOrder(o *sale, at time.Time) ([]byte, error) {
	body := fields{
		"type": "order", "id": "A" + strconv.Itoa(o.number), "number": strconv.Itoa(o.number),
		"updated_at": at.UTC(), "placed_at": o.placedAt.UTC(), "payment_status": "unpaid",
		"currency": Currency, "total": amount(o.total()), "shipping": amount(o.shipping()),
		"lines": genericLinesOf(o), "buyer": genericBuyerOf(o.buyer), "payment_method": o.method, "channel": "app", "device": "mobile",
		"source": fields{"landing": o.landing},
	}
	switch {
	case !o.cancelledAt.IsZero():
		body["status"], body["cancelled_at"] = "cancelled", o.cancelledAt.UTC()
	case !o.paidAt.IsZero():
		body["payment_status"], body["paid_at"] = "paid", o.paidAt.UTC()
	default:
		body["pay_url"], body["cancel_at"] = o.payURL(), cancelAt(o).UTC()
	}
	if !o.shippedAt.IsZero() {
		parcel := fields{"id": "P" + strconv.Itoa(o.number), "shipped_at": o.shippedAt.UTC(), "carrier": "PostNL"}
		if !o.endedAt.IsZero() {
			parcel["delivered_at"] = o.endedAt.UTC()
		}
		body["parcels"] = []fields{parcel}
	}
	return json.Marshal(body)
}

func genericLinesOf(o *sale) []fields {
	var lines []fields
	for i, l := range o.lines {
		lines = append(lines, fields{
			"id": strconv.Itoa(i + 1), "product": l.ware.sku, "sku": l.ware.sku, "title": l.ware.title, "quantity": l.quantity,
			"unit_price": amount(l.ware.price), "net": amount(l.net()), "unit_cost": amount(l.ware.cost),
		})
	}
	return lines
}

func genericBuyerOf(s *shopper) fields {
	return fields{
		"id": s.id(), "email": s.email(), "verified": true, "first_name": s.first, "last_name": s.last,
		"language": "en", "country": "NL", "city": s.city,
	}
}

// genericRequest signs a body as the generic schema requires.
func genericRequest(address, secret string, body []byte, wall time.Time) (*http.Request, error) {
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(wall.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Topic", "order")
	request.Header.Set("X-Timestamp", stamp)
	request.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return request, nil
}
