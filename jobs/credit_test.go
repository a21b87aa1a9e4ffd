package jobs_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/jobs"
)

// creditShop is a shop in memory with sent messages, their touches and credits.
type creditShop struct {
	*memoryShop
	sent    []campaigns.Message
	touches []campaigns.Touch
	credits map[string]campaigns.Conversion
	gone    bool // the customer was erased
}

func (l *creditShop) CustomersByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Customer, error) {
	if l.gone {
		return nil, nil
	}
	return l.memoryShop.CustomersByID(ctx, shop, ids)
}

func (l *creditShop) SentTo(context.Context, string, []string) ([]campaigns.Message, error) {
	return l.sent, nil
}

func (l *creditShop) TouchesAmong(context.Context, string, []string) (map[string][]campaigns.Touch, error) {
	of := map[string][]campaigns.Touch{}
	for _, x := range l.touches {
		of[x.Message] = append(of[x.Message], x)
	}
	return of, nil
}

func (l *creditShop) ConversionsByID(_ context.Context, _ string, orders []string) (map[string]campaigns.Conversion, error) {
	return onlyKnown(orders, func(id string) (campaigns.Conversion, bool) { c, known := l.credits[id]; return c, known }), nil
}

func (l *creditShop) SaveConversion(_ context.Context, _ string, before, c campaigns.Conversion) (bool, error) {
	if before.Rev != l.credits[c.ID].Rev {
		return false, nil
	}
	c.Rev = before.Rev + 1
	l.credits[c.ID] = c
	if c.Message == "" {
		delete(l.credits, c.ID)
	}
	return true, nil
}

func (l *creditShop) MarkEnrolments(context.Context, string, []string) error { return nil }

func (l *creditShop) Folded(context.Context, string, []campaigns.Message) error { return nil }

func (l *creditShop) Touched(context.Context, string, int) ([]string, error) {
	return []string{l.sent[0].ID}, nil
}

func (l *creditShop) Fold(context.Context, string, []string) ([]campaigns.Folded, error) {
	return []campaigns.Folded{{Message: l.sent[0], Human: true}}, nil
}

func (l *creditShop) OrdersOf(context.Context, string, []string) (map[string][]commerce.Order, error) {
	return map[string][]commerce.Order{l.sent[0].Customer: {l.order}}, nil
}

// A paid order is credited to the message whose click brought it, else to none. A
// late click is credited when it is counted. A click that turns out to be a
// machine's removes the credit.
func TestOrderIsCreditedToTheMessageThatBroughtIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(l *creditShop)
		want   bool
	}{
		"clicked, then paid":        {nil, true},
		"nothing was clicked":       {func(l *creditShop) { l.touches = nil }, false},
		"a machine clicked":         {func(l *creditShop) { l.touches[0].Agent = campaigns.MachineAgent }, false},
		"clicked after the payment": {func(l *creditShop) { l.touches[0].At = noon().Add(3 * time.Hour) }, false},
		"an uncertain mail that was clicked": {func(l *creditShop) {
			l.sent[0].State, l.sent[0].SentAt, l.sent[0].Rendered = campaigns.Uncertain, time.Time{}, noon()
		}, true},
		"an imported order": {func(l *creditShop) { l.order.Imported = true }, false},
		"an order not paid": {
			func(l *creditShop) { l.order.Payment, l.order.Times.PaidAt = commerce.Unpaid, time.Time{} }, false,
		},
		"an order of an erased customer": {func(l *creditShop) { l.gone = true }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &creditShop{memoryShop: newMemoryShop(t), credits: map[string]campaigns.Conversion{}}
			l.order.Payment, l.order.Times.PaidAt = commerce.Paid, noon().Add(2*time.Hour)
			l.sent = []campaigns.Message{{
				ID: "s:w:c:1:1:one", Shop: "s", Campaign: "w", Version: 1, Step: "one", Channel: campaigns.Email, Customer: "s:1",
				State: campaigns.Sent, SentAt: noon(),
			}}
			l.touches = []campaigns.Touch{{
				ID: "1", Message: l.sent[0].ID, Kind: campaigns.Clicked, Link: 1, Actor: "ann", Agent: campaigns.HumanAgent,
				At: noon().Add(time.Hour),
			}}
			if c.change != nil {
				c.change(l)
			}
			tokens, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: fmt.Appendf(nil, "%032d", 1)})
			if err != nil {
				t.Fatal(err)
			}
			clock := newClock()
			cache := jobs.NewCampaignCache(l, clock.now)
			credit := jobs.NewCredit(l, jobs.NewFacts(l, l, clock.now), tokens)
			p, err := cache.Of(t.Context(), "s")
			if err != nil {
				t.Fatal(err)
			}
			if err := credit.Credit(t.Context(), p, []commerce.Event{paid(clock)}); err != nil {
				t.Fatal(err)
			}
			if got, credited := l.credits["s:c:1"]; credited != c.want || credited && (got.Message != l.sent[0].ID || got.Revenue != 5000) {
				t.Errorf("got %+v, want credited: %v", got, c.want)
			}
			if c.change != nil || !c.want {
				return
			}
			clear(l.credits)
			engage := jobs.NewEngage(l, l, cache, credit)
			work(t, engage)
			if len(l.credits) != 1 {
				t.Error("a click counted later: not credited")
			}
			l.touches[0].Agent = campaigns.MachineAgent
			work(t, engage)
			if len(l.credits) != 0 {
				t.Error("a click that was a machine's: still credited")
			}
		})
	}
}
