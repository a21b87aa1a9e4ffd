package connectors

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
)

// order begins an order record; without further fields it is a stub.
func (d Delivery) order(external string) commerce.Order {
	return commerce.Order{ID: d.key(external), Shop: d.Shop, Connection: d.Connection, External: external}
}

func (d Delivery) checkout(external string) commerce.Checkout {
	return commerce.Checkout{ID: d.key(external), Shop: d.Shop, Connection: d.Connection, External: external}
}

func (d Delivery) product(external string) commerce.Product {
	return commerce.Product{ID: d.key(external), Shop: d.Shop, Connection: d.Connection, External: external}
}

func (d Delivery) looseRefund(external string) commerce.LooseRefund {
	return commerce.LooseRefund{ID: d.key(external), Shop: d.Shop, Connection: d.Connection, External: external}
}

func (d Delivery) customer(external, aspect string, version time.Time) commerce.CustomerRecord {
	return commerce.CustomerRecord{Connection: d.Connection, External: commerce.NormalID(external), Aspect: aspect, Version: version}
}

// deletion is the deletion of a customer at the platform: the person is erased,
// as after their own request.
func (d Delivery) deletion(external string, at time.Time) Redaction {
	return Redaction{Connection: d.Connection, Kind: commerce.EraseCustomer, Customer: external, Reference: "deleted", At: at}
}

// tagChanges makes one aspect of each tag, so that a later change of one tag
// does not affect the others.
func (d Delivery) tagChanges(external string, version time.Time, added, removed []string) []commerce.CustomerRecord {
	var list []commerce.CustomerRecord
	for _, tag := range added {
		c := d.customer(external, "tag:"+tag, version)
		c.TagsAdded = []string{tag}
		list = append(list, c)
	}
	for _, tag := range removed {
		c := d.customer(external, "tag:"+tag, version)
		c.TagsRemoved = []string{tag}
		list = append(list, c)
	}
	return list
}

func (d Delivery) key(external string) string { return commerce.Key(d.Shop, d.Connection, external) }

func ignored(why string) (Records, error) { return Records{Ignored: why}, nil }

// each reads an object, or a list of objects. One wrong record refuses the
// whole delivery, because half of it would look complete.
func each(d Delivery, at string, value any, read func(Delivery, body, *Records)) (Records, error) {
	var r Records
	problems := &log{}
	one := func(at string, value any) {
		fields, ok := value.(map[string]any)
		if !ok {
			problems.fail(at, "an object is expected")
			return
		}
		b := body{at: at, fields: fields, log: problems.of()}
		read(d, b, &r)
		problems.problems, problems.left = b.log.problems, b.log.left
	}
	if items, ok := value.([]any); ok {
		for i, item := range items {
			one(at+"/"+strconv.Itoa(i), item)
		}
	} else {
		one(at, value)
	}
	if err := problems.err(); err != nil {
		return Records{}, err
	}
	d.settle(&r)
	if r.empty() && r.Ignored == "" {
		r.Ignored = "the list is empty"
	}
	if !r.empty() {
		r.Ignored = ""
	}
	return r, nil
}

func (r *Records) empty() bool {
	return len(r.Orders)+len(r.Checkouts)+len(r.Customers)+len(r.Products)+len(r.LooseRefunds)+len(r.Redactions)+len(r.Merges)+
		len(r.Suppressions) == 0
}

// noteNobody notes a record that names no customer.
func (b body) noteNobody(who commerce.Buyer) {
	if len(who.Identities("")) == 0 {
		b.log.note("no_customer")
	}
}

// noteBuyer notes the missing data of the record's buyer.
func (b body) noteBuyer(who commerce.Buyer) {
	b.noteNobody(who)
	if who.Country == "" && who.City == "" && who.Postcode == "" {
		b.log.note("no_address")
	}
}

// paymentMethod names the methods that conditions know; all others have the
// platform's name. Of several names, the first with known words decides.
func paymentMethod(names ...string) string {
	for _, name := range names {
		switch commerce.KindOfMethod(name) {
		case commerce.PaidOnDelivery:
			return commerce.CashOnDelivery
		case commerce.PaidByTransfer, commerce.PaidByInvoice:
			return commerce.BankTransfer
		case commerce.PaidByCard:
			return firstText(names...)
		}
	}
	return firstText(names...)
}

// methodNames are the names of a method, without repetitions.
func methodNames(names ...string) []string {
	var list []string
	for _, name := range names {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// device reads the kind of device from a browser's user agent, "" if unknown.
func device(agent string) string {
	has := func(marks ...string) bool {
		return slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(agent, mark) })
	}
	switch {
	case has("iPad", "Tablet"), has("Android") && !has("Mobile"):
		return "tablet"
	case has("Mobile", "iPhone", "Android"):
		return "mobile"
	case has("Windows", "Macintosh", "X11", "Linux", "CrOS"):
		return "desktop"
	}
	return ""
}

// campaignTags fills the unset UTM fields of s from its landing URL, then from
// notes with their names.
func campaignTags(s commerce.Source, notes ...commerce.KV) commerce.Source {
	for name, field := range map[string]*string{
		"utm_source": &s.UTMSource, "utm_medium": &s.UTMMedium, "utm_campaign": &s.UTMCampaign,
		"utm_term": &s.UTMTerm, "utm_content": &s.UTMContent,
	} {
		*field = firstText(*field, commerce.QueryValue(s.Landing, name))
		for _, note := range notes {
			if strings.EqualFold(strings.ReplaceAll(note.Key, " ", "_"), name) {
				*field = firstText(*field, note.Value)
			}
		}
	}
	return s
}

// custom adds a custom attribute, within limits.
func (b body) custom(list []commerce.KV, key, value string) []commerce.KV {
	if key == "" || value == "" {
		return list
	}
	if len(list) >= maxCustom {
		b.log.note("custom_dropped")
		return list
	}
	return append(list, commerce.KV{Key: key, Value: value})
}

// countable reads a number of pieces. A negative one is stored and noted.
func (b body) countable(key string) int64 {
	n, _ := b.quantity(key)
	return n
}

// quantity reads the quantity of a line in pieces. A quantity that is no whole
// number is also returned exactly, because shops sell by weight.
func (b body) quantity(key string) (pieces int64, exactly commerce.Decimal) {
	d := b.decimal(key)
	n, exact := d.Pieces()
	if n > maxUnits || n < -maxUnits {
		b.fail(key, "%s is not a reasonable number of units", clip(plainText(b.fields[key])))
		return 0, exactly
	}
	if n < 0 {
		b.log.note("negative_quantity")
	}
	if exact {
		return n, exactly
	}
	b.log.note("quantity_rounded")
	return n, d
}

// stock reads the units in stock. Fractions are dropped; a negative stock is 0.
func (b body) stock(key string) int64 {
	n, _ := b.decimal(key).Minor(0)
	return min(max(n, 0), maxUnits)
}

// firstText returns the first text that is not empty.
func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func firstTime(times ...time.Time) time.Time {
	for _, at := range times {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}
