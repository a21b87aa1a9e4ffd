package jobs

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// prepare gets ready what the calls of a batch say, with the facts as they are now. Calls that are not
// to be made any more are ended.
func (w *Calls) prepare(ctx context.Context, p *ShopCampaigns, batch []campaigns.Call) ([]*calling, error) {
	known, err := w.state.EnrolmentsByID(ctx, p.Shop.ID, idsOf(batch, func(k campaigns.Call) []string { return []string{k.Enrolment} }))
	if err != nil {
		return nil, err
	}
	list, now := make([]*calling, len(batch)), w.now()
	var open []*calling
	var questions []question
	for i, k := range batch {
		c := &calling{call: k, ended: true}
		list[i] = c
		if k.Ended() {
			continue // only its enrolment does not know
		}
		version, err := p.Version(k.Campaign, k.Version)
		if err != nil {
			c.call = k.End(campaigns.CallFailed, err.Error(), now)
			continue
		}
		step, has := version.StepOf(k)
		if !has || (step.Webhook == nil) == (step.Notify == nil) {
			c.call = k.End(campaigns.CallFailed, "its version of the campaign has no such step", now)
			continue
		}
		var goes bool
		if c.call, goes = k.Resumed(version, step).Goes(version, known[k.Enrolment], now); goes {
			c.ended, c.step = false, step
			open = append(open, c)
			questions = append(questions, question{version, campaigns.CallNeeds(version, step), aboutCall(k)})
		}
	}
	if len(open) == 0 {
		return list, nil
	}
	facts, err := w.facts.gather(ctx, p, questions)
	if err != nil {
		return nil, err
	}
	for i, c := range open {
		c.facts = facts[i]
	}
	return list, w.say(ctx, p.Shop, open)
}

// aboutCall names the subjects of a call.
func aboutCall(k campaigns.Call) About {
	return About{Order: k.Order, Checkout: k.Checkout, Customer: k.Customer, Cause: k.Cause}
}

// say writes the bodies and texts. What cannot be written fails, with the reason.
func (w *Calls) say(ctx context.Context, shop commerce.Shop, list []*calling) error {
	webhooks, others := commerce.Divide(list, func(c *calling) bool { return c.step.Webhook != nil })
	if len(webhooks) > 0 {
		secret, err := w.store.CallSecret(ctx, shop.ID)
		if err != nil {
			return err
		}
		for _, c := range webhooks {
			c.keys = secret.Keys()
			if c.body, err = json.Marshal(payloadOf(c)); err != nil {
				return err
			}
		}
	}
	if len(others) == 0 {
		return nil
	}
	texts := notices{}
	for _, c := range others {
		if err := w.write(c, texts, shop); err != nil {
			c.ended, c.call = true, c.call.End(campaigns.CallFailed, err.Error(), w.now())
		}
	}
	return w.mailable(ctx, shop, others)
}

// write renders the text of a notification.
func (w *Calls) write(c *calling, texts notices, shop commerce.Shop) error {
	text, err := texts.of(c.step.Notify.Text, shop.Language)
	if err != nil {
		return err
	}
	vars := mail.Vars{Shop: shop, Order: c.facts.Order, Checkout: c.facts.Checkout, Reported: propertiesOf(c.facts.Cause)}
	if c.facts.Customer != nil {
		vars.Customer = c.facts.Customer.Attributes
	}
	c.text, err = text.Render(vars)
	return err
}

// payload is the body of a webhook, see docs/api.md. It names people and orders by ids alone.
type payload struct {
	Type      string      `json:"type"`
	Timestamp time.Time   `json:"timestamp"` // when the step was taken
	Data      payloadData `json:"data"`
}

type payloadData struct {
	Shop      string          `json:"shop"`
	Campaign  string          `json:"campaign"`
	Version   int             `json:"version"`
	Step      string          `json:"step"`
	Enrolment string          `json:"enrolment"`
	Entry     int             `json:"entry"`
	Customer  payloadCustomer `json:"customer"`
	Order     *payloadRecord  `json:"order,omitempty"`
	Checkout  *payloadRecord  `json:"checkout,omitempty"`
}

type payloadCustomer struct {
	ID       string           `json:"id"`
	External []payloadAccount `json:"external_ids"` // the customer's ids at the shop's platforms
}

type payloadAccount struct {
	Connection string `json:"connection"`
	ID         string `json:"id"`
}

type payloadRecord struct {
	ID         string `json:"id"`
	Connection string `json:"connection"`
	External   string `json:"external_id"`
	Number     string `json:"number,omitempty"`
}

// payloadType is the type of the body of a webhook step.
const payloadType = "campaign.step"

func payloadOf(c *calling) payload {
	k := c.call
	body := payload{Type: payloadType, Timestamp: k.PlannedAt.UTC(), Data: payloadData{
		Shop: k.Shop, Campaign: k.Campaign, Version: k.Version, Step: k.Step, Enrolment: k.Enrolment, Entry: k.Entry,
		Customer: payloadCustomer{ID: k.Customer, External: []payloadAccount{}},
	}}
	if customer := c.facts.Customer; customer != nil {
		body.Data.Customer.ID = customer.ID
		for _, r := range customer.Records {
			account := payloadAccount{r.Connection, r.External}
			if r.External != "" && !slices.Contains(body.Data.Customer.External, account) {
				body.Data.Customer.External = append(body.Data.Customer.External, account)
			}
		}
	}
	if o := c.facts.Order; o != nil {
		body.Data.Order = &payloadRecord{o.ID, o.Connection, o.External, o.Number}
	}
	if x := c.facts.Checkout; x != nil {
		body.Data.Checkout = &payloadRecord{ID: x.ID, Connection: x.Connection, External: x.External}
	}
	return body
}
