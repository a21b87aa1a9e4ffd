package service

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
)

// lives stores the city of a customer.
func (w *sweepWorld) lives(t *testing.T, email, city string) string {
	t.Helper()
	w.clock.step(time.Second)
	id, err := w.SaveRecord(t.Context(), "s", commerce.CustomerRecord{
		Connection: "c", External: email, Email: email, Verified: true, Version: w.clock.now(), Attributes: commerce.Attributes{City: city},
	})
	ok(t, err)
	return id
}

// asBefore makes the stored members of a segment those that the rules before case
// and width were ignored found: without the customers who left.
func (w *sweepWorld) asBefore(t *testing.T, slug string, without ...string) {
	t.Helper()
	m, members, err := w.MembersOf(t.Context(), "s", slug)
	ok(t, err)
	gone := &segments.Bitmap{}
	for _, id := range without {
		c, err := w.Customer(t.Context(), "s", id)
		ok(t, err)
		gone.Add(c.N)
	}
	members.AndNot(gone)
	m.Version, m.Size, m.Emitted = m.Version+1, int64(members.Count()), true
	saved, err := w.SaveMembership(t.Context(), "s", m, members, &segments.Bitmap{}, &segments.Bitmap{})
	if ok(t, err); !saved {
		t.Fatal("the old membership was not stored")
	}
	done, err := w.docs.Update(t.Context(), "memberships", bson.D{{Key: "_id", Value: commerce.Key("s", slug)}, {Key: "shop", Value: "s"}},
		bson.D{{Key: "$unset", Value: bson.D{{Key: "language", Value: ""}}}})
	if ok(t, err); !done {
		t.Fatal("the old membership is not there")
	}
}

// Since case and width of texts do not matter, a segment may have more members. The
// first sweep after the change stores them and reports nobody, also of segments with
// backfill and of those that refer to another. Later changes are reported.
func TestMembersByAnotherSpellingEnterSilently(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		const berliners = `"condition": {"field": "customer.city", "op": "is", "value": "Berlin"}`
		w.segment(t, "berliners", `"backfill": true, `+berliners)
		w.segment(t, "others", `"condition": {"not": {"segment": "berliners"}}`)
		w.segment(t, "exact", `"condition": {"field": "customer.city", "op": "is", "value": "Berlin", "case": true}`)
		ann, bob := w.lives(t, "ann@example.com", "Berlin"), w.lives(t, "bob@example.com", "BERLIN")
		cem := w.lives(t, "cem@example.com", "Bonn")
		names := map[string]string{ann: "ann", bob: "bob", cem: "cem"}
		same(t, "whatever the case", w.sweep(t, names), []string{"+berliners ann", "+berliners bob"})
		w.asBefore(t, "berliners", bob)
		w.asBefore(t, "others")
		w.asBefore(t, "exact")

		w.sweepProcess = w.process(w.docs)
		same(t, "the first sweep by the new rule", w.sweep(t, names), []string{})
		same(t, "its members", w.membersOf(t, "berliners", names), []string{"ann", "bob"})
		same(t, "members of the exact segment", w.membersOf(t, "exact", names), []string{"ann"})
		w.lives(t, "cem@example.com", "berlin")
		same(t, "a real change", w.sweep(t, names), []string{"+berliners cem", "-others cem"})
		w.lives(t, "ann@example.com", "Bonn")
		same(t, "a real change of all", w.sweep(t, names), []string{"+others ann", "-berliners ann", "-exact ann"})
	})
}
