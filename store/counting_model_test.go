package store_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// simple is a shop of a few customers and one campaign, stored twice: in a
// store, and as plain lists of what happened.
type simple struct {
	t      *testing.T
	docs   documents.Database
	s      *store.Store
	clock  *clock
	random *rand.Rand

	people  []string
	into    []int // the customer each was merged into; itself: none
	entries []simpleEntry
	mails   []simpleMail
	orders  []simpleOrder
}

type simpleEntry struct {
	person           int
	number           int
	arm              campaigns.Arm
	began, converted time.Time
}

type simpleMail struct {
	id      string
	entry   int
	clicked bool
}

type simpleOrder struct {
	commerce.Order
	person             int
	refunded           int64
	mail               int // credited; -1: none
	revenue, takenBack int64
}

const simpleFile = `{"schema": 1, "id": "w", "name": "W", "class": "service",
"trigger": {"event": "order.placed"}, "key": "customer", "reentry": "always",
"goal": {"event": "order.paid", "same": "customer", "within": "3d"}, "holdout": {"percent": 50},
"steps": [{"id": "one", "wait": "1h", "send": {"channel": "email", "template": "unpaid-1"}}]}`

func newSimple(t *testing.T, docs documents.Database, random *rand.Rand) *simple {
	s, clock := shopAt(t, docs)
	w := &simple{t: t, docs: docs, s: s, clock: clock, random: random}
	c, problems := campaigns.Parse([]byte(simpleFile))
	if c == nil {
		t.Fatal(problems)
	}
	_, _, err := s.PutCampaign(t.Context(), "s", c)
	must(t, err)
	for i := range 6 {
		id, err := s.SaveRecord(t.Context(), "s", commerce.CustomerRecord{Connection: "c", External: fmt.Sprintf("p%d", i), Version: noon})
		must(t, err)
		w.people, w.into = append(w.people, id), append(w.into, i)
	}
	must(t, recomputeShop(t.Context(), s, "s"))
	return w
}

// do changes the store. One time in three a process dies during the change
// first; then the change is repeated, as any unfinished work.
func (w *simple) do(act func(*store.Store) error) {
	w.t.Helper()
	if w.random.IntN(3) == 0 {
		dying := storeAt(&mortal{Database: w.docs, left: 1 + w.random.IntN(6), done: w.random.IntN(2) == 0}, w.clock)
		if act(dying) == nil {
			return
		}
	}
	must(w.t, act(w.s))
}

func (w *simple) now(i int) int {
	for w.into[i] != i {
		i = w.into[i]
	}
	return i
}

// enter lets a customer enter, also one that entered before.
func (w *simple) enter() {
	i := w.now(w.random.IntN(len(w.people)))
	number := 1
	for _, e := range w.entries {
		if e.person == i {
			number++
		}
	}
	arm := []campaigns.Arm{campaigns.Treated, campaigns.HeldOut}[i%2]
	w.entries = append(w.entries, simpleEntry{person: i, number: number, arm: arm, began: w.clock.now()})
	w.do(func(s *store.Store) error {
		e, err := s.Enrolment(w.t.Context(), "s", enrolment(i, noon).ID)
		if err != nil || e.Entry == number {
			return err
		}
		next := enrolment(i, time.Time{})
		if e.Entry > 0 {
			next.Past, next.Rev = e.Entries(), e.Rev
		}
		next.Customer, next.Entry, next.Arm, next.State, next.Recount = w.people[i], number, arm, campaigns.Finished, true
		next.BeganAt, next.EnteredAt = w.clock.now(), w.clock.now()
		_, err = s.SaveEnrolment(w.t.Context(), "s", next)
		return err
	})
}

// convert lets any entry reach its goal.
func (w *simple) convert() {
	if len(w.entries) == 0 {
		return
	}
	x := &w.entries[w.random.IntN(len(w.entries))]
	if x.converted.IsZero() {
		x.converted = w.clock.now()
	}
	w.do(func(s *store.Store) error {
		e, err := s.Enrolment(w.t.Context(), "s", enrolment(x.person, noon).ID)
		if err != nil {
			return err
		}
		if e.Recount = true; e.Entry == x.number {
			e.ConvertedAt = x.converted
		} else {
			e.Past[x.number-1].ConvertedAt = x.converted
		}
		_, err = s.SaveEnrolment(w.t.Context(), "s", e)
		return err
	})
}

// mail sends a message to an entry that has none.
func (w *simple) mail() {
	at := slices.IndexFunc(w.entries, func(e simpleEntry) bool {
		return e.arm == campaigns.Treated && !slices.ContainsFunc(w.mails, func(m simpleMail) bool { return w.entries[m.entry] == e })
	})
	if at < 0 {
		return
	}
	e := w.entries[at]
	m := message(e.person, w.clock.now())
	m.ID, m.Entry, m.Customer = commerce.Key("s", "w", fmt.Sprint(e.person), fmt.Sprint(e.number), "one"), e.number, w.people[e.person]
	w.mails = append(w.mails, simpleMail{id: m.ID, entry: at})
	m = claimOne(w.t, w.s, m)
	if !handOver(w.t, w.s, m) {
		w.t.Fatal("not ours")
	}
	m.State, m.DueAt, m.SentAt = campaigns.Sent, time.Time{}, w.clock.now()
	w.do(func(s *store.Store) error { return s.SaveMessages(w.t.Context(), "s", []campaigns.Message{m}) })
}

