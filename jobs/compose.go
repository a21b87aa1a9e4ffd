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
	Product(ctx context.Context, shop, id string) (commerce.Product, error)
}

// NewComposer makes a composer; base is the public address of tracking links.
func NewComposer(templates *mail.Templates, products productReader, tokens *mail.Tokens, base string) *Composer {
	return &Composer{templates: templates, products: products, tokens: tokens, base: base}
}

// errNoSender is about the shop, so it holds the shop's stream and fails no message.
var errNoSender = commerce.Errorf(commerce.Invalid,
	"sender.from: missing or unusable: set the address that the shop's mails come from (PATCH /v1/shop)")

// compose renders m. The returned message has the fields that a resend must
// repeat: Message-ID, date, subject and the targets of its links.
func (c *Composer) compose(ctx context.Context, m campaigns.Message, f campaigns.Facts) (campaigns.Mail, campaigns.Message, error) {
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
	products, err := c.productsOf(ctx, f)
	if err != nil {
		return campaigns.Mail{}, m, err
	}
	vars := mail.Vars{
		Shop: shop, Customer: person, Order: f.Order, Checkout: f.Checkout, Products: products,
		Marketing: m.Class == campaigns.Marketing,
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

func (c *Composer) productsOf(ctx context.Context, f campaigns.Facts) (map[string]commerce.Product, error) {
	products := map[string]commerce.Product{}
	add := func(connection string, lines []commerce.Line) error {
		for _, l := range lines {
			if l.Product == "" || len(products) == 20 {
				continue
			}
			id := commerce.Key(f.Shop.ID, connection, l.Product)
			p, err := c.products.Product(ctx, f.Shop.ID, id)
			if ifFound(err) != nil {
				return err
			}
			if err == nil {
				products[id] = p
			}
		}
		return nil
	}
	if f.Checkout != nil {
		if err := add(f.Checkout.Connection, f.Checkout.Lines); err != nil {
			return nil, err
		}
	}
	if f.Order != nil {
		return products, add(f.Order.Connection, f.Order.Lines)
	}
	return products, nil
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
