package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// touch is an action on message n that long after it was sent.
func touch(t *testing.T, n int, kind campaigns.TouchKind, link int, agent campaigns.AgentClass, after time.Duration) campaigns.Touch {
	t.Helper()
	x, err := campaigns.NewTouch(message(n, noon).ID, kind, link, "192.0.2.1",
		campaigns.Request{Method: "GET", UserAgent: string(agent)}, noon.Add(after))
	must(t, err)
	x.Agent, x.Class = agent, agent
	return x
}

// send plans, claims and sends message n, to an existing customer.
func send(t *testing.T, s *store.Store, n int) campaigns.Message {
	t.Helper()
	m := claimOne(t, s, message(n, noon))
	m.Links = []campaigns.Link{{N: 1, URL: "https://shop.example"}}
	if !handOver(t, s, m) {
		t.Fatal("not ours")
	}
	save(t, s, m, campaigns.Sent)
	return m
}

// foldAll counts touched messages, as the worker does.
func foldAll(t *testing.T, s *store.Store) (humans int) {
	t.Helper()
	ids, err := s.Touched(t.Context(), "s", 100)
	must(t, err)
	list, err := s.Fold(t.Context(), "s", ids)
	must(t, err)
	for _, f := range list {
		if f.Human {
			humans++
		}
		must(t, s.Folded(t.Context(), "s", []campaigns.Message{f.Message}))
	}
	return humans
}

// conversionOf is the credit of an order, without an id where it has none.
func conversionOf(ctx context.Context, s *store.Store, shop, order string) (campaigns.Conversion, error) {
	found, err := s.ConversionsByID(ctx, shop, []string{order})
	return found[order], err
}

// People's opens and clicks are counted once and apart from machines', on the
// message and in the customer's profile. Touches that come meanwhile are
// counted again; touches that turn out to be a machine's are taken back.
func TestTouchesAreFolded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		ann, err := s.SaveRecord(ctx, "s", commerce.CustomerRecord{Connection: "c", External: "1", Version: noon})
		must(t, err)
		m := message(1, noon)
		m.Customer = ann
		must(t, s.PlanMessages(ctx, "s", []campaigns.Message{m}))
		send(t, s, 1)
		if foldAll(t, s) != 0 {
			t.Error("a message without touches counts as touched")
		}
		touches := []campaigns.Touch{
			touch(t, 1, campaigns.Opened, 0, campaigns.HumanAgent, time.Minute), touch(t, 1, campaigns.Opened, 0, campaigns.ProxyAgent, time.Minute),
			touch(t, 1, campaigns.Clicked, 1, campaigns.HumanAgent, time.Hour), touch(t, 1, campaigns.Clicked, 1, campaigns.HumanAgent, 2*time.Hour),
		}
		for range 2 {
			must(t, s.AddTouches(ctx, "s", touches))
			if foldAll(t, s) != 1 {
				t.Error("a human's click was not reported")
			}
		}
		got, err := s.Message(ctx, "s", m.ID)
		if err != nil || got.Opens != 1 || got.Clicks != 2 || got.MachineOpens != 1 || !got.ClickedAt.Equal(noon.Add(time.Hour)) ||
			!got.LastClickedAt.Equal(noon.Add(2*time.Hour)) || got.Touched {
			t.Errorf("got %+v, %v", got, err)
		}
		c, err := s.Customer(ctx, "s", ann)
		if err != nil || len(c.Engagement) != 1 || !c.Engagement[0].ClickedAt.Equal(noon.Add(time.Hour)) || c.Engagement[0].Campaign != "w" {
			t.Errorf("got %+v, %v, want the message in the profile once", c.Engagement, err)
		}
		must(t, s.AddTouches(ctx, "s", []campaigns.Touch{ // of the visits of both clicks
			touch(t, 1, campaigns.Clicked, campaigns.HoneypotLink, campaigns.HumanAgent, time.Hour),
			touch(t, 1, campaigns.Clicked, campaigns.HoneypotLink, campaigns.HumanAgent, 2*time.Hour),
		}))
		if foldAll(t, s) != 1 {
			t.Error("clicks taken back were not reported")
		}
		if got, err = s.Message(ctx, "s", m.ID); err != nil || got.Clicks != 0 || !got.ClickedAt.IsZero() || got.MachineClicks == 0 {
			t.Errorf("after the trap: got %d clicks at %v, %d by machines, %v", got.Clicks, got.ClickedAt, got.MachineClicks, err)
		}
	})
}

