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
	"comeback/store/documents"
	"comeback/store/storetest"
)

const benched = `{"schema": 1, "id": "w", "name": "W", "class": "service",
"trigger": {"event": "order.paid"}, "key": "customer", "reentry": "always",
"goal": {"event": "order.paid", "same": "customer", "within": "7d"}, "holdout": {"percent": 10},
"steps": [{"id": "one", "wait": "0m", "send": {"channel": "email", "template": "unpaid-1"}}]}`

// BenchmarkResults reads the results of a campaign of 1,000,000 entrants over
// 60 days: of all, and of those of a day. One in ten is in the holdout, and one
// in twenty entered twice. With COMEBACK_TEST_MONGO_URI it reads the
// MongoDB-wire peer too.
func BenchmarkResults(b *testing.B) {
	const entrants = 1_000_000
	b.Run("embedded", func(b *testing.B) { benchResults(b, storetest.Embedded(b, store.Collections()), entrants) })
	b.Run("mongodb", func(b *testing.B) {
		if os.Getenv("COMEBACK_TEST_MONGO_URI") == "" {
			b.Skip("COMEBACK_TEST_MONGO_URI names no server")
		}
		benchResults(b, storetest.MongoDB(b, store.Collections()), entrants)
	})
}

func benchResults(b *testing.B, docs documents.Database, n int) {
	s, c := setup(b, docs), benchedCampaign(b)
	people := map[string][]campaigns.EntryRow{}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		person, e, m := entrant(random, i)
		one := campaigns.Participant{
			Enrolments: []campaigns.Enrolment{e}, Goals: map[int]*campaigns.Goal{1: c.Goal}, Orders: person.History.Orders,
			Messages: map[string][]campaigns.Message{e.ID: {m}},
		}
		people[person.ID] = one.Rows()
	}
	must(b, s.KeepEntries(b.Context(), "s", "w", people))
	shop, err := s.Shop(b.Context(), "s")
	must(b, err)
	for name, from := range map[string]time.Time{"all": {}, "of a day": noon.Add(-24 * time.Hour)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				t, err := s.Tally(b.Context(), shop, c, from, time.Time{})
				must(b, err)
				if got := t.Treated.Entered + t.Holdout.Entered; from.IsZero() && (got != int64(n+n/20) || t.Treated.Reached == 0) || got == 0 {
					b.Fatalf("got %d of %d entries, %+v", got, n+n/20, t.Treated)
				}
			}
		})
	}
}

// BenchmarkCount counts the entries of customers, as the worker does after a
// change.
func BenchmarkCount(b *testing.B) {
	docs := storetest.Embedded(b, store.Collections())
	s, c := setup(b, docs), benchedCampaign(b)
	_, _, err := s.PutCampaign(b.Context(), "s", c)
	must(b, err)
	random := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < b.N; from += 1000 {
		lists := map[string][]any{}
		for i := from; i < min(b.N, from+1000); i++ {
			person, e, m := entrant(random, i)
			lists["customers"] = append(lists["customers"], person)
			lists["enrolments"] = append(lists["enrolments"], e)
			lists["messages"] = append(lists["messages"], m)
		}
		for coll, list := range lists {
			_, err := docs.InsertMany(b.Context(), coll, list)
			must(b, err)
		}
	}
	b.ResetTimer()
	for left := b.N; left > 0; {
		done, err := s.CountMarked(b.Context(), "s", "", 500)
		must(b, err)
		if left -= done; done == 0 {
			b.Fatalf("%d are not marked", left)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "enrolments/s")
}

func benchedCampaign(b *testing.B) *campaigns.Campaign {
	c, problems := campaigns.Parse([]byte(benched))
	if c == nil {
		b.Fatal(problems)
	}
	return c
}

// entrant is a customer that entered in the last 60 days, with orders and
// messages.
func entrant(random *rand.Rand, i int) (commerce.Customer, campaigns.Enrolment, campaigns.Message) {
	m, e := message(i, time.Time{}), enrolment(i, time.Time{})
	at := noon.Add(-time.Duration(random.IntN(60*24*3600)) * time.Second)
	person := commerce.Customer{ID: e.Customer, Shop: "s", N: int64(i + 1), CreatedAt: at}
	e.Shop, e.Rev, e.State, e.Recount, e.BeganAt, e.EnteredAt = "s", 1, campaigns.Finished, true, at, at
	m.State, m.SentAt, m.Opens = campaigns.Sent, at, int64(random.IntN(2))
	if i%10 == 0 {
		e.Arm, m.SentAt = campaigns.HeldOut, time.Time{}
	}
	if i%20 == 1 {
		e.Past, e.Entry = e.Entries(), 2
		e.BeganAt, e.EnteredAt = at.Add(time.Hour), at.Add(time.Hour)
	}
	if random.IntN(20) == 0 {
		e.ConvertedAt = at.Add(2 * time.Hour)
		person.History.Orders = []commerce.OrderFact{{ID: commerce.Key("s", "c", fmt.Sprint(i)), PaidAt: e.ConvertedAt,
			Payment: commerce.Paid, Total: 5000, Net: 5000}}
	}
	return person, e, m
}
