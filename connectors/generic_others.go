package connectors

import (
	"regexp"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

func genericCheckout(d Delivery, b body, r *Records) {
	currency := b.currency("currency")
	c := d.checkout(b.id("id"))
	c.CheckoutState = commerce.CheckoutState{
		Version: d.version(b, "updated_at"), Order: b.id("order"), Currency: currency, Total: b.money("total", currency),
		Lines: genericLines(b, currency), Coupons: b.texts("coupons"), Buyer: genericBuyer(b.object("buyer")),
		URL: b.link("url"), Source: genericSource(b.object("source")),
	}
	c.StartedAt, c.CompletedAt, c.DeletedAt = b.instant("started_at"), b.instant("completed_at"), b.instant("deleted_at")
	c.Quality = b.log.quality
	r.Checkouts = append(r.Checkouts, c)
}

var birthday = regexp.MustCompile(`^([0-9]{4}|-)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)

// genericCustomer separates tags and consents from the body. Each then has its
// own newest record, and neither needs a verified e-mail.
func genericCustomer(d Delivery, b body, r *Records) {
	external, version := commerce.NormalID(b.id("id")), d.version(b, "updated_at")
	c := d.customer(external, "", version)
	c.Email, c.Verified, c.Phone = b.text("email"), b.flag("verified"), b.text("phone")
	c.RegisteredAt = b.instant("registered_at")
	c.Attributes = commerce.Attributes{
		FirstName: b.text("first_name"), LastName: b.text("last_name"), Gender: b.text("gender"), Birthday: b.text("birthday"),
		Country: strings.ToUpper(b.text("country")), Region: b.text("region"), City: b.text("city"), Postcode: b.text("postcode"),
		Language: b.text("language"), Zone: b.text("zone"), MemberLevel: b.text("member_level"), Company: b.text("company"),
		Occupation: b.text("occupation"), Source: genericSource(b.object("source")), Custom: b.pairs("custom"),
	}
	if b.has("points") {
		points := b.whole("points")
		c.Attributes.Points = &points
	}
	if c.Attributes.Birthday != "" && !birthday.MatchString(c.Attributes.Birthday) {
		b.fail("birthday", "write 2006-01-02, or --01-02 without the year")
	}
	if b.flag("deleted") {
		gone := d.deletion(external, version)
		gone.Email, gone.Phone = c.Email, c.Phone
		r.Redactions = append(r.Redactions, gone)
		return
	}
	if external == "" {
		genericUnnumbered(b, c, r)
		return
	}
	r.Customers = append(r.Customers, c)
	r.Customers = append(r.Customers, genericTags(d, b, external)...)
	for _, statement := range b.list("consents") {
		consent := genericConsent(statement, c)
		about := d.customer(external, "consent:"+consent.Channel, consent.At)
		about.Consents = []commerce.Consent{consent}
		r.Customers = append(r.Customers, about)
	}
}

// genericUnnumbered puts everything into one record. A person without an id is
// found by e-mail or phone, which only that record contains.
func genericUnnumbered(b body, c commerce.CustomerRecord, r *Records) {
	switch {
	case len(c.Buyer().Identities("")) > 0:
	case b.id("id") == "" && c.Email == "" && c.Phone == "":
		b.fail("id", "missing: without it an email or a phone is required")
	default:
		r.Ignored = "a customer without a usable id, email or phone"
		return
	}
	c.TagsKnown, c.Attributes.Tags = b.has("tags"), b.texts("tags")
	c.TagsAdded, c.TagsRemoved = b.texts("tags_added"), b.texts("tags_removed")
	for _, statement := range b.list("consents") {
		c.Consents = append(c.Consents, genericConsent(statement, c))
	}
	r.Customers = append(r.Customers, c)
}

// genericConsent is for the address or number it names, else for the person's
// own.
func genericConsent(b body, of commerce.CustomerRecord) commerce.Consent {
	c := commerce.Consent{
		Channel: b.text("channel"), Granted: b.flag("granted"), Explicit: b.flag("explicit"),
		Confirmed: b.flag("explicit") && b.flag("confirmed"),
		At:        b.instant("at"), Source: firstText(b.text("source"), "generic"), Wording: b.text("wording"),
	}
	named := b.text("address")
	person := commerce.Attributes{Email: firstText(named, of.Email), Phone: firstText(named, of.Phone), Country: of.Attributes.Country}
	c.Address = person.Reach(c.Channel).Clear()
	if named != "" && c.Address == "" {
		b.fail(
			"address", "%q is not an address or number of channel %q: write an e-mail address, or a number with its country code",
			clip(named), clip(c.Channel),
		)
	}
	return c
}

func genericTags(d Delivery, b body, external string) []commerce.CustomerRecord {
	version := d.version(b, "updated_at")
	var list []commerce.CustomerRecord
	if b.has("tags") {
		all := d.customer(external, "tags", version)
		all.TagsKnown, all.Attributes.Tags = true, b.texts("tags")
		list = append(list, all)
	}
	return append(list, d.tagChanges(external, version, b.texts("tags_added"), b.texts("tags_removed"))...)
}

func genericProduct(d Delivery, b body, r *Records) {
	p := d.product(b.id("id"))
	p.Version, p.DeletedAt = d.version(b, "updated_at"), b.instant("deleted_at")
	p.Title, p.Brand, p.SKU = b.text("title"), b.text("brand"), b.text("sku")
	p.Tags, p.Attributes = b.texts("tags"), b.pairs("attributes")
	p.URL, p.Image = b.page("url"), b.page("image")
	p.Categories = b.paths("categories")
	if b.has("price") || b.has("unit_cost") {
		b.need("currency")
		currency := b.currency("currency")
		p.Price, p.UnitCost = b.money("price", currency), b.money("unit_cost", currency)
	}
	if b.has("stock") {
		stock := b.stock("stock")
		p.Stock = &stock
	}
	if b.has("in_stock") {
		there, held := b.flag("in_stock"), false
		p.InStock, p.HoldsUnpaid = &there, &held
	}
	p.Quality = b.log.quality
	r.Products = append(r.Products, p)
}

// paths is a list of lists of texts; empty names and empty paths are dropped.
func (b body) paths(key string) [][]string {
	items, _ := b.fields[key].([]any)
	var list [][]string
	for _, item := range items {
		inside := body{at: strictjson.Pointer(b.at, key), fields: map[string]any{"path": item}, log: b.log}
		if path := inside.texts("path"); len(path) > 0 {
			list = append(list, path)
		}
	}
	return list
}

// genericEvent reads an event as the partial record it implies.
func genericEvent(d Delivery, b body, r *Records) {
	subject, at := b.id("subject"), b.instant("at")
	switch b.text("kind") {
	case "order.shipped", "order.delivered":
		r.Orders = append(r.Orders, genericParcelEvent(d, b, subject))
	case "order.deleted":
		o := d.order(subject)
		o.Times.DeletedAt = at
		r.Orders = append(r.Orders, o)
	case "checkout.completed":
		c := d.checkout(subject)
		c.CompletedAt, c.Order = at, b.id("order")
		r.Checkouts = append(r.Checkouts, c)
	case "checkout.deleted":
		c := d.checkout(subject)
		c.DeletedAt = at
		r.Checkouts = append(r.Checkouts, c)
	case "product.deleted":
		p := d.product(subject)
		p.DeletedAt = at
		r.Products = append(r.Products, p)
	case "customer.deleted":
		r.Redactions = append(r.Redactions, d.deletion(subject, at))
	}
}

func genericParcelEvent(d Delivery, b body, subject string) commerce.Order {
	o, at := d.order(subject), b.instant("at")
	shipped := b.text("kind") == "order.shipped"
	if !b.has("parcel") {
		if shipped {
			o.Times.ShippedAt = at
		} else {
			o.Times.DeliveredAt = at
		}
		return o
	}
	p := genericParcel(b.object("parcel"), time.Time{}) // never newer than the parcel's own record
	if shipped {
		p.ShippedAt = firstTime(p.ShippedAt, at)
	} else {
		p.DeliveredAt = firstTime(p.DeliveredAt, at)
	}
	o.Parcels = []commerce.Parcel{p}
	return o
}
