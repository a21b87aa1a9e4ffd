package connectors

import (
	"time"

	"comeback/commerce"
)

// shopifyMethod names how an order is paid. Shopify lists all gateways that were
// used, tries that failed included: one that is paid past the shop is what the
// buyer came to, then one with the merchant's own words, for Shopify's manual
// methods have no others. Terms of payment are a method where none is told.
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

// shopifyDueAt is when the first open instalment of the agreed terms is due;
// zero where none were agreed, or where their date is still to come.
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
