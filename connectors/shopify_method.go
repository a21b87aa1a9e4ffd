package connectors

import (
	"time"

	"comeback/commerce"
)

// shopifyMethod names the payment method of an order. Shopify lists all
// gateways used, failed tries included. A method outside the shop is preferred,
// then one in the merchant's own words, because Shopify's manual methods have
// no others. Without a gateway, payment terms are the method.
func shopifyMethod(b body) []string {
	names := methodNames(append(b.texts("payment_gateway_names"), b.text("gateway"))...)
	chosen := ""
	for _, name := range names {
		kind, best := commerce.KindOfMethod(name), commerce.KindOfMethod(chosen)
		if chosen == "" || best == commerce.PaidByCard && kind != best ||
			best == commerce.PaymentUnknown && kind != best && kind != commerce.PaidByCard {
			chosen = name
		}
	}
	if terms := b.object("payment_terms"); len(terms.fields) > 0 {
		return methodNames(chosen, terms.text("payment_terms_name"), "payment terms")
	}
	return methodNames(chosen)
}

// shopifyDueAt is the due date of the first open instalment of the agreed
// terms; zero without terms, or before their date is known.
func shopifyDueAt(b body) time.Time {
	var due time.Time
	terms := b.object("payment_terms")
	for _, schedule := range terms.list("payment_schedules") {
		at := schedule.instant("due_at")
		if issued := schedule.instant("issued_at"); at.IsZero() && terms.has("due_in_days") && !issued.IsZero() {
			at = issued.AddDate(0, 0, int(min(terms.whole("due_in_days"), 3660)))
		}
		if !schedule.has("completed_at") && !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	return due
}
