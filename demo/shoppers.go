package demo

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// The simulated shoppers. What they would do anyway they do in both arms: those
// who are held out and those who get mails have the same chances, drawn the
// same way. Mails add one thing: who clicks may buy there and then.

// Shares of what shoppers do anyway.
const (
	leaveUnpaid = 0.45 // orders not paid at once
	payLater    = 0.20 // of those, paid within three days without any mail
	buyAgain    = 0.10 // of deliveries, followed by another order within 30 days
	comeBack    = 0.05 // of lapsed customers, ordering within 30 days
)

// Shares of mails.
const (
	openMail    = 0.55
	clickOpened = 0.40
	giveUpMail  = 0.01 // of opened marketing mails, unsubscribed from
	scanned     = 0.10 // of addresses, where a machine fetches every link first
)

// buyClicked is the effect of each campaign: the share of clicks after which a
// shopper buys who otherwise would not have bought yet.
var buyClicked = map[string]float64{"unpaid-reminder": 0.50, "thirty-day-follow-up": 0.20, "win-back": 0.25}

const (
	personAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
		"Version/18.5 Mobile/15E148 Safari/604.1"
	scannerAgent = "Mozilla/5.0 (compatible; BarracudaCentral; security scanner; +http://www.barracudacentral.org)"
)

// The shop trades at ten. Shoppers look at their mails in the evening, and may
// come to the shop then. So the demo's clock has few moments to stop at: ten,
// eleven, when the first reminders are due, and seven.
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

// readMails puts on the agenda what becomes of the mails caught since the last
// call.
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

// scan is the machine before some mailboxes: it fetches the pixel and every
// link, and none of it counts.
func (w *world) scan(l letter) {
	if !w.chance.happens(scanned, "scanner", l.to) {
		return
	}
	w.agenda.add(evening(l.at, 0), opening, "scan "+l.id, tells(func(ctx context.Context) error {
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
	w.agenda.add(at, opening, "open "+l.id, tells(func(ctx context.Context) error {
		_, err := w.client.visit(ctx, http.MethodGet, l.pixel, personAgent, nil)
		return err
	}))
	switch {
	case w.chance.happens(clickOpened, "clicks", l.id) && len(l.links) > 0:
		w.agenda.add(at, clicking, "click "+l.id, tells(func(ctx context.Context) error { return w.click(ctx, l, reader) }))
	case l.unsubscribe != "" && w.chance.happens(giveUpMail, "unsubscribes", l.id):
		w.agenda.add(at, clicking, "unsubscribe "+l.id, tells(func(ctx context.Context) error {
			_, err := w.client.visit(ctx, http.MethodPost, l.unsubscribe, personAgent, strings.NewReader("List-Unsubscribe=One-Click"))
			return err
		}))
	}
}

// tells is a deed that decides nothing.
func tells(tell func(context.Context) error) deed {
	return func(int) (func(context.Context) error, error) { return tell, nil }
}

// click follows the mail's first link to the shop. Who buys then does so at the
// place it led to, so the order names it as its landing page.
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
