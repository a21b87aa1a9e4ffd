package service

import (
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/jobs"
)

// tenWays are the ten ways in which a reminder goes wrong elsewhere. Of each it names the tests that
// it does not here: over HTTP with webhooks as platforms send them, in this folder, and of the engine
// alone, in campaigns.
var tenWays = []struct {
	way   string
	tests []string
}{
	{"paid between the check and the send, or the webhook came late", []string{
		"TestPaidBetweenTheCheckAndTheHandOverGetsNoMail", "TestAPaymentThatIsHeardOfLateIsNoReminder",
		"TestShuffledDeliveriesRemindOfUnpaidOnly", "TestFailureModes"}},
	{"the job ran late and a look-back window missed the order", []string{
		"TestAWorkerThatWasDownForHoursMissesNoOrder", "TestStepThatExpiredBeforeTheEntryIsLeftOut", "TestFailureModes"}},
	{"two checkouts, one order: the second is still chased", []string{"TestTwoCheckoutsOfOneOrderAreBothLeftAlone", "TestFailureModes"}},
	{"events out of order", []string{
		"TestAnyOrderOfEventsEndsInTheSameMails", "TestShuffledDeliveriesEndAsInOrder", "TestFailureModes"}},
	{"bank transfer or cash on delivery counted as unpaid", []string{
		"TestPaymentMethodDecidesTheReminder", "TestMerchantDefinesAPaymentMethod", "TestFailureModes"}},
	{"a failed order retried under a new number; a failed recovery counted as revenue", []string{
		"TestAnOrderRetriedUnderANewNumberIsNotChased", "TestARecoveryThatFailedIsNoRevenue", "TestFailureModes"}},
	{"OR where AND was meant", []string{"TestOrWhereAndWasMeantHasANote", "TestNotes"}},
	{"an item that is out of stock", []string{"TestWhatIsOutOfStockIsNotOffered", "TestFailureModes"}},
	{"an item that was removed from the cart is still shown", []string{
		"TestWhatWasRemovedIsNotShown", "TestEditedOrderCountsAsItIsNow"}},
	{"one person in four flows gets twenty mails in a day", []string{
		"TestOnePersonInFourCampaignsGetsOneMailADay", "TestOnePersonInFourFlowsDoesNotGetTwentyMailsInADay"}},
}

// Each of the ten ways has its tests, and they exist.
func TestTenWaysHaveTheirTests(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, folder := range []string{".", "../campaigns"} {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		ok(t, err)
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			ok(t, err)
			for _, d := range file.Decls {
				if f, is := d.(*ast.FuncDecl); is {
					known[f.Name.Name] = true
				}
			}
		}
	}
	if len(tenWays) != 10 {
		t.Errorf("got %d ways, want ten", len(tenWays))
	}
	for n, way := range tenWays {
		for _, name := range way.tests {
			if !known[name] {
				t.Errorf("%d, %s: there is no %s", n+1, way.way, name)
			}
		}
	}
}

// posts sends a platform's webhook and has it read. The clock stands.
func (l *leaving) posts(t *testing.T, platform, topic string, parts ...map[string]any) {
	t.Helper()
	ok(t, l.tries(t.Context(), platform, topic, parts...))
	l.settle(t, 1)
}

