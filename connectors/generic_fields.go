package connectors

// kind is the JSON form of a field of the generic schema.
type kind int

const (
	aText     kind = iota // a string
	anID                  // a string of 1 to 200 bytes
	aFlag                 // true or false
	aNumber               // a whole number
	aQuantity             // a number, such as 2 or 0.25
	anAmount              // decimal text such as "12.30"
	aTime                 // RFC 3339 with an offset
	anObject              // an object of the fields of
	aList                 // a list of such objects
	someTexts             // a list of strings
	somePaths             // a list of lists of strings
	somePairs             // an object whose values are strings
)

// field is one key of the generic schema. A test makes the published JSON
// Schema and the reference in generic.md from these tables.
type field struct {
	name  string
	kind  kind
	need  bool
	of    []field
	oneOf []string
	about string
}

var genericRecords = []genericRecord{
	{"order", orderFields, genericOrder},
	{"checkout", checkoutFields, genericCheckout},
	{"refund", refundRecordFields, genericRefund},
	{"customer", customerFields, genericCustomer},
	{"product", productFields, genericProduct},
	{"event", eventFields, genericEvent},
}

var typeField = field{name: "type", kind: aText, oneOf: []string{"order", "checkout", "refund", "customer", "product", "event"},
	about: "the type of the record; the X-Topic header may contain it instead"}

