package campaigns

import (
	"cmp"
	"context"
	"slices"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// world is a shop in memory in which a test runs. It stores what the store would
// store, gives Decide the facts it asks for and carries out its actions.
type world struct {
	c      *Campaign
	shop   commerce.Shop
	budget *work
	start  time.Time
	now    time.Time
	until  time.Time // watches of dates that are due later are left; zero: none is

	orders      map[string]commerce.Order
	checkouts   map[string]commerce.Checkout
	customers   map[string]*person
	events      []commerce.Event
	undelivered []commerce.Event // stored, and not delivered so far
	enrolments  map[string]Enrolment
	watches     map[string]Watch
	runs        []Run // that are still to come
	messages    map[string]Message
	sent        []string    // ids of messages in order of sending
	did         []DidInTest // what steps did beside sending, in order
	calls       testCalls
	entries     []Enrolment // each entry as it was last seen, in order
	refused     []string    // why somebody did not enter
}

// person is a customer of the world, with settings that are not in its record.
type person struct {
	commerce.Customer
	suppressed bool
	heldOut    bool
	listed     map[string]segments.Listing // the segments of which the customer is a member, or not any more
}

func newWorld(c *Campaign, shop commerce.Shop) *world {
	shop.ID, shop.Shop = cmp.Or(shop.ID, "test"), cmp.Or(shop.ID, "test")
	shop.Currency = cmp.Or(shop.Currency, "EUR")
	shop.Contact = commerce.Contact{} // other campaigns, and the shop-wide holdout, are no part of a test
	start := testStart(c, shop)
	return &world{
		c: c, shop: shop, budget: newWork(context.Background()), start: start, now: start,
		orders: map[string]commerce.Order{}, checkouts: map[string]commerce.Checkout{}, customers: map[string]*person{},
		enrolments: map[string]Enrolment{}, watches: map[string]Watch{}, messages: map[string]Message{},
		calls: testCalls{map[string]Call{}, map[string]int{}},
	}
}

// run carries out all given lines and everything that comes due because of them. It
// returns false if the work exceeds its limit.
func (w *world) run(given []Given) (ended bool) {
	given = slices.Clone(given)
	w.until = w.horizon(given)
	slices.SortStableFunc(given, func(a, b Given) int { return cmp.Compare(a.Offset, b.Offset) })
	w.plan(given)
	for w.budget.spend(w.size()) {
		if len(given) > 0 {
			if at := w.start.Add(given[0].Offset); !w.dueBefore(at) {
				w.now = at
				w.happen(given[0])
				w.deliverAll()
				given = given[1:]
				continue
			}
		}
		due, ok := w.nextDue()
		if !ok {
			return true
		}
		if due.After(w.now) {
			w.now = due
		}
		w.work()
	}
	return false
}

// size is how many objects a round reads.
func (w *world) size() int {
	return 10 + len(w.enrolments) + len(w.watches) + len(w.messages)
}

func (w *world) dueBefore(at time.Time) bool {
	due, ok := w.nextDue()
	return ok && due.Before(at)
}

// nextDue is the earliest due time of anything.
func (w *world) nextDue() (due time.Time, ok bool) {
	consider := func(at time.Time) {
		if !at.IsZero() && (!ok || at.Before(due)) {
			due, ok = at, true
		}
	}
	for _, e := range w.enrolments {
		consider(e.DueAt)
	}
	for _, watch := range w.watches {
		consider(w.watchAt(watch))
	}
	for _, m := range w.messages {
		consider(m.DueAt)
	}
	if len(w.runs) > 0 {
		consider(w.runs[0].DueAt)
	}
	return due, ok
}

// work does one round of what is due: watches, enrolments, messages.
func (w *world) work() {
	isDue := func(at time.Time) bool { return !at.IsZero() && !at.After(w.now) }
	for len(w.runs) > 0 && isDue(w.runs[0].DueAt) {
		w.pass(w.runs[0])
		w.runs = w.runs[1:]
	}
	for _, id := range which(w.watches, func(x Watch) bool { return isDue(w.watchAt(x)) }) {
		if watch := w.watches[id]; isDue(w.watchAt(watch)) {
			w.watchDue(watch)
		}
	}
	for _, id := range which(w.enrolments, func(x Enrolment) bool { return isDue(x.DueAt) }) {
		if e := w.enrolments[id]; isDue(e.DueAt) {
			c := w.campaign(e.Customer)
			w.decide(c, e, Occasion{Kind: OnDue}, w.facts(c, Needs(c, Occasion{Kind: OnDue}), e))
		}
	}
	for _, id := range which(w.messages, func(x Message) bool { return isDue(x.DueAt) }) {
		if m := w.messages[id]; isDue(m.DueAt) {
			w.handOver(m)
		}
	}
}

// which lists the ids of the values that match, sorted.
func which[T any](all map[string]T, holds func(T) bool) []string {
	var ids []string
	for id, x := range all {
		if holds(x) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (w *world) deliverAll() {
	for len(w.undelivered) > 0 {
		ev := w.undelivered[0]
		w.undelivered = w.undelivered[1:]
		w.deliver(ev)
	}
}

// deliver passes an event to every enrolment that it concerns, then to the trigger,
// as the service does.
func (w *world) deliver(ev commerce.Event) {
	c := w.campaign(ev.Customer)
	hears := func(e Enrolment) bool {
		return (e.ReceivesEvents() || e.PastOpen) && (e.Order == ev.Subject && e.Order != "" || e.Customer == ev.Customer)
	}
	for _, id := range which(w.enrolments, hears) {
		if e := w.enrolments[id]; hears(e) {
			w.decide(c, e, Occasion{Kind: OnEvent, Event: ev}, w.facts(c, Needs(c, Occasion{Kind: OnEvent}), e))
		}
	}
	if !c.Enters(ev) || ev.Customer == "" {
		return
	}
	subject := ev.Subject
	if c.Key == ByCustomer {
		subject = ev.Customer
	}
	id, err := EnrolmentID(c, w.shop.ID, subject)
	if err != nil {
		return
	}
	probe := Enrolment{Customer: ev.Customer, CauseAt: ev.At}
	probe.Order, probe.Checkout = SubjectOf(ev)
	o := Occasion{Kind: OnTrigger, Event: ev}
	w.decide(c, w.enrolments[id], o, w.facts(c, Needs(c, o), probe))
}

func (w *world) decide(c *Campaign, e Enrolment, o Occasion, f Facts) {
	next, actions := Decide(c, e, o, f, w.now)
	w.do(actions)
	w.save(e, next)
}

func (w *world) do(actions []Action) {
	for _, action := range actions {
		switch a := action.(type) {
		case Plan:
			if _, planned := w.messages[a.Message.ID]; !planned {
				w.messages[a.Message.ID] = a.Message
			}
		case Postpone:
			w.putWatch(a.Watch)
		case Mark:
			w.did = append(w.did, DidInTest{a.Step, w.now.Sub(w.start)})
			w.mark(a)
		case Enter:
			w.did = append(w.did, DidInTest{a.Step, w.now.Sub(w.start)})
		case PlanCall:
			w.called(a.Call)
		case Cancel:
			for id, m := range w.messages {
				if m.Enrolment == a.Enrolment && m.Entry == a.Entry && (m.State == Planned || m.State == Deferred) {
					m.State, m.DueAt, m.EndedAt, m.Reason = Cancelled, time.Time{}, w.now, a.Reason
					w.messages[id] = m
				}
			}
		}
	}
}

// mark adds what a step says of a customer.
func (w *world) mark(a Mark) {
	p := w.customers[a.Customer]
	p.Records = append(p.Records[:1:1], commerce.MergeRecords(p.Records[1:], a.Records...)...)
	w.recompute(a.Customer)
}

func (w *world) save(before, next Enrolment) {
	if next.State == "" || !Changed(before, next) {
		w.noteRefusal(next)
		return
	}
	next = w.woken(next)
	next.Rev++
	w.enrolments[next.ID] = next
	at := slices.IndexFunc(w.entries, func(e Enrolment) bool { return e.ID == next.ID && e.Entry == next.Entry })
	if at < 0 {
		w.entries = append(w.entries, next)
		return
	}
	w.entries[at] = next
}

func (w *world) watchDue(watch Watch) {
	c := w.campaign(watch.Customer)
	probe := Enrolment{Customer: watch.Customer, Order: watch.Order(), CauseAt: watch.CauseAt}
	id, err := c.Watched(watch)
	if err != nil {
		return
	}
	e := w.enrolments[id]
	watch, next, actions := DecideWatch(c, watch, e, w.facts(c, WatchNeeds(c), probe), w.now)
	w.do(actions)
	w.save(e, next)
	w.watches[watch.ID] = watch
}

func (w *world) handOver(m Message) {
	c, e := w.campaign(m.Customer), w.enrolments[m.Enrolment]
	v := HandOver(c, m, e, w.facts(c, HandOverNeeds(c), e), w.now)
	m.Apply(v, w.now)
	if v.Outcome == Go {
		m.State, m.DueAt, m.SentAt = Sent, time.Time{}, w.now
		w.sent = append(w.sent, m.ID)
	}
	w.messages[m.ID] = m
	w.save(e, End(e, v, w.now))
}

// campaign is the campaign with the customer's arm as the test sets it. Without
// holdout=true nobody is held out.
func (w *world) campaign(customer string) *Campaign {
	c := *w.c
	c.Holdout = 0
	if p := w.customers[customer]; p != nil && p.heldOut {
		c.Holdout = 10_000
	}
	return &c
}