// tries sends a platform's webhook. Nobody reads it so far.
func (l *leaving) tries(ctx context.Context, platform, topic string, parts ...map[string]any) error {
	body := map[string]any{}
	for _, part := range parts {
		maps.Copy(body, part)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	status, err := l.send(ctx, delivery{platform, topic, text})
	if err == nil && status != 200 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// wooOrder is an unpaid order of WooCommerce, by its number and its buyer.
func wooOrder(id int, buyer string, at time.Time) map[string]any {
	body := wooBody(at)
	body["id"], body["number"] = id, id
	body["billing"] = map[string]any{"email": buyer + "@example.com", "country": "AT"}
	return body
}

// wooPaid is what a payment changes in an order of WooCommerce.
func wooPaid(at, seen time.Time) map[string]any {
	return map[string]any{"status": "processing", "needs_payment": false, "date_paid_gmt": stamp(at), "date_modified_gmt": stamp(seen)}
}

// between does something between the decision about each mail and its hand-over.
type between struct {
	jobs.Channel
	do atomic.Pointer[func(ctx context.Context, m campaigns.Mail)]
}

func (b *between) Deliver(
	ctx context.Context, m campaigns.Mail, before func(context.Context) (bool, error), after func(campaigns.MailOutcome),
) {
	if do := b.do.Load(); do != nil {
		(*do)(ctx, m)
	}
	b.Channel.Deliver(ctx, m, before, after)
}

// 1. A payment that is heard of between the decision about a mail and its hand-over stops the mail.
// So does one while the mail waits for the relay.
func TestPaidBetweenTheCheckAndTheHandOverGetsNoMail(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		channel := &between{}
		channel.Channel = l.mail(t)
		l.serve(t, channel)
		l.starts(t, reminder)
		l.pass(t, time.Minute)
		placed := l.at()
		for n, buyer := range []string{"paying", "waiting", "open"} {
			l.posts(t, "woocommerce", "order.created", wooOrder(n+1, buyer, placed))
		}
		l.answers("waiting@example.com", 450)
		reader := jobs.NewIngest(h.Store, h.at, slog.New(slog.DiscardHandler))
		pay := func(ctx context.Context, m campaigns.Mail) {
			if m.To != "paying@example.com" {
				return
			}
			if err := l.tries(ctx, "woocommerce", "order.updated", wooOrder(1, "paying", placed), wooPaid(l.at(), l.at())); err != nil {
				t.Error(err)
			}
			if _, err := reader.Work(ctx, "s"); err != nil {
				t.Error(err)
			}
			l.moveTo(l.at().Add(2 * time.Second)) // the mail has waited for a connection

		}
		channel.do.Store(&pay)
		l.pass(t, time.Hour)
		channel.do.Store(nil)
		l.posts(t, "woocommerce", "order.updated", wooOrder(2, "waiting", placed), wooPaid(l.at(), l.at()))
		l.answers("waiting@example.com", 0)
		l.pass(t, 2*time.Hour)
		l.mailed(t, "after the payments", map[string]int{"paying": 0, "waiting": 0, "open": 1})
		for _, buyer := range []string{"paying", "waiting"} {
			list, err := l.Messages(t.Context(), "s", "", l.customerBy(t, buyer).ID, "", nil, 10)
			ok(t, err)
			if len(list) != 1 || list[0].State != campaigns.Cancelled || !strings.Contains(list[0].Reason, "order.paid") {
				t.Errorf("%s: got %+v, want one message, cancelled by the payment", buyer, list)
			}
		}
	})
}

// 1. A payment whose webhook comes an hour late, and before the mail, leaves no mail. One that comes
// after the mail takes the mail for granted: what was paid before it is not its revenue.
func TestAPaymentThatIsHeardOfLateIsNoReminder(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, reminder)
		l.pass(t, time.Minute)
		placed := l.at()
		l.posts(t, "woocommerce", "order.created", wooOrder(1, "early", placed))
		l.posts(t, "woocommerce", "order.created", wooOrder(2, "late", placed))
		l.pass(t, 50*time.Minute)
		l.posts(t, "woocommerce", "order.updated", wooOrder(1, "early", placed), wooPaid(placed.Add(time.Minute), l.at()))
		l.pass(t, 20*time.Minute)
		l.mailed(t, "ten minutes after the mail was due", map[string]int{"early": 0, "late": 1})
		list, err := l.Messages(t.Context(), "s", "", l.customerBy(t, "late").ID, "", nil, 10)
		ok(t, err)
		l.clicks(t, list[0].ID)
		l.pass(t, time.Minute)
		l.posts(t, "woocommerce", "order.updated", wooOrder(2, "late", placed), wooPaid(placed.Add(30*time.Minute), l.at()))
		l.pass(t, time.Minute)
		if got := l.results(t, "reminder").Total; got.Sent != 1 || got.Converted != 0 {
			t.Errorf("got %+v, want one mail that brought nothing", got)
		}
		l.pass(t, 24*time.Hour)
		l.mailed(t, "a day later", map[string]int{"early": 0, "late": 1})
	})
}

