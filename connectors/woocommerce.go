package connectors

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// WooCommerce renders a body at delivery, not at the event. So the topic is a hint,
// and the body's status decides. There are no retries: after an answer other
// than 2xx it may disable the webhook.

const wooSignature = "X-WC-Webhook-Signature"

func wooTopic(h http.Header) string { return h.Get("X-WC-Webhook-Topic") }

// verifyWoo also tries each secret in the form WooCommerce uses: it decodes
// HTML entities before it signs.
func verifyWoo(d Delivery, secrets Secrets, _ time.Time) error {
	all := append(Secrets{}, secrets...)
	entities := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#039;", "'", "&amp;", "&")
	for _, secret := range secrets {
		if decoded := entities.Replace(string(secret)); decoded != string(secret) {
			all = append(all, []byte(decoded))
		}
	}
	if err := verifyBase64(d, wooSignature, d.Header.Get(wooSignature), all); err != nil {
		return err
	}
	return verifySource(d, "X-WC-Webhook-Source", d.Header.Get("X-WC-Webhook-Source"))
}

// dedupeWoo uses the body, because two orders of one second share a delivery
// id. The body of a deletion is only its id. There the delivery id is added, so
// that a second deletion after a restoration differs from the first.
func dedupeWoo(d Delivery) string {
	parts := []string{plainSource(d.Header.Get("X-WC-Webhook-Source")), d.Topic, string(d.Body)}
	if strings.HasSuffix(d.Topic, ".deleted") {
		parts = append(parts, d.Header.Get("X-WC-Webhook-Delivery-ID"))
	}
	return digest(parts...)
}

var wooPingBody = regexp.MustCompile(`^webhook_id=[0-9]{1,20}$`)

// wooPing recognises the unsigned form that WooCommerce posts when a webhook is
// saved. It may come after the first real delivery.
func wooPing(d Delivery) bool {
	return d.Header.Get(wooSignature) == "" && wooTopic(d.Header) == "" && wooPingBody.Match(d.Body)
}

var wooReaders = map[string]func(Delivery, body, *Records){
	"order":    readWooOrder,
	"refund":   readWooRefund,
	"customer": readWooCustomer,
	"product":  readWooProduct,
}

func readWoo(d Delivery) (Records, error) {
	if wooPingBody.Match(d.Body) {
		return ignored("ping: WooCommerce tests the address")
	}
	resource, event, _ := strings.Cut(d.Topic, ".")
	read, known := wooReaders[resource]
	if !known {
		return ignored("topic " + clip(d.Topic) + ": contains no order, refund, customer or product")
	}
	value, err := strictjson.Decode(d.Body)
	if err != nil {
		return Records{}, err
	}
	if why := wooFailure(resource, value); why != "" {
		return ignored(why)
	}
	if event == "deleted" {
		read = wooDeletions[resource]
	}
	return each(d, "", value, read)
}

// wooFailure is WooCommerce's signed error when it could not render the body:
// the record was deleted, or the webhook's user lost access to it.
func wooFailure(resource string, value any) string {
	fields, _ := value.(map[string]any)
	code, _ := fields["code"].(string)
	if _, has := fields["id"]; has || !strings.Contains(code, "rest_") {
		return ""
	}
	message, _ := fields["message"].(string)
	return "WooCommerce sent an error instead of the " + resource + ": " + clip(code+": "+message)
}

var wooDeletions = map[string]func(Delivery, body, *Records){
	"order": func(d Delivery, b body, r *Records) {
		b.need("id")
		o := d.order(b.id("id"))
		o.Times.DeletedAt = d.ReceivedAt
		r.Orders = append(r.Orders, o)
	},
	"customer": func(d Delivery, b body, r *Records) {
		b.need("id")
		r.Redactions = append(r.Redactions, d.deletion(b.id("id"), d.ReceivedAt))
	},
	// Also sent for trashed orders that are stored in the posts table.
	"product": func(d Delivery, b body, r *Records) {
		b.need("id")
		p := d.product(b.id("id"))
		p.DeletedAt = d.ReceivedAt
		r.Products = append(r.Products, p)
	},
	"refund": func(_ Delivery, _ body, r *Records) {
		r.Ignored = "a deleted refund: its money has moved already"
	},
}

// wooMeta returns the value of a meta key, "" if it is missing or no scalar.
func wooMeta(b body, keys ...string) string {
	for _, key := range keys {
		for _, meta := range b.list("meta_data") {
			if meta.text("key") == key {
				return meta.text("value")
			}
		}
	}
	return ""
}

// wooCustom stores the meta visible to merchants: keys without a leading "_".
func wooCustom(b body) []commerce.KV {
	var list []commerce.KV
	for _, meta := range b.list("meta_data") {
		if key := meta.text("key"); !strings.HasPrefix(key, "_") {
			list = b.custom(list, key, meta.text("value"))
		}
	}
	return list
}