// A touch that comes while a message is counted leaves it to be counted again.
func TestTouchWhileFoldingIsNotLost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		send(t, s, 1)
		must(t, s.AddTouches(t.Context(), "s", []campaigns.Touch{touch(t, 1, campaigns.Opened, 0, campaigns.HumanAgent, time.Hour)}))
		meddled := &meddling{Database: docs, meddle: func() {
			must(t, s.AddTouches(t.Context(), "s", []campaigns.Touch{touch(t, 1, campaigns.Clicked, 1, campaigns.HumanAgent, time.Hour)}))
		}}
		list, err := storeAt(meddled, clock).Fold(t.Context(), "s", []string{message(1, noon).ID})
		must(t, err)
		must(t, s.Folded(t.Context(), "s", []campaigns.Message{list[0].Message}))
		if ids, err := s.Touched(t.Context(), "s", 9); err != nil || len(ids) != 1 {
			t.Fatalf("got %v touched, %v, want the message still", ids, err)
		}
		foldAll(t, s)
		if m, err := s.Message(t.Context(), "s", message(1, noon).ID); err != nil || m.Clicks != 1 {
			t.Errorf("got %d clicks, %v, want 1", m.Clicks, err)
		}
	})
}

// converted is order n, credited with an amount to message m.
func converted(n string, m int, entry string, revenue, reversed int64) campaigns.Conversion {
	id := commerce.Key("s", "w", string(rune('0'+m)), entry, "one")
	return campaigns.Conversion{
		ID: commerce.Key("s", "c", n), Shop: "s", PaidAt: noon, Model: "click", Message: id, Campaign: "w", Step: "one",
		Currency: "EUR", Revenue: revenue, Margin: revenue / 2, Reversed: reversed, MarginReversed: reversed / 2,
	}
}

// credit saves the credit of an order over the one before.
func credit(t *testing.T, s *store.Store, c campaigns.Conversion) {
	t.Helper()
	before, err := conversionOf(t.Context(), s, "s", c.ID)
	must(t, err)
	if saved, err := s.SaveConversion(t.Context(), "s", before, c); err != nil || !saved {
		t.Fatalf("conversion: saved %v, %v", saved, err)
	}
}

// A conversion replaces the one before it of the same order, and can be
// removed. A process that read an older one changes nothing.
func TestConversions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		old, err := conversionOf(ctx, s, "s", "s:c:1")
		must(t, err)
		for _, c := range []campaigns.Conversion{converted("1", 1, "1", 500, 0), converted("1", 2, "1", 500, 100),
			converted("2", 1, "1", 700, 0), {ID: "s:c:2"}, {ID: "s:c:2"}, {ID: "s:c:3"}} {
			credit(t, s, c)
		}
		if saved, err := s.SaveConversion(ctx, "s", old, converted("1", 1, "1", 500, 0)); err != nil || saved {
			t.Errorf("read before others stored: saved %v, %v", saved, err)
		}
		list, err := s.Conversions(ctx, "s", "w", nil, 9)
		if err != nil || len(list) != 1 || list[0].Message != "s:w:2:1:one" || list[0].Reversed != 100 || list[0].Former != nil {
			t.Errorf("got %+v, %v, want the last of order 1", list, err)
		}
	})
}

// reminder stores a campaign with two steps and a holdout of a half.
func reminder(t *testing.T, s *store.Store) *campaigns.Campaign {
	t.Helper()
	campaign, problems := campaigns.Parse([]byte(`{"schema": 1, "id": "w", "name": "Reminder", "class": "service",
		"trigger": {"event": "order.placed"}, "key": "order", "reentry": "never",
		"goal": {"event": "order.paid", "same": "order", "within": "1d"}, "holdout": {"percent": 50},
		"steps": [{"id": "one", "wait": "1h", "send": {"channel": "email", "template": "unpaid-1"}},
			{"id": "two", "wait": "1h", "send": {"channel": "email", "template": "unpaid-2"}}]}`))
	if campaign == nil {
		t.Fatal(problems)
	}
	_, _, err := s.PutCampaign(t.Context(), "s", campaign)
	must(t, err)
	return campaign
}

