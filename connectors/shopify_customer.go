package connectors

import (
	"strings"

	"comeback/commerce"
)

// readShopifyCustomer separates the body, the tags and each consent. Since
// 2025-01 tags and consents have topics of their own, and a missing key is no
// statement.
func readShopifyCustomer(d Delivery, b body, r *Records) {
	external := b.needID("id", "admin_graphql_api_id")
	version := d.version(b, "updated_at", "created_at")
	address := b.object("default_address")
	c := d.customer(external, "", version)
	c.Email, c.Verified = b.text("email"), b.flag("verified_email")
	c.Phone = firstText(b.text("phone"), address.text("phone"))
	c.RegisteredAt = b.instant("created_at")
	c.Attributes = commerce.Attributes{
		FirstName: firstText(b.text("first_name"), address.text("first_name")),
		LastName:  firstText(b.text("last_name"), address.text("last_name")), Company: address.text("company"),
		Country: strings.ToUpper(address.text("country_code")), Region: firstText(address.text("province"), address.text("province_code")),
		City: address.text("city"), Postcode: address.text("zip"), Language: b.text("locale"),
	}
	r.Customers = append(r.Customers, c)
	if list, present := b.commaList("tags"); present {
		tags := d.customer(external, "tags", version)
		tags.TagsKnown, tags.Attributes.Tags = true, list
		r.Customers = append(r.Customers, tags)
	}
	shopifyConsent(d, b, external, "email", version, r)
	shopifyConsent(d, b, external, "sms", version, r)
}

func readShopifyTags(d Delivery, b body, r *Records) {
	external := shopifyID(b.id("customerId"))
	if external == "" {
		b.fail("customerId", "missing")
	}
	at, tags := firstTime(b.instant("occurredAt"), d.happened()), b.texts("tags")
	if len(tags) == 0 {
		r.Ignored = "contains no tag"
	}
	if d.Topic == "customer.tags_added" {
		r.Customers = append(r.Customers, d.tagChanges(external, at, tags, nil)...)
	} else {
		r.Customers = append(r.Customers, d.tagChanges(external, at, nil, tags)...)
	}
}

// readShopifySummary stores Shopify's totals as custom attributes. Our totals
// are counted from the orders received.
func readShopifySummary(d Delivery, b body, r *Records) {
	external := shopifyID(b.id("customerId"))
	if external == "" {
		b.fail("customerId", "missing")
	}
	spent := b.object("amountSpent")
	c := d.customer(external, "summary", firstTime(b.instant("occurredAt"), d.happened()))
	c.Attributes.Custom = b.custom(c.Attributes.Custom, "orders_count", b.text("numberOfOrders"))
	c.Attributes.Custom = b.custom(
		c.Attributes.Custom, "total_spent", strings.TrimSpace(spent.text("amount")+" "+spent.text("currencyCode")),
	)
	r.Customers = append(r.Customers, c)
}

func readShopifyCustomerDeletion(d Delivery, b body, r *Records) {
	r.Redactions = append(r.Redactions, d.deletion(b.needID("id", "admin_graphql_api_id"), d.happened()))
}

// readShopifyMerge reads a merge of two customers; the body names both.
func readShopifyMerge(d Delivery, b body, r *Records) {
	if status := b.text("status"); status != "completed" && status != "success" {
		r.Ignored = "customers/merge " + clip(status) + ": nothing was merged"
		return
	}
	id := func(key string) string {
		id := commerce.NormalID(shopifyID(b.text(key)))
		if id == "" {
			b.fail(key, "missing")
		}
		return id
	}
	r.Merges = append(r.Merges, Merge{d.Connection, id("admin_graphql_api_customer_kept_id"), id("admin_graphql_api_customer_deleted_id")})
}

// readShopifyRedaction reads the three requests of the privacy rules. If the
// person's id is missing, the e-mail or the phone identifies the person.
func readShopifyRedaction(d Delivery, b body, r *Records) {
	person := b.object("customer")
	redaction := Redaction{
		Connection: d.Connection, Kind: commerce.EraseConnection, Customer: person.ref("id"), Email: person.text("email"),
		Phone:     person.text("phone"),
		Reference: b.object("data_request").id("id"), At: d.happened(),
	}
	orders := "orders_to_redact"
	switch d.Topic {
	case "customers/redact":
		redaction.Kind = commerce.EraseCustomer
	case "customers/data_request":
		redaction.Kind, orders = commerce.Disclose, "orders_requested"
	}
	if redaction.Kind != commerce.EraseConnection && redaction.Customer == "" && redaction.Email == "" && redaction.Phone == "" {
		b.fail("customer", "missing: an id, an email or a phone is required")
	}
	redaction.Orders = b.texts(orders)
	r.Redactions = append(r.Redactions, redaction)
}
