package demo

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// The simulated shoppers behave alike in both arms: customers held out and customers
// with mails have the same chances, drawn in the same way. A mail adds one effect: a
// shopper who clicks may buy at once.

// Shares of what shoppers do without mails.
const (
	leaveUnpaid = 0.45 // of orders, not paid at once
	payLater    = 0.20 // of those, paid within three days without any mail
	buyAgain    = 0.10 // of deliveries, followed by another order within 30 days
	comeBack    = 0.05 // of lapsed customers, ordering within 30 days
)

// Shares of mails.
const (
	openMail    = 0.55
	clickOpened = 0.40
	giveUpMail  = 0.01 // of opened marketing mails, followed by an unsubscription
	scanned     = 0.10 // of addresses, where a machine fetches every link first
)

// buyClicked is the effect of each campaign: the share of clicks that lead to a
// purchase which would not have happened yet.
var buyClicked = map[string]float64{"unpaid-reminder": 0.50, "thirty-day-follow-up": 0.20, "win-back": 0.25}

const (
	personAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
		"Version/18.5 Mobile/15E148 Safari/604.1"
	scannerAgent = "Mozilla/5.0 (compatible; BarracudaCentral; security scanner; +http://www.barracudacentral.org)"
)

// Orders are placed at ten o'clock. Shoppers read their mails in the evening, and may
// then visit the shop. So the demo's clock has few moments to stop at: 10:00, 11:00,
// when the first reminders are due, and 19:00.
const (
	openingHour = 10
	eveningHour = 19
)

// evening is the n-th evening after t.
func evening(t time.Time, n int) time.Time {
	at := t.UTC().Truncate(24 * time.Hour).Add(eveningHour * time.Hour)
	if at.Before(t.Add(30 * time.Second)) {
		n++
	}
	return at.AddDate(0, 0, n)
}

// readMails adds the shoppers' reactions to the mails caught since the last call.
func (w *world) readMails() {
	for _, m := range w.mailbox.Mails(w.mailsRead) {
		w.mailsRead = m.Number
		l := readLetter(m)
		if reader, known := w.byEmail[l.to]; known {
			l.at = w.clock.Now()
			w.scan(l)
			w.read(l, reader)
		}
	}
}

// scan is the security scanner of some mailboxes: it fetches the pixel and every
// link. None of its requests counts.
func (w *world) scan(l letter) {
	if !w.chance.happens(scanned, "scanner", l.to) {
		return
	}
	w.agenda.add(evening(l.at, 0), opening, "scan "+l.id, requesting(func(ctx context.Context) error {
		for _, address := range append([]string{l.pixel}, l.links...) {
			if _, err := w.client.visit(ctx, http.MethodGet, address, scannerAgent, nil); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (w *world) read(l letter, reader *shopper) {
	if !w.chance.happens(openMail, "opens", l.id) {
		return
	}
	at := evening(l.at, w.chance.pick(5, "reads", l.id)/4) // four of five on the same day
	w.agenda.add(at, opening, "open "+l.id, requesting(func(ctx context.Context) error {
		_, err := w.client.visit(ctx, http.MethodGet, l.pixel, personAgent, nil)
		return err
	}))
	switch {
	case w.chance.happens(clickOpened, "clicks", l.id) && len(l.links) > 0:
		w.agenda.add(at, clicking, "click "+l.id, requesting(func(ctx context.Context) error { return w.click(ctx, l, reader) }))
	case l.unsubscribe != "" && w.chance.happens(giveUpMail, "unsubscribes", l.id):
		w.agenda.add(at, clicking, "unsubscribe "+l.id, requesting(func(ctx context.Context) error {
			_, err := w.client.visit(ctx, http.MethodPost, l.unsubscribe, personAgent, strings.NewReader("List-Unsubscribe=One-Click"))
			return err
		}))
	}
}

// requesting is an action that only sends a request.
func requesting(request func(context.Context) error) action {
	return func(int) (func(context.Context) error, error) { return request, nil }
}

// click follows the mail's first link to the shop. If the shopper then buys, the
// link's target is the landing page of the order.
func (w *world) click(ctx context.Context, l letter, reader *shopper) error {
	landing, err := w.client.visit(ctx, http.MethodGet, l.links[0], personAgent, nil)
	if err != nil || !w.chance.happens(buyClicked[l.campaign], "buys", l.id) {
		return err
	}
	now, name := w.clock.Now(), "buys by "+l.id
	if o := w.orderAt(landing); o != nil {
		w.agenda.add(now, trading, name, func(int) (func(context.Context) error, error) { return w.payOpen(o) })
		return nil
	}
	w.buyAt(now, name, reader, l.at, landing)
	return nil
}
