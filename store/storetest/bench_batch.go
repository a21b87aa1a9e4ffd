package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// batch is the number of documents that one step of the pipeline reads or writes at once.
const batch = 256

// mails is a collection like that of the messages: its documents have 1 KB and nine indexes.
var mails = []documents.Collection{{Name: "mails", Indexes: []documents.Index{
	{Name: "due", Fields: []string{"state", "due_at"}},
	{Name: "campaign_due", Fields: []string{"campaign", "state", "due_at"}, Only: documents.Only{Field: "due_at"}},
	{Name: "leased", Fields: []string{"state", "lease_until"}, Only: documents.Only{Field: "lease_until"}},
	{Name: "enrolment", Fields: []string{"enrolment", "entry"}},
	{Name: "customer", Fields: []string{"customer", "planned_at"}},
	{Name: "campaign", Fields: []string{"campaign", "planned_at"}},
	{Name: "planned", Fields: []string{"planned_at"}},
	{Name: "touched", Fields: []string{"touched"}, Only: documents.Only{Field: "touched", Value: true}},
}}}

func benchBatches(b *testing.B, open Open, docs int) {
	for name, run := range map[string]func(*testing.B, suite, int){
		"ids256": benchIDs, "customers256": benchCustomers, "claims256": benchClaims, "one": benchOne,
	} {
		b.Run(name, func(b *testing.B) {
			s := suite{open(b, mails), "shop"}
			for from := 0; from < docs; from += 1000 {
				var list []any
				for i := from; i < min(docs, from+1000); i++ {
					list = append(list, s.mail(i))
				}
				if _, err := s.InsertMany(b.Context(), "mails", list); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			run(b, s, docs)
		})
	}
}

func (s suite) mail(i int) bson.D {
	return s.doc(i, e("campaign", "reminder"), e("step", "first"), e("enrolment", s.id("e", i)), e("entry", 1),
		e("customer", s.id("c", i)),
		e("to", d(e("channel", "email"), e("address", fmt.Sprintf("customer%d@example.com", i)))),
		e("state", "planned"), e("due_at", time.Unix(int64(i), 0)), e("planned_at", time.Unix(int64(i), 0)),
		e("fence", int64(0)), e("rev", int64(0)),
		e("links", bson.A{strings.Repeat("l", 80), strings.Repeat("m", 80), strings.Repeat("n", 80)}), e("record", strings.Repeat("r", 300)))
}

// some are the names of batch documents, others in each round.
func (s suite) some(round, docs int, parts ...any) bson.D {
	list := make(bson.A, batch)
	for i := range list {
		list[i] = s.id(append(parts, (round*batch+i)*7919%docs)...)
	}
	return d(e("$in", list))
}

func (s suite) mustRead(b *testing.B, filter bson.D) {
	n := 0
	err := s.Find(b.Context(), "mails", documents.Query{Filter: filter}, func(bson.Raw) error { n++; return nil })
	if err != nil || n != batch {
		b.Fatalf("got %d documents (%v), want %d", n, err, batch)
	}
}

func benchIDs(b *testing.B, s suite, docs int) {
	for round := 0; b.Loop(); round++ {
		s.mustRead(b, s.filter(e("_id", s.some(round, docs))))
	}
}

func benchCustomers(b *testing.B, s suite, docs int) {
	for round := 0; b.Loop(); round++ {
		s.mustRead(b, s.filter(e("customer", s.some(round, docs, "c"))))
	}
}

// One round claims a batch by compare-and-set, then stores it as sent or planned again.
func benchClaims(b *testing.B, s suite, docs int) {
	for round := 0; b.Loop(); round++ {
		claims, ends := make([]documents.Op, batch), make([]documents.Op, batch)
		at := time.Unix(int64(round), 0)
		for i := range claims {
			id := (round*batch + i) * 7919 % docs
			claims[i] = documents.UpdateOp(s.target(id, e("state", "planned")),
				d(e("$set", d(e("state", "claimed"), e("claim", fmt.Sprint("t", round)), e("lease_until", at))), e("$inc", d(e("rev", int64(1))))))
			ends[i] = documents.UpdateOp(s.target(id, e("claim", fmt.Sprint("t", round))), d(
				e("$set", d(e("state", "planned"), e("reason", ""), e("code", 250), e("retry_count", 0), e("attempts", 1), e("sent_at", at),
					e("touched", true))), e("$unset", d(e("claim", ""), e("lease_until", ""))), e("$inc", d(e("rev", int64(1))))))
		}
		for _, ops := range [][]documents.Op{claims, ends} {
			if totals, _, err := s.Bulk(b.Context(), "mails", ops); err != nil || totals.Matched != batch {
				b.Fatalf("%d documents changed (%v), want %d", totals.Matched, err, batch)
			}
		}
	}
}

// One update after the other, of one caller.
func benchOne(b *testing.B, s suite, docs int) {
	for round := 0; b.Loop(); round++ {
		matched, err := s.Update(b.Context(), "mails", s.target(round%docs, e("state", "planned")),
			d(e("$set", d(e("record", fmt.Sprint(round))))))
		if err != nil || !matched {
			b.Fatal(matched, err)
		}
	}
}
