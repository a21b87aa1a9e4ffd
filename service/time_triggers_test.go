package service

import (
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// unhindered is a policy without quiet hours and with wide caps.
const unhindered = `"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
	"quiet": {"from": "00:00", "to": "00:00"}}`

// birthdays greets each customer at 9 in the morning of their birthday.
const birthdays = `{"schema": 1, "id": "birthday", "name": "Birthday", "class": "marketing", "key": "customer",
	"reentry": {"after": "180d"}, "trigger": {"date": "customer.birthday", "at": "09:00"}, ` + unhindered + `,
	"steps": [{"id": "b1", "send": {"channel": "email", "template": "win-back-1"}}]}`

// puts stores a campaign over HTTP and activates it.
func (l *leaving) opens(t *testing.T, id, file string) {
	t.Helper()
	l.asks(t, l.key, 201, "PUT /v1/campaigns/"+id, file)
	l.asks(t, l.key, 204, "POST /v1/campaigns/"+id+"/activate", "")
	l.pass(t, 0)
}

// person reports a customer with consent.
func (l *leaving) person(t *testing.T, id string, more object) {
	t.Helper()
	record := object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true,
		"consents": []object{said("email", true, true, l.at())}}
	for key, value := range more {
		record[key] = value
	}
	l.report(t, record)
	l.pass(t, 0)
}

// until moves the clock to an instant, in which the service works.
func (l *leaving) until(t *testing.T, at time.Time) {
	t.Helper()
	l.pass(t, at.Sub(l.at()))
}

func (l *leaving) gotMails(t *testing.T, who string, want int, when string) {
	t.Helper()
	if got := len(l.mailsTo(who + "@example.com")); got != want {
		t.Errorf("%s: got %d mails to %s, want %d", when, got, who, want)
	}
}

// A customer is greeted each year at nine in the morning of their own zone, once, whether
// the birthday was known before the campaign or came later, and also if it moves.
func TestBirthdayMailComesOnTheDayInTheCustomersZone(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		tokyo, err := time.LoadLocation("Asia/Tokyo") // it has no daylight saving
		ok(t, err)
		day := l.at().AddDate(0, 0, 10)
		if day.Month() == time.February && day.Day() == 29 {
			day = day.AddDate(0, 0, 1)
		}
		due := time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, tokyo)
		born := day.Format("--01-02")
		l.person(t, "early", object{"birthday": born, "zone": "Asia/Tokyo"})
		l.opens(t, "birthday", birthdays)
		l.person(t, "late", object{"birthday": born, "zone": "Asia/Tokyo"})
		l.person(t, "moving", object{"birthday": day.AddDate(0, 0, 40).Format("--01-02"), "zone": "Asia/Tokyo"})
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "late").ID+"/explain?campaign=birthday", "",
			`"outcome":"waits"`, "customer.birthday: due on "+due.UTC().Format("2006-01-02 15:04:05Z"))
		l.until(t, due.Add(-time.Hour))
		l.person(t, "moving", object{"birthday": born, "zone": "Asia/Tokyo"})
		l.until(t, due.Add(-time.Millisecond))
		for _, who := range []string{"early", "late", "moving"} {
			l.gotMails(t, who, 0, "before nine")
		}
		l.until(t, due)
		l.pass(t, time.Hour)
		l.person(t, "missed", object{"birthday": born, "zone": "Asia/Tokyo"})
		l.person(t, "moving", object{"birthday": day.AddDate(0, 0, 3).Format("--01-02"), "zone": "Asia/Tokyo"})
		l.pass(t, time.Hour)
		l.person(t, "moving", object{"birthday": born, "zone": "Asia/Tokyo"})
		l.pass(t, 4*24*time.Hour)
		for who, want := range map[string]int{"early": 1, "late": 1, "moving": 1, "missed": 0} {
			l.gotMails(t, who, want, "after nine")
		}
		next := time.Date(day.Year()+1, day.Month(), day.Day(), 9, 0, 0, 0, tokyo)
		l.until(t, next.Add(-time.Millisecond))
		l.gotMails(t, "early", 1, "a year later, before nine")
		l.until(t, next)
		for who, want := range map[string]int{"early": 2, "late": 2, "moving": 2, "missed": 1} {
			l.gotMails(t, who, want, "a year later")
		}
	})
}

