package campaigns

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
	"comeback/commerce/clocktest"
)

// rival is a message of a campaign that wants one customer.
type rival struct {
	c     *Campaign
	m     Message
	later time.Time // what puts it off apart from other campaigns: quiet hours, a cap
}

func (r rival) want() Want {
	sent := r.m.State == Sent
	w := Want{
		Message: r.m.ID, Campaign: r.c.ID, Priority: r.c.Priority, Class: r.c.Class, FirstDue: r.m.FirstDue, At: r.m.DueAt,
		Sent: sent,
	}
	if sent {
		w.At = r.m.SentAt
	}
	return w
}

func drawRival(t *rapid.T, n int, begin time.Time) rival {
	c := &Campaign{
		ID:    fmt.Sprintf("c%d", rapid.IntRange(0, 5).Draw(t, "campaign")),
		Class: rapid.SampledFrom([]Class{Service, Marketing}).Draw(t, "class"),
	}
	c.Priority = int(c.ID[1]-'0') % 3 * 40 // two campaigns of each priority
	due := begin.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "due")) * time.Minute)
	r := rival{c: c, later: due, m: Message{
		ID: fmt.Sprintf("m%d", n), Class: c.Class, State: Planned, DueAt: due, FirstDue: due, PlannedAt: due,
	}}
	if rapid.Bool().Draw(t, "expires") {
		r.m.ExpiresAt = due.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "expiry")) * time.Minute)
	}
	if rapid.Bool().Draw(t, "put off") {
		r.later = due.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "by")) * time.Minute)
	}
	return r
}

// However many campaigns want a customer, and whatever puts their messages off: each message goes
// out or is dropped, none waits for ever. None goes while one that goes before it is due, and none
// within the window after one.
func TestNoMessagesWaitForEachOtherForEver(t *testing.T) {
	t.Parallel()
	begin := clocktest.Now(t)
	rapid.Check(t, func(t *rapid.T) {
		shop := commerce.Shop{Contact: commerce.Contact{WindowHours: rapid.IntRange(0, 3).Draw(t, "window")}}
		list := make([]rival, rapid.IntRange(1, 8).Draw(t, "messages"))
		for i := range list {
			list[i] = drawRival(t, i, begin)
		}
		for turns := 0; ; turns++ {
			i := nextRival(list)
			if i < 0 {
				return
			}
			if turns > 20_000 {
				t.Fatalf("still waiting: %+v", list)
			}
			list[i].turn(t, list, shop)
		}
	})
}

// nextRival is the message that is due next; negative: none waits.
func nextRival(list []rival) int {
	next := -1
	for i, r := range list {
		if !r.m.DueAt.IsZero() && (next < 0 || r.m.DueAt.Before(list[next].m.DueAt)) {
			next = i
		}
	}
	return next
}

// turn decides about a message that is due, as the hand-over does.
func (r *rival) turn(t *rapid.T, list []rival, shop commerce.Shop) {
	now := r.m.DueAt
	var wants []Want
	for _, other := range list {
		if other.m.ID != r.m.ID && (other.m.State == Sent || !other.m.DueAt.IsZero()) {
			wants = append(wants, other.want())
		}
	}
	d := newDecider(r.c, Facts{Shop: shop, Wants: wants}, now)
	for _, guard := range []func() check{
		func() check { return d.guardTime(r.m) },
		func() check { return d.guardWants(r.m) },
		func() check {
			return check{reason: Reason{Check: CheckQuiet, Pass: !now.Before(r.later)}, defers: r.later}
		},
	} {
		if c := guard(); !c.reason.Pass {
			v := d.refused(Verdict{Reasons: []Reason{c.reason}}, r.m, c)
			r.m.Apply(v, now)
			if v.Outcome == Defer && !v.Until.After(now) {
				t.Fatalf("put off to %s at %s", v.Until, now)
			}
			return
		}
	}
	own := r.want()
	if i := slices.IndexFunc(wants, func(w Want) bool {
		return w.before(own) && w.Campaign != own.Campaign && shop.Contact.WindowHours > 0 &&
			(w.Sent && now.Sub(w.At) < shop.Contact.Window() || !w.Sent && !w.At.After(now))
	}); i >= 0 {
		t.Fatalf("%+v went out at %s, before %+v", own, now, wants[i])
	}
	r.m.State, r.m.SentAt, r.m.DueAt = Sent, now, time.Time{}
}
