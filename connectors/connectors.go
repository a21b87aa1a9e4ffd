// Package connectors translates shops' dialects into commerce records: it
// proves who sent a delivery, names it so that a repetition is recognised, and
// reads it. One file a platform and one line in the table below.
//
// It is pure: bytes in, records out. It stores nothing, asks nobody and has no
// clock; whoever receives deliveries keeps the raw body first. It may import
// commerce and the standard library.
package connectors

import (
	"net/http"
	"time"

	"comeback/commerce"
)

// Delivery is one webhook as it arrived, or one stored delivery read again.
type Delivery struct {
	Platform   string
	Connection string      // the connection's slug
	Shop       string      // the shop's id
	Source     string      // the platform's own name of the store; when set, the delivery must name it
	Currency   string      // what the shop counts in, for bodies that print amounts without a currency
	Header     http.Header // nil is allowed for Read
	Body       []byte      // raw, as signed
	ReceivedAt time.Time   // stands in where a body does not say when
	Topic      string      // empty: taken from Header
}

// Secrets are what a connection's deliveries may be signed with: the current
// secret, then the previous one. Empty secrets match nothing.
type Secrets [][]byte

// Records is what a delivery says. Orders may be stubs (a parcel, a refund, a
// deletion) that arrive before the order itself; see commerce.Order.Stub.
type Records struct {
	Orders       []commerce.Order
	Checkouts    []commerce.Checkout
	Customers    []commerce.CustomerRecord
	Products     []commerce.Product // Version zero: only a deletion, of a product that may not be one
	LooseRefunds []commerce.LooseRefund
	Redactions   []Redaction
	Merges       []Merge
	Ignored      string // why the delivery carries nothing for us; empty when it does
}

// Merge says that two of a platform's customer ids are one person's.
type Merge struct {
	Connection string
	Kept, Gone string // the platform's ids
}

// Redaction is a platform's order to forget, or to hand out, what is known of
// a person or of a whole shop.
type Redaction struct {
	Connection string
	Kind       commerce.PrivacyKind
	Customer   string   // the platform's customer id, if known
	Email      string   // as told
	Phone      string   // as told
	Orders     []string // the platform's order ids concerned
	Reference  string   // the platform's id of the request
	At         time.Time
}

// MaxBody is the largest body that is read, in bytes.
const MaxBody = 5 << 20

// platform is one dialect. Each function gets a Delivery of that platform.
type platform struct {
	name      string
	topic     func(http.Header) string
	verify    func(Delivery, Secrets, time.Time) error
	dedupe    func(Delivery) string
	handshake func(Delivery) bool
	read      func(Delivery) (Records, error)
}

var platforms = []platform{
	{"generic", genericTopic, verifyGeneric, dedupeGeneric, noHandshake, readGenericDelivery},
	{"shopify", shopifyTopic, verifyShopify, dedupeShopify, noHandshake, readShopify},
	{"woocommerce", wooTopic, verifyWoo, dedupeWoo, wooPing, readWoo},
}

// Platforms lists the names a connection's platform may have.
func Platforms() []string {
	names := make([]string, len(platforms))
	for i, p := range platforms {
		names[i] = p.name
	}
	return names
}

// Verify proves that d was signed with one of secrets and names the
// connection's store. wall is the real time, for schemes that sign one. Every
// refusal is Unauthorized; an unknown platform is Unsupported.
func Verify(platform string, d Delivery, secrets Secrets, wall time.Time) error {
	p, err := find(platform)
	if err != nil {
		return err
	}
	return p.verify(d, secrets, wall)
}

// Topic is what the headers say the delivery is about; only a hint, the body
// is the truth.
func Topic(platform string, h http.Header) string {
	p, err := find(platform)
	if err != nil {
		return ""
	}
	return p.topic(h)
}

// DedupeKey names the delivery: equal for repetitions of one delivery, within
// its connection. It is 64 hex digits.
func DedupeKey(platform string, d Delivery) string {
	p, err := find(platform)
	if err != nil {
		return digest(platform, string(d.Body))
	}
	return p.dedupe(d.withTopic(p))
}

// Handshake reports whether d is a platform's unsigned greeting: to be answered
// 200 before Verify is asked, and not to be stored.
func Handshake(platform string, d Delivery) (reply bool) {
	p, err := find(platform)
	return err == nil && p.handshake(d)
}

// Read translates d, which Verify has accepted. An Invalid error is why the
// delivery cannot be read: keep it, it may be readable to a later version. A
// body that carries nothing for us is no error but Records.Ignored.
func Read(platform string, d Delivery) (Records, error) {
	p, err := find(platform)
	if err != nil {
		return Records{}, err
	}
	if len(d.Body) > MaxBody {
		return Records{}, commerce.Errorf(commerce.Invalid, "body: %d bytes, at most %d are read", len(d.Body), MaxBody)
	}
	return p.read(d.withTopic(p))
}

func find(name string) (platform, error) {
	for _, p := range platforms {
		if p.name == name {
			return p, nil
		}
	}
	return platform{}, commerce.Errorf(commerce.Unsupported, "platform %q: not one of %q", name, Platforms())
}

func (d Delivery) withTopic(p platform) Delivery {
	if d.Topic == "" {
		d.Topic = p.topic(d.Header)
	}
	return d
}

func noHandshake(Delivery) bool { return false }
