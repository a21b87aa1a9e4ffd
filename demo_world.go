package main

import (
	"context"
	"strings"
	"time"

	"comeback/campaigns/channels/mailbox"
)

// demoWorld is everything around the service: the shop's two stores, which send
// webhooks, and the shoppers, who get mails.
type demoWorld struct {
	chance  chances
	clock   *demoClock
	wall    func() time.Time
	agenda  *agenda
	client  *demoClient
	mailbox *mailbox.Catcher
	woo     demoConnection
	app     demoConnection

	people    []*shopper
	byEmail   map[string]*shopper
	mailsRead int
	unpaid    map[string]*demoOrder // orders that were left unpaid, by the path of their page
	sold      int                   // orders placed in the demo's days
}

// demoConnection is where a store of the shop sends its webhooks.
type demoConnection struct {
	Slug       string `json:"slug"`
	WebhookURL string `json:"webhook_url"`
	Secret     string `json:"secret"`
}

// settle moves the people of the history in.
func (w *demoWorld) settle(people []*shopper) {
	w.people, w.byEmail, w.unpaid = people, map[string]*shopper{}, map[string]*demoOrder{}
	for _, s := range people {
		w.byEmail[s.email()] = s
	}
}

// deliver sends one of WooCommerce's or of the app's webhooks for an order as
// it is now, signed as its platform signs.
func (w *demoWorld) deliver(o *demoOrder, topic string) (func(context.Context) error, error) {
	now := w.clock.now()
	if !o.woo {
		body, err := genericOrder(o, now)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			request, err := genericRequest(w.app.WebhookURL, w.app.Secret, body, w.wall())
			if err != nil {
				return err
			}
			_, _, err = w.client.send(request.WithContext(ctx))
			return err
		}, nil
	}
	body, err := wooOrder(o, now)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return w.deliverWoo(ctx, topic, body) }, nil
}

func (w *demoWorld) deliverWoo(ctx context.Context, topic string, body []byte) error {
	request, err := wooRequest(w.woo.WebhookURL, w.woo.Secret, topic, body)
	if err != nil {
		return err
	}
	_, _, err = w.client.send(request.WithContext(ctx))
	return err
}

// stockShelves tells of what the WooCommerce store sells; the app's wares are
// in the history.
func (w *demoWorld) stockShelves(ctx context.Context) error {
	for _, x := range wares {
		body, err := wooProduct(x, w.clock.now())
		if err != nil {
			return err
		}
		if err := w.deliverWoo(ctx, "product.updated", body); err != nil {
			return err
		}
	}
	return nil
}

// orderAt is the unpaid order whose page an address is, nil for any other.
func (w *demoWorld) orderAt(address string) *demoOrder { return w.unpaid[pathOf(address)] }

func pathOf(address string) string {
	path, _, _ := strings.Cut(address, "?")
	return path
}
