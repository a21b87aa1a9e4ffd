package commerce

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// TicketProperty is the property that names the ticket of TicketOpened and
// TicketClosed.
const TicketProperty = "ticket"

const (
	// ReportedRule is the rule of Reported in words, for messages.
	ReportedRule = "custom. and 1 to 60 of a-z, 0-9, - and _, not starting with - or _; or ticket.opened or ticket.closed"
	// ReportedPattern is the rule of Reported as a regular expression of JSON Schema.
	ReportedPattern = `^(custom\.[a-z0-9][a-z0-9_-]{0,59}|ticket\.(opened|closed))$`
)

var reportedName = regexp.MustCompile(ReportedPattern)

// Reported reports whether events of this kind come from the shop over the API:
// custom.<name>, ticket.opened and ticket.closed. Their subject is the customer.
func (k EventKind) Reported() bool { return reportedName.MatchString(string(k)) }

// OfOrder reports whether the subject of events of this kind is an order.
func (k EventKind) OfOrder() bool { return strings.HasPrefix(string(k), "order.") }

// OfCustomer reports whether the subject of events of this kind is the customer,
// not an order or a checkout.
func (k EventKind) OfCustomer() bool {
	return k != "" && !k.OfOrder() && k != CheckoutStarted && k != CheckoutEnded
}

// Property is one value that the shop reported with an event. Value is the text
// of a text, of a number as it was written, or of true and false; a date is text
// too. A list has only List.
type Property struct {
	Key   string       `bson:"k"`
	Value string       `bson:"v"`
	List  []string     `bson:"l,omitempty"`
	Type  PropertyType `bson:"t,omitempty"`
}

// PropertyType is how the value of a property was written.
type PropertyType string

// The types of properties.
const (
	// TextProperty is text, or a date, which is text too.
	TextProperty PropertyType = ""
	// NumberProperty is a decimal number.
	NumberProperty PropertyType = "number"
	// FlagProperty is true or false.
	FlagProperty PropertyType = "flag"
	// ListProperty is a list of texts.
	ListProperty PropertyType = "list"
)

// Limits of a reported event.
const (
	// MaxProperties is how many properties an event has at most.
	MaxProperties = 50
	// MaxPropertyKey is how many characters the name of a property has at most.
	MaxPropertyKey = 60
	// MaxPropertyText is how many bytes a text has at most.
	MaxPropertyText = 1000
	// MaxPropertyList is how many texts a list has at most.
	MaxPropertyList = 50
	// MaxReportID is how many bytes the shop's id of an event has at most.
	MaxReportID = 200
	// MaxReports is how many events are reported at once at most.
	MaxReports = 500
)

// PropertyKeyRule is the rule for the names of properties in words, for messages.
const PropertyKeyRule = "1 to 60 of letters, digits, - and _"

var propertyKey = regexp.MustCompile(fmt.Sprintf(`^[\pL\pN_-]{1,%d}$`, MaxPropertyKey))

// Check returns what is wrong with a property, as an Invalid error without its
// value; nil if nothing is.
func (p Property) Check() error {
	switch {
	case !propertyKey.MatchString(p.Key):
		return Errorf(Invalid, "the name of a property is %s", PropertyKeyRule)
	case len(p.List) > MaxPropertyList:
		return Errorf(Invalid, "a list has at most %d texts", MaxPropertyList)
	}
	for _, text := range append([]string{p.Value}, p.List...) {
		if len(text) > MaxPropertyText {
			return Errorf(Invalid, "a text has at most %d bytes", MaxPropertyText)
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return Errorf(Invalid, "a text is UTF-8 without a zero character")
		}
	}
	if p.Type == NumberProperty {
		if _, err := ParseDecimal(p.Value); err != nil {
			return err
		}
	}
	return nil
}

// String is the value as text: the texts of a list with commas between.
func (p Property) String() string {
	if p.Type == ListProperty {
		return strings.Join(p.List, ", ")
	}
	return p.Value
}

// PropertyOf finds a property by its name.
func PropertyOf(list []Property, key string) (p Property, found bool) {
	i := slices.IndexFunc(list, func(p Property) bool { return p.Key == key })
	if i < 0 {
		return Property{}, false
	}
	return list[i], true
}

// Report is what a shop reports that a customer did. ID is the shop's own: the
// same id is the same event. Of Customer and Buyer one names the person; Customer
// is the id of a Customer, Connection the connection of the buyer's platform id.
// The zero At means now.
type Report struct {
	ID         string
	Kind       EventKind
	Customer   string
	Connection string
	Buyer      Buyer
	At         time.Time
	Properties []Property // sorted by key
}

// SortProperties brings properties into the order in which they are stored.
func SortProperties(list []Property) {
	slices.SortFunc(list, func(a, b Property) int { return cmp.Compare(a.Key, b.Key) })
}

// ReportState is what became of a report.
type ReportState string

// What becomes of a report.
const (
	// ReportStored: its event is stored, now or by an earlier report of the same content.
	ReportStored ReportState = "stored"
	// ReportConflict: its id was used for another content. Nothing is stored.
	ReportConflict ReportState = "conflict"
	// ReportUnknown: Customer is no customer of the shop. Nothing is stored.
	ReportUnknown ReportState = "unknown"
	// ReportErased: the person was erased after it happened. Nothing is stored.
	ReportErased ReportState = "erased"
	// ReportOld: it happened so long ago that its event would be deleted. Nothing is stored.
	ReportOld ReportState = "old"
)

// Reported is the answer to a report. Event is set if State is ReportStored.
type Reported struct {
	State ReportState
	Event Event
}