// The results are those counted by hand: entries by arm, messages and money by
// step, of every entry of each key, in the requested time.
func TestTally(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx := t.Context()
		campaign := reminder(t, s)
		shop, err := s.Shop(ctx, "s")
		must(t, err)
		for n, arm := range []campaigns.Arm{campaigns.Treated, campaigns.Treated, campaigns.Treated, campaigns.HeldOut, campaigns.HeldOut} {
			customer, err := s.SaveRecord(ctx, "s", commerce.CustomerRecord{Connection: "c", External: string(rune('a' + n)), Version: noon})
			must(t, err)
			e := enrolment(n, time.Time{})
			e.State, e.Arm, e.Customer, e.BeganAt, e.EnteredAt = campaigns.Finished, arm, customer, noon, noon.Add(time.Duration(n)*time.Minute)
			if n == 0 || n == 3 {
				o := paidOrder(10+n, commerce.Buyer{Platform: string(rune('a' + n))})
				_, err := s.SaveOrder(ctx, "s", o)
				must(t, err)
				e.State, e.ConvertedAt = campaigns.Converted, o.Times.PaidAt
			}
			if n == 2 {
				e.Past, e.Entry = e.Entries(), 2
			}
			_, err = s.SaveEnrolment(ctx, "s", e)
			must(t, err)
		}
		must(t, recomputeShop(ctx, s, "s"))
		for n := range 3 {
			send(t, s, n) // that of 2 belongs to its first entry
		}
		must(t, s.AddTouches(ctx, "s",
			[]campaigns.Touch{touch(t, 0, campaigns.Opened, 0, campaigns.HumanAgent, time.Minute),
				touch(t, 0, campaigns.Clicked, 1, campaigns.HumanAgent, time.Hour),
				touch(t, 1, campaigns.Opened, 0, campaigns.ProxyAgent, time.Minute)}))
		foldAll(t, s)
		for _, c := range []campaigns.Conversion{converted("10", 0, "1", 1000, 200), converted("12", 2, "1", 9000, 0)} {
			credit(t, s, c)
		}
		clock.step(48 * time.Hour)
		got, err := s.Tally(ctx, shop, campaign, time.Time{}, time.Time{})
		must(t, err)
		if diff := cmp.Diff(got.Treated,
			campaigns.ArmTally{Entered: 4, Ripe: 4, Converted: 1, Revenue: 1000, Margin: 1000, Customers: 3, Reached: 1, Buyers: 1,
				ConvertedSquares: 1, RevenueSquares: 1e6, MarginSquares: 1e6}); diff != "" {
			t.Errorf("treated: got, want: %s", diff)
		}
		if diff := cmp.Diff(got.Holdout,
			campaigns.ArmTally{Entered: 2, Ripe: 2, Converted: 1, Revenue: 1300, Margin: 1300, Customers: 2, Reached: 1, Buyers: 1,
				ConvertedSquares: 1, RevenueSquares: 1.69e6, MarginSquares: 1.69e6}); diff != "" {
			t.Errorf("held out: got, want: %s", diff)
		}
		want := []campaigns.StepTally{{Step: "one", Sent: 3, Delivered: 3, Opened: 1, MachineOpened: 1, Clicked: 1, Converted: 2,
			Revenue: 9800, Margin: 4900}, {Step: "two"}}
		if diff := cmp.Diff(got.Steps, want); diff != "" {
			t.Errorf("steps: got, want: %s", diff)
		}
		if got, err = s.Tally(ctx, shop, campaign, noon.Add(time.Minute), noon.Add(4*time.Minute)); err != nil ||
			got.Treated.Entered != 3 || got.Holdout.Entered != 1 || got.Steps[0].Sent != 2 || got.Steps[0].Converted != 1 {
			t.Errorf("of three minutes: got %+v, %v", got, err)
		}
	})
}