// A paid order that was not shipped in three days gets a mail. Orders of before the campaign
// count if their three days were not over.
func TestMailAboutAnOrderThatWasNotShipped(t *testing.T) {
	t.Parallel()
	const unshipped = `{"schema": 1, "id": "late", "name": "Late", "class": "service", "key": "order", "reentry": "never",
		"trigger": {"event": "order.paid", "not_followed_by": {"event": "order.shipped"}, "within": "3d"},
		"exit": [{"event": "order.shipped", "same": "order"}], ` + unhindered + `,
		"steps": [{"id": "l1", "send": {"channel": "email", "template": "unpaid-1"}}]`
	for backfill, over := range map[string]int{"": 0, `, "backfill": true`: 1} {
		t.Run("backfill"+backfill, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				l := newLeaving(t, h)
				l.ordered(t, "over", l.at(), nil)
				l.pass(t, 4*24*time.Hour)
				l.ordered(t, "before", l.at(), nil)
				l.pass(t, 24*time.Hour)
				l.opens(t, "late", unshipped+backfill+"}")
				l.gotMails(t, "over", over, "its time was over at the start")
				l.ordered(t, "shipped", l.at(), nil)
				l.ordered(t, "open", l.at(), nil)
				paid := l.at()
				l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerBy(t, "open").ID+"/explain?campaign=late", "", `"outcome":"waits"`)
				l.pass(t, 2*24*time.Hour)
				l.gotMails(t, "before", 1, "three days after a payment before the start")
				l.ordered(t, "shipped", paid, object{"parcels": []object{{"id": "p1", "shipped_at": l.at()}}})
				l.pass(t, 24*time.Hour-time.Millisecond)
				l.gotMails(t, "open", 0, "before three days")
				l.pass(t, time.Millisecond)
				l.pass(t, 24*time.Hour)
				for who, want := range map[string]int{"open": 1, "shipped": 0, "before": 1, "over": over} {
					l.gotMails(t, who, want, "after three days")
				}
				l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerBy(t, "shipped").ID+"/explain?campaign=late", "",
					`"outcome":"refused"`, "followed by order.shipped")
			})
		})
	}
}

// ordered reports a paid order of a buyer.
func (l *leaving) ordered(t *testing.T, who string, at time.Time, more object) {
	t.Helper()
	order := object{
		"type": "order", "id": "o" + who, "placed_at": at, "paid_at": at, "payment_status": "paid", "currency": "EUR", "total": "10.00",
		"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": "10.00", "net": "10.00"}},
		"buyer": object{"id": who, "email": who + "@example.com"},
	}
	for key, value := range more {
		order[key] = value
	}
	l.report(t, order)
	l.pass(t, 0)
}

// customerBy is the customer with an address.
func (l *leaving) customerBy(t *testing.T, who string) commerce.Customer {
	t.Helper()
	list, err := l.Customers(t.Context(), "s", nil, 1000)
	ok(t, err)
	for _, c := range list {
		if c.Attributes.Email == who+"@example.com" {
			return c
		}
	}
	t.Fatalf("nobody has the address of %s", who)
	return commerce.Customer{}
}

// A customer who exceeds the own gap 1.5 times gets a mail on that day. In a shop that does
// not know the gaps of its customers nobody does. New figures of the shop move the day.
func TestOverdueMailComesOnTheCustomersOwnClock(t *testing.T) {
	t.Parallel()
	const overdue = `{"schema": 1, "id": "overdue", "name": "Overdue", "class": "marketing", "key": "customer", "reentry": "always",
		"trigger": {"lapse": {"overdue_ratio": 1.5}}, ` + unhindered + `,
		"steps": [{"id": "o1", "send": {"channel": "email", "template": "win-back-1"}}]}`
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		fit := func(mean float64) {
			t.Helper()
			ok(t, l.SaveFitted(t.Context(), "s", &segments.Fitted{
				At: l.at(), Period: 365, Ages: segments.Ages{AtRisk: 60, Lapsed: 120, Lost: 365, Own: true},
				Gaps: segments.Gaps{Count: 200, Mean: mean, Within: 1, Between: 0},
			}, "test"))
			l.pass(t, 2*time.Second) // settings are believed for so long
		}
		l.opens(t, "overdue", overdue)
		l.person(t, "ann", nil)
		l.ordered(t, "ann", l.at(), nil)
		paid := l.at()
		ann := l.customerOf(t, "ann").ID
		l.asks(t, l.key, 200, "GET /v1/customers/"+ann+"/explain?campaign=overdue", "", "the customer has no expected gap between orders")
		fit(20)
		l.asks(t, l.key, 200, "GET /v1/customers/"+ann+"/explain?campaign=overdue", "",
			`"outcome":"waits"`, "1.5 times the expected gap of 20.0 days")
		l.until(t, paid.AddDate(0, 0, 4))
		fit(10)
		due := paid.Truncate(24*time.Hour).AddDate(0, 0, 15)
		l.until(t, due.Add(-time.Millisecond))
		l.gotMails(t, "ann", 0, "before the day")
		l.until(t, due)
		l.gotMails(t, "ann", 1, "on the day")
		l.pass(t, 40*24*time.Hour)
		l.gotMails(t, "ann", 1, "later")
	})
}
