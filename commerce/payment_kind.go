package commerce

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PaymentKind is the meaning of a payment method: which step the buyer has to
// take, and when. A method has only a name; a table maps names to kinds.
type PaymentKind string

const (
	// PaidByCard: paid at once, by card, wallet or redirect.
	PaidByCard PaymentKind = "card"
	// PaidByTransfer: paid by the buyer's own transfer or cheque.
	PaidByTransfer PaymentKind = "transfer"
	// PaidOnDelivery: paid on delivery or pick-up.
	PaidOnDelivery PaymentKind = "cash_on_delivery"
	// PaidByInvoice: paid later, by invoice.
	PaidByInvoice PaymentKind = "invoice"
	// PaymentUnknown: no table has the method, and the platform does not report
	// that the order can be paid online.
	PaymentUnknown PaymentKind = "unknown"
)

// PaymentKinds returns the kinds that a merchant's table may use.
func PaymentKinds() []PaymentKind {
	return []PaymentKind{PaidByCard, PaidByTransfer, PaidOnDelivery, PaidByInvoice}
}

// PaymentMethod is one line of a merchant's table: the name of a method and its
// kind.
type PaymentMethod struct {
	Name string      `bson:"name"`
	Kind PaymentKind `bson:"kind"`
}

// FlawUnknownMethod is the data-quality code of a payment method missing in the
// table of its connection.
const FlawUnknownMethod = "payment_method_unknown"

// UnknownMethod is a method missing in the table, and its first unpaid order.
type UnknownMethod struct {
	Connection string
	Name       string
	Order      string
}

// paymentLine contains words of one kind.
type paymentLine struct {
	kind  PaymentKind
	words []string
}

// KnownPaymentMethods returns the words that every shop's table contains, with
// their kinds.
func KnownPaymentMethods() []PaymentMethod {
	var list []PaymentMethod
	for _, line := range paymentWords {
		for _, word := range line.words {
			list = append(list, PaymentMethod{word, line.kind})
		}
	}
	return list
}

// KindOfMethod returns the kind of a method by the words in its name; unknown
// without such a word. Case, width, accents and punctuation do not matter.
func KindOfMethod(name string) PaymentKind {
	plain := PlainMethod(name)
	spaced := " " + plain + " "
	var has [256]bool
	for i := range len(plain) {
		has[plain[i]] = true
	}
	for _, line := range paymentWords {
		for _, word := range line.words {
			// Most words cannot be in the name: three bytes show it.
			if len(word) <= len(plain) && has[word[0]] && has[word[len(word)-1]] && has[word[len(word)/2]] && contains(spaced, word) {
				return line.kind
			}
		}
	}
	return PaymentUnknown
}

// contains reports whether a word is in a text. A short word of Latin letters
// must be a whole word; a longer one, or one of another script, may be part of
// a word.
func contains(spaced, word string) bool {
	if len(word) < 6 && word[0] < utf8.RuneSelf {
		return strings.Contains(spaced, " "+word+" ")
	}
	return strings.Contains(spaced, word)
}

// PlainMethod is a method's name in the form that names are compared: small
// letters without accents, digits, and single blanks for everything else.
func PlainMethod(name string) string {
	var b strings.Builder
	blank := false
	for _, r := range strings.ToLower(name) {
		if r >= '！' && r <= '～' {
			r = unicode.ToLower(r - '！' + '!')
		}
		switch {
		case r >= 0x300 && r <= 0x36f: // an accent by itself
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteString(unaccented(r))
		default:
			blank = true
		}
	}
	return b.String()
}

var accents = []struct{ plain, accented string }{
	{"a", "àáâãäåāăą"}, {"c", "çćč"}, {"d", "ďđ"}, {"e", "èéêëēėęě"}, {"g", "ğ"}, {"i", "ìíîïīı"}, {"l", "ł"}, {"n", "ñńň"}, {"o", "òóôõöøő"},
	{"r", "ŕř"}, {"s", "śšşș"}, {"t", "ťțţ"}, {"u", "ùúûüūůű"}, {"y", "ýÿ"}, {"z", "źżž"}, {"ss", "ß"}, {"ae", "æ"}, {"oe", "œ"},
}

func unaccented(r rune) string {
	if r < utf8.RuneSelf || r > 0x24f {
		return string(r)
	}
	for _, a := range accents {
		if strings.ContainsRune(a.accented, r) {
			return a.plain
		}
	}
	return string(r)
}

// kind is the meaning of the order's payment method under terms. The merchant's
// table decides first, then the words of its names, the platform's before the
// merchant's. Without a match, a link for paying online decides.
func (t Terms) kind(o OrderState) PaymentKind {
	names := slices.DeleteFunc(append(slices.Clone(o.MethodNames), o.Method), func(name string) bool { return name == "" })
	for _, name := range names {
		if kind, own := t.Methods[PlainMethod(name)]; own {
			return kind
		}
	}
	for _, name := range names {
		if kind := KindOfMethod(name); kind != PaymentUnknown {
			return kind
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case o.PayURL != "" && !o.PageOnly:
		return PaidByCard
	}
	return PaymentUnknown
}
