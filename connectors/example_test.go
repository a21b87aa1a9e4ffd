package connectors_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"comeback/connectors"
)

// A delivery of our own format is signed over its timestamp, a point and the
// raw body. The secret before the current one is good too.
func ExampleVerify() {
	wall := time.Date(2011, 3, 1, 10, 0, 0, 0, time.UTC)
	body := []byte(`{"type": "customer", "id": "7"}`)
	mac := hmac.New(sha256.New, []byte("the secret before"))
	fmt.Fprintf(mac, "%d.%s", wall.Unix(), body)

	d := connectors.Delivery{Header: http.Header{}, Body: body}
	d.Header.Set("X-Timestamp", fmt.Sprint(wall.Unix()))
	d.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	secrets := connectors.Secrets{[]byte("the current secret"), []byte("the secret before")}

	fmt.Println(connectors.Verify("generic", d, secrets, wall))
	fmt.Println(connectors.Verify("generic", d, secrets, wall.Add(10*time.Minute)))
	// Output:
	// <nil>
	// X-Timestamp: 600 seconds off our clock, at most 300 are allowed
}

// Bytes in, records out.
func ExampleRead() {
	records, err := connectors.Read("generic", connectors.Delivery{Shop: "acme", Connection: "main", Body: []byte(`{
		"type": "order", "id": "1001", "updated_at": "2011-03-01T10:00:00Z", "placed_at": "2011-03-01T10:00:00Z",
		"payment_status": "unpaid", "currency": "EUR", "total": "42.90",
		"lines": [{"id": "1", "title": "Green tea", "quantity": 2, "unit_price": "19.00"}]}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	order := records.Orders[0]
	fmt.Println(order.ID, order.Payment, order.Total.Minor, order.Lines[0].Title)
	// Output: acme:main:1001 unpaid 4290 Green tea
}

// Every mistake is named, with the key that was probably meant.
func ExampleRead_mistakes() {
	_, err := connectors.Read("generic", connectors.Delivery{Shop: "acme", Connection: "main", Body: []byte(`{
		"type": "order", "id": "1001", "updated_at": "2011-03-01T10:00:00Z", "placed_at": "2011-03-01T10:00:00Z",
		"payment_status": "unpaid", "currency": "EUR", "totl": "42.90"}`)})
	fmt.Println(err)
	// Output: /totl: unknown key, did you mean total?; /total: missing
}
