package connectors

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// WooCommerce: a body is rendered when it is delivered, not when its event
// happened, so the topic is a hint and the body's status the truth. Any answer
// but 2xx makes it give a webhook up; there are no retries.

const wooSignature = "X-WC-Webhook-Signature"

func wooTopic(h http.Header) string { return h.Get("X-WC-Webhook-Topic") }

// verifyWoo also tries each secret the way WooCommerce keeps it: it decodes
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

// dedupeWoo goes by the body: two orders of one second come with one delivery
// id. A deletion's body is its id alone, so there the delivery id is added, or
// a second deletion after a restoration would pass for the first.
func dedupeWoo(d Delivery) string {
	parts := []string{plainSource(d.Header.Get("X-WC-Webhook-Source")), d.Topic, string(d.Body)}
	if strings.HasSuffix(d.Topic, ".deleted") {
		parts = append(parts, d.Header.Get("X-WC-Webhook-Delivery-ID"))
	}
	return digest(parts...)
}

var wooPingBody = regexp.MustCompile(`^webhook_id=[0-9]{1,20}$`)

// wooPing knows the unsigned form WooCommerce posts when a webhook is saved;
// it may come after the first real delivery.
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
		return ignored("ping: WooCommerce asks whether somebody answers")
	}
	resource, event, _ := strings.Cut(d.Topic, ".")
	read, known := wooReaders[resource]
	if !known {
		return ignored("topic " + clip(d.Topic) + ": carries no order, refund, customer or product")
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

// wooFailure is what WooCommerce says, signed, when it could not render the
// body: the record was gone, or the webhook's user lost the right to see it.
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
	// Comes for trashed orders too, where they live in the posts table.
	"product": func(d Delivery, b body, r *Records) {
		b.need("id")
		p := d.product(b.id("id"))
		p.DeletedAt = d.ReceivedAt
		r.Products = append(r.Products, p)
	},
	"refund": func(_ Delivery, _ body, r *Records) {
		r.Ignored = "a deleted refund: money that moved stays moved"
	},
}

// wooMeta finds the value of a meta key, "" when it is absent or no scalar.
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

// wooCustom takes the meta a merchant can see: keys without a leading "_".
func wooCustom(b body) []commerce.KV {
	var list []commerce.KV
	for _, meta := range b.list("meta_data") {
		if key := meta.text("key"); !strings.HasPrefix(key, "_") {
			list = b.custom(list, key, meta.text("value"))
		}
	}
	return list
}