var orderFields = []field{
	typeField,
	{name: "id", kind: anID, need: true, about: "your id of the order, as text"},
	{name: "updated_at", kind: aTime, need: true, about: "when you last changed it: of two records the later counts, in any order of arrival"},
	{name: "number", kind: aText, about: "the number the buyer sees; without it the id"},
	{
		name: "status", kind: aText, oneOf: []string{"open", "completed", "cancelled"},
		about: "without it: cancelled or completed where that time is given, else open",
	},
	{
		name: "payment_status", kind: aText, need: true,
		oneOf: []string{"unpaid", "deposit_paid", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided"},
		about: "the payment now",
	},
	{name: "test", kind: aFlag, about: "a test order: counted nowhere"},
	{name: "fake", kind: aFlag, about: "a brushed order: counted nowhere"},
	{name: "currency", kind: aText, need: true, about: "ISO 4217, of every amount of the order"},
	{name: "rate", kind: anAmount, about: "value of one unit of currency in the shop's currency"},
	{
		name: "total", kind: anAmount, need: true,
		about: "price the buyer pays, with tax and shipping, after discounts; refunds do not lower it",
	},
	{name: "subtotal", kind: anAmount, about: "the lines before discounts"},
	{name: "discount", kind: anAmount, about: "positive"},
	{name: "tax", kind: anAmount, about: "contained in total"},
	{name: "shipping", kind: anAmount, about: "with tax"},
	{name: "deposit", kind: anAmount, about: "of a pre-sale"},
	{name: "lines", kind: aList, of: lineFields, about: "positions"},
	{name: "coupons", kind: someTexts, about: "codes used"},
	{name: "tags", kind: someTexts, about: "all of its tags; conditions test them by order.tags"},
	{name: "buyer", kind: anObject, of: buyerFields, about: "the customer of the order; a buyer without id, email and phone is unknown"},
	{
		name: "payment_method", kind: aText,
		about: "your name for it; the connection's table maps it to card, transfer, cash_on_delivery or invoice",
	},
	{name: "channel", kind: aText, about: "web, app, pos, ..."},
	{name: "store", kind: aText, about: "the branch"},
	{name: "device", kind: aText, about: "mobile, tablet, desktop"},
	{name: "source", kind: anObject, of: sourceFields, about: "where the buyer came from"},
	{name: "pay_url", kind: aText, about: "where the buyer can still pay: an http or https address"},
	{name: "cancel_at", kind: aTime, about: "when you close the order if it stays unpaid"},
	{name: "due_at", kind: aTime, about: "due date by the agreed terms; without it at once"},
	{name: "balance_from", kind: aTime, about: "pre-sale: from when the balance can be paid"},
	{name: "balance_to", kind: aTime, about: "pre-sale: until when"},
	{name: "rating", kind: aNumber, about: "1 to 5; 0 or absent: not rated"},
	{name: "in_stock", kind: aFlag, about: "whether the unpaid goods are still in stock"},
	{name: "custom", kind: somePairs, about: "your own attributes, at most 50"},
	{name: "placed_at", kind: aTime, need: true, about: "when the buyer ordered"},
	{name: "deposit_paid_at", kind: aTime, about: "each time is when a state was first reached; leave out the others"},
	{name: "paid_at", kind: aTime, about: "in full"},
	{name: "shipped_at", kind: aTime, about: "only where you list no parcels"},
	{name: "delivered_at", kind: aTime, about: "all of it"},
	{name: "completed_at", kind: aTime},
	{name: "cancelled_at", kind: aTime},
	{name: "refunded_at", kind: aTime, about: "all of it, where you list no refunds"},
	{name: "rated_at", kind: aTime},
	{name: "deleted_at", kind: aTime},
	{name: "parcels", kind: aList, of: parcelFields, about: "joined by id with those sent before"},
	{name: "refunds", kind: aList, of: refundFields, about: "joined by id with those sent before"},
}

var lineFields = []field{
	{name: "id", kind: anID, need: true, about: "unique in the order"},
	{name: "product", kind: aText, about: "your product id; none for a custom position"},
	{name: "variant", kind: aText},
	{name: "sku", kind: aText},
	{name: "title", kind: aText},
	{name: "brand", kind: aText},
	{name: "category", kind: aText, about: "only if no product record contains it"},
	{name: "quantity", kind: aQuantity, need: true, about: "pieces, or a fraction such as 0.25 for goods sold by weight"},
	{name: "unit_price", kind: anAmount, about: "before discounts, as printed; may have more digits than the currency"},
	{name: "net", kind: anAmount, about: "price the buyer pays for the line, after discounts, with tax; without it unit_price x quantity"},
	{name: "unit_cost", kind: anAmount, about: "your cost of one unit"},
	{name: "custom", kind: somePairs},
}

var buyerFields = []field{
	{name: "id", kind: aText, about: "your customer id; none for guests"},
	{name: "email", kind: aText},
	{name: "verified", kind: aFlag, about: "you confirmed the address: without it the address identifies but overwrites nothing"},
	{name: "phone", kind: aText, about: "a number in the form of E.164 identifies; others are only stored"},
	{name: "first_name", kind: aText},
	{name: "last_name", kind: aText},
	{name: "company", kind: aText},
	{name: "language", kind: aText, about: "BCP 47"},
	{name: "country", kind: aText, about: "ISO 3166, two letters"},
	{name: "region", kind: aText},
	{name: "city", kind: aText},
	{name: "postcode", kind: aText},
	{name: "accepts_marketing", kind: aFlag, about: "ticked at this checkout; false is no statement"},
}

var sourceFields = []field{
	{name: "utm_source", kind: aText, about: "UTM fields left out are read from landing"},
	{name: "utm_medium", kind: aText},
	{name: "utm_campaign", kind: aText},
	{name: "utm_term", kind: aText},
	{name: "utm_content", kind: aText},
	{name: "landing", kind: aText, about: "the complete landing URL: it may contain our click token"},
	{name: "referrer", kind: aText},
}

var parcelFields = []field{
	{name: "id", kind: anID, need: true},
	{name: "updated_at", kind: aTime, about: "without it the record's"},
	{name: "shipped_at", kind: aTime},
	{name: "delivered_at", kind: aTime},
	{name: "cancelled", kind: aFlag},
	{name: "carrier", kind: aText},
	{name: "tracking", kind: aText},
	{name: "lines", kind: aList, of: parcelLineFields, about: "none: all lines"},
}

var parcelLineFields = []field{
	{name: "line", kind: anID, need: true, about: "id of the line"},
	{name: "quantity", kind: aNumber, need: true},
}

var refundFields = []field{
	{name: "id", kind: anID, need: true},
	{name: "updated_at", kind: aTime, about: "without it the record's"},
	{name: "requested_at", kind: aTime, about: "time of the request"},
	{name: "refunded_at", kind: aTime, about: "the money moved"},
	{name: "closed_at", kind: aTime, about: "refused or withdrawn"},
	{name: "amount", kind: anAmount, need: true, about: "positive"},
	{name: "reason", kind: aText},
}

var refundRecordFields = []field{
	typeField,
	{name: "id", kind: anID, need: true},
	{name: "order", kind: aText, about: "id of the order, which may still be unknown here; without it the refund counts against the buyer"},
	{name: "updated_at", kind: aTime, about: "without it the latest of its times"},
	{name: "requested_at", kind: aTime, about: "one of the three times is required"},
	{name: "refunded_at", kind: aTime, about: "the money moved"},
	{name: "closed_at", kind: aTime, about: "refused or withdrawn"},
	{name: "currency", kind: aText, need: true},
	{name: "amount", kind: anAmount, need: true, about: "positive"},
	{name: "reason", kind: aText},
	{name: "buyer", kind: anObject, of: buyerFields, about: "of a refund without an order"},
}

var checkoutFields = []field{
	typeField,
	{name: "id", kind: anID, need: true, about: "the checkout's token"},
	{name: "updated_at", kind: aTime, need: true},
	{name: "order", kind: aText, about: "id of the order it became"},
	{name: "started_at", kind: aTime, need: true},
	{name: "completed_at", kind: aTime, about: "it became an order"},
	{name: "deleted_at", kind: aTime},
	{name: "currency", kind: aText, need: true},
	{name: "total", kind: anAmount},
	{name: "lines", kind: aList, of: lineFields},
	{name: "coupons", kind: someTexts},
	{name: "buyer", kind: anObject, of: buyerFields},
	{name: "url", kind: aText, about: "leads the buyer back to the checkout"},
	{name: "source", kind: anObject, of: sourceFields},
}

var customerFields = []field{
	typeField,
	{name: "id", kind: aText, about: "your customer id; required unless email or phone is given"},
	{name: "updated_at", kind: aTime, need: true},
	{name: "email", kind: aText},
	{name: "verified", kind: aFlag, about: "you confirmed the address: without it the address identifies but the record overwrites nothing"},
	{name: "phone", kind: aText},
	{name: "first_name", kind: aText},
	{name: "last_name", kind: aText},
	{name: "gender", kind: aText, oneOf: []string{"female", "male", "other"}},
	{name: "birthday", kind: aText, about: "2006-01-02, or --01-02 without the year"},
	{name: "country", kind: aText, about: "ISO 3166, two letters"},
	{name: "region", kind: aText},
	{name: "city", kind: aText},
	{name: "postcode", kind: aText},
	{name: "language", kind: aText, about: "BCP 47"},
	{name: "zone", kind: aText, about: "IANA, such as Asia/Shanghai"},
	{name: "tags", kind: someTexts, about: "all of the tags; [] means no tags, a missing key is no statement"},
	{name: "tags_added", kind: someTexts, about: "some tags, if you do not send all"},
	{name: "tags_removed", kind: someTexts},
	{name: "member_level", kind: aText},
	{name: "points", kind: aNumber},
	{name: "company", kind: aText},
	{name: "occupation", kind: aText},
	{name: "source", kind: anObject, of: sourceFields},
	{name: "custom", kind: somePairs},
	{name: "consents", kind: aList, of: consentFields, about: "statements of the person about marketing; a missing key is no statement"},
	{name: "registered_at", kind: aTime},
	{name: "deleted", kind: aFlag, about: "true: the person is erased here too, as by the event customer.deleted"},
}

var consentFields = []field{
	{name: "channel", kind: anID, need: true, about: "email, sms, ..."},
	{name: "granted", kind: aFlag, need: true},
	{name: "explicit", kind: aFlag, about: "the person agreed by an act for this purpose that you can prove"},
	{name: "confirmed", kind: aFlag, about: "the person also confirmed it by a link in a mail (double opt-in); it counts with explicit"},
	{name: "at", kind: aTime, need: true, about: "time of the statement"},
	{name: "source", kind: aText, about: "where"},
	{name: "wording", kind: aText, about: "the text shown to the person"},
	{name: "address", kind: aText, about: "the e-mail address or number it was given for; without it the person's own"},
}

var productFields = []field{
	typeField,
	{name: "id", kind: anID, need: true},
	{name: "updated_at", kind: aTime, need: true},
	{name: "deleted_at", kind: aTime},
	{name: "title", kind: aText},
	{name: "categories", kind: somePaths, about: `paths, root first: [["Home", "Kitchen"]]`},
	{name: "brand", kind: aText},
	{name: "tags", kind: someTexts},
	{name: "attributes", kind: somePairs},
	{name: "sku", kind: aText},
	{name: "currency", kind: aText, about: "required with price or unit_cost"},
	{name: "price", kind: anAmount},
	{name: "unit_cost", kind: anAmount},
	{name: "stock", kind: aNumber, about: "missing: not counted"},
	{name: "in_stock", kind: aFlag},
	{name: "url", kind: aText},
	{name: "image", kind: aText},
}

var eventFields = []field{
	typeField,
	{
		name: "kind", kind: aText, need: true,
		oneOf: []string{
			"order.shipped", "order.delivered", "order.deleted", "checkout.completed", "checkout.deleted", "product.deleted",
			"customer.deleted",
		},
		about: "for senders that know only the event; a change of an order's status comes with the order itself",
	},
	{name: "subject", kind: anID, need: true, about: "id of the order, checkout, product or customer"},
	{name: "at", kind: aTime, need: true},
	{
		name: "parcel", kind: anObject, of: parcelFields,
		about: "of order.shipped and order.delivered: which parcel; without it the whole order",
	},
	{name: "order", kind: aText, about: "of checkout.completed: id of the order it became"},
}
