package connectors

import (
	"net/http"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// Shopify sends deliveries in any order. A retry repeats the first body up to four
// hours later. Ids exceed the precision of a float64.

// shopifyHeader reads a header in the spelling of webhooks, or of the newer
// Events, which omit the X-.
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

// dedupeShopify uses the webhook id, which is the same on every retry of one
// delivery. The event id is shared by all topics of one change.
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

// happened is the time of the delivery's event, as Shopify reports it.
func (d Delivery) happened() time.Time {
	return firstTime(d.triggered(), d.ReceivedAt)
}

// triggered is the time of the delivery's event, zero if Shopify does not
// report it.
func (d Delivery) triggered() time.Time {
	at, ok := parseTime(shopifyHeader(d.Header, "Triggered-At"))
	if !ok || commerce.CheckInstant(at) != nil {
		return time.Time{}
	}
	return at
}

// shopifyTopics maps each topic to its reader. REST answers wrap a body in its
// noun; such bodies are also read.
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

// shopifyIgnored explains why the other topics contain no records.
var shopifyIgnored = map[string]string{
	"carts/":               "a cart names no customer; checkouts are read instead",
	"draft_orders/":        "a draft is not an order yet; the order it becomes is read",
	"app/":                 "contains no orders; the merchant removes the connection",
	"shop/":                "the shop's settings are in this service",
	"bulk_operations/":     "this connector requests no bulk exports",
	"discounts/":           "discounts are read from the orders that use them",
	"tender_transactions/": "the payment is read from the order",
	"customer.":            "Shopify's own segments are not stored",
	"returns/":             "a return changes an order when it is requested, refused, or refunded",
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

// unwrap returns the body inside {"order": {...}} and {"orders": [...]}.
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

// gid is an id: from the global id if present, because the number beside it may
// have lost digits as a float64.
func (b body) gid(key, global string) string {
	if id := shopifyID(b.text(global)); id != "" {
		return id
	}
	return shopifyID(b.ref(key))
}

// shopifyID returns the number in gid://shopify/Order/1?x=y; other ids stay.
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

// needID is gid for a required id.
func (b body) needID(key, global string) string {
	id := b.gid(key, global)
	if id == "" {
		b.fail(key, "missing")
	}
	return id
}

// shopMoney reads an amount in the shop's currency: from key_set if present,
// else from key.
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

// commaList reads "a, b" as a list, and a list unchanged. present is false if the
// key is missing or neither.
func (b body) commaList(key string) (list []string, present bool) {
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

// tags are the tags of an order, each once.
func (b body) tags() []string {
	list, _ := b.commaList("tags")
	return commerce.EachOnce(list)
}
