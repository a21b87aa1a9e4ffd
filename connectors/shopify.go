package connectors

import (
	"net/http"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// Shopify: deliveries come in any order, a retry brings the body of its first
// try up to four hours later, and ids exceed what a float64 holds.

// shopifyHeader reads a header in its webhook spelling or in that of the newer
// Events, which leave the X- away.
func shopifyHeader(h http.Header, name string) string {
	return firstText(h.Get("X-Shopify-"+name), h.Get("Shopify-"+name))
}

func shopifyTopic(h http.Header) string { return shopifyHeader(h, "Topic") }

func verifyShopify(d Delivery, secrets Secrets, _ time.Time) error {
	if err := verifyBase64(d, "X-Shopify-Hmac-Sha256", shopifyHeader(d.Header, "Hmac-Sha256"), secrets); err != nil {
		return err
	}
	return verifySource(d, "X-Shopify-Shop-Domain", shopifyHeader(d.Header, "Shop-Domain"))
}

// dedupeShopify: the webhook id is the same on every retry of one delivery;
// the event id is shared by the topics one change fires.
func dedupeShopify(d Delivery) string {
	shop := plainSource(shopifyHeader(d.Header, "Shop-Domain"))
	if id := shopifyHeader(d.Header, "Webhook-Id"); id != "" {
		return digest("webhook", shop, id)
	}
	if id := shopifyHeader(d.Header, "Event-Id"); id != "" {
		return digest("event", shop, d.Topic, id)
	}
	return digest("body", shop, d.Topic, string(d.Body))
}

// happened is when Shopify says the delivery's event was.
func (d Delivery) happened() time.Time {
	return firstTime(d.triggered(), d.ReceivedAt)
}

// triggered is when Shopify says the delivery's event was, zero where it does not.
func (d Delivery) triggered() time.Time {
	at, ok := parseTime(shopifyHeader(d.Header, "Triggered-At"))
	if !ok || commerce.CheckInstant(at) != nil {
		return time.Time{}
	}
	return at
}

// shopifyTopics says for each topic how its bodies are read. REST answers wrap
// a body in its noun; wrapped bodies are read too.
var shopifyTopics = map[string]func(Delivery, body, *Records){
	"orders/create": readShopifyOrder, "orders/updated": readShopifyOrder, "orders/paid": readShopifyOrder,
	"orders/cancelled": readShopifyOrder, "orders/fulfilled": readShopifyOrder, "orders/partially_fulfilled": readShopifyOrder,
	"orders/edited": readShopifyEdit, "orders/delete": readShopifyOrderDeletion,
	"fulfillments/create": readShopifyFulfillment, "fulfillments/update": readShopifyFulfillment,
	"fulfillment_events/create": readShopifyFulfillmentEvent,
	"refunds/create":            readShopifyRefund, "order_transactions/create": readShopifyTransaction,
	"returns/request": readShopifyReturn, "returns/decline": readShopifyReturn, "returns/cancel": readShopifyReturn,
	"checkouts/create": readShopifyCheckout, "checkouts/update": readShopifyCheckout, "checkouts/delete": readShopifyCheckoutDeletion,
	"customers/create": readShopifyCustomer, "customers/update": readShopifyCustomer, "customers/enable": readShopifyCustomer,
	"customers/disable": readShopifyCustomer, "customers/delete": readShopifyCustomerDeletion, "customers/merge": readShopifyMerge,
	"customer.tags_added": readShopifyTags, "customer.tags_removed": readShopifyTags,
	"customers_email_marketing_consent/update": readShopifyEmailConsent, "customers_marketing_consent/update": readShopifySMSConsent,
	"customers/purchasing_summary": readShopifySummary, "customers/redact": readShopifyRedaction,
	"customers/data_request": readShopifyRedaction, "shop/redact": readShopifyRedaction,
	"products/create": readShopifyProduct, "products/update": readShopifyProduct, "products/delete": readShopifyProductDeletion,
}

// shopifyIgnored says why the other topics a shop may send carry nothing.
var shopifyIgnored = map[string]string{
	"carts/":               "a cart names nobody; checkouts are read instead",
	"draft_orders/":        "a draft is not an order yet; the order it becomes is read",
	"app/":                 "says nothing of orders; the connection is the merchant's to remove",
	"shop/":                "the shop's own settings are kept here",
	"bulk_operations/":     "a bulk export of ours is ready, which this connector does not ask for",
	"discounts/":           "discounts are read from the orders that use them",
	"tender_transactions/": "how an order was paid is read from the order",
	"customer.":            "Shopify's own segments are not kept",
	"returns/":             "a return changes an order when it is asked for, refused, or its refund is made",
}

func readShopify(d Delivery) (Records, error) {
	read, known := shopifyTopics[d.Topic]
	if !known {
		return ignored("topic " + clip(d.Topic) + ": " + shopifyWhy(d.Topic))
	}
	value, err := strictjson.Decode(d.Body)
	if err != nil {
		return Records{}, err
	}
	return each(d, "", unwrap(value), read)
}

func shopifyWhy(topic string) string {
	for prefix, why := range shopifyIgnored {
		if strings.HasPrefix(topic, prefix) {
			return why
		}
	}
	return "not one this connector reads"
}

// unwrap takes the body out of {"order": {...}} and {"orders": [...]}.
func unwrap(value any) any {
	fields, ok := value.(map[string]any)
	if !ok || len(fields) != 1 {
		return value
	}
	for _, key := range []string{
		"order", "orders", "checkout", "checkouts", "customer", "customers", "product", "products",
		"refund", "fulfillment", "fulfillment_event", "transactions", "order_edit",
	} {
		if inside, has := fields[key]; has {
			return inside
		}
	}
	return value
}

// gid is an id: from the global id where that is given, because the number
// beside it has in some samples been through a float64.
func (b body) gid(key, global string) string {
	if id := shopifyID(b.text(global)); id != "" {
		return id
	}
	return shopifyID(b.ref(key))
}

// shopifyID takes the number out of gid://shopify/Order/1?x=y; other ids pass.
func shopifyID(id string) string {
	rest, global := strings.CutPrefix(id, "gid://shopify/")
	if !global {
		if strings.Contains(id, "/") {
			return ""
		}
		return id
	}
	_, number, _ := strings.Cut(rest, "/")
	number, _, _ = strings.Cut(number, "?")
	return number
}

// needID is gid for an id without which the record means nothing.
func (b body) needID(key, global string) string {
	id := b.gid(key, global)
	if id == "" {
		b.fail(key, "missing")
	}
	return id
}

// shopMoney reads an amount in the shop's currency: from key_set where it is
// given, else from key.
func (b body) shopMoney(key, currency string) commerce.Money {
	in := b.object(key + "_set").object("shop_money")
	if !in.has("amount") {
		return b.money(key, currency)
	}
	if in.has("currency_code") {
		currency = in.currency("currency_code")
	}
	return in.money("amount", currency)
}

// commaList reads "a, b" as a list, and a list as it is. told is false where
// the key is missing or neither.
func (b body) commaList(key string) (list []string, told bool) {
	items := b.texts(key)
	switch b.fields[key].(type) {
	case string:
		items = strings.Split(plainText(b.fields[key]), ",")
	case []any:
	default:
		return nil, false
	}
	for _, item := range items {
		if item = b.tidy(item); item != "" {
			list = append(list, item)
		}
	}
	return list, true
}

// tags are what an order is filed under, each once.
func (b body) tags() []string {
	list, _ := b.commaList("tags")
	return commerce.EachOnce(list)
}
