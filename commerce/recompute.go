package commerce

import (
	"cmp"
	"slices"
)

// Purchase is the part of one order that the profile uses: its compact form and
// its buyer.
type Purchase struct {
	Fact  OrderFact `bson:"fact"`
	Buyer Buyer     `bson:"buyer"`
	// Imported: only files contain the order.
	Imported bool `bson:"imported,omitempty"`
}

// StartedCheckout is the part of one checkout that the profile uses: its compact form and
// its buyer.
type StartedCheckout struct {
	Fact     CheckoutFact
	Buyer    Buyer
	Imported bool // only files contain it
}

// Recompute makes a customer's profile from the records of the person, all
// their orders, refunds that name no order, and their checkouts. The result
// does not depend on the order of the lists. Engagement is not derived here: it
// stays empty.
//
// Newer records overwrite older ones field by field; an unset field overwrites
// nothing. A record whose e-mail is not verified only fills unset fields.
// Orders do the same, the newest first, then checkouts. Name, gender and
// birthday come only from sources that named the e-mail, see naming. Consents
// follow the rules of foldConsents; Under adds suppressions.
func Recompute(records []CustomerRecord, purchases []Purchase, loose []RefundFact, checkouts []StartedCheckout) Profile {
	records, purchases, checkouts = slices.Clone(records), slices.Clone(purchases), slices.Clone(checkouts)
	slices.SortFunc(records, compareRecords)
	slices.SortFunc(purchases, func(a, b Purchase) int {
		return cmp.Or(b.Fact.PlacedAt.Compare(a.Fact.PlacedAt), cmp.Compare(b.Fact.ID, a.Fact.ID))
	})
	slices.SortFunc(checkouts, func(a, b StartedCheckout) int {
		return cmp.Or(b.Fact.At.Compare(a.Fact.At), cmp.Compare(b.Fact.ID, a.Fact.ID))
	})
	var p Profile
	p.Attributes = foldAttributes(records, purchases, checkouts)
	p.Names = NameKeysOf(p.Attributes)
	p.Consents, p.OtherConsents = foldConsents(p.Attributes, records, purchases, checkouts)
	p.Sales = salesOf(p.Attributes, purchases)
	facts := make([]OrderFact, len(purchases))
	for i, purchase := range purchases {
		facts[i] = purchase.Fact
		p.KnownSince = earlier(p.KnownSince, purchase.Fact.PlacedAt)
	}
	for _, r := range records {
		p.KnownSince = earlier(p.KnownSince, firstSet(r.RegisteredAt, r.Version))
	}
	for _, c := range checkouts {
		p.KnownSince = earlier(p.KnownSince, c.Fact.At)
	}
	p.History = NewHistory(facts, slices.Clone(loose))
	p.Checkouts = lastCheckouts(checkouts)
	return p
}

// lastCheckouts returns the facts of the newest checkouts, oldest first. The
// argument has the newest first.
func lastCheckouts(checkouts []StartedCheckout) []CheckoutFact {
	var list []CheckoutFact
	for _, c := range checkouts[:min(len(checkouts), MaxCheckouts)] {
		list = append(list, c.Fact)
	}
	slices.Reverse(list)
	return list
}

func compareRecords(a, b CustomerRecord) int {
	if a.Imported != b.Imported { // what platforms report overwrites what files contain
		if a.Imported {
			return -1
		}
		return 1
	}
	return cmp.Or(a.Version.Compare(b.Version), cmp.Compare(a.Connection, b.Connection),
		cmp.Compare(a.External, b.External), cmp.Compare(a.Aspect, b.Aspect))
}

func foldAttributes(records []CustomerRecord, purchases []Purchase, checkouts []StartedCheckout) Attributes {
	var a Attributes
	n := namingOf(records, purchases, checkouts)
	for _, r := range records {
		if r.trusted() {
			n.overwrite(&a, r.attributes(), r.account())
			a.Tags = applyTags(a.Tags, r)
		}
	}
	a.Tags = withOwnTags(a.Tags, records)
	for _, r := range slices.Backward(records) {
		if !r.trusted() {
			n.fill(&a, r.attributes(), r.account())
		}
	}
	for _, p := range purchases {
		n.fill(&a, p.Buyer.attributes(p.Fact), p.Buyer.account(p.Fact.ID))
	}
	for _, c := range checkouts {
		n.fill(&a, c.Buyer.attributes(OrderFact{}), c.Buyer.account(c.Fact.ID))
	}
	return a
}