// click lets a person click a message.
func (w *simple) click() {
	if len(w.mails) == 0 {
		return
	}
	m := &w.mails[w.random.IntN(len(w.mails))]
	m.clicked = true
	x, err := campaigns.NewTouch(m.id, campaigns.Clicked, 1, "192.0.2.1", campaigns.Request{Method: "GET"}, w.clock.now().Add(time.Hour))
	must(w.t, err)
	x.Agent, x.Class = campaigns.HumanAgent, campaigns.HumanAgent
	group := campaigns.TouchGroup{ID: fmt.Sprintf("s:%d", w.random.Uint64()), Shop: "s", Touches: []campaigns.Touch{x, x}}
	w.do(func(s *store.Store) error { return s.KeepTouches(w.t.Context(), []campaigns.TouchGroup{group}) })
}

// order lets a customer buy, or refunds part of an order.
func (w *simple) order() {
	if n := len(w.orders); n > 0 && w.random.IntN(3) == 0 {
		o := &w.orders[w.random.IntN(n)]
		o.refunded, o.Version = o.Total.Minor/4, w.clock.now()
		o.Payment = commerce.PartiallyRefunded
		o.Refunds = []commerce.Refund{{ID: "r", Version: o.Version, RefundedAt: o.Version,
			Amount: commerce.Money{Minor: o.refunded, Currency: "EUR"}}}
		saved := o.Order
		w.do(func(s *store.Store) error { _, err := s.SaveOrder(w.t.Context(), "s", saved); return err })
		return
	}
	i := w.random.IntN(len(w.people))
	o := paidOrder(100+4*len(w.orders), commerce.Buyer{Platform: fmt.Sprintf("p%d", i)})
	o.Version, o.Times.PlacedAt, o.Times.PaidAt = w.clock.now(), w.clock.now(), w.clock.now()
	w.orders = append(w.orders, simpleOrder{Order: o, person: i, mail: -1})
	w.do(func(s *store.Store) error { _, err := s.SaveOrder(w.t.Context(), "s", o); return err })
}

// credit credits an order to a message, to another one or to none.
func (w *simple) credit() {
	if len(w.orders) == 0 || len(w.mails) == 0 {
		return
	}
	o := &w.orders[w.random.IntN(len(w.orders))]
	o.mail = w.random.IntN(len(w.mails)+1) - 1
	c := campaigns.Conversion{ID: o.ID, Shop: "s", PaidAt: o.Times.PaidAt, Currency: "EUR"}
	if o.mail >= 0 {
		o.revenue, o.takenBack = o.Total.Minor, o.refunded
		c.Message, c.Campaign, c.Step, c.Model = w.mails[o.mail].id, "w", "one", campaigns.ByClick
		c.Revenue, c.Margin, c.Reversed, c.Discount = o.revenue, o.revenue/2, o.takenBack, 3
	}
	w.do(func(s *store.Store) error {
		before, err := conversionOf(w.t.Context(), s, "s", o.ID)
		if err == nil {
			_, err = s.SaveConversion(w.t.Context(), "s", before, c)
		}
		return err
	})
}

// merge merges two customers.
func (w *simple) merge() {
	a, b := w.now(w.random.IntN(len(w.people))), w.now(w.random.IntN(len(w.people)))
	if a == b || w.random.IntN(3) > 0 {
		return
	}
	if w.people[a] > w.people[b] {
		a, b = b, a
	}
	w.into[b] = a
	w.do(func(s *store.Store) error { return s.Merge(w.t.Context(), "s", w.people[b], w.people[a]) })
}

// work does the work of workers, or a part of it.
func (w *simple) work() {
	switch w.random.IntN(3) {
	case 0:
		w.do(func(s *store.Store) error { return sweep(w.t.Context(), s, "s") })
	case 1:
		w.do(w.fold)
	default:
		w.do(func(s *store.Store) error { _, err := s.CountMarked(w.t.Context(), "s", "", 3); return err })
	}
}

func (w *simple) fold(s *store.Store) error {
	for groups := 1; groups > 0; {
		var err error
		if groups, _, err = s.UnpackTouches(w.t.Context(), "s"); err != nil {
			return err
		}
	}
	ids, err := s.Touched(w.t.Context(), "s", 100)
	if err != nil {
		return err
	}
	list, err := s.Fold(w.t.Context(), "s", ids)
	if err != nil {
		return err
	}
	for _, f := range list {
		m := f.Message
		if err := s.MarkEnrolments(w.t.Context(), "s", []string{m.Enrolment}); err != nil {
			return err
		}
		if err := s.Folded(w.t.Context(), "s", []campaigns.Message{m}); err != nil {
			return err
		}
	}
	return nil
}

