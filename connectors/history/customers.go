package history

import (
	"bufio"
	"cmp"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// Customers reads a file with one customer a row: attributes, tags, consents,
// suppressions. A row that names nobody is left out.
type Customers struct{ listing[person] }

// NewCustomers reads text that Decode made UTF-8.
func NewCustomers(r *bufio.Reader, o ListOptions) (*Customers, error) {
	h := &Customers{listing[person]{options: o, fields: customerFields()}}
	h.begin = func() person { return person{email: &channel{name: "email"}, sms: &channel{name: "sms"}} }
	h.custom = func(p *person, name, text string) { p.custom(name, text) }
	h.end = func(p *person, l *listCell, b *Batch) error { return p.emit(l, b) }
	if err := h.open(r, customerProfiles(), customerNames); err != nil {
		return nil, err
	}
	if !h.has("email") && !h.has("phone") && !h.has("customer") {
		return nil, invalid(
			"columns %s: none names a customer; map one with map=email=COLUMN, map=phone=COLUMN or map=customer=COLUMN; fields: %s",
			commerce.Clip(strings.Join(h.guess.Unused, ", "), 500), strings.Join(h.names(), ", "),
		)
	}
	return h, nil
}

// Next returns the next batch; io.EOF after the last.
func (h *Customers) Next() (Batch, error) { return h.next() }

// Guess returns how the file is read.
func (h *Customers) Guess() Guess { return h.guess }

// CustomerFields are the fields for --map.
func CustomerFields() []string {
	return (&listing[person]{fields: customerFields()}).names()
}

// CustomerExports are the names of the known exports, for --profile.
func CustomerExports() []string { return namesOf(customerProfiles()) }

func namesOf(profiles []Profile) []string {
	var names []string
	for _, p := range profiles {
		names = append(names, p.Name)
	}
	return names
}

// person is one row.
type person struct {
	record     commerce.CustomerRecord
	tags       []string
	tagsKnown  bool
	updated    time.Time
	email, sms *channel
	reasons    []suppressed
	reasonAt   time.Time
}

// maxCustomFields is the largest number of custom fields of a record.
const maxCustomFields = 50

func (p *person) custom(name, text string) {
	if a := &p.record.Attributes; len(a.Custom) < maxCustomFields {
		a.Custom = append(a.Custom, commerce.KV{Key: commerce.Clip(name, 100), Value: commerce.Clip(text, 1000)})
	}
}

// emit adds the person's records to b. Tags and consents of a platform's
// customer are records of their own, as in its webhooks. A person without an id
// is found by an address, which only the one record contains.
func (p *person) emit(l *listCell, b *Batch) error {
	r := &p.record
	r.Connection, r.Verified = l.options.Connection, true
	r.Attributes.Country = cmp.Or(r.Attributes.Country, l.profile.Constant["country"])
	if len(r.Buyer().Identities("")) == 0 {
		return nameless("names nobody: no customer id, e-mail address or phone number with its country code")
	}
	if unmailable(r.Email) {
		b.leave(l.line, noMail)
	}
	r.Version = p.latest()
	if r.Version.IsZero() {
		r.Version = l.options.ReadAt
	}
	consents := p.consents(l, b)
	if r.External == "" {
		r.TagsAdded, r.Consents = p.tags, consents
		b.Records.Customers = append(b.Records.Customers, *r)
		return nil
	}
	b.Records.Customers = append(b.Records.Customers, *r)
	aspect := func(name string, version time.Time) commerce.CustomerRecord {
		return commerce.CustomerRecord{Connection: r.Connection, External: r.External, Aspect: name, Version: version}
	}
	if p.tagsKnown {
		tags := aspect("tags", r.Version)
		tags.TagsKnown, tags.Attributes.Tags = true, p.tags
		b.Records.Customers = append(b.Records.Customers, tags)
	}
	for _, consent := range consents {
		about := aspect("consent:"+consent.Channel, consent.At)
		about.Consents = []commerce.Consent{consent}
		b.Records.Customers = append(b.Records.Customers, about)
	}
	return nil
}

// latest is the latest time in the row. A repeated import then has the same
// version, and later records of the platform are newer.
func (p *person) latest() time.Time {
	times := []time.Time{
		p.updated, p.record.RegisteredAt, p.record.OpenedAt, p.record.ClickedAt, p.reasonAt, p.email.in, p.email.confirmed, p.email.out,
		p.sms.in, p.sms.confirmed, p.sms.out,
	}
	return slices.MaxFunc(times, time.Time.Compare)
}