// trusted reports whether the record may overwrite: it has no e-mail, or one
// that the platform has verified.
func (r CustomerRecord) trusted() bool { return r.Email == "" || r.Verified }

func (r CustomerRecord) attributes() Attributes {
	a := r.Attributes
	a.Email, a.Phone = cmp.Or(PersonalEmail(r.Email), a.Email), cmp.Or(r.Phone, a.Phone)
	return a
}

func (b Buyer) attributes(f OrderFact) Attributes {
	return Attributes{
		Email: PersonalEmail(b.Email), Phone: b.Phone, FirstName: b.FirstName, LastName: b.LastName, Company: b.Company,
		Language: b.Language, Country: b.Country, Region: b.Region, City: b.City, Postcode: b.Postcode,
		Source: Source{UTMSource: f.UTM[0], UTMMedium: f.UTM[1], UTMCampaign: f.UTM[2]},
	}
}

func applyTags(tags []string, r CustomerRecord) []string {
	if r.TagsKnown {
		tags = r.Attributes.Tags
	}
	for _, tag := range r.TagsAdded {
		if !slices.Contains(tags, tag) {
			tags = append(slices.Clone(tags), tag)
		}
	}
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return slices.Contains(r.TagsRemoved, tag) })
}

// withOwnTags adds the tags that the service itself has added, unless a later record removes them
// by name. A platform's list of all tags of a person does not know them.
func withOwnTags(tags []string, records []CustomerRecord) []string {
	var own []string
	for _, r := range records {
		if r.Connection == OwnConnection {
			own = append(own, r.TagsAdded...)
		}
		own = slices.DeleteFunc(own, func(tag string) bool { return slices.Contains(r.TagsRemoved, tag) })
	}
	return applyTags(tags, CustomerRecord{TagsAdded: own})
}

// With returns a with the tags and custom attributes of records of OwnConnection, newer than a.
func (a Attributes) With(records []CustomerRecord) Attributes {
	for _, r := range records {
		tags := applyTags(a.Tags, r)
		a.overwrite(r.Attributes)
		a.Tags = tags
	}
	return a
}

// overwrite copies every set field of b.
func (a *Attributes) overwrite(b Attributes) {
	old := *a
	*a = b
	a.Tags = nil
	a.fill(old)
}

// fill copies from b every field that a lacks. Tags are left to applyTags; each
// custom attribute is a field.
func (a *Attributes) fill(b Attributes) {
	for _, pair := range [][2]*string{
		{&a.Email, &b.Email}, {&a.Phone, &b.Phone}, {&a.FirstName, &b.FirstName}, {&a.LastName, &b.LastName},
		{&a.Gender, &b.Gender}, {&a.Birthday, &b.Birthday}, {&a.Country, &b.Country}, {&a.Region, &b.Region},
		{&a.City, &b.City}, {&a.Postcode, &b.Postcode}, {&a.Language, &b.Language}, {&a.Zone, &b.Zone},
		{&a.MemberLevel, &b.MemberLevel}, {&a.Company, &b.Company}, {&a.Occupation, &b.Occupation},
	} {
		*pair[0] = cmp.Or(*pair[0], *pair[1])
	}
	if len(a.Tags) == 0 {
		a.Tags = b.Tags
	}
	if a.Points == nil {
		a.Points = b.Points
	}
	if a.Source == (Source{}) {
		a.Source = b.Source
	}
	a.Custom = slices.Clone(a.Custom)
	for _, kv := range b.Custom {
		if _, have := Lookup(a.Custom, kv.Key); !have {
			a.Custom = append(a.Custom, kv)
		}
	}
	slices.SortFunc(a.Custom, func(x, y KV) int { return cmp.Compare(x.Key, y.Key) })
}
