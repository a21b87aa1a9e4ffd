package jobs

import (
	"cmp"
	"context"
	"strings"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// Composer makes the mail of a message: the template in the customer's language,
// the facts as they are now, and links under this installation's address.
type Composer struct {
	templates *mail.Templates
	products  productReader
	tokens    *mail.Tokens
	base      string
}

type productReader interface {
	ProductsByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Product, error)
}

// NewComposer makes a composer; base is the public address of tracking links.
func NewComposer(templates *mail.Templates, products productReader, tokens *mail.Tokens, base string) *Composer {
	return &Composer{templates: templates, products: products, tokens: tokens, base: base}
}

// errNoSender is about the shop, so it holds the shop's stream and fails no message.
var errNoSender = commerce.Errorf(commerce.Invalid,
	"sender.from: missing or unusable: set the address that the shop's mails come from (PATCH /v1/shop)")

// composeAll renders the messages that may go. One that cannot be composed has the reason.
// The messages then have the fields that a resend must repeat: Message-ID, date, subject and
// the targets of their links.
func (c *Composer) composeAll(ctx context.Context, list []*delivery) error {
	mails, _ := commerce.Divide(list, func(d *delivery) bool { return d.verdict.Outcome == campaigns.Go })
	if len(mails) == 0 {
		return nil
	}
	products, err := c.products.ProductsByID(
		ctx,
		mails[0].facts.Shop.ID,
		idsOf(mails, func(d *delivery) []string { return productsOf(d.facts) }),
	)
	if err != nil {
		return err
	}
	for _, d := range mails {
		if d.m.Rendered.IsZero() {
			d.m.Rendered = d.at
		}
		d.mail, d.m, d.failed = c.compose(d.m, d.facts, products)
	}
	return nil
}

// compose renders m.
func (c *Composer) compose(
	m campaigns.Message,
	f campaigns.Facts,
	products map[string]commerce.Product,
) (campaigns.Mail, campaigns.Message, error) {
	shop := f.Shop
	from, err := commerce.MailAddress(shop.Sender.From)
	if err != nil {
		return campaigns.Mail{}, m, errNoSender
	}
	to := campaigns.Recipient(m.Class, m.Channel, f.Customer, f.Order, f.Checkout)
	var person commerce.Attributes
	if f.Customer != nil {
		person = f.Customer.Attributes
	}
	person = addressee(person, to)
	template, ok := c.templates.Find(m.Template, person.Language, shop.Language)
	if !ok {
		return campaigns.Mail{}, m, commerce.Errorf(commerce.NotFound, "template %q: not found", m.Template)
	}
	vars := mail.Vars{
		Shop: shop, Customer: person, Order: f.Order, Checkout: f.Checkout, Products: some(products, productsOf(f)),
		Marketing: m.Class == campaigns.Marketing, Reported: propertiesOf(f.Cause),
	}
	rendered, err := mail.Render(template, vars, mail.Tracking{Base: c.base, Message: m.ID, Tokens: c.tokens, UTM: utm(m), Honeypot: true})
	if err != nil {
		return campaigns.Mail{}, m, err
	}
	domain := from[strings.LastIndexByte(from, '@')+1:]
	m.MessageID = campaigns.MessageID(m.ID, domain)
	m.Subject, m.Links = rendered.Subject, rendered.Links
	mail := campaigns.Mail{
		ID: m.ID, MessageID: m.MessageID, From: from, FromName: shop.Sender.Name, ReplyTo: shop.Sender.ReplyTo,
		To: to.Email, ToName: mail.PersonName(person.FirstName, person.LastName),
		Subject: rendered.Subject, Text: rendered.Text, HTML: rendered.HTML, Date: m.Rendered,
		FeedbackID: feedbackID(m), Auto: m.Class == campaigns.Service,
	}
	if m.Class == campaigns.Marketing {
		mail.Unsubscribe, mail.ListID = rendered.Unsubscribe, m.Campaign+"."+domain
	}
	return mail, m, nil
}

// addressee is the person that a mail greets: its recipient. A buyer with another
// address than the customer's is another person, and the mail contains nothing of
// the customer.
func addressee(own commerce.Attributes, to commerce.Buyer) commerce.Attributes {
	named := to.FirstName != "" || to.LastName != ""
	switch {
	case to.Email == "" || commerce.NormalEmail(to.Email) == commerce.NormalEmail(own.Email) && !named:
		return own
	case commerce.NormalEmail(to.Email) == commerce.NormalEmail(own.Email):
		own.FirstName, own.LastName = to.FirstName, to.LastName
		return own
	}
	return commerce.Attributes{
		Email: to.Email, Phone: to.Phone, FirstName: to.FirstName, LastName: to.LastName, Language: cmp.Or(to.Language, own.Language),
		Country: to.Country, Region: to.Region, City: to.City, Postcode: to.Postcode, Company: to.Company,
	}
}

// mostProducts is how many products of a basket a mail has the details of.
const mostProducts = 20

// productsOf are the ids of the products that a mail shows.
func productsOf(f campaigns.Facts) (ids []string) {
	add := func(connection string, lines []commerce.Line) {
		for _, l := range lines {
			if l.Product != "" && len(ids) < mostProducts {
				ids = append(ids, commerce.Key(f.Shop.ID, connection, l.Product))
			}
		}
	}
	if f.Checkout != nil {
		add(f.Checkout.Connection, f.Checkout.Lines)
	}
	if f.Order != nil {
		add(f.Order.Connection, f.Order.Lines)
	}
	return ids
}

// propertiesOf are the properties of a reported event; nil without one.
func propertiesOf(cause *commerce.Event) []commerce.Property {
	if cause == nil {
		return nil
	}
	return cause.Properties
}

func some(products map[string]commerce.Product, ids []string) map[string]commerce.Product {
	found := map[string]commerce.Product{}
	for _, id := range ids {
		if p, known := products[id]; known {
			found[id] = p
		}
	}
	return found
}

// feedbackID lets mailbox providers group complaints; its last field is the same
// for all mails of this sender.
func feedbackID(m campaigns.Message) string {
	return strings.Join([]string{m.Campaign, m.Shop, string(m.Class), "comeback"}, ":")
}

// utm labels the links of a message for the shop's web analytics.
func utm(m campaigns.Message) mail.UTM {
	return mail.UTM{Source: "comeback", Medium: m.Channel, Campaign: m.Campaign, Content: m.Step}
}
