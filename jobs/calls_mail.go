package jobs

import (
	"context"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

const (
	// mostMailed is how many notifications a shop mails in any hour. Others are refused: a step that notifies of each
	// of many customers is a mistake, and would make the relay's provider take the shop for a spammer.
	mostMailed = 100
	// relayAgain is when a notification looks again whether mails go.
	relayAgain = time.Minute
)

// mailable refuses the notifications by mail above what a shop may mail in an hour.
func (w *Calls) mailable(ctx context.Context, shop commerce.Shop, list []*calling) error {
	mails, _ := commerce.Divide(list, func(c *calling) bool { return !c.ended && c.call.Kind == campaigns.CallMail })
	if len(mails) == 0 {
		return nil
	}
	mailed, err := w.store.MailedNotices(ctx, shop.ID, w.now().Add(-time.Hour), mostMailed)
	if err != nil {
		return err
	}
	for _, c := range mails[min(len(mails), max(0, mostMailed-mailed)):] {
		c.ended = true
		c.call = c.call.End(campaigns.CallFailed, "the shop has mailed 100 notifications within an hour: this one is not mailed", w.now())
	}
	return nil
}

// mailNotice mails a notification by the relay of the shop's mails. It waits while a person has stopped mails,
// and while the relay refuses them. It is no message to a customer: it needs no consent, no cap counts it, and
// what the relay says of it changes no stream.
func (w *Calls) mailNotice(ctx context.Context, c *calling) campaigns.CallAnswer {
	shop := c.facts.Shop
	from, err := commerce.MailAddress(shop.Sender.From)
	switch open, failed := w.sending.takesNotices(ctx, shop.ID); {
	case err != nil:
		return campaigns.CallAnswer{Waits: relayAgain, Reason: errNoSender.Error()}
	case failed != nil:
		return campaigns.CallAnswer{Waits: relayAgain, Reason: "it is not known whether mails go: " + failed.Error()}
	case w.mail == nil || !open:
		return campaigns.CallAnswer{Waits: relayAgain, Reason: "no mails go: no relay is set, it refuses mails, or a person has stopped them"}
	}
	subject, _, _ := strings.Cut(c.text, "\n")
	ctx, end := context.WithTimeout(ctx, mailIn)
	defer end()
	answer := campaigns.CallAnswer{Reason: "the relay did not answer"}
	w.mail.Deliver(ctx, campaigns.Mail{
		ID: c.call.ID, MessageID: campaigns.MessageID(c.call.ID, from[strings.LastIndexByte(from, '@')+1:]),
		From: from, FromName: shop.Sender.Name, To: c.step.Notify.To, Subject: commerce.Clip(strings.TrimSpace(subject), 100),
		Text: c.text, Date: c.call.PlannedAt, Auto: true,
	}, func(ctx context.Context) (bool, error) {
		return w.sending.takesNotices(ctx, shop.ID)
	}, func(o campaigns.MailOutcome) { answer = mailAnswer(o) })
	return answer
}

// mailAnswer is what the relay's answer says. One of unknown fate is mailed again, under the same Message-ID.
func mailAnswer(o campaigns.MailOutcome) campaigns.CallAnswer {
	a := campaigns.CallAnswer{Status: o.Code, After: o.RetryAfter, Reason: o.Reason}
	switch o.State {
	case campaigns.MailSent:
		a.Done = true
	case campaigns.MailFailed, campaigns.MailSuppressed:
		a.Final = true
	case campaigns.MailHeld, campaigns.MailDropped:
		a.Waits = relayAgain
	}
	return a
}
