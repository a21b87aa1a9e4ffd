package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/storetest"
)

// entrants is how many customers enter the campaign of BenchmarkResults.
const entrants = 1_000_000

// BenchmarkResults asks for the results of a campaign of a million entrants, one
// in ten held out and one in twenty there twice: of all, and of those of a day.
// Before, it counts what each of them did, as the worker does. With
// COMEBACK_TEST_MONGO_URI it asks the MongoDB-wire peer too, of a tenth.
func BenchmarkResults(b *testing.B) {
	b.Run("embedded", func(b *testing.B) { benchResults(b, storetest.Embedded(b, store.Collections()), entrants) })
	b.Run("mongodb", func(b *testing.B) {
		if os.Getenv("COMEBACK_TEST_MONGO_URI") == "" {
			b.Skip("COMEBACK_TEST_MONGO_URI names no server")
		}
		benchResults(b, storetest.MongoDB(b, store.Collections()), entrants/10)
	})
}

func benchResults(b *testing.B, docs store.Documents, n int) {
	s := setup(b, docs)
	file := `{"schema": 1, "id": "w", "name": "W", "class": "service", "trigger": {"event": "order.paid"}, "key": "customer", "reentry": "always",
	"goal": {"event": "order.paid", "same": "customer", "within": "7d"}, "holdout": {"percent": 10}, "steps": [{"id": "one", "wait": "0m", "send": {"channel": "email", "template": "unpaid-1"}}]}`
	c, problems := campaigns.Parse([]byte(file))
	if c == nil {
		b.Fatal(problems)
	}
	_, _, err := s.PutCampaign(b.Context(), "s", c)
	must(b, err)
	enterAll(b, docs, n)
	began := time.Now()
	for left := n; left > 0; {
		done, err := s.CountMarked(b.Context(), "s", "", 500)
		must(b, err)
		left -= done
		if done == 0 {
			b.Fatalf("%d are not marked", left)
		}
	}
	counted := float64(n) / time.Since(began).Seconds()
	shop, err := s.Shop(b.Context(), "s")
	must(b, err)
	for name, from := range map[string]time.Time{"all": {}, "of a day": noon.Add(-24 * time.Hour)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				t, err := s.Tally(b.Context(), shop, c, from, time.Time{})
				must(b, err)
				if got := t.Treated.Entered + t.Holdout.Entered; from.IsZero() && got != int64(n+n/20) || t.Treated.Ripe == 0 && from.IsZero() {
					b.Fatalf("got %d of %d entries, %+v", got, n+n/20, t.Treated)
				}
			}
			b.ReportMetric(counted, "counted/s")
		})
	}
}

// enterAll stores what the service stores of n entrants over 60 days: who they
// are and what they bought, their enrolments and mails.
func enterAll(b *testing.B, docs store.Documents, n int) {
	random := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < n; from += 1000 {
		var people, enrolments, messages []any
		for i := from; i < min(n, from+1000); i++ {
			m, e := message(i, time.Time{}), enrolment(i, time.Time{})
			at := noon.Add(-time.Duration(random.IntN(60*24*3600)) * time.Second)
			person := commerce.Customer{ID: e.Customer, Shop: "s", N: int64(i + 1), CreatedAt: at}
			e.Shop, e.Rev, e.State, e.Recount, e.BeganAt, e.EnteredAt = "s", 1, campaigns.Finished, true, at, at
			if i%20 == 0 {
				e.Past, e.Entry = e.Entries(), 2
				e.BeganAt, e.EnteredAt = at.Add(time.Hour), at.Add(time.Hour)
			}
			if random.IntN(20) == 0 {
				e.ConvertedAt = at.Add(2 * time.Hour)
				person.History.Orders = []commerce.OrderFact{{ID: commerce.Key("s", "c", fmt.Sprint(i)), PaidAt: e.ConvertedAt, Payment: commerce.Paid, Total: 5000, Net: 5000}}
			}
			if i%10 == 0 {
				e.Arm = campaigns.HeldOut
			} else {
				m.State, m.SentAt, m.Opens = campaigns.Sent, at, int64(random.IntN(2))
				messages = append(messages, m)
			}
			people, enrolments = append(people, person), append(enrolments, e)
		}
		for coll, list := range map[string][]any{"customers": people, "enrolments": enrolments, "messages": messages} {
			_, err := docs.InsertMany(b.Context(), coll, list)
			must(b, err)
		}
	}
}
