package campaigns

import "comeback/commerce"

// Link is the target of one tracked link, stored with the message. A click token
// names it by N. The target is never in the link itself, so nobody can make our
// host redirect to another address.
type Link struct {
	N   int    `bson:"n"` // from 1; HoneypotLink is not stored
	URL string `bson:"url"`
	Pay bool   `bson:"pay,omitempty"` // the payment page of the message's order
}

// MessageLinks is what a click needs of its message.
type MessageLinks struct {
	Message string // its id
	Order   string // "" without one
	Links   []Link
}

// HoneypotLink is the number of the link that people cannot see. Only machines
// follow it.
const HoneypotLink = 0

// strayLink is a remark about the order's payment page, or the checkout, where a mail
// cannot lead to it. ok is false where it can, and where the platform names none.
func (d *decider) strayLink(order, checkout string) (r Reason, ok bool) {
	what, address := "the payment page of order "+order, ""
	switch {
	case order != "" && d.f.Order != nil && d.f.Order.ID == order:
		address = d.f.Order.PayURL
	case checkout != "" && d.f.Checkout != nil && d.f.Checkout.ID == checkout:
		what, address = "checkout "+checkout, d.f.Checkout.URL
	}
	if address == "" {
		return Reason{}, false
	}
	_, err := commerce.WebLink(address)
	switch {
	case err == nil:
		return Reason{}, false
	case d.f.Shop.URL == "":
		return pass(CheckLink, "%s: %v; the shop has no url either, so a mail with links.pay is not sent", what, err), true
	}
	return pass(CheckLink, "%s: %v; links.pay leads to the shop's url instead", what, err), true
}
