// Package connectors reads the webhooks of shop platforms as commerce records.
// It checks the signature of a delivery, names it so that a repetition is
// recognised, and reads it. Each platform has a file and a line in the table
// below.
//
// The package is pure: bytes in, records out, without store, network or clock.
// The receiver of a delivery stores the raw body first. It may import commerce
// and the standard library.
package connectors

import (
	"net/http"
	"time"

	"comeback/commerce"
)

// Delivery is one webhook as received, or one stored delivery read again.
type Delivery struct {
	Platform   string
	Connection string      // the connection's slug
	Shop       string      // the shop's id
	Source     string      // the platform's name of the store; if set, the delivery must name it
	Aliases    []string    // further names of the same store
	Currency   string      // the shop's currency, for bodies with amounts without one
	Header     http.Header // nil is allowed for Read
	Body       []byte      // raw, as signed
	ReceivedAt time.Time   // used where a body has no time
	Topic      string      // empty: taken from Header
}

// Secrets are the possible signing secrets of a connection's deliveries: the
// current one, then the previous one. Empty secrets match nothing.
type Secrets [][]byte

// Records are the contents of a delivery. Orders may be stubs (a parcel, a
// refund, a deletion) that arrive before the order itself; see
// commerce.Order.Stub.
type Records struct {
	Orders       []commerce.Order
	Checkouts    []commerce.Checkout
	Customers    []commerce.CustomerRecord
	Products     []commerce.Product // Version zero: only a deletion, of a product that may be unknown
	LooseRefunds []commerce.LooseRefund
	Redactions   []Redaction
	Merges       []Merge
	Suppressions []Suppression
	Ignored      string // why the delivery contains no records; empty when it does
}

// Merge joins two of a platform's customer ids: they are one person's.
type Merge struct {
	Connection string
	Kept, Gone string // the platform's ids
}

// Suppression is an address that another tool does not write to any more, as its
// export shows.
type Suppression struct {
	Address commerce.Address
	Scope   commerce.SuppressionScope
	Reason  commerce.SuppressionReason
	At      time.Time
}

// Redaction is a platform's request to erase, or to export, the data of a
// person or of a whole shop.
type Redaction struct {
	Connection string
	Kind       commerce.PrivacyKind
	Customer   string   // the platform's customer id, if known
	Email      string   // as received
	Phone      string   // as received
	Orders     []string // the platform's order ids concerned
	Reference  string   // the platform's id of the request
	At         time.Time
}

// MaxBody is the largest body that is read, in bytes.
const MaxBody = 5 << 20

// platform is one platform. Each function gets a Delivery of that platform.
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

// Platforms returns the possible platforms of a connection.
func Platforms() []string {
	names := make([]string, len(platforms))
	for i, p := range platforms {
		names[i] = p.name
	}
	return names
}

// Verify checks that d was signed with one of secrets and names the
// connection's store. wall is the real time, for schemes that sign a time.
// Every refusal is Unauthorized; an unknown platform is Unsupported.
func Verify(platform string, d Delivery, secrets Secrets, wall time.Time) error {
	p, err := find(platform)
	if err != nil {
		return err
	}
	return p.verify(d, secrets, wall)
}

// Topic is the delivery's topic by its headers. It is only a hint; the body
// decides.
func Topic(platform string, h http.Header) string {
	p, err := find(platform)
	if err != nil {
		return ""
	}
	return p.topic(h)
}

// DedupeKey is the id of the delivery within its connection: equal for
// repetitions of one delivery. It is 64 hex digits.
func DedupeKey(platform string, d Delivery) string {
	p, err := find(platform)
	if err != nil {
		return digest(platform, string(d.Body))
	}
	return p.dedupe(d.withTopic(p))
}

// Handshake reports whether d is a platform's unsigned ping. It is answered
// with 200 before Verify, and not stored.
func Handshake(platform string, d Delivery) (reply bool) {
	p, err := find(platform)
	return err == nil && p.handshake(d)
}

// Read reads a delivery that Verify has accepted. An Invalid error explains why
// it cannot be read; the caller stores it, because a later version may read it.
// A body without records is no error: see Records.Ignored.
func Read(platform string, d Delivery) (Records, error) {
	p, err := find(platform)
	if err != nil {
		return Records{}, err
	}
	if len(d.Body) > MaxBody {
		return Records{}, commerce.Errorf(commerce.Invalid, "body: %d bytes, the limit is %d", len(d.Body), MaxBody)
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
