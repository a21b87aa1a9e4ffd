package connectors

import (
	"strings"
	"time"

	"comeback/commerce"
)

func readShopifyEmailConsent(d Delivery, b body, r *Records) {
	b.need("email_marketing_consent")
	shopifyConsent(d, b, b.needID("customer_id", "customer_graphql_api_id"), "email", time.Time{}, r)
}

func readShopifySMSConsent(d Delivery, b body, r *Records) {
	b.need("sms_marketing_consent")
	shopifyConsent(d, b, b.needID("id", "admin_graphql_api_id"), "sms", time.Time{}, r)
}

// shopifyConsent reads {state, opt_in_level, consent_updated_at}; "" and null
// are no statement. version is the version of a body that only repeats the
// consent, zero for a delivery about it. A repeated grant without its time is
// no new act of the person, because every later body repeats it.
func shopifyConsent(d Delivery, b body, external, channel string, version time.Time, r *Records) {
	key := channel + "_marketing_consent"
	if !b.has(key) {
		return
	}
	statement := b.object(key)
	changed := statement.instant("consent_updated_at")
	if version.IsZero() {
		changed, version = firstTime(changed, d.happened()), d.happened()
	}
	consent := commerce.Consent{Channel: channel, At: firstTime(changed, version), Source: "shopify", Address: shopifyAddress(b, channel)}
	switch state := strings.ReplaceAll(strings.ToLower(statement.text("state")), " ", "_"); state {
	case "subscribed":
		level := strings.ToLower(statement.text("opt_in_level"))
		consent.Granted = true
		consent.Explicit = !changed.IsZero() && (level == "confirmed_opt_in" || level == "single_opt_in")
		consent.Confirmed = consent.Explicit && level == "confirmed_opt_in"
	case "unsubscribed", "redacted", "invalid":
	case "pending":
		consent.State = commerce.ConsentPending
	case "not_subscribed":
		consent.State = commerce.ConsentNone
	case "":
		return
	default:
		statement.fail("state", "%q is not a known state", clip(statement.text("state")))
	}
	c := d.customer(external, "consent:"+channel, consent.At)
	c.Consents = []commerce.Consent{consent}
	r.Customers = append(r.Customers, c)
}

// shopifyAddress is the address of the consent. Topics about a consent name it;
// other bodies have the person's address.
func shopifyAddress(b body, channel string) string {
	if channel == "email" {
		return commerce.EmailAddress(firstText(b.text("email_address"), b.text("email"))).Clear()
	}
	country := strings.ToUpper(b.object("default_address").text("country_code"))
	return commerce.PhoneAddress(firstText(b.text("phone_number"), b.text("phone")), country).Clear()
}
