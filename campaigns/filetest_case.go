package campaigns

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// Test is one example inside a campaign file: events, and the messages they must
// lead to. A test begins on Monday, 2 March 2026, at 10:00 in the shop's zone.
type Test struct {
	Name  string
	Given []Given // in the order written; run in order of Offset
	Sent  []ExpectedStep
	Did   []ExpectedStep   // nil: not checked
	Ends  []EnrolmentState // states of the enrolments in order of entry; nil: not checked

	at *strictjson.Node
}

// Given is one line of a test: Event arrives with Fields after Offset. Beside the
// events of the language there are order.updated and customer.updated, for changes
// without an event.
type Given struct {
	Offset time.Duration
	Event  commerce.EventKind
	Fields []commerce.KV

	Properties []commerce.Property // of a reported event
}

// ExpectedStep is one message that a test expects, or something else that a step does, in order:
// "r1", or "r1@15m" where the offset matters too.
type ExpectedStep struct {
	Step string
	At   time.Duration
	Any  bool // at any time
}

// Events of tests that are no events of the language.
const (
	orderUpdated    commerce.EventKind = "order.updated"
	customerUpdated commerce.EventKind = "customer.updated"
)

// test reads one test of a file.
func (r *reader) test(n *strictjson.Node) Test {
	t := Test{at: n}
	if !r.object(n, "test") {
		return t
	}
	r.needs(n, "test", "name", "given", "expect")
	t.Name = r.text(n.Member("name"), "name")
	if at := n.Member("given"); at != nil {
		t.Given = list(r, at, "given", 200, r.given)
	}
	at := n.Member("expect")
	if at == nil || !r.object(at, "expect") {
		return t
	}
	r.needs(at, "expect", "sent")
	if sent := at.Member("sent"); sent != nil {
		t.Sent = list(r, sent, "sent", 200, r.expected)
	}
	if did := at.Member("did"); did != nil {
		t.Did = list(r, did, "did", 200, r.expected)
	}
	switch ends := at.Member("ends"); {
	case ends == nil:
	case ends.Kind == strictjson.Array:
		t.Ends = list(r, ends, "ends", 100, r.ending)
	default:
		t.Ends = []EnrolmentState{r.ending(ends)}
	}
	return t
}

func (r *reader) ending(n *strictjson.Node) EnrolmentState {
	states := []string{string(Enrolled), string(Finished), string(Converted), string(Exited), string(Superseded)}
	return EnrolmentState(r.oneOf(n, "ends", states, nil))
}

// given reads "<offset> <event> [field=value ...]".
func (r *reader) given(n *strictjson.Node) Given {
	words := strings.Fields(r.text(n, "given"))
	if len(words) < 2 {
		r.problem(n, `given: write "<offset> <event> [field=value ...]", such as "10m order.paid"`)
		return Given{}
	}
	g := Given{Event: commerce.EventKind(words[1])}
	var ok bool
	if g.Offset, ok = parseOffset(words[0]); !ok {
		r.problem(n, "given: %q is no offset: write 0m, 90m, 24h or 1d2h", words[0])
	}
	known := []string{string(orderUpdated), string(customerUpdated), string(commerce.SegmentEntered), string(commerce.SegmentLeft),
		string(webhookAnswered)}
	for _, kind := range eventKinds {
		known = append(known, string(kind))
	}
	if !slices.Contains(known, words[1]) && !g.Event.Reported() {
		r.suggest(n, strictjson.Nearest(words[1], known), "given: %q is none of %s, custom.<name>; dates, lapses, schedules and "+
			"broadcasts come by themselves", words[1], strings.Join(known, ", "))
	}
	for _, word := range words[2:] {
		key, value, ok := strings.Cut(word, "=")
		if ok && g.Event.Reported() && g.property(key, value) {
			continue
		}
		if _, custom := strings.CutPrefix(key, attributePrefix); !ok || !custom && !slices.Contains(givenFields, key) {
			r.suggest(n, strictjson.Nearest(key, givenFields), "given: %q is not field=value with a field a test knows", word)
			continue
		}
		if why := checkGiven(key, value); why != "" {
			r.problem(n, "given: %s: %s", word, why)
			continue
		}
		g.Fields = append(g.Fields, commerce.KV{Key: key, Value: value})
	}
	if why := g.checkProperties(); why != "" {
		r.problem(n, "given: %s", why)
	}
	if why := g.checkAnswer(); why != "" {
		r.problem(n, "given: %s", why)
	}
	if ofSegment(g.Event) {
		if _, named := commerce.Lookup(g.Fields, "segment"); !named {
			r.problem(n, "given: %s: name the segment: segment=vip", g.Event)
		}
	}
	return g
}

