package store

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// rowFields are the fields of a row: all of a customer but its records, which
// only the computation of profiles reads.
var rowFields = []string{"n", "merged_into", "gone_at", "attributes", "consents", "known_since", "history", "checkouts",
	"engagement", "rev"}

// fillRow reads a stored customer into a row that may contain another. The
// result is that of Unmarshal, without its allocations.
func fillRow(f *filler, doc bson.Raw, r *segments.Row) error {
	kept := r.Profile
	*r = segments.Row{}
	r.Attributes.Tags, r.Attributes.Custom = kept.Attributes.Tags[:0], kept.Attributes.Custom[:0]
	r.Consents, r.Checkouts, r.Engagement = kept.Consents[:0], kept.Checkouts[:0], kept.Engagement[:0]
	r.History.Orders, r.History.Loose = kept.History.Orders[:0], kept.History.Loose[:0]
	f.wrong = ""
	fill(f, doc, rowSlots, r)
	if f.wrong != "" {
		return fmt.Errorf("stored customer %q: %s", r.ID, f.wrong)
	}
	return nil
}

var rowSlots = []slot[segments.Row]{
	{"_id", func(f *filler, v documents.Element, r *segments.Row) { r.ID = f.text(v) }},
	{"n", func(f *filler, v documents.Element, r *segments.Row) { r.N = f.whole(v) }},
	{"merged_into", func(f *filler, v documents.Element, r *segments.Row) { r.Gone = r.Gone || len(f.textOf(v)) > 0 }},
	{"gone_at", func(f *filler, v documents.Element, r *segments.Row) { r.Gone = r.Gone || !f.instant(v).IsZero() }},
	{"attributes", func(f *filler, v documents.Element, r *segments.Row) { below(f, v, attributeSlots, &r.Attributes) }},
	{"consents", func(f *filler, v documents.Element, r *segments.Row) {
		r.Consents = listed(f, v, r.Consents, fillConsent)
	}},
	{"known_since", func(f *filler, v documents.Element, r *segments.Row) { r.KnownSince = f.instant(v) }},
	{"history", func(f *filler, v documents.Element, r *segments.Row) { below(f, v, historySlots, &r.History) }},
	{"checkouts", func(f *filler, v documents.Element, r *segments.Row) {
		r.Checkouts = listed(f, v, r.Checkouts, fillCheckout)
	}},
	{"engagement", func(f *filler, v documents.Element, r *segments.Row) {
		r.Engagement = listed(f, v, r.Engagement, fillMessage)
	}},
	{"rev", func(f *filler, v documents.Element, r *segments.Row) { r.Rev = f.whole(v) }},
}

var attributeSlots = []slot[commerce.Attributes]{
	{"email", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Email = f.text(v) }},
	{"phone", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Phone = f.text(v) }},
	{"first_name", func(f *filler, v documents.Element, a *commerce.Attributes) { a.FirstName = f.text(v) }},
	{"last_name", func(f *filler, v documents.Element, a *commerce.Attributes) { a.LastName = f.text(v) }},
	{"gender", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Gender = f.word(v) }},
	{"birthday", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Birthday = f.text(v) }},
	{"country", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Country = f.word(v) }},
	{"region", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Region = f.word(v) }},
	{"city", func(f *filler, v documents.Element, a *commerce.Attributes) { a.City = f.word(v) }},
	{"postcode", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Postcode = f.text(v) }},
	{"language", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Language = f.word(v) }},
	{"zone", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Zone = f.word(v) }},
	{"tags", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Tags = listed(f, v, a.Tags, fillWord) }},
	{"member_level", func(f *filler, v documents.Element, a *commerce.Attributes) { a.MemberLevel = f.word(v) }},
	{"points", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Points = wholeAt(f, v) }},
	{"company", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Company = f.text(v) }},
	{"occupation", func(f *filler, v documents.Element, a *commerce.Attributes) { a.Occupation = f.word(v) }},
	{"source", func(f *filler, v documents.Element, a *commerce.Attributes) { below(f, v, sourceSlots, &a.Source) }},
	{"custom", func(f *filler, v documents.Element, a *commerce.Attributes) {
		a.Custom = listed(f, v, a.Custom, fillKV)
	}},
}

