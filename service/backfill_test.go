package service

import (
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// fills is a campaign named news of one mail, with a backfill.
func fills(trigger, more string) string {
	return strings.Replace(by("news", trigger, `"backfill": true, `+more), `"wait": "10m"`, `"wait": "1h"`, 1)
}

// The members of a segment when the campaign starts enter, each once, also when the process dies after
// a page or the version is activated again. Who joins later enters by that; who left does not.
func TestABackfillReachesEachMemberOfASegmentOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 201, "PUT /v1/segments/vip", vipSegment)
		vips := l.members(t, 620) // more than a page of members
		l.puts(t, "news", fills(`{"segment": "vip", "on": "entered"}`, `"holdout": {"percent": 0},`))
		l.pass(t, time.Minute)
		if runs := l.runs(t); len(runs) != 1 || runs[0].State != "running" || runs[0].Seen != 0 {
			t.Errorf("before the members are known: got %+v, want a run that waits", runs)
		}
		l.sweep(t)
		l.pass(t, time.Minute)
		runs := l.runs(t)
		if len(runs) != 1 || runs[0].State != "done" || runs[0].Entered != len(vips) || runs[0].refused("consent") != 310-len(vips) {
			t.Errorf("got %+v, want %d of 310 members entered", runs, len(vips))
		}
		l.rewinds(t)
		l.pass(t, time.Minute)
		l.tells(t, "joins", "vip")
		l.tells(t, "m2") // leaves
		l.sweep(t)
		l.asks(t, l.key, 204, "POST /v1/campaigns/news/archive", "")
		l.asks(t, l.key, 204, "POST /v1/campaigns/news/activate", `{"version": 1}`)
		l.sweep(t)
		l.pass(t, 2*time.Hour)
		l.eachOnce(t, append(vips, "joins@example.com"))
		l.published(t, fills(`{"segment": "vip", "on": "entered"}`, ""))
		l.sweep(t)
		l.pass(t, 2*time.Hour)
		l.eachOnce(t, append(vips, "joins@example.com"))
		if runs = l.runs(t); len(runs) != 2 || runs[0].refused("reentry") == 0 || runs[0].Entered != 0 || runs[0].LocalTime != "" {
			t.Errorf("a new version: got %+v, want that nobody enters again", runs)
		}
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerBy(t, "m4").ID+"/explain?campaign=news", "", `"kind":"campaign.run"`,
			"is a member of segment vip")
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerBy(t, "m1").ID+"/explain?campaign=news", "", "is no member of segment vip")
	})
}

// rewinds lets the run pass everybody again, as after a process that died before it stored whom it had
// passed.
func (l *leaving) rewinds(t *testing.T) {
	t.Helper()
	matched, err := l.docs.Update(t.Context(), "runs", bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: "s:news:backfill:1"}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: "running"}, {Key: "passed", Value: int64(0)}, {Key: "due_at", Value: l.at()}}}})
	if err != nil || !matched {
		t.Fatal(matched, err)
	}
}

// A customer who consents when the campaign starts and may be written to enters, also by a consent that an
// import contained. A platform's customers enter a backfill of customer.created; those whom only an
// import knows do not.
func TestABackfillOfConsentsAndNewCustomers(t *testing.T) {
	t.Parallel()
	for trigger, want := range map[string]map[string]int{
		`{"event": "consent.granted", "where": {"field": "customer.consent.email", "op": "is", "value": true}}`: {
			"ann": 1, "past": 1, "old": 1, "later": 1},
		`{"event": "customer.created"}`: {"ann": 1, "old": 1, "later": 1},
	} {
		eachDatabase(t, func(t *testing.T, h *harness) {
			l := newLeaving(t, h)
			l.tells(t, "ann")
			l.imports(t, "past")
			l.report(t, object{"type": "customer", "id": "old", "email": "old@example.com", "verified": true,
				"registered_at": l.at().AddDate(-1, 0, 0), "consents": []object{said("email", true, true, l.at())}})
			l.report(t, object{"type": "customer", "id": "ref", "email": "ref@example.com", "verified": true,
				"consents": []object{said("email", false, true, l.at())}})
			l.pass(t, 24*time.Hour)
			l.puts(t, "news", fills(trigger, ""))
			l.pass(t, time.Minute)
			l.tells(t, "later")
			l.again(t)
			l.pass(t, 2*time.Hour)
			l.again(t)
			l.pass(t, 2*time.Hour)
			l.hasMails(t, want)
			if runs := l.runs(t); len(runs) != 1 || runs[0].Entered != len(want)-1 || runs[0].State != "done" {
				t.Errorf("got %+v, want %d entered", runs, len(want)-1)
			}
		})
	}
}

// Orders of before the start enter with a backfill, and get the mails that are still to come, each once:
// none whose time was over, and none that a payment has made needless.
func TestABackfillOfOrdersSendsWhatIsStillToCome(t *testing.T) {
	t.Parallel()
	const unpaid = `{"schema": 1, "id": "news", "name": "News", "class": "service", "key": "order", "reentry": "never",
		"trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}},
		"exit": [{"event": "order.paid", "same": "order", "as": "goal"}], ` + unhindered + `, "backfill": true,
		"steps": [{"id": "r1", "wait": "1h", "send": {"channel": "email", "template": "unpaid-1"}},
		{"id": "r2", "wait": "23h", "send": {"channel": "email", "template": "unpaid-2"}}]}`
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		place := func(who string, more object) {
			order := object{"paid_at": nil, "payment_status": "unpaid"}
			for key, value := range more {
				order[key] = value
			}
			l.ordered(t, who, l.at(), order)
		}
		place("over", nil)
		l.pass(t, 30*time.Hour)
		place("half", nil)
		l.pass(t, 2*time.Hour)
		paid := l.at()
		place("fresh", nil)
		place("paid", nil)
		l.pass(t, 10*time.Minute)
		place("paid", object{"placed_at": paid, "paid_at": l.at(), "payment_status": "paid"})
		l.pass(t, 10*time.Minute)
		l.opens(t, "news", unpaid)
		l.pass(t, 41*time.Minute)
		l.hasMails(t, map[string]int{"fresh": 1})
		l.again(t)
		l.asks(t, l.key, 204, "POST /v1/campaigns/news/archive", "")
		l.asks(t, l.key, 204, "POST /v1/campaigns/news/activate", `{"version": 1}`)
		l.pass(t, time.Minute)
		l.hasMails(t, map[string]int{"fresh": 1})
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerBy(t, "half").ID+"/explain?campaign=news", "",
			"under way since", "step r2 is due")
	})
}

// The mails of a backfilled order go on to the last one.
func TestABackfilledOrderGetsTheLaterMails(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.ordered(t, "half", l.at(), nil)
		l.pass(t, 2*time.Hour)
		file := strings.Replace(threeMails, `"reentry"`, `"backfill": true, "reentry"`, 1)
		l.tells(t, "half")
		l.opens(t, "news", file)
		l.pass(t, time.Hour)
		l.hasMails(t, map[string]int{})
		l.pass(t, 23*time.Hour)
		l.hasMails(t, map[string]int{"half": 1})
		l.pass(t, 73*time.Hour)
		l.hasMails(t, map[string]int{"half": 2})
	})
}
