package store

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// No stored bytes make a reader of customers panic: they are a row or an error.
func FuzzFillRow(f *testing.F) {
	at := time.UnixMilli(1)
	whole, err := documents.Marshal(commerce.Customer{ID: "s:email:a", Shop: "s", N: 1, Profile: commerce.Profile{
		Attributes: commerce.Attributes{Tags: []string{"a"}, Custom: []commerce.KV{{Key: "k", Value: "v"}}},
		Consents:   []commerce.Consent{{Channel: "email", At: at}},
		History: commerce.History{Orders: []commerce.OrderFact{{ID: "o", PlacedAt: at, Coupons: []string{"c"},
			Tags: []string{"t"}, Lines: []commerce.LineFact{{Product: "p", Quantity: 1}}, Refunds: []commerce.RefundFact{{ID: "r", At: at}}}}},
		Engagement: []commerce.MessageFact{{ID: "m", SentAt: at}},
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(whole))
	f.Add([]byte{5, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, doc []byte) {
		var fill filler
		var row segments.Row
		if err := fillRow(&fill, doc, &row); err == nil && bson.Raw(doc).Validate() != nil && len(doc) < 5 {
			t.Errorf("%d bytes are no document, and were read as one", len(doc))
		}
		_ = fillRow(&fill, whole, &row) // into what is left of it
		if row.ID != "s:email:a" || len(row.History.Orders) != 1 || row.History.Orders[0].Lines[0].Product != "p" {
			t.Errorf("after broken bytes: got %+v", row)
		}
	})
}
