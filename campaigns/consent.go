package campaigns

import (
	"fmt"
	"strings"

	"comeback/commerce"
)

// guardConsent drops a message without consent. A refusal ends it as suppressed.
func (d *decider) guardConsent(channel string) check {
	r := d.consent(channel)
	if c, known := d.consentTo(channel); !r.Pass && known && c.Refused() {
		return check{reason: r, state: Suppressed}
	}
	return check{reason: r}
}

// consentTo is the consent in force for that address.
func (d *decider) consentTo(channel string) (c commerce.Consent, known bool) {
	return d.profile.ConsentOf(channel, d.address(channel))
}

// consent checks whether the campaign's class may write on a channel. The rows of the
// shop's law and of the customer's country must both allow it.
func (d *decider) consent(channel string) Reason {
	marketing, address := d.c.Class == Marketing, d.address(channel)
	if market, relay := address.Marketplace(); marketing && relay {
		return fail(CheckConsent, "the address is a marketplace's (%s): it forwards mail about orders, never marketing", market)
	}
	e := commerce.Evidence{Sale: d.profile.SaleTo(address), SoftOptInSince: d.f.Shop.SoftOptInSince}
	e.Consent, e.Known = d.consentTo(channel)
	rows := d.f.Shop.Laws(marketing, channel, d.profile.Attributes.Country)
	strictest := rows[0]
	for _, r := range rows {
		if _, ok := r.Allows(e, d.now); !ok {
			return fail(CheckConsent, "%s; %s", lacks(r, e, r.Law == rows[0].Law), cite(r))
		}
		strictest = commerce.Stricter(strictest, r)
	}
	return pass(CheckConsent, "%s; %s", d.allowedBy(strictest, e), cite(strictest))
}

// cite names a row of the table of laws, with its basis, proof and source.
func cite(r commerce.LawRow) string {
	source, _ := r.Source()
	return fmt.Sprintf("law %s for %s by %s: basis %s, proof %s, source %s", r.Law, r.Class(), r.Channel, r.Basis, r.Proof, source)
}

// allowedBy describes what allows a message under a row.
func (d *decider) allowedBy(r commerce.LawRow, e commerce.Evidence) string {
	switch by, _ := r.Allows(e, d.now); {
	case by == commerce.ByConsent || by == commerce.NoneNeeded && e.Consent.Granted:
		return fmt.Sprintf("%s granted on %s (%s)", r.Channel, stamp(e.Consent.At), e.Consent.Source)
	case !r.Marketing:
		return "class service needs none for " + r.Channel
	case by == commerce.SoftOptIn:
		return fmt.Sprintf("soft opt-in by an order of %s, after the checkout began to offer the refusal on %s",
			stamp(e.Sale.PlacedAt), stamp(e.SoftOptInSince))
	case by == commerce.Implied || by == commerce.Inferred:
		return fmt.Sprintf("consent %s by an order paid on %s", by, stamp(e.Sale.PaidAt))
	}
	return r.Channel + " not refused"
}

// lacks describes why a row does not allow a message.
func lacks(r commerce.LawRow, e commerce.Evidence, ofShop bool) string {
	switch {
	case r.Basis == commerce.NoMarketing && ofShop:
		return "no marketing: nobody has checked the law of the shop's jurisdiction, " + r.Law
	case r.Basis == commerce.NoMarketing:
		return "no marketing: nobody has checked the law of the customer's country"
	case e.Known && e.Consent.Granted:
		return fmt.Sprintf("%s granted on %s (%s), without the proof that marketing needs in %s: %s", r.Channel, stamp(e.Consent.At),
			e.Consent.Source, strings.ToUpper(r.Law), proofs[r.Proof])
	case e.Known:
		return r.Channel + " " + notGranted(e.Consent)
	case r.Basis == commerce.Inferred:
		return "no consent for " + r.Channel + ", and no paid order that named the address"
	case r.Basis == commerce.Implied:
		return fmt.Sprintf("no consent for %s, and no order that named the address and was paid in the last %d months",
			r.Channel, commerce.ImpliedMonths)
	case r.Basis == commerce.SoftOptIn && e.SoftOptInSince.IsZero():
		return "no consent for " + r.Channel + ", and no soft opt-in: the shop does not say since when its checkout offers to refuse " +
			"marketing (soft_opt_in_since)"
	case r.Basis == commerce.SoftOptIn:
		return fmt.Sprintf("no consent for %s, and no paid order that named the address and was placed after %s, since when the checkout "+
			"offers to refuse marketing", r.Channel, stamp(e.SoftOptInSince))
	}
	return "no consent for " + r.Channel
}

// proofs describe the proofs of a consent.
var proofs = map[commerce.Proof]string{
	commerce.ActOfPerson: "an act of the person with its time, or a box ticked at an order",
	commerce.Written:     "an act of the person with the text that they agreed to",
	commerce.DoubleOptIn: "a confirmation by mail (double opt-in)",
}

// notGranted describes a consent that is not granted.
func notGranted(c commerce.Consent) string {
	switch c.State {
	case commerce.ConsentPending:
		return fmt.Sprintf("requested on %s and not confirmed (%s)", stamp(c.At), c.Source)
	case commerce.ConsentStopped:
		return fmt.Sprintf("suppressed: %s on %s", c.Source, stamp(c.At))
	case commerce.ConsentRelay:
		return "not granted: the address is a marketplace's"
	}
	return fmt.Sprintf("refused on %s (%s)", stamp(c.At), c.Source)
}

// anyConsent checks whether at least one step may be sent.
func (d *decider) anyConsent() (r Reason, ok bool) {
	r = pass(CheckConsent, "nothing to send")
	why := ""
	for _, channel := range d.c.routed {
		if r = d.mayWrite(channel); r.Pass {
			return r, true
		}
		if why += "; " + r.Text; len(d.c.routed) > 1 {
			r.Text = why[2:]
		}
	}
	return r, r.Pass
}

// mayWrite checks whether messages can be sent on a channel, and consent allows it.
func (d *decider) mayWrite(channel string) Reason {
	if !d.sendsOn(channel) {
		return fail(CheckConsent, "%s has no sender yet", channel)
	}
	return d.consent(channel)
}
