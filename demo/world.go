package demo

import (
	"context"
	"strings"
	"time"

	"comeback/campaigns/channels/mailbox"
)

// world is the environment of the service: the shop's two stores, which send webhooks,
// and the shoppers, who get mails.
type world struct {
	chance  chances
	clock   *Clock
	wall    func() time.Time
	agenda  *agenda
	client  *client
	mailbox *mailbox.Catcher
	woo     connection
	app     connection

	people    []*shopper
	byEmail   map[string]*shopper
	mailsRead int
	unpaid    map[string]*sale // unpaid orders by the path of their payment page
	sold      int              // orders placed in the demo's days
}

// connection is the target of a store's webhooks.
type connection struct {
	Slug       string `json:"slug"`
	WebhookURL string `json:"webhook_url"`
	Secret     string `json:"secret"`
}

// settle adds the customers of the history.
func (w *world) settle(people []*shopper) {
	w.people, w.byEmail, w.unpaid = people, map[string]*shopper{}, map[string]*sale{}
	for _, s := range people {
		w.byEmail[s.email()] = s
	}
}

// deliver sends a webhook of WooCommerce or of the app for an order as it is now,
// signed in the platform's way.
func (w *world) deliver(o *sale, topic string) (func(context.Context) error, error) {
	now := w.clock.Now()
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

func (w *world) deliverWoo(ctx context.Context, topic string, body []byte) error {
	request, err := wooRequest(w.woo.WebhookURL, w.woo.Secret, topic, body)
	if err != nil {
		return err
	}
	_, _, err = w.client.send(request.WithContext(ctx))
	return err
}

// sendProducts sends the products of the WooCommerce store; the app's products are in
// the history.
func (w *world) sendProducts(ctx context.Context) error {
	for _, x := range wares {
		body, err := wooProduct(x, w.clock.Now())
		if err != nil {
			return err
		}
		if err := w.deliverWoo(ctx, "product.updated", body); err != nil {
			return err
		}
	}
	return nil
}

// orderAt is the unpaid order whose payment page has the address; nil if there is
// none.
func (w *world) orderAt(address string) *sale { return w.unpaid[pathOf(address)] }

func pathOf(address string) string {
	path, _, _ := strings.Cut(address, "?")
	return path
}