var sourceSlots = []slot[commerce.Source]{
	{"utm_source", func(f *filler, v documents.Element, s *commerce.Source) { s.UTMSource = f.word(v) }},
	{"utm_medium", func(f *filler, v documents.Element, s *commerce.Source) { s.UTMMedium = f.word(v) }},
	{"utm_campaign", func(f *filler, v documents.Element, s *commerce.Source) { s.UTMCampaign = f.word(v) }},
	{"utm_term", func(f *filler, v documents.Element, s *commerce.Source) { s.UTMTerm = f.word(v) }},
	{"utm_content", func(f *filler, v documents.Element, s *commerce.Source) { s.UTMContent = f.word(v) }},
	{"landing", func(f *filler, v documents.Element, s *commerce.Source) { s.Landing = f.text(v) }},
	{"referrer", func(f *filler, v documents.Element, s *commerce.Source) { s.Referrer = f.text(v) }},
}

var consentSlots = []slot[commerce.Consent]{
	{"channel", func(f *filler, v documents.Element, c *commerce.Consent) { c.Channel = f.word(v) }},
	{"granted", func(f *filler, v documents.Element, c *commerce.Consent) { c.Granted = f.yes(v) }},
	{"explicit", func(f *filler, v documents.Element, c *commerce.Consent) { c.Explicit = f.yes(v) }},
	{"confirmed", func(f *filler, v documents.Element, c *commerce.Consent) { c.Confirmed = f.yes(v) }},
	{"at", func(f *filler, v documents.Element, c *commerce.Consent) { c.At = f.instant(v) }},
	{"source", func(f *filler, v documents.Element, c *commerce.Consent) { c.Source = f.word(v) }},
}

var kvSlots = []slot[commerce.KV]{
	{"k", func(f *filler, v documents.Element, kv *commerce.KV) { kv.Key = f.word(v) }},
	{"v", func(f *filler, v documents.Element, kv *commerce.KV) { kv.Value = f.word(v) }},
}

var messageSlots = []slot[commerce.MessageFact]{
	{"i", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.ID = f.text(v) }},
	{"c", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.Campaign = f.word(v) }},
	{"s", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.Step = f.word(v) }},
	{"h", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.Channel = f.word(v) }},
	{"se", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.SentAt = f.instant(v) }},
	{"de", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.DeliveredAt = f.instant(v) }},
	{"op", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.OpenedAt = f.instant(v) }},
	{"lo", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.LastOpenedAt = f.instant(v) }},
	{"cl", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.ClickedAt = f.instant(v) }},
	{"lc", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.LastClickedAt = f.instant(v) }},
	{"un", func(f *filler, v documents.Element, m *commerce.MessageFact) { m.UnsubscribedAt = f.instant(v) }},
}

var checkoutSlots = []slot[commerce.CheckoutFact]{
	{"i", func(f *filler, v documents.Element, c *commerce.CheckoutFact) { c.ID = f.text(v) }},
	{"a", func(f *filler, v documents.Element, c *commerce.CheckoutFact) { c.At = f.instant(v) }},
	{"co", func(f *filler, v documents.Element, c *commerce.CheckoutFact) { c.CompletedAt = f.instant(v) }},
	{"cu", func(f *filler, v documents.Element, c *commerce.CheckoutFact) { c.Currency = f.word(v) }},
	{"to", func(f *filler, v documents.Element, c *commerce.CheckoutFact) { c.Total = f.whole(v) }},
}

func fillCheckout(f *filler, v documents.Element, c *commerce.CheckoutFact) {
	*c = commerce.CheckoutFact{}
	below(f, v, checkoutSlots, c)
}

func fillConsent(f *filler, v documents.Element, c *commerce.Consent) {
	*c = commerce.Consent{}
	below(f, v, consentSlots, c)
}

func fillMessage(f *filler, v documents.Element, m *commerce.MessageFact) {
	*m = commerce.MessageFact{}
	below(f, v, messageSlots, m)
}

func fillKV(f *filler, v documents.Element, kv *commerce.KV) {
	*kv = commerce.KV{}
	below(f, v, kvSlots, kv)
}

func fillWord(f *filler, v documents.Element, text *string) { *text = f.word(v) }

func wholeAt(f *filler, v documents.Element) *int64 {
	if v.Kind == bson.TypeNull {
		return nil
	}
	n := f.whole(v)
	return &n
}

func yesAt(f *filler, v documents.Element) *bool {
	if v.Kind == bson.TypeNull {
		return nil
	}
	yes := f.yes(v)
	return &yes
}