func (r *reader) expected(n *strictjson.Node) ExpectedStep {
	step, at, timed := strings.Cut(r.text(n, "sent"), "@")
	x := ExpectedStep{Step: step, Any: !timed}
	if timed {
		var ok bool
		if x.At, ok = parseOffset(at); !ok {
			r.problem(n, "sent: %q is no offset: write r1@15m, r2@1d2h", at)
		}
	}
	return x
}

// givenFields are the fields of a test's line: first those of the order or checkout,
// then those of the customer. tags sets all tags of an order, as in tags=a,b; each
// tag adds one to the customer.
var givenFields = []string{
	"order", "checkout", "customer", "at", "total", "currency", "payment_method", "payment_status", "status", "channel", "store",
	"cancel_at", "due_at", "balance_from", "balance_to", "in_stock", "test", "fake", "imported", "coupon", "tags", "product", "category",
	"brand", "parcel", "refund", "rating", "consent", "email", "zone", "country", "language", "gender", "birthday",
	"tag", "suppressed", "holdout", "segment", "campaign", "step", "answer",
}

// attributePrefix precedes the key of a custom attribute of the customer.
const attributePrefix = "custom."

// checkGiven returns what is wrong with a field's value; "" if it is valid.
func checkGiven(key, value string) string {
	good, wanted := true, ""
	switch key {
	case "at", "cancel_at", "due_at", "balance_from", "balance_to":
		_, good = parseOffset(value)
		good, wanted = good || value == "none", "an offset such as 24h is wanted"
	case "total", "refund":
		_, err := commerce.ParseDecimal(value)
		good, wanted = err == nil, "an amount such as 12.30 is wanted"
	case "in_stock", "test", "fake", "imported", "suppressed", "holdout":
		good, wanted = value == "true" || value == "false", "true or false is wanted"
	case "consent":
		good, wanted = value == "true" || value == "false" || value == "unknown", "true, false or unknown is wanted"
	case "segment":
		good, wanted = commerce.Slug(value), "the id of a segment is wanted"
	case "zone":
		_, err := time.LoadLocation(value)
		good, wanted = err == nil, "a time zone such as Europe/Berlin is wanted"
	case "birthday":
		_, good = segments.ParseDate(value)
		good, wanted = good || value == "none", "a date such as 1990-03-10, or --03-10 without the year, is wanted"
	case attributePrefix:
		return "the key of the attribute is missing: custom.renewal=2026-05-01"
	case "currency":
		_, good = commerce.Exponent(value)
		wanted = "a currency code such as EUR is wanted"
	case "payment_status":
		return among(value, commerce.Unpaid, commerce.DepositPaid, commerce.Authorized, commerce.PartiallyPaid,
			commerce.Paid, commerce.PartiallyRefunded, commerce.Refunded, commerce.Voided)
	case "status":
		return among(value, commerce.Open, commerce.Completed, commerce.Cancelled)
	}
	switch {
	case !good:
		return wanted
	case value == "" || len(value) > 100:
		return "a value of 1 to 100 bytes is wanted"
	}
	return ""
}

func among[T ~string](value string, known ...T) string {
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	if slices.Contains(names, value) {
		return ""
	}
	return "one of " + strings.Join(names, ", ") + " is wanted"
}

// parseOffset reads "90m", "24h" or "1d2h".
func parseOffset(text string) (offset time.Duration, ok bool) {
	for text != "" {
		digits := strings.IndexFunc(text, func(c rune) bool { return c < '0' || c > '9' })
		if digits <= 0 {
			return 0, false
		}
		n, err := strconv.Atoi(text[:digits])
		unit := units[text[digits:digits+1]]
		if err != nil || unit == 0 || n > int(longest/unit) {
			return 0, false
		}
		offset, ok = offset+time.Duration(n)*unit, true
		text = text[digits+1:]
	}
	return offset, ok && offset <= longest
}

// spellOffset writes an offset in the form that parseOffset reads. Parts of a minute
// are cut off.
func spellOffset(t time.Duration) string {
	text := ""
	for _, unit := range []string{"d", "h", "m"} {
		if n := t / units[unit]; n > 0 {
			text, t = text+strconv.Itoa(int(n))+unit, t%units[unit]
		}
	}
	if text == "" {
		return "0m"
	}
	return text
}