// 2. While no worker runs, webhooks are stored. The worker that comes hours later reminds of each
// order that is still open, once. Where a reminder makes no sense any more, its expiry says so, and
// no look-back window decides.
func TestAWorkerThatWasDownForHoursMissesNoOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		down  time.Duration
		mails int
	}{"five hours": {5 * time.Hour, 1}, "fourteen hours, longer than the reminder's expiry": {14 * time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				l := newLeaving(t, h)
				l.starts(t, reminder)
				l.pass(t, time.Minute)
				l.posts(t, "woocommerce", "order.created", wooOrder(1, "read", l.at()))
				l.pass(t, 0) // entered, then the worker goes
				l.posts(t, "woocommerce", "order.created", wooOrder(2, "saved", l.at()))
				for n := range 5 {
					ok(t, l.tries(t.Context(), "woocommerce", "order.created", wooOrder(3+n, "stored", l.at())))
					l.moveTo(l.at().Add(time.Minute))
				}
				placed := l.at()
				ok(t, l.tries(t.Context(), "woocommerce", "order.created", wooOrder(8, "paid", placed)))
				l.moveTo(l.at().Add(time.Minute))
				ok(t, l.tries(t.Context(), "woocommerce", "order.updated", wooOrder(8, "paid", placed), wooPaid(l.at(), l.at())))
				l.moveTo(l.at().Add(c.down - 6*time.Minute))
				l.pass(t, 0)
				l.mailed(t, "when the worker is back", map[string]int{"read": c.mails, "saved": c.mails, "paid": 0})
				l.pass(t, 72*time.Hour)
				l.mailed(t, "days later", map[string]int{"read": c.mails, "saved": c.mails, "stored": min(3, 5*c.mails), "paid": 0})
				if c.mails == 0 {
					l.asks(t, l.key, 200, "GET /v1/enrolments/s:reminder:woocommerce:3/explain", "", "expired")
				}
			})
		})
	}
}

// chased are campaigns about a checkout: one with an exit, and one without any.
func chased(id, exit string) string {
	return `{"schema": 1, "id": "` + id + `", "name": "Chased", "class": "marketing", "trigger": {"event": "checkout.started"},
		"key": "order", "reentry": "never", ` + exit + hardly + `,
		"steps": [{"id": "c1", "wait": "1h", "send": {"channel": "email", "template": "checkout-1"}}]}`
}

// 3. A buyer who began two checkouts and ordered by one of them is chased for neither. A buyer who
// ordered by none is.
func TestTwoCheckoutsOfOneOrderAreBothLeftAlone(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, chased("exits", `"exit": [{"event": "order.placed", "same": "customer", "as": "goal"}],`), chased("bare", ""))
		l.pass(t, time.Minute)
		for _, buyer := range []string{"two", "same", "neither"} {
			h.receives(t, "shopify", "checkouts/create", guestCheckout(buyer+"1", buyer+"@example.com", true, l.at()))
		}
		l.pass(t, 10*time.Minute)
		h.receives(t, "shopify", "checkouts/create", guestCheckout("two2", "two@example.com", true, l.at()))
		l.pass(t, 10*time.Minute)
		for n, buyer := range []string{"two", "same"} {
			body := shopifyBody(l.at())
			body["id"], body["name"], body["email"] = n+1, "#"+buyer, buyer+"@example.com"
			body["checkout_token"] = map[string]string{"two": "two2", "same": "same1"}[buyer]
			l.posts(t, "shopify", "orders/create", body)
		}
		l.pass(t, 5*time.Hour)
		l.pass(t, time.Hour)
		got := map[string][]string{}
		for _, buyer := range []string{"two", "same", "neither"} {
			list, err := l.Messages(t.Context(), "s", "", l.customerBy(t, buyer).ID, campaigns.Sent, nil, 10)
			ok(t, err)
			for _, m := range list {
				got[buyer] = append(got[buyer], m.Campaign)
			}
			slices.Sort(got[buyer])
		}
		want := map[string][]string{"neither": {"bare", "exits"}}
		if !maps.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