const simpleWithin = 3 * 24 * time.Hour // of the file's goal

func (w *simple) over(e simpleEntry) bool { return !w.clock.now().Before(e.began.Add(simpleWithin)) }

// wantArms are both arms, counted from the lists.
func (w *simple) wantArms() (treated, held campaigns.ArmTally) {
	type sums struct {
		root int
		arm  campaigns.Arm
	}
	each, counted := map[sums]*campaigns.ArmTally{}, map[int]bool{}
	list := slices.Clone(w.entries)
	slices.SortStableFunc(list, func(a, b simpleEntry) int {
		return cmp.Or(a.began.Compare(b.began), cmp.Compare(fmt.Sprint(a.person), fmt.Sprint(b.person)), cmp.Compare(a.number, b.number))
	})
	for _, e := range list {
		key := sums{w.now(e.person), e.arm}
		if each[key] == nil {
			each[key] = &campaigns.ArmTally{}
		}
		one, over := each[key], w.over(e)
		one.Entered++
		if over {
			one.Ripe++
		}
		if over && !e.converted.IsZero() && !e.converted.After(e.began.Add(simpleWithin)) {
			one.Converted++
		}
		for i, o := range w.orders {
			in := !o.Times.PaidAt.Before(e.began) && !o.Times.PaidAt.After(e.began.Add(simpleWithin))
			if counted[i] || w.now(o.person) != key.root || !in {
				continue
			}
			if counted[i] = true; over {
				one.Revenue += o.Total.Minor - o.refunded
			}
		}
	}
	for key, one := range each {
		arm := &treated
		if key.arm == campaigns.HeldOut {
			arm = &held
		}
		addOne(arm, one)
	}
	return treated, held
}

// wantStep is the one step, counted from the lists, and the discounts of the
// ripe entries.
func (w *simple) wantStep() (step campaigns.StepTally, ripe campaigns.Spending) {
	step.Step = "one"
	for i, m := range w.mails {
		step.Sent++
		step.Delivered++
		over := w.over(w.entries[m.entry])
		if over {
			ripe.Sent++
		}
		if m.clicked {
			step.Clicked++
		}
		for _, o := range w.orders {
			if o.mail != i {
				continue
			}
			step.Converted++
			step.Revenue += o.revenue - o.takenBack
			step.Margin += o.revenue / 2
			step.Discount += 3
			if over {
				ripe.Discount += 3
			}
		}
	}
	return step, ripe
}

func addOne(arm, one *campaigns.ArmTally) {
	arm.Entered += one.Entered
	if one.Ripe == 0 {
		return
	}
	arm.Ripe += one.Ripe
	arm.Converted += one.Converted
	arm.Revenue += one.Revenue
	arm.Margin += one.Revenue
	arm.Customers++
	arm.Reached += min(one.Converted, 1)
	if one.Revenue > 0 {
		arm.Buyers++
	}
	arm.ConvertedSquares += float64(one.Converted * one.Converted)
	arm.RevenueSquares += float64(one.Revenue * one.Revenue)
	arm.MarginSquares += float64(one.Revenue * one.Revenue)
}

// In any order of events, and wherever processes die, results equal a plain
// count of all events.
func TestResultsAreAPlainCount(t *testing.T) {
	t.Parallel()
	for run := range 4 {
		t.Run(fmt.Sprint(run), func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
				seed := rand.Uint64()
				t.Logf("seed %d", seed)
				w := newSimple(t, docs, rand.New(rand.NewPCG(seed, 1)))
				acts := []func(){w.enter, w.enter, w.convert, w.mail, w.mail, w.click, w.order, w.order, w.credit, w.credit, w.merge, w.work, w.work}
				for range 150 {
					acts[w.random.IntN(len(acts))]()
					w.clock.step(time.Duration(w.random.IntN(4)) * time.Hour)
					if t.Failed() {
						return
					}
				}
				w.check()
				w.clock.step(2 * 24 * time.Hour)
				w.check()
			})
		})
	}
}

func (w *simple) check() {
	ctx := w.t.Context()
	must(w.t, sweep(ctx, w.s, "s"))
	must(w.t, w.fold(w.s))
	shop, err := w.s.Shop(ctx, "s")
	must(w.t, err)
	c, _ := campaigns.Parse([]byte(simpleFile))
	got, err := w.s.Tally(ctx, shop, c, time.Time{}, time.Time{})
	must(w.t, err)
	treated, held := w.wantArms()
	step, ripe := w.wantStep()
	if got.Treated != treated || got.Holdout != held || got.Steps[0] != step || got.Ripe != ripe {
		w.t.Errorf("got\n%+v\n%+v\n%+v\n%+v, want\n%+v\n%+v\n%+v\n%+v", got.Treated, got.Holdout, got.Steps[0], got.Ripe, treated,
			held, step, ripe)
	}
}
