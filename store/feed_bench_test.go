package store_test

import (
	"fmt"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// benchCustomers is the number of customers that BenchmarkFeed reads. Each has
// five orders, one record and one message. The goal is for a million: five
// times.
const benchCustomers = 200_000

func benchCustomer(n int) commerce.Customer {
	c := commerce.Customer{ID: fmt.Sprintf("s:email:%040x", n*7919), Shop: "s", N: int64(n), Rev: 3, WantedGeneration: 5, StoredGeneration: 5,
		ChangedAt: noon.Add(-time.Hour), CreatedAt: noon}
	c.KnownSince = noon.Add(-time.Duration(n%900) * 24 * time.Hour)
	c.Attributes = commerce.Attributes{
		Email: fmt.Sprintf("customer%d@example.com", n), Phone: fmt.Sprintf("+49151%08d", n),
		FirstName: fmt.Sprint("First", n%5000), LastName: fmt.Sprint("Last", n%20000),
		Gender: "female", Birthday: fmt.Sprintf("19%02d-03-17", n%100), Country: "DE", Region: fmt.Sprint("region", n%30),
		City:     fmt.Sprint("city", n%400),
		Language: "de", Tags: []string{fmt.Sprint("tag", n%16)}, Custom: []commerce.KV{{Key: "city_tier", Value: fmt.Sprint(n % 5)}},
	}
	c.Consents = []commerce.Consent{{Channel: "email", Granted: true, At: noon, Source: "woo"}}
	c.Records = []commerce.CustomerRecord{{Connection: "woo", External: fmt.Sprint(n), Version: noon, Email: c.Attributes.Email,
		Verified: true, Attributes: c.Attributes, Consents: c.Consents}}
	facts := make([]commerce.OrderFact, 5)
	for i := range facts {
		at := noon.Add(-time.Duration(n%700*24+i*100) * time.Hour)
		net := int64(100 * (n%97 + i))
		facts[i] = commerce.OrderFact{
			ID: fmt.Sprintf("s:woo:%d", 5*n+i), PlacedAt: at, PaidAt: at, Status: commerce.Open, Payment: commerce.Paid,
			Currency: "EUR", Total: net, Net: net, Units: 1, Channel: "web", Method: "card", Store: "woo",
			Lines: []commerce.LineFact{{Product: fmt.Sprint("s:woo:p", (n+i)%2000), SKU: fmt.Sprint("sku", (n+i)%2000), Quantity: 1,
				Price: net, Net: net}},
		}
	}
	c.History = commerce.NewHistory(facts, nil)
	c.Engagement = []commerce.MessageFact{{ID: fmt.Sprint("s:winback:", n), Campaign: "winback", Step: "mail", Channel: "email",
		SentAt: noon, OpenedAt: noon, LastOpenedAt: noon}}
	return c
}

func benchShop(b *testing.B, docs documents.Database, n int) {
	b.Helper()
	for first := 1; first <= n; first += 2000 {
		list := make([]any, 0, 2000)
		for k := first; k < min(first+2000, n+1); k++ {
			list = append(list, benchCustomer(k))
		}
		if _, err := docs.InsertMany(b.Context(), "customers", list); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFeed measures how fast a shop is read for an index: the rows alone,
// the whole index, the revisions of all customers, and the time to open an
// unchanged index. s/million is for a million customers with five million
// orders.
func BenchmarkFeed(b *testing.B) {
	docs := storetest.Embedded(b, store.Collections())
	s, c := shopAt(b, docs)
	benchShop(b, docs, benchCustomers)
	million := func(b *testing.B) {
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1e6/benchCustomers, "s/million")
	}
	b.Run("Rows", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for _, err := range s.Rows(b.Context(), "s") {
				must(b, err)
				n++
			}
			if n != benchCustomers {
				b.Fatalf("got %d rows", n)
			}
		}
		million(b)
	})
	b.Run("Build", func(b *testing.B) {
		for b.Loop() {
			if err := segments.NewIndex(segments.Params{}).Build(s.Rows(b.Context(), "s")); err != nil {
				b.Fatal(err)
			}
		}
		million(b)
	})
	b.Run("Revisions", func(b *testing.B) {
		for b.Loop() {
			for _, err := range s.Revisions(b.Context(), "s", time.Time{}) {
				must(b, err)
			}
		}
		million(b)
	})
	b.Run("Open", func(b *testing.B) { // of an index up to date: every 20th looks for changes
		indexes := indexcache.New(s, 1<<30, c.now)
		openOnce(b, indexes)
		c.step(time.Minute)
		for b.Loop() {
			c.step(13 * time.Millisecond)
			openOnce(b, indexes)
		}
	})
	b.Run("Poll", func(b *testing.B) { // each looks for changes
		indexes := indexcache.New(s, 1<<30, c.now)
		openOnce(b, indexes)
		c.step(time.Minute)
		for b.Loop() {
			c.step(250 * time.Millisecond)
			openOnce(b, indexes)
		}
	})
}

func openOnce(b *testing.B, indexes *indexcache.Cache) {
	b.Helper()
	h, err := indexes.Open(b.Context(), "s")
	if err != nil {
		b.Fatal(err)
	}
	h.Close()
}
