package commerce

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PaymentKind is what a payment method means: who has to do what, and when. A
// platform's or a merchant's name for the method says it only through a table.
type PaymentKind string

// The kinds of payment. What is paid by card is paid at once: by card, wallet or
// redirect. PaymentUnknown is a method that no table knows, where the platform
// does not say that the order can be paid online.
const (
	PaidByCard     PaymentKind = "card"
	PaidByTransfer PaymentKind = "transfer"
	PaidOnDelivery PaymentKind = "cash_on_delivery"
	PaidByInvoice  PaymentKind = "invoice"
	PaymentUnknown PaymentKind = "unknown"
)

// PaymentKinds are those a method can be given.
func PaymentKinds() []PaymentKind {
	return []PaymentKind{PaidByCard, PaidByTransfer, PaidOnDelivery, PaidByInvoice}
}

// PaymentMethod is one line of a merchant's table: what a method is called, and
// what it means.
type PaymentMethod struct {
	Name string      `bson:"name"`
	Kind PaymentKind `bson:"kind"`
}

// FlawUnknownMethod is the code under which a payment method is noted that the
// table of its connection lacks.
const FlawUnknownMethod = "payment_method_unknown"

// UnknownMethod is such a method, and the first unpaid order of it.
type UnknownMethod struct {
	Connection string
	Name       string
	Order      string
}

// paymentLine are words of one kind.
type paymentLine struct {
	kind  PaymentKind
	words []string
}

// KnownPaymentMethods are the words that are known of every shop.
func KnownPaymentMethods() []PaymentMethod {
	var list []PaymentMethod
	for _, line := range paymentWords {
		for _, word := range line.words {
			list = append(list, PaymentMethod{word, line.kind})
		}
	}
	return list
}

// KindOfMethod finds the kind of a method by the words in its name; unknown
// where it has none of them. Case, width, accents and punctuation do not matter.
func KindOfMethod(name string) PaymentKind {
	plain := PlainMethod(name)
	spaced := " " + plain + " "
	var has [256]bool
	for i := range len(plain) {
		has[plain[i]] = true
	}
	for _, line := range paymentWords {
		for _, word := range line.words {
			// Most words cannot be in the name: a glance at three bytes tells.
			if len(word) <= len(plain) && has[word[0]] && has[word[len(word)-1]] && has[word[len(word)/2]] && contains(spaced, word) {
				return line.kind
			}
		}
	}
	return PaymentUnknown
}

// contains tells whether a word is in a text: a short one of Latin letters only
// whole, a longer one or one of another script within others too.
func contains(spaced, word string) bool {
	if len(word) < 6 && word[0] < utf8.RuneSelf {
		return strings.Contains(spaced, " "+word+" ")
	}
	return strings.Contains(spaced, word)
}

// PlainMethod is a method's name as names are compared: small letters without
// accents, digits, and single blanks for all else.
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

// kind is what the order's payment method means under terms: by the merchant's
// own table, else by the words of its names, the platform's first. Where nobody
// knows, a link by which the order can be paid says it.
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
